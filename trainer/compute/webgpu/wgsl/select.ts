/**
 * The k strongest acts of each row, chunk by chunk of features: one workgroup per row keeps what exceeds the k-th strongest
 * so far in workgroup memory and sorts whenever that fills. Ties go to the lowest index: chunks come in ascending order,
 * so a later act must be strictly stronger, and the sort compares indices within a round. The order in which threads
 * find candidates therefore never shows.
 */
import { LINEAR_ID } from './parts.ts';

export type SelectThreads = 32 | 256;

/** So few candidates are sorted by counting what comes before each; more by a bitonic network. */
const FEW = 256;

/** Acts looked at between two looks at how full the candidates are. */
function roundOf(threads: SelectThreads): number {
  return 2 * threads;
}

/** Largest k whose candidates (act and index) fit into so much workgroup memory, beside a few counters. */
export function largestK(workgroupBytes: number, threads: SelectThreads): number {
  return 2 ** Math.floor(Math.log2((workgroupBytes - 64) / 8)) - roundOf(threads);
}

/** One shader does for every k up to the power of two that its candidates fill. */
export function selectShader(k: number, threads: SelectThreads): string {
  const round = roundOf(threads);
  const each = FEW / threads;
  const capacity = 2 ** Math.ceil(Math.log2(k + round));
  return /* wgsl */ `
struct Sizes { rows: u32, firstRow: u32, cols: u32, firstCol: u32, k: u32 }
@group(0) @binding(0) var<storage, read> chunk: array<u32>;
@group(0) @binding(1) var<storage, read_write> acts: array<u32>;
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
// Acts are positive, so their bits sort as they do.
var<workgroup> act: array<u32, ${capacity}>;
var<workgroup> index: array<u32, ${capacity}>;
var<workgroup> found: atomic<u32>;
var<workgroup> count: u32;
${LINEAR_ID}
fn uniformCount(lane: u32) -> u32 {
  workgroupBarrier();
  if (lane == 0u) { count = atomicLoad(&found); }
  return workgroupUniformLoad(&count);
}
fn comesLater(a: u32, b: u32) -> bool {
  return act[a] < act[b] || (act[a] == act[b] && index[a] > index[b]);
}
fn sortFew(lane: u32, held: u32) {
  var acts_n: array<u32, ${each}>;
  var indices_n: array<u32, ${each}>;
  var ranks_n: array<u32, ${each}>;
  for (var n = 0u; n < ${each}u; n++) {
    let ours = lane + n * ${threads}u;
    if (ours >= held) { break; }
    acts_n[n] = act[ours];
    indices_n[n] = index[ours];
    for (var i = 0u; i < held; i++) { ranks_n[n] += select(0u, 1u, comesLater(ours, i)); }
  }
  workgroupBarrier();
  for (var n = 0u; n < ${each}u; n++) {
    if (lane + n * ${threads}u >= held) { break; }
    act[ranks_n[n]] = acts_n[n];
    index[ranks_n[n]] = indices_n[n];
  }
  workgroupBarrier();
}
fn sortFirst(lane: u32, held: u32) {
  if (held <= ${FEW}u) {
    sortFew(lane, held);
    return;
  }
  var size = 2u;
  while (size < held) { size <<= 1u; }
  for (var i = held + lane; i < size; i += ${threads}u) { act[i] = 0u; index[i] = 0xffffffffu; }
  workgroupBarrier();
  for (var run = 2u; run <= size; run <<= 1u) {
    for (var gap = run >> 1u; gap > 0u; gap >>= 1u) {
      for (var pair = lane; pair < size / 2u; pair += ${threads}u) {
        let low = 2u * gap * (pair / gap) + pair % gap;
        let high = low + gap;
        if (comesLater(low, high) == ((low & run) == 0u)) {
          let moved = vec2u(act[low], index[low]);
          act[low] = act[high];
          index[low] = index[high];
          act[high] = moved.x;
          index[high] = moved.y;
        }
      }
      workgroupBarrier();
    }
  }
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row = linearId(group, groups);
  if (row >= sizes.rows) { return; }
  let kept = (sizes.firstRow + row) * sizes.k;
  var least = 0u;
  if (sizes.firstCol > 0u) {
    for (var i = lane; i < sizes.k; i += ${threads}u) {
      act[i] = acts[kept + i];
      index[i] = indices[kept + i];
      if (act[i] > 0u) { atomicAdd(&found, 1u); }
    }
    if (uniformCount(lane) == sizes.k) { least = act[sizes.k - 1u]; }
  }
  var held = uniformCount(lane);
  for (var start = 0u; start < sizes.cols; start += ${round}u) {
    for (var i = start + lane; i < min(start + ${round}u, sizes.cols); i += ${threads}u) {
      let bits = chunk[row * sizes.cols + i];
      if (bits > least) {
        let slot = atomicAdd(&found, 1u);
        act[slot] = bits;
        index[slot] = sizes.firstCol + i;
      }
    }
    held = uniformCount(lane);
    if (held + ${round}u > ${capacity}u) {
      sortFirst(lane, held);
      held = min(held, sizes.k);
      if (held == sizes.k) { least = act[sizes.k - 1u]; }
      if (lane == 0u) { atomicStore(&found, held); }
      workgroupBarrier();
    }
  }
  sortFirst(lane, held);
  for (var i = lane; i < sizes.k; i += ${threads}u) {
    acts[kept + i] = select(0u, act[i], i < held);
    indices[kept + i] = select(0u, index[i], i < held);
  }
}
`;
}

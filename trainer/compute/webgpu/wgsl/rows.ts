/** What is done row by row: a row's reconstruction, and the way back through it. One workgroup per row, threads along D. */
import { LINEAR_ID, threadsFor } from './parts.ts';

export function decodeShader(width: number): string {
  const threads = threadsFor(width);
  return /* wgsl */ `
struct Sizes { rows: u32, width: u32, kept: u32, features: u32 }
@group(0) @binding(0) var<storage, read> acts: array<f32>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read> decoder: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> recon: array<f32>;
@group(0) @binding(5) var<storage, read_write> status: atomic<u32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;
${LINEAR_ID}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row = linearId(group, groups);
  if (row >= sizes.rows) { return; }
  if (lane == 0u) {
    for (var i = row * sizes.kept; i < (row + 1u) * sizes.kept; i++) {
      if (indices[i] >= sizes.features) { atomicOr(&status, 4u); }
    }
  }
  for (var d = lane; d < sizes.width; d += ${threads}u) {
    var sum = bias[d];
    for (var i = row * sizes.kept; i < (row + 1u) * sizes.kept; i++) {
      sum += acts[i] * decoder[min(indices[i], sizes.features - 1u) * sizes.width + d];
    }
    recon[row * sizes.width + d] = sum;
  }
}
`;
}

/** Ranks whose partial sums are brought together at once. */
const GROUP = 8;

export interface BackwardShape {
  readonly width: number;
  /** The device sums over a subgroup in one instruction. */
  readonly subgroups: boolean;
}

/**
 * From rank K down to 1, x̂ loses one act after the other while S gains the residual of each budget met:
 *   S_i = Σ_{j≥i, j∈J} 2 scale (x̂_j − x),  ∂f_i = e_i·S_i,  loss = scale Σ_{j∈J} |x̂_j − x|².
 * S changes only at budgets, so |J| of its values per row are stored, for the decoder's gradient; then the row's loss.
 * `segments[i]` is 2 * (which of these values rank i has) + (1 where i + 1 is a budget).
 */
export function backwardShader({ width, subgroups }: BackwardShape): string {
  const threads = threadsFor(width);
  const each = Math.ceil(width / threads);
  return /* wgsl */ `
${subgroups ? 'enable subgroups;\nrequires subgroup_id;' : ''}
struct Sizes { rows: u32, firstRow: u32, width: u32, kept: u32, features: u32, budgets: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> targets: array<f32>;
@group(0) @binding(1) var<storage, read> recon: array<f32>;
@group(0) @binding(2) var<storage, read> acts: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(4) var<storage, read> decoder: array<f32>;
@group(0) @binding(5) var<storage, read> segments: array<u32>;
@group(0) @binding(6) var<storage, read_write> suffixes: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradActs: array<f32>;
@group(0) @binding(8) var<uniform> sizes: Sizes;
var<workgroup> parts: array<f32, ${GROUP * threads}>;
${LINEAR_ID}
${subgroups ? sumBySubgroups(threads) : sumByThreads(threads)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32
        ${subgroups ? ', @builtin(subgroup_invocation_id) member: u32, @builtin(subgroup_id) crowd: u32, @builtin(num_subgroups) crowds: u32' : ''}) {
  let block = linearId(group, groups);
  if (block >= sizes.rows) { return; }
  let row = sizes.firstRow + block;
  let out = block * (sizes.budgets * sizes.width + 1u);
  var x: array<f32, ${each}>;
  var wanted: array<f32, ${each}>;
  var suffix: array<f32, ${each}>;
  for (var c = 0u; c < ${each}u; c++) {
    let d = lane + c * ${threads}u;
    if (d < sizes.width) {
      x[c] = recon[row * sizes.width + d];
      wanted[c] = targets[row * sizes.width + d];
    }
  }
  var loss = 0.0;
  var last = sizes.kept;
  while (last > 0u) {
    let first = last - min(last, ${GROUP}u);
    for (var i = last; i > first; i--) {
      let entry = row * sizes.kept + i - 1u;
      let feature = min(indices[entry], sizes.features - 1u) * sizes.width;
      let act = acts[entry];
      let segment = segments[i - 1u];
      var product = 0.0;
      for (var c = 0u; c < ${each}u; c++) {
        let d = lane + c * ${threads}u;
        if (d < sizes.width) {
          if ((segment & 1u) == 1u) {
            let missed = x[c] - wanted[c];
            loss += missed * missed;
            suffix[c] += 2.0 * sizes.scale * missed;
            suffixes[out + (segment >> 1u) * sizes.width + d] = suffix[c];
          }
          let weight = decoder[feature + d];
          product += weight * suffix[c];
          x[c] -= act * weight;
        }
      }
      ${store('i - 1u - first', 'product', threads, subgroups)}
    }
    let sum = together(lane${subgroups ? ', crowds' : ''});
    if (lane < last - first) { gradActs[row * sizes.kept + first + lane] = sum; }
    last = first;
  }
  ${store('0u', 'loss', threads, subgroups)}
  let sum = together(lane${subgroups ? ', crowds' : ''});
  if (lane == 0u) { suffixes[out + sizes.budgets * sizes.width] = sizes.scale * sum; }
}
`;
}

function store(slot: string, value: string, threads: number, subgroups: boolean): string {
  if (!subgroups) return `parts[(${slot}) * ${threads}u + lane] = ${value};`;
  return `{ let sum = subgroupAdd(${value}); if (member == 0u) { parts[(${slot}) * ${threads}u + crowd] = sum; } }`;
}

/** Thread n gets the sum of slot n. */
function sumBySubgroups(threads: number): string {
  return /* wgsl */ `
fn together(lane: u32, crowds: u32) -> f32 {
  workgroupBarrier();
  var sum = 0.0;
  if (lane < ${GROUP}u) { for (var i = 0u; i < crowds; i++) { sum += parts[lane * ${threads}u + i]; } }
  workgroupBarrier();
  return sum;
}`;
}

function sumByThreads(threads: number): string {
  const crew = threads / GROUP;
  return /* wgsl */ `
var<workgroup> halfway: array<f32, ${threads}>;
fn together(lane: u32) -> f32 {
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < ${GROUP}u; i++) { sum += parts[lane / ${crew}u * ${threads}u + lane % ${crew}u + i * ${crew}u]; }
  halfway[lane] = sum;
  workgroupBarrier();
  sum = 0.0;
  if (lane < ${GROUP}u) { for (var i = 0u; i < ${crew}u; i++) { sum += halfway[lane * ${crew}u + i]; } }
  return sum;
}`;
}

/**
 * A feature's gradient: its acts' weights times the vectors of their rows, in the order of its list. One workgroup per
 * feature and slice of D.
 */
import { LINEAR_ID } from './parts.ts';

const THREADS = 64;
const MOST_EACH = 4;

/** Values of D that one workgroup does. */
export function sliceOf(width: number): number {
  return THREADS * Math.min(MOST_EACH, Math.ceil(width / THREADS));
}

/** A weight counts where its act is above 0 (ReLU); its sum is the bias's gradient. */
export const ENCODER_GATHER = { withBias: true, segmented: false } as const;
/** Ranks of one row share a vector between budgets; rows come in blocks that add to what is there. */
export const DECODER_GATHER = { withBias: false, segmented: true } as const;

type GatherShape = typeof ENCODER_GATHER | typeof DECODER_GATHER;

export function gatherShader(width: number, { withBias, segmented }: GatherShape): string {
  const each = sliceOf(width) / THREADS;
  return /* wgsl */ `
struct Sizes { features: u32, width: u32, kept: u32, firstRow: u32, rows: u32, budgets: u32 }
@group(0) @binding(0) var<storage, read> heads: array<u32>;
@group(0) @binding(1) var<storage, read> lists: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> vectors: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
${withBias ? '@group(0) @binding(5) var<storage, read> acts: array<f32>;' : ''}
${withBias ? '@group(0) @binding(6) var<storage, read_write> gradBias: array<f32>;' : ''}
${segmented ? '@group(0) @binding(5) var<storage, read> segments: array<u32>;' : ''}
@group(0) @binding(${withBias ? 7 : 6}) var<uniform> sizes: Sizes;
${LINEAR_ID}
fn firstFrom(start: u32, count: u32, entry: u32) -> u32 {
  var low = 0u;
  var high = count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (lists[start + middle] < entry) { low = middle + 1u; } else { high = middle; }
  }
  return start + low;
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let feature = linearId(group, groups);
  if (feature >= sizes.features) { return; }
  let slice = group.z * ${THREADS * each}u + lane;
  let start = heads[sizes.features + feature];
  let count = heads[feature];
  let begin = firstFrom(start, count, sizes.firstRow * sizes.kept);
  let until = firstFrom(start, count, (sizes.firstRow + sizes.rows) * sizes.kept);
  if (sizes.firstRow > 0u && begin == until) { return; }
  var sums: array<f32, ${each}>;
  var biasSum = 0.0;
  for (var i = begin; i < until; i++) {
    let entry = lists[i];
    let row = entry / sizes.kept;
    ${segmented ? segmentedVector : plainVector}
    for (var c = 0u; c < ${each}u; c++) {
      let d = slice + c * ${THREADS}u;
      if (d < sizes.width) { sums[c] += weight * vectors[vector + d]; }
    }
    biasSum += weight;
  }
  for (var c = 0u; c < ${each}u; c++) {
    let d = slice + c * ${THREADS}u;
    if (d < sizes.width) {
      let at = feature * sizes.width + d;
      var before = 0.0;
      if (sizes.firstRow > 0u) { before = gradient[at]; }
      gradient[at] = before + sums[c];
    }
  }
  ${withBias ? 'if (group.z == 0u && lane == 0u) { gradBias[feature] = biasSum; }' : ''}
}
`;
}

const plainVector = /* wgsl */ `
    let weight = select(0.0, weights[entry], acts[entry] > 0.0);
    let vector = row * sizes.width;`;

const segmentedVector = /* wgsl */ `
    let weight = weights[entry];
    let segment = segments[entry % sizes.kept] >> 1u;
    if (segment >= sizes.budgets) { continue; } // beyond the largest budget nothing depends on the act
    let vector = (row - sizes.firstRow) * (sizes.budgets * sizes.width + 1u) + segment * sizes.width;`;

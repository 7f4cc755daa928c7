/** Sums down the rows of a matrix and over squares, each in an order that does not depend on the device's mood. */
import { LINEAR_ID, sumOfWorkgroup, threadsFor } from './parts.ts';

/**
 * Column sums of a part of the rows per workgroup row; run again on the parts until one is left. A matrix may lie inside
 * wider rows (stride, offset) and be weighted row by row.
 */
export function columnSumShader(weighted: boolean): string {
  return /* wgsl */ `
struct Sizes { rows: u32, cols: u32, stride: u32, offset: u32, rowsPerPart: u32, adds: u32 }
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
${weighted ? '@group(0) @binding(2) var<storage, read> weights: array<f32>;' : ''}
@group(0) @binding(${weighted ? 3 : 2}) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.cols) { return; }
  var sum = 0.0;
  for (var row = id.y * sizes.rowsPerPart; row < min((id.y + 1u) * sizes.rowsPerPart, sizes.rows); row++) {
    ${weighted ? 'let weight = weights[row]; if (weight == 0.0) { continue; }' : ''}
    sum += ${weighted ? 'weight * ' : ''}values[row * sizes.stride + sizes.offset + id.x];
  }
  let at = id.y * sizes.cols + id.x;
  if (sizes.adds == 1u) { sum += sums[at]; }
  sums[at] = sum;
}
`;
}

/** Values that one workgroup squares. */
export const SQUARED_PER_WORKGROUP = 4096;

export const SQUARES_SHADER = /* wgsl */ `
struct Sizes { size: u32 }
@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
${LINEAR_ID}
${sumOfWorkgroup(256)}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let part = linearId(group, groups);
  var sum = 0.0;
  let end = min((part + 1u) * ${SQUARED_PER_WORKGROUP}u, sizes.size);
  for (var i = part * ${SQUARED_PER_WORKGROUP}u + lane; i < end; i += 256u) { sum += values[i] * values[i]; }
  let total = sumOfWorkgroup(lane, sum);
  if (lane == 0u && part * ${SQUARED_PER_WORKGROUP}u < sizes.size) { sums[part] = total; }
}
`;

/** Per row |g − w (g·w)/(w·w)|²: what is left of a gradient on the sphere. */
export function tangentSquaresShader(width: number): string {
  const threads = threadsFor(width);
  return /* wgsl */ `
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> unit: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;
${LINEAR_ID}
${sumOfWorkgroup(threads)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row = linearId(group, groups);
  if (row >= sizes.rows) { return; }
  let start = row * sizes.width;
  var along = 0.0;
  var squares = 0.0;
  for (var d = lane; d < sizes.width; d += ${threads}u) {
    along += gradient[start + d] * unit[start + d];
    squares += unit[start + d] * unit[start + d];
  }
  let share = sumOfWorkgroup(lane, along) / max(sumOfWorkgroup(lane, squares), 1e-30);
  var sum = 0.0;
  for (var d = lane; d < sizes.width; d += ${threads}u) {
    let rest = gradient[start + d] - share * unit[start + d];
    sum += rest * rest;
  }
  let total = sumOfWorkgroup(lane, sum);
  if (lane == 0u) { sums[row] = total; }
}
`;
}

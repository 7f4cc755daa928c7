/** Adam in one pass over parameter and moments (Kingma & Ba 2015, algorithm 1; decay of Loshchilov & Hutter 2019). */
import { LINEAR_ID, sumOfWorkgroup, threadsFor } from './parts.ts';

const BINDINGS = /* wgsl */ `
struct Sizes {
  rows: u32, width: u32,
  gradientScale: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, meanScale: f32, squareScale: f32, epsilon: f32, rate: f32, shrink: f32,
}
@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> firstMoment: array<f32>;
@group(0) @binding(3) var<storage, read_write> secondMoment: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
${LINEAR_ID}
fn moved(at: u32, unscaled: f32) -> f32 {
  let slope = unscaled * sizes.gradientScale;
  let first = sizes.beta1 * firstMoment[at] + sizes.rest1 * slope;
  let second = sizes.beta2 * secondMoment[at] + sizes.rest2 * slope * slope;
  firstMoment[at] = first;
  secondMoment[at] = second;
  let deviation = sqrt(second * sizes.squareScale);
  return sizes.shrink * parameter[at] - sizes.rate * first * sizes.meanScale / (deviation + sizes.epsilon);
}
`;

export const ADAM_SHADER = /* wgsl */ `
${BINDINGS}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let at = linearId(group, groups) * 256u + lane;
  if (at < sizes.rows * sizes.width) { parameter[at] = moved(at, gradient[at]); }
}
`;

/** Without the gradient's part along each row, and back to rows of norm 1. */
export function unitAdamShader(width: number): string {
  const threads = threadsFor(width);
  return /* wgsl */ `
${BINDINGS}
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
    along += gradient[start + d] * parameter[start + d];
    squares += parameter[start + d] * parameter[start + d];
  }
  let share = sumOfWorkgroup(lane, along) / max(sumOfWorkgroup(lane, squares), 1e-30);
  var norm = 0.0;
  for (var d = lane; d < sizes.width; d += ${threads}u) {
    let at = start + d;
    let value = moved(at, gradient[at] - share * parameter[at]);
    parameter[at] = value;
    norm += value * value;
  }
  let length = sqrt(max(sumOfWorkgroup(lane, norm), 1e-30));
  for (var d = lane; d < sizes.width; d += ${threads}u) { parameter[start + d] /= length; }
}
`;
}

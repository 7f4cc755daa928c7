/** Pieces that several shaders share. A shader is a string made by a function of what must be constant in it. */

/** The number of this workgroup when Runner.spread divided the grid over x and y. */
export const LINEAR_ID = /* wgsl */ `
fn linearId(id: vec3u, groups: vec3u) -> u32 { return id.x + id.y * groups.x; }
`;

/** By bits: a shader compiler may assume that comparisons never meet NaN. */
export const NOT_FINITE = /* wgsl */ `
fn notFinite(value: f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) == 0x7f800000u; }
`;

/** Sum over a workgroup in a fixed order; every thread gets it. Call from uniform control flow. */
export function sumOfWorkgroup(threads: number): string {
  return /* wgsl */ `
var<workgroup> partial: array<f32, ${threads}>;
fn sumOfWorkgroup(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  partial[lane] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { partial[lane] += partial[lane + half]; }
    workgroupBarrier();
  }
  return partial[0];
}
`;
}

/** Threads for work along a row: enough to keep the device busy, few enough that narrow rows waste none. */
export function threadsFor(width: number): 32 | 64 | 128 | 256 {
  if (width <= 32) return 32;
  if (width <= 256) return 64;
  return width <= 1024 ? 128 : 256;
}

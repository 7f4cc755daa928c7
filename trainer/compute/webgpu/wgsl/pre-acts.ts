/**
 * relu(hidden encoderᵀ + bias) for a block of rows and a chunk of features: a tiled product in fp32, 16 x 16 threads with a
 * square of results each, both operands staged through workgroup memory as vectors along D.
 */
import { NOT_FINITE } from './parts.ts';

export interface PreActsShape {
  /** Rows, and features, of a tile: 64 or 128. */
  readonly tile: number;
  /** D is a multiple of 4: rows are read as vectors. */
  readonly aligned: boolean;
  /** A buffer says which act each feature must exceed. */
  readonly floored: boolean;
}

/** Along D per round, in vectors of 4. The row of a tile is one vector longer, so that lanes meet different banks. */
const DEPTH = 2;
const STRIDE = DEPTH + 1;

/** Bits of the status word. */
export const HIDDEN_NOT_FINITE = 1;
export const ENCODER_NOT_FINITE = 2;

export function preActsShader({ tile, aligned, floored }: PreActsShape): string {
  const side = tile / 16;
  const element = aligned ? 'vec4f' : 'f32';
  return /* wgsl */ `
struct Sizes { rows: u32, firstRow: u32, cols: u32, firstCol: u32, width: u32 }
@group(0) @binding(0) var<storage, read> hidden: array<${element}>;
@group(0) @binding(1) var<storage, read> encoder: array<${element}>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> acts: array<f32>;
@group(0) @binding(4) var<storage, read_write> status: atomic<u32>;
${floored ? '@group(0) @binding(5) var<storage, read> floors: array<f32>;' : ''}
@group(0) @binding(${floored ? 6 : 5}) var<uniform> sizes: Sizes;
var<workgroup> hiddenTile: array<vec4f, ${tile * STRIDE}>;
var<workgroup> encoderTile: array<vec4f, ${tile * STRIDE}>;
${NOT_FINITE}
${loader('hidden', aligned)}
${loader('encoder', aligned)}
@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let row0 = group.y * ${tile}u;
  let col0 = group.x * ${tile}u;
  var sums: array<array<f32, ${side}>, ${side}>;
  for (var d = 0u; d < sizes.width; d += ${4 * DEPTH}u) {
    for (var slot = lane; slot < ${tile * DEPTH}u; slot += 256u) {
      let line = slot / ${DEPTH}u;
      let at = line * ${STRIDE}u + slot % ${DEPTH}u;
      let depth = d + 4u * (slot % ${DEPTH}u);
      hiddenTile[at] = vec4f();
      if (row0 + line < sizes.rows) { hiddenTile[at] = load_hidden(sizes.firstRow + row0 + line, depth); }
      encoderTile[at] = vec4f();
      if (col0 + line < sizes.cols) { encoderTile[at] = load_encoder(col0 + line, depth); }
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      var ours: array<vec4f, ${side}>;
      for (var i = 0u; i < ${side}u; i++) { ours[i] = hiddenTile[(local.y * ${side}u + i) * ${STRIDE}u + k]; }
      for (var j = 0u; j < ${side}u; j++) {
        let theirs = encoderTile[(local.x + 16u * j) * ${STRIDE}u + k];
        for (var i = 0u; i < ${side}u; i++) { sums[i][j] += dot(ours[i], theirs); }
      }
    }
    workgroupBarrier();
  }
  var broken = false;
  for (var j = 0u; j < ${side}u; j++) {
    let col = col0 + local.x + 16u * j;
    if (col >= sizes.cols) { continue; }
    for (var i = 0u; i < ${side}u; i++) {
      let row = row0 + local.y * ${side}u + i;
      if (row >= sizes.rows) { continue; }
      let act = sums[i][j] + bias[sizes.firstCol + col];
      broken = broken || notFinite(act);
      let kept = act > ${floored ? 'max(0.0, floors[sizes.firstCol + col])' : '0.0'};
      acts[row * sizes.cols + col] = select(0.0, act, kept);
    }
  }
  if (broken) { atomicOr(&status, ${ENCODER_NOT_FINITE}u); }
}
`;
}

function loader(name: string, aligned: boolean): string {
  if (aligned) {
    return /* wgsl */ `
fn load_${name}(row: u32, depth: u32) -> vec4f {
  if (depth >= sizes.width) { return vec4f(); }
  return ${name}[(row * sizes.width + depth) / 4u];
}`;
  }
  return /* wgsl */ `
fn load_${name}(row: u32, depth: u32) -> vec4f {
  var four = vec4f();
  for (var i = 0u; i < min(4u, max(sizes.width, depth) - depth); i++) { four[i] = ${name}[row * sizes.width + depth + i]; }
  return four;
}`;
}

/** Sets a bit of the status word when a value of the buffer is NaN or infinite. */
export const FINITE_SHADER = /* wgsl */ `
struct Sizes { size: u32, flag: u32, threads: u32 }
@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> status: atomic<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var broken = false;
  for (var i = id.x; i < sizes.size; i += sizes.threads) {
    broken = broken || (values[i] & 0x7f800000u) == 0x7f800000u;
  }
  if (broken) { atomicOr(&status, sizes.flag); }
}
`;

/**
 * Which acts each feature has in a batch: the index tensor turned round, so that one workgroup can gather a feature's
 * gradient instead of many adding to it (WGSL has no atomic floats, and sums would come in another order each time).
 * `heads` holds per feature: how many, where its list starts, where the next entry goes; then one cell, the total.
 * An entry is row * K + rank. Acts of 0 are in no list: padding would make feature 0's endless.
 */
import { LINEAR_ID } from './parts.ts';

export const OUTSIDE_DECODER = 4; // bit of the status word

/** Entries that fit into workgroup memory are sorted there; longer lists in their place. */
const SORTED_LOCALLY = 1024;

export const COUNT_SHADER = /* wgsl */ `
struct Sizes { entries: u32, features: u32, threads: u32 }
@group(0) @binding(0) var<storage, read> acts: array<f32>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> heads: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> status: atomic<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var entry = id.x; entry < sizes.entries; entry += sizes.threads) {
    let feature = indices[entry];
    if (feature >= sizes.features) { atomicOr(&status, ${OUTSIDE_DECODER}u); }
    else if (acts[entry] != 0.0) { atomicAdd(&heads[feature], 1u); }
  }
}
`;

/** Lists lie in whatever order workgroups come by: a list's own order is what counts. */
export const PLACE_SHADER = /* wgsl */ `
struct Sizes { features: u32 }
@group(0) @binding(0) var<storage, read_write> heads: array<atomic<u32>>;
@group(0) @binding(1) var<uniform> sizes: Sizes;
var<workgroup> before: array<u32, 64>;
var<workgroup> start: u32;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  var count = 0u;
  if (id.x < sizes.features) { count = atomicLoad(&heads[id.x]); }
  before[lane] = count;
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0u;
    for (var i = 0u; i < 64u; i++) {
      let here = before[i];
      before[i] = sum;
      sum += here;
    }
    start = atomicAdd(&heads[3u * sizes.features], sum);
  }
  workgroupBarrier();
  if (id.x < sizes.features) {
    atomicStore(&heads[sizes.features + id.x], start + before[lane]);
    atomicStore(&heads[2u * sizes.features + id.x], start + before[lane]);
  }
}
`;

export const FILL_SHADER = /* wgsl */ `
struct Sizes { entries: u32, features: u32, threads: u32 }
@group(0) @binding(0) var<storage, read> acts: array<f32>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> heads: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> lists: array<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var entry = id.x; entry < sizes.entries; entry += sizes.threads) {
    let feature = indices[entry];
    if (feature >= sizes.features || acts[entry] == 0.0) { continue; }
    lists[atomicAdd(&heads[2u * sizes.features + feature], 1u)] = entry;
  }
}
`;

/**
 * Ascending. Lists that a workgroup holds at once, nearly all, by counting what is smaller; longer ones by a bitonic network
 * whose comparisons all point one way, so that what lies past the end needs no padding.
 */
export const SORT_SHADER = /* wgsl */ `
struct Sizes { features: u32 }
@group(0) @binding(0) var<storage, read> heads: array<u32>;
@group(0) @binding(1) var<storage, read_write> lists: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
var<workgroup> near: array<u32, ${SORTED_LOCALLY}>;
${LINEAR_ID}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let feature = linearId(group, groups);
  if (feature >= sizes.features) { return; }
  let count = heads[feature];
  let start = heads[sizes.features + feature];
  if (count < 2u) { return; }
  if (count <= 64u) {
    var ours = 0u;
    var rank = 0u;
    if (lane < count) {
      ours = lists[start + lane];
      for (var i = 0u; i < count; i++) { rank += select(0u, 1u, lists[start + i] < ours); }
    }
    storageBarrier();
    if (lane < count) { lists[start + rank] = ours; }
  } else if (count <= ${SORTED_LOCALLY}u) {
    for (var i = lane; i < count; i += 64u) { near[i] = lists[start + i]; }
    workgroupBarrier();
    ${network('near', '', 'workgroupBarrier();')}
    for (var i = lane; i < count; i += 64u) { lists[start + i] = near[i]; }
  } else {
    ${network('lists', 'start + ', 'storageBarrier();')}
  }
}
`;

function network(array: string, offset: string, barrier: string): string {
  return /* wgsl */ `
    for (var run = 2u; run < 2u * count; run <<= 1u) {
      for (var gap = run >> 1u; gap > 0u; gap >>= 1u) {
        for (var pair = lane; pair < (count + run) / 2u; pair += 64u) {
          let low = 2u * gap * (pair / gap) + pair % gap;
          // The first step of a merge folds the second half back; the others look a gap ahead.
          let high = select(low + gap, low ^ (run - 1u), gap == run / 2u);
          if (high < count) {
            let left = ${array}[${offset}low];
            let right = ${array}[${offset}high];
            if (left > right) {
              ${array}[${offset}low] = right;
              ${array}[${offset}high] = left;
            }
          }
        }
        ${barrier}
      }
    }`;
}

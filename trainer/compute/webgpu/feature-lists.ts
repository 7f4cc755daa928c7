/** Builds the lists of wgsl/lists.ts for one batch of kept acts, once for all gradients that need them. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { GpuBuffer } from './gpu-types.ts';
import type { Runner } from './runner.ts';
import type { Status } from './status.ts';
import { COUNT_SHADER, FILL_SHADER, PLACE_SHADER, SORT_SHADER } from './wgsl/lists.ts';

/** Workgroups of 64 threads; beyond them a thread takes several entries. */
const MOST_GROUPS = 1024;

export interface FeatureLists {
  readonly heads: GpuBuffer;
  readonly lists: GpuBuffer;
}

export class ListBuilder {
  private readonly runner: Runner;
  private readonly status: Status;
  private last: (FeatureLists & { readonly key: readonly unknown[] }) | null = null;

  constructor(runner: Runner, status: Status) {
    this.runner = runner;
    this.status = status;
  }

  /** Valid until the next call. The decoder's and the encoder's gradient of one step ask for the same. */
  open(acts_BK: Tensor2D, indices_BK: Tensor2D, F: number): FeatureLists {
    const key = [acts_BK.dataId, indices_BK.dataId, F];
    const { last } = this;
    if (last && key.every((part, i) => part === last.key[i])) return last;
    const lists = this.build(acts_BK, indices_BK, F);
    this.last = { ...lists, key };
    return lists;
  }

  private build(acts_BK: Tensor2D, indices_BK: Tensor2D, F: number): FeatureLists {
    const { runner } = this;
    const entries = acts_BK.size;
    const [acts, indices] = [runner.read(acts_BK), runner.read(indices_BK)];
    const heads = runner.scratch('list-heads', 4 * (3 * F + 1));
    const lists = runner.scratch('lists', 4 * entries);
    runner.clear(heads);
    const groups = Math.min(MOST_GROUPS, Math.ceil(entries / 64));
    const perEntry = { uniforms: [entries, F, 64 * groups], workgroups: groups };
    const counted = [acts, indices, heads, this.status.buffer];
    runner.run({ name: 'list-count', code: COUNT_SHADER, buffers: counted, ...perEntry });
    runner.run({
      name: 'list-place',
      code: PLACE_SHADER,
      buffers: [heads],
      uniforms: [F],
      workgroups: [Math.ceil(F / 64), 1, 1],
    });
    runner.run({ name: 'list-fill', code: FILL_SHADER, buffers: [acts, indices, heads, lists], ...perEntry });
    runner.run({
      name: 'list-sort',
      code: SORT_SHADER,
      buffers: [heads, lists],
      uniforms: [F],
      workgroups: F,
    });
    return { heads, lists };
  }
}

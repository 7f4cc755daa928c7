/**
 * UnsortedSegmentSum for the tfjs wasm backend, which lacks it: the gradient of gather, so of every embedding, needs it.
 * Composed of ScatterNd, which adds updates that share an index.
 */
import type { KernelConfig, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';

export function registerWasmSegmentSum(): void {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const updates = inputs.x as TensorInfo;
      const segmentIds = inputs.segmentIds as TensorInfo;
      const numSegments = attrs?.numSegments as number;
      return segmentSum(updates as Tensor, segmentIds as Tensor, numSegments);
    },
  } satisfies KernelConfig);
}

function segmentSum(updates: Tensor, segmentIds: Tensor, numSegments: number): Tensor {
  const count = segmentIds.size;
  const inner = updates.shape.slice(segmentIds.rank);
  return tf.tidy(() =>
    tf.scatterND(tf.reshape(segmentIds, [count, 1]), tf.reshape(updates, [count, ...inner]), [
      numSegments,
      ...inner,
    ]),
  );
}

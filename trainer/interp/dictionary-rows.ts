/** What the weights alone say about a feature: encoder norm and bias, encoder-decoder cosine, nearest decoder rows. */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { FeatureNeighbourRecord, FeatureRecord } from './records.ts';
import type { ReadableDictionary, ReadOutProgress } from './subject.ts';
import { pickTop } from './top-indices.ts';
import { withValues } from './with-values.ts';

export const NEIGHBOURS = 10;

/** 16 MiB of float32: rows per product = this / F. */
const MAX_COSINES = 2 ** 22;

export type RowRecord = Omit<FeatureRecord, 'density' | 'maxAct'>;

export function describeRows(dictionary: ReadableDictionary): RowRecord[] {
  const [F, D] = dictionary.decoder_FD.shape;
  const encoder = dictionary.encoder_FD.dataSync();
  const decoder = dictionary.decoder_FD.dataSync();
  const bias = dictionary.encoderBias_F.dataSync();
  return Array.from({ length: F }, (_, feature) => {
    let dot = 0;
    let encoderSquare = 0;
    let decoderSquare = 0;
    for (let i = feature * D; i < (feature + 1) * D; i++) {
      dot += encoder[i] * decoder[i];
      encoderSquare += encoder[i] * encoder[i];
      decoderSquare += decoder[i] * decoder[i];
    }
    const norms = Math.sqrt(encoderSquare * decoderSquare);
    return {
      feature,
      encoderNorm: Math.sqrt(encoderSquare),
      encoderBias: bias[feature],
      encoderDecoderCosine: norms > 0 ? dot / norms : 0,
    };
  });
}

/** The nearest other rows by cosine; a row of zeros has cosine 0 with all. */
export function* pickNeighbours(decoder_FD: Tensor2D): Generator<ReadOutProgress, FeatureNeighbourRecord[]> {
  const [F, D] = decoder_FD.shape;
  const rows = Math.max(1, Math.min(F, Math.floor(MAX_COSINES / F)));
  const unit_FD = tf.tidy(() =>
    decoder_FD.div<Tensor2D>(decoder_FD.norm('euclidean', 1, true).maximum(1e-12)),
  );
  const records: FeatureNeighbourRecord[] = [];
  for (let first = 0; first < F; first += rows) {
    const count = Math.min(rows, F - first);
    withValues(
      () => tf.matMul(unit_FD.slice([first, 0], [count, D]), unit_FD, false, true),
      (cosine_FF) => {
        for (let f = 0; f < count; f++) {
          const feature = first + f;
          cosine_FF[f * F + feature] = -Infinity;
          const nearest = pickTop(cosine_FF, f * F, F, Math.min(NEIGHBOURS, F - 1));
          nearest.forEach((neighbour, rank) =>
            records.push({ feature, rank, neighbour, cosine: cosine_FF[f * F + neighbour] }),
          );
        }
      },
    );
    yield { phase: 'neighbours', done: first + count, total: F };
  }
  unit_FD.dispose();
  return records;
}

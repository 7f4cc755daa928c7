/**
 * Where an adaptive vector is strong: the scalar A h of every token times the direction's norm, over the mean norm of the
 * residual stream there, by segment of the conversation (s.10). h: what the MLP's output projection reads.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Rng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { innerActs } from '../../lm/mlp.ts';
import { normalise } from '../../lm/norm.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { AppliedVectors } from '../applied-vectors.ts';
import type { Overlay } from '../overlay.ts';
import { SEGMENTS, type Segment, type TokenScaling } from '../record.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import { quartilesOf } from '../statistics/quartiles.ts';
import { readStates, valuesOf, type ReadableModel, type WrittenText } from './texts.ts';

/** Texts shown whole. */
const SHOWN = 6;

export interface SegmentedText extends WrittenText {
  /** Of the prompt's tokens; the response is the assistant's. */
  readonly segments: readonly Segment[];
}

export interface ScalingInput {
  readonly model: ReadableModel & { readonly tokenizer: Pick<Tokenizer, 'text'> };
  readonly applied: AppliedVectors;
  readonly layer: number;
  readonly steered: Overlay;
  readonly texts: readonly SegmentedText[];
  /** Mean norm of the residual stream behind the layer, on base generations. */
  readonly hiddenNorm: number;
  readonly rng: Pick<Rng, 'int'>;
}

/** The adaptive layer that moves states furthest for what they are long; undefined where none is adaptive. */
export function adaptiveLayer({ layers }: AppliedVectors): number | undefined {
  const sizeOf = ({ values_D, readOut_M }: AppliedVectors['layers'][number]): number =>
    Math.hypot(...values_D) * Math.hypot(...readOut_M!);
  const adaptive = layers.filter(({ readOut_M }) => readOut_M);
  return adaptive.sort((a, b) => sizeOf(b) - sizeOf(a))[0]?.layer;
}

export function readTokenScaling(
  input: ScalingInput,
): Pick<TokenScaling, 'kind' | 'layer' | 'segments' | 'samples'> {
  const { model, layer, texts, rng } = input;
  const scales = scalesOf(input);
  const segmentsOf = texts.map(({ segments, response }) => [
    ...segments,
    ...response.map((): Segment => 'assistant'),
  ]);
  const bySegment = (segment: Segment): number[][] =>
    scales.map((scale_T, index) => [...scale_T].filter((_, t) => segmentsOf[index][t] === segment));
  return {
    kind: 'token-scaling',
    layer,
    segments: SEGMENTS.filter((segment) => segmentsOf.some((one) => one.includes(segment))).map((segment) => {
      const groups = bySegment(segment);
      const sizes = groups.map((group) => group.map(Math.abs));
      return { segment, scale: quartilesOf(groups.flat()), size: bootstrapMean(sizes, rng) };
    }),
    samples: texts.slice(0, SHOWN).map(({ prompt, response }, index) => ({
      tokens: [...prompt, ...response].map((token, t) => ({
        token,
        text: model.tokenizer.text(token),
        segment: segmentsOf[index][t],
        scale: scales[index][t],
      })),
    })),
  };
}

/** Of every token of every text. */
function scalesOf({ model, applied, layer, steered, texts, hiddenNorm }: ScalingInput): Float64Array[] {
  const { config } = model;
  const { values_D, readOut_M } = applied.layers.find((one) => one.layer === layer)!;
  const factor = Math.hypot(...values_D) / hiddenNorm;
  const name = `layers.${layer}`;
  const mid = `${name}.residual.mid`;
  const found: Float64Array[] = [];
  for (const { states } of readStates(model, steered, texts, [mid])) {
    const inner = valuesOf(() => {
      const hidden_1TD = tf.tensor3d(states[mid], [
        1,
        states[mid].length / config.hiddenWidth,
        config.hiddenWidth,
      ]);
      const mlpIn_1TD = normalise(hidden_1TD, `${name}.mlp.norm`, steered.parameters, config);
      const inner_1TM = innerActs(mlpIn_1TD, name, steered.parameters, config);
      const inner_TM: Tensor2D = inner_1TM.reshape([inner_1TM.shape[1], config.mlpWidth]);
      return tf.dot(inner_TM, tf.tensor1d(readOut_M!));
    });
    found.push(Float64Array.from(inner, (scalar) => scalar * factor));
  }
  return found;
}

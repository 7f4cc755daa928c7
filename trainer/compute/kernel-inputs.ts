/** What every implementation of the fused kernels asks of its inputs: one set of checks, so one set of messages. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type {
  EncodeInput,
  EncodeThresholdInput,
  EncoderGradientInput,
  HierarchicalInput,
} from './kernels.ts';

/** A tensor or a number that does not fit the others: says what was expected, what came and what to do. */
export class KernelInputError extends Error {
  override readonly name = 'KernelInputError';
}

export interface EncodeAxes {
  readonly B: number;
  readonly D: number;
  readonly F: number;
  readonly K: number;
}

type Choice = Pick<EncodeInput, 'hidden_BD' | 'encoder_FD' | 'encoderBias_F' | 'allowed_F'>;

export function checkEncode(input: EncodeInput): EncodeAxes {
  const { B, D, F } = checkChoice(input);
  const K = input.k;
  if (!Number.isInteger(K) || K < 1 || K > F) {
    throw new KernelInputError(
      `k: expected an integer in 1..${F} (the number of features), got ${K}. Choose one there.`,
    );
  }
  return { B, D, F, K };
}

export function checkEncodeThreshold(input: EncodeThresholdInput): Omit<EncodeAxes, 'K'> {
  const axes = checkChoice(input);
  const { threshold } = input;
  if (typeof threshold !== 'number') {
    expectShape('threshold', threshold.shape, { F: axes.F }, `encoder_FD ${shown(input.encoder_FD.shape)}`);
  } else if (!(threshold >= 0 && threshold < Infinity)) {
    throw new KernelInputError(
      `threshold: expected a number of at least 0, got ${threshold}. Acts are never negative.`,
    );
  }
  return axes;
}

function checkChoice(input: Choice): Omit<EncodeAxes, 'K'> {
  const { hidden_BD, encoder_FD, encoderBias_F, allowed_F } = input;
  const [B, D] = hidden_BD.shape;
  const [F] = encoder_FD.shape;
  expectSomeRows('hidden_BD', B);
  expectShape(
    'encoder_FD',
    encoder_FD.shape,
    { F, D },
    `hidden_BD ${shown(hidden_BD.shape)}`,
    'Was the dictionary trained on another model?',
  );
  const whose = `encoder_FD ${shown(encoder_FD.shape)}`;
  expectShape('encoderBias_F', encoderBias_F.shape, { F }, whose);
  if (allowed_F) expectShape('allowed_F', allowed_F.shape, { F }, whose);
  return { B, D, F };
}

export function checkDecode(
  acts_BK: Tensor2D,
  indices_BK: Tensor2D,
  decoder_FD: Tensor2D,
  decoderBias_D: { shape: number[] },
): EncodeAxes {
  const [B, K] = acts_BK.shape;
  const [F, D] = decoder_FD.shape;
  expectSomeRows('acts_BK', B);
  expectShape('indices_BK', indices_BK.shape, { B, K }, `acts_BK ${shown(acts_BK.shape)}`);
  expectShape('decoderBias_D', decoderBias_D.shape, { D }, `decoder_FD ${shown(decoder_FD.shape)}`);
  if (indices_BK.dtype !== 'int32') {
    throw new KernelInputError(
      `indices_BK: expected int32, got ${indices_BK.dtype}. Pass what encodeTopK gave.`,
    );
  }
  return { B, D, F, K };
}

export function checkHierarchical(input: HierarchicalInput): EncodeAxes {
  const axes = checkDecode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
  const { B, D } = axes;
  const beside = `acts_BK ${shown(input.acts_BK.shape)} and decoder_FD ${shown(input.decoder_FD.shape)}`;
  expectShape('target_BD', input.target_BD.shape, { B, D }, beside);
  const { budgets } = input;
  const rising = budgets.every(
    (budget, i) => Number.isInteger(budget) && budget > (i === 0 ? 0 : budgets[i - 1]),
  );
  if (budgets.length === 0 || !rising || budgets[budgets.length - 1] > axes.K) {
    throw new KernelInputError(
      `budgets: expected ascending integers in 1..${axes.K}, got [${budgets.join(', ')}]. Leave out the others.`,
    );
  }
  return axes;
}

export function checkEncoderGradient(input: EncoderGradientInput): EncodeAxes {
  const [B, K] = input.acts_BK.shape;
  const [F, D] = input.encoder_FD.shape;
  expectSomeRows('acts_BK', B);
  const acts = `acts_BK ${shown(input.acts_BK.shape)}`;
  expectShape(
    'hidden_BD',
    input.hidden_BD.shape,
    { B, D },
    `${acts} and encoder_FD ${shown(input.encoder_FD.shape)}`,
  );
  expectShape('indices_BK', input.indices_BK.shape, { B, K }, acts);
  expectShape('gradActs_BK', input.gradActs_BK.shape, { B, K }, acts);
  return { B, D, F, K };
}

/** The message for a row whose values cannot be ranked. */
export function notFinite(what: string): KernelInputError {
  return new KernelInputError(
    `${what}: expected finite numbers, got NaN or infinity. Look at the batch that made it, or lower the learning rate.`,
  );
}

function expectSomeRows(name: string, rows: number): void {
  if (rows > 0) return;
  throw new KernelInputError(`${name}: expected at least one row, got an empty batch. Skip empty batches.`);
}

function shown(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** `beside` names the tensor that the expected sizes come from, with its shape. */
function expectShape(
  name: string,
  got: readonly number[],
  axes: Readonly<Record<string, number>>,
  beside: string,
  hint = 'Are all tensors from one dictionary and one batch?',
): void {
  const expected = Object.values(axes);
  if (got.length === expected.length && expected.every((size, axis) => size === got[axis])) return;
  const named = Object.entries(axes).map(([axis, size]) => `${axis} ${size}`);
  throw new KernelInputError(
    `${name}: expected [${named.join(', ')}] beside ${beside}, got ${shown(got)}. ${hint}`,
  );
}

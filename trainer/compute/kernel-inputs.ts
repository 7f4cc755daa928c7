/** What every implementation of the fused kernels asks of its inputs: one set of checks, so one set of messages. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { EncodeInput, EncoderGradientInput, HierarchicalInput } from './kernels.ts';

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

export function checkEncode(input: EncodeInput): EncodeAxes {
  const [B, D] = input.hidden_BD.shape;
  const [F] = input.encoder_FD.shape;
  const K = input.k;
  expectSomeRows('hidden_BD', B);
  expectShape('encoder_FD', input.encoder_FD.shape, [F, D], 'Was the dictionary trained on another model?');
  expectShape('encoderBias_F', input.encoderBias_F.shape, [F]);
  if (input.allowed_F) expectShape('allowed_F', input.allowed_F.shape, [F]);
  if (!Number.isInteger(K) || K < 1 || K > F) {
    throw new KernelInputError(
      `k: expected an integer in 1..${F} (the number of features), got ${K}. Choose one there.`,
    );
  }
  return { B, D, F, K };
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
  expectShape('indices_BK', indices_BK.shape, [B, K]);
  expectShape('decoderBias_D', decoderBias_D.shape, [D]);
  if (indices_BK.dtype !== 'int32') {
    throw new KernelInputError(
      `indices_BK: expected int32, got ${indices_BK.dtype}. Pass what encodeTopK gave.`,
    );
  }
  return { B, D, F, K };
}

export function checkHierarchical(input: HierarchicalInput): EncodeAxes {
  const axes = checkDecode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
  expectShape('target_BD', input.target_BD.shape, [axes.B, axes.D]);
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
  expectShape('hidden_BD', input.hidden_BD.shape, [B, D]);
  expectShape('indices_BK', input.indices_BK.shape, [B, K]);
  expectShape('gradActs_BK', input.gradActs_BK.shape, [B, K]);
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

function expectShape(name: string, got: readonly number[], expected: readonly number[], hint?: string): void {
  if (got.length === expected.length && expected.every((size, axis) => size === got[axis])) return;
  throw new KernelInputError(
    `${name}: expected shape [${expected.join(', ')}], got [${got.join(', ')}]. ` +
      (hint ?? 'Are all tensors from one dictionary and one batch?'),
  );
}

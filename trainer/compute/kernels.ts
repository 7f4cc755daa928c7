/**
 * The fused dictionary operations: one interface, several implementations (reference/, native/), one parity suite.
 * Axes: B rows of a batch, D hidden width, F features, K acts kept per row. Knows nothing of models, text or files.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs';

/** Acts kept per row, strongest first; ties go to the lowest index. Rows with fewer than K positives are padded with act 0, index 0. */
export interface TopActs {
  readonly acts_BK: Tensor2D;
  /** int32 */
  readonly indices_BK: Tensor2D;
}

export interface EncodeInput {
  /** Already centred: x - bPre. */
  readonly hidden_BD: Tensor2D;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly k: number;
  /** 1 where a feature may be chosen, 0 where not (AuxK on dead features); all may when absent. float32 */
  readonly allowed_F?: Tensor1D;
}

export interface EncodeThresholdInput {
  /** Already centred: x - bPre. */
  readonly hidden_BD: Tensor2D;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  /** An act is kept when it exceeds this: one number, or one per feature (JumpReLU). At least 0. */
  readonly threshold: number | Tensor1D;
  /** As in EncodeInput. */
  readonly allowed_F?: Tensor1D;
}

export interface HierarchicalInput {
  readonly target_BD: Tensor2D;
  readonly acts_BK: Tensor2D;
  readonly indices_BK: Tensor2D;
  readonly decoder_FD: Tensor2D;
  /** Added to every reconstruction; zeros for a residual dictionary. */
  readonly decoderBias_D: Tensor1D;
  /** Budgets J the loss averages over, ascending, each in 1..K; [K] is plain TopK. */
  readonly budgets: readonly number[];
}

/** L = 1/(|J| B D) sum_j in J |x - x̂_j|^2 and its gradients. HierarchicalTopK, 2505.24473; papers' equations in docs/methods. */
export interface HierarchicalGradients {
  readonly loss: Scalar;
  /** From all K kept acts, whatever the budgets. */
  readonly reconstruction_BD: Tensor2D;
  readonly gradActs_BK: Tensor2D;
  readonly gradDecoder_FD: Tensor2D;
  readonly gradDecoderBias_D: Tensor1D;
}

export interface EncoderGradientInput {
  readonly hidden_BD: Tensor2D;
  readonly acts_BK: Tensor2D;
  readonly indices_BK: Tensor2D;
  /** Gradient of the loss with respect to the kept acts; ignored where the act is 0 (ReLU). */
  readonly gradActs_BK: Tensor2D;
  readonly encoder_FD: Tensor2D;
}

export interface EncoderGradients {
  readonly gradEncoder_FD: Tensor2D;
  readonly gradEncoderBias_F: Tensor1D;
  /** Sum over rows of the gradient with respect to hidden_BD: what the centring bias receives, negated. */
  readonly gradHidden_D: Tensor1D;
}

export interface AdamInput {
  readonly parameter: Variable;
  readonly gradient: Tensor;
  readonly firstMoment: Variable;
  readonly secondMoment: Variable;
  /** 1-based number of this step. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoder rows: remove the gradient's part along each row first and set each row's norm to 1 afterwards. */
  readonly unitRows?: boolean;
  /** Multiplies the gradient (global-norm clipping). */
  readonly gradientScale?: number;
  /** AdamW: the parameter first shrinks by learningRate * weightDecay, apart from the gradient. */
  readonly weightDecay?: number;
}

export interface Kernels {
  readonly name: string;
  /** acts = topk(relu(hidden encoderᵀ + bias)), B x F never stored by the fast implementations. */
  encodeTopK(input: EncodeInput): TopActs;
  /**
   * The B·k strongest acts of the whole batch (BatchTopK, 2412.06410), ties to the lowest row, then index. As many columns
   * as the fullest row has acts, at least one; the others are padded. Waits for that number, hence a promise.
   */
  encodeBatchTopK(input: EncodeInput): Promise<TopActs>;
  /** Every act above its threshold (BatchTopK at inference, JumpReLU); columns as encodeBatchTopK's. */
  encodeThreshold(input: EncodeThresholdInput): Promise<TopActs>;
  /** acts decoder + bias, only the K rows in use are read. */
  decode(acts_BK: Tensor2D, indices_BK: Tensor2D, decoder_FD: Tensor2D, decoderBias_D: Tensor1D): Tensor2D;
  hierarchical(input: HierarchicalInput): HierarchicalGradients;
  encoderGradient(input: EncoderGradientInput): EncoderGradients;
  /** Updates parameter and moments in place (Adam, bias-corrected). */
  adam(input: AdamInput): void;
  /** Sum of a gradient's squares, for clipping; with unitRows, after its part along each of those rows is removed. */
  sumOfSquares(gradient: Tensor, unitRows?: Tensor2D): Promise<number>;
  /**
   * Resolves when everything asked so far was free of NaN and infinity, else throws the KernelInputError that names the
   * tensor. Implementations that see it at once throw there; a device reports it here. Await it before applying gradients.
   */
  settle(): Promise<void>;
}

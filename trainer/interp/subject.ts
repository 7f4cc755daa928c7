/** What is read out: the parts of a language model, a dictionary and a tokenizer that this room uses, as it meets them. */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { TopActs } from '../compute/kernels.ts';

export interface HiddenEdit {
  readonly hookpoint: string;
  apply(hidden_BTD: Tensor3D): Tensor3D;
}

export interface ReadableModel {
  hiddenAt(tokens_BT: Tensor2D, hookpoint: string): Tensor3D;
  /** Hidden states behind the last layer: what logits are made of. */
  lastHidden(tokens_BT: Tensor2D, edit?: HiddenEdit): Tensor3D;
  /** Logits of rows of them. */
  unembed(last_BD: Tensor2D): Tensor2D;
  readonly unembedding_VD: Tensor2D;
  /** [D, X]: what turns states at this hookpoint into the residual stream; undefined where they are it, or are added to it. */
  outputAt?(hookpoint: string): Tensor2D | undefined;
  /** Weight of the norm before the unembedding; ones when absent. */
  readonly finalNorm_D?: Float32Array;
}

export interface ReadableDictionary {
  /** Features F. */
  readonly width: number;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  /** The `budget` strongest acts of every row, strongest first; fewer columns where no row has so many. */
  encode(hidden_BD: Tensor2D, budget: number): Promise<TopActs>;
  /** Reconstruction from all acts given. */
  decode(topActs: TopActs): Tensor2D;
}

export interface ReadableTokenizer {
  bytes(token: number): Uint8Array;
  text(token: number): string;
}

export interface ReadOutProgress {
  readonly phase: 'outliers' | 'acts' | 'cross-entropy' | 'logits' | 'neighbours' | 'features';
  readonly done: number;
  readonly total: number;
}

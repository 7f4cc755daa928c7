/** What of ours can be timed, by name. A subject opens once and gives operations, each of which runs to its last number. */
import { tf } from '../../compute/tf.ts';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Backend } from '../../compute/backend.ts';
import type { Shape } from '../options.ts';
import { openEncode, openProduct } from './encode.ts';
import { openGenerate } from './generate.ts';
import { openHarvest } from './harvest.ts';
import { openLmForward } from './lm-forward.ts';
import { openLmStep } from './lm-step.ts';
import { openProducts } from './products.ts';
import { openHierarchicalStep, openTopKStep } from './step.ts';

/** Resolves to how its time divides, ms by name, if it can tell. */
export type Operation = () => Promise<Readonly<Record<string, number>> | void>;
export type Operations = Readonly<Record<string, Operation>>;

export interface SubjectInput {
  readonly backend: Backend;
  readonly shape: Shape;
  readonly batches: readonly Tensor2D[];
}

const SUBJECTS = {
  'topk-step': openTopKStep,
  'hierarchical-step': openHierarchicalStep,
  encode: openEncode,
  product: openProduct,
  products: openProducts,
  harvest: openHarvest,
  'lm-forward': openLmForward,
  'lm-step': openLmStep,
  generate: openGenerate,
} as const satisfies Record<string, (input: SubjectInput) => Operations | Promise<Operations>>;

export type SubjectName = keyof typeof SUBJECTS;

export function isSubject(name: string): name is SubjectName {
  return Object.hasOwn(SUBJECTS, name);
}

export async function openSubject(name: SubjectName, input: SubjectInput): Promise<Operations> {
  return SUBJECTS[name](input);
}

/** A device computes behind our back: reading one number of the result waits for it. Then drops the result. */
export async function awaitTensor(result: Tensor): Promise<void> {
  const one = tf.tidy(() => result.flatten().slice(0, 1));
  await one.data();
  one.dispose();
  result.dispose();
}

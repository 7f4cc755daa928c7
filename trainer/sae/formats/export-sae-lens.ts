/**
 * A dictionary as a directory that SAELens (6 and later) loads itself: cfg.json and sae_weights.safetensors. A threshold
 * becomes its jumprelu, a zero one its standard, k strongest its topk, a hierarchical one at the budget that is chosen.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DictionaryWeights, RowNormalisation } from '../dictionary.ts';
import { toParts } from '../safetensors.ts';
import { type Written, writeDurably } from '../write-durably.ts';
import { toTransformerLens } from './hookpoint.ts';

/** Read by SAELens to decide between its old rules and these; it must be there and at least 6. */
const SAE_LENS_VERSION = '6.49.2';

export interface SaeLensFacts {
  /** As TransformerLens or Hugging Face know it. */
  readonly modelName: string;
  /** Ours or theirs; written as theirs. */
  readonly hookpoint: string;
  readonly contextLength?: number;
  readonly prependBos?: boolean;
  readonly dataset?: string;
  /** Measured mean L0. */
  readonly l0?: number;
  /** Of a top-k dictionary: how many acts a row keeps; its own k when absent. */
  readonly budget?: number;
}

export interface SaeLensExport {
  readonly config: Written;
  readonly weights: Written;
}

export async function exportSaeLens(
  weights: DictionaryWeights,
  facts: SaeLensFacts,
  folder: string,
): Promise<SaeLensExport> {
  const config = toConfig(weights, facts);
  await mkdir(folder, { recursive: true });
  const { width: F, hiddenWidth: D, selection } = weights;
  const arrays = {
    W_enc: { values: transpose(weights.encoder_FD, F, D), shape: [D, F] },
    W_dec: { values: weights.decoder_FD, shape: [F, D] },
    b_enc: { values: weights.encoderBias_F, shape: [F] },
    b_dec: { values: weights.decoderBias_D, shape: [D] },
    ...(config.architecture === 'jumprelu' &&
      selection.by === 'threshold' && { threshold: { values: selection.threshold_F, shape: [F] } }),
  };
  const written = await writeDurably(
    path.join(folder, 'sae_weights.safetensors'),
    toParts({ arrays, metadata: { format: 'pt' } }),
  );
  // Last: a folder with its cfg.json is whole.
  const json = Buffer.from(`${JSON.stringify(config, null, 2)}\n`);
  return { weights: written, config: await writeDurably(path.join(folder, 'cfg.json'), [json]) };
}

const NORMALISATIONS: Readonly<Record<RowNormalisation, string>> = {
  none: 'none',
  'layer-norm': 'layer_norm',
  'constant-norm': 'constant_norm_rescale',
};

function toConfig(weights: DictionaryWeights, facts: SaeLensFacts) {
  const { hiddenWidth, width, centred, normalisation } = weights;
  const hookName = toTransformerLens(facts.hookpoint);
  return {
    ...toArchitecture(weights, facts.budget),
    d_in: hiddenWidth,
    d_sae: width,
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: centred,
    normalize_activations: NORMALISATIONS[normalisation],
    reshape_activations: hookName.endsWith('hook_z') ? 'hook_z' : 'none',
    metadata: {
      sae_lens_version: SAE_LENS_VERSION,
      sae_lens_training_version: null,
      model_name: facts.modelName,
      hook_name: hookName,
      hook_head_index: null,
      context_size: facts.contextLength ?? null,
      prepend_bos: facts.prependBos ?? null,
      dataset_path: facts.dataset ?? null,
      ...(facts.l0 !== undefined && { l0: facts.l0 }),
      ...toTraining(weights),
    },
  };
}

function toArchitecture({ selection, k }: DictionaryWeights, budget?: number) {
  if (selection.by === 'topk') {
    const kept = budget ?? selection.k;
    if (Number.isInteger(kept) && kept >= 1 && kept <= k) {
      return { architecture: 'topk', k: kept, rescale_acts_by_decoder_norm: false };
    }
    throw new RangeError(`budget: expected an integer in 1..${k}, got ${kept}. Choose one there.`);
  }
  if (selection.by === 'group-max') {
    throw new Error(
      'SAELens: expected acts chosen by k or threshold, got groups. It has no such kind: no export.',
    );
  }
  if (budget !== undefined) {
    throw new RangeError(`budget: expected none where a threshold chooses, got ${budget}. Leave it out.`);
  }
  return { architecture: selection.threshold_F.every((value) => value === 0) ? 'standard' : 'jumprelu' };
}

/** What it was before it became a threshold: SAELens notes it in the same words. */
function toTraining({ kind, groupEnds }: DictionaryWeights) {
  if (kind === 'batch-topk') return { training_architecture: 'batchtopk' };
  if (kind === 'hierarchical-topk') return { training_architecture: 'hierarchical_topk' };
  if (kind !== 'matryoshka-batch-topk') return {};
  return {
    training_architecture: 'matryoshka_batchtopk',
    training_architecture_details: { matryoshka_widths: groupEnds ?? [] },
  };
}

function transpose(values_FD: Float32Array, F: number, D: number): Float32Array {
  const values_DF = new Float32Array(F * D);
  for (let f = 0; f < F; f++) for (let d = 0; d < D; d++) values_DF[d * F + f] = values_FD[f * D + d];
  return values_DF;
}

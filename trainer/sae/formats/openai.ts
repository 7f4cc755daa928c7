/**
 * openai/sparse_autoencoder: one .pt per layer, a state dict with its activation's name. A TopK one layer-norms its input
 * and undoes it on what it rebuilds; model and place are told by the path alone.
 */
import type { Selection } from '../dictionary.ts';
import { ImportError, describe } from './import-error.ts';
import type { ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import { isDict } from './pickle-value.ts';
import { expectK, readWeights, storedActs } from './read-weights.ts';
import type { TorchFile } from './torch-file.ts';

/** Where in the layer, by the part of the path that names it. */
const LOCATIONS: Readonly<Record<string, string>> = {
  resid_delta_attn: 'hook_attn_out',
  resid_delta_mlp: 'hook_mlp_out',
  resid_post_attn: 'hook_resid_mid',
  resid_post_mlp: 'hook_resid_post',
};
const CONTEXT_LENGTH = 64; // 2406.04093, section 2.1

export async function readOpenAi(torch: TorchFile, options: ImportOptions): Promise<ReadDictionary> {
  const { root, file } = torch;
  const source = { file, tensors: torch.tensorsOf(root) };
  const activation = root.entries.get('activation');
  const raw = await readWeights(
    source,
    {
      encoder: ['encoder.weight', 'FD'],
      decoder: ['decoder.weight', 'DF'],
      encoderBias: 'latent_bias',
      decoderBias: 'pre_bias',
    },
    options,
  );
  const notes: string[] = [];
  const isTopK = activation === 'TopK';
  if (!isTopK && activation !== 'ReLU') {
    throw new ImportError(file, 'TopK or ReLU', describe(activation), 'It cannot be imported.');
  }
  const k = isTopK ? expectK(options.k ?? readK(torch), raw.width, file) : undefined;
  const selection: Selection =
    k === undefined ? { by: 'threshold', threshold_F: new Float32Array(raw.width) } : { by: 'topk', k };
  return {
    weights: {
      kind: isTopK ? 'topk' : 'relu',
      ...raw,
      k: k ?? storedActs(raw.width, undefined, options, notes),
      selection,
      centred: true,
      normalisation: isTopK ? 'layer-norm' : 'none',
    },
    format: 'openai',
    modelName: /gpt2-small/.test(file) ? 'gpt2' : null,
    hookName: hookOf(file),
    contextLength: CONTEXT_LENGTH,
    prependBos: null,
    advertised: k === undefined ? {} : { k },
    notes,
  };
}

function readK({ root, file }: TorchFile): number | undefined {
  const state = root.entries.get('activation_state_dict');
  if (!isDict(state)) return undefined;
  const after = state.entries.get('postact_fn');
  if (after !== undefined && after !== 'ReLU') {
    throw new ImportError(file, 'ReLU after TopK', describe(after), 'Signed acts cannot be imported.');
  }
  const k = state.entries.get('k');
  return typeof k === 'number' ? k : undefined;
}

/** .../resid_post_mlp_v5_32k/autoencoders/8.pt */
function hookOf(file: string): string | null {
  const layer = /(\d+)\.pt$/.exec(file)?.[1];
  const location = Object.keys(LOCATIONS).find((name) => file.includes(name));
  return layer === undefined || location === undefined ? null : `blocks.${layer}.${LOCATIONS[location]}`;
}

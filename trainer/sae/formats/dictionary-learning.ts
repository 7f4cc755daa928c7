/**
 * dictionary_learning: ae.pt (a state dict, or a backup that holds one) and config.json. Which class it is says how its
 * tensors lie and what chooses acts; see CLASSES. Axes: D hidden width, F features.
 */
import type { Selection } from '../dictionary.ts';
import type { DictionaryKind } from '../kinds.ts';
import { Config } from './config.ts';
import { aboveZero, foldGate, scale } from './fold.ts';
import { ImportError } from './import-error.ts';
import type { ImportOptions, ReadDictionary } from './imported-dictionary.ts';
import { type PickledDict, isDict } from './pickle-value.ts';
import type { Place } from './place.ts';
import {
  type RawWeights,
  type WeightNames,
  expectK,
  expectTensor,
  readVector,
  readWeights,
  storedActs,
} from './read-weights.ts';
import type { TensorFile } from './safetensors-file.ts';
import { countOf, readFloats, readNumber } from './stored-tensor.ts';
import type { TorchFile } from './torch-file.ts';

const LINEAR = {
  encoder: ['encoder.weight', 'FD'],
  decoder: ['decoder.weight', 'DF'],
  encoderBias: 'encoder.bias',
} as const;
const PLAIN: WeightNames = {
  encoder: ['W_enc', 'DF'],
  decoder: ['W_dec', 'FD'],
  encoderBias: 'b_enc',
  decoderBias: 'b_dec',
};

interface DictClass {
  readonly kind: DictionaryKind;
  readonly names: WeightNames;
  readonly centred: boolean;
}

const CLASSES: Readonly<Record<string, DictClass>> = {
  AutoEncoder: { kind: 'relu', names: { ...LINEAR, decoderBias: 'bias' }, centred: true },
  AutoEncoderNew: { kind: 'relu', names: { ...LINEAR, decoderBias: 'decoder.bias' }, centred: false },
  GatedAutoEncoder: {
    kind: 'jumprelu',
    names: { ...LINEAR, encoderBias: undefined, perFeature: 'gate_bias', decoderBias: 'decoder_bias' },
    centred: true,
  },
  AutoEncoderTopK: { kind: 'topk', names: { ...LINEAR, decoderBias: 'b_dec' }, centred: true },
  BatchTopKSAE: { kind: 'batch-topk', names: { ...LINEAR, decoderBias: 'b_dec' }, centred: true },
  JumpReluAutoEncoder: { kind: 'jumprelu', names: PLAIN, centred: false },
  MatryoshkaBatchTopKSAE: { kind: 'matryoshka-batch-topk', names: PLAIN, centred: true },
};

export async function readDictionaryLearning(
  place: Place,
  torch: TorchFile,
  options: ImportOptions,
): Promise<ReadDictionary> {
  const config = (await place.configIfThere('config.json')) ?? Config.empty(torch.file);
  const trainer = config.group('trainer');
  const { state, normFactor } = unwrap(torch);
  const source = { file: torch.file, tensors: torch.tensorsOf(state) };
  const className = options.dictClass ?? trainer.text('dict_class') ?? guessClass(source);
  if (!Object.hasOwn(CLASSES, className)) {
    throw new ImportError(
      config.file,
      `a class of ${Object.keys(CLASSES).join(', ')}`,
      className,
      'It cannot be imported.',
    );
  }
  const { kind, names, centred } = CLASSES[className];
  const notes = [`dictionary_learning's ${className}.`];
  const raw = await readWeights(source, olderBias(names, source), options);
  const k = await readK(source, trainer);
  const selection = await readSelection(className, source, raw, k, options, notes);
  if (normFactor !== undefined) unscale(raw, selection, normFactor, notes);
  const isThreshold = selection.by === 'threshold';
  const layer = trainer.count('layer');
  return {
    weights: {
      kind: kind === 'batch-topk' && !isThreshold ? 'topk' : kind,
      ...raw,
      k: isThreshold ? storedActs(raw.width, k, options, notes) : selection.k,
      selection,
      centred,
      normalisation: 'none',
      ...(await readGroups(source, raw)),
    },
    format: 'dictionary-learning',
    modelName: trainer.text('lm_name') ?? null,
    hookName: hookOf(trainer, layer),
    contextLength: config.group('buffer').count('ctx_len') ?? null,
    prependBos: null,
    advertised: k === undefined ? {} : { k },
    notes,
  };
}

/** A backup holds { step, ae, optimizer, config, norm_factor }; its weights are in units of the normalised inputs. */
function unwrap({ root, file }: TorchFile): { state: PickledDict; normFactor: number | undefined } {
  const inner = root.entries.get('ae');
  if (inner === undefined) return { state: root, normFactor: undefined };
  const factor = root.entries.get('norm_factor') ?? undefined;
  if (
    !isDict(inner) ||
    (factor !== undefined && !(typeof factor === 'number' && factor > 0 && factor < Infinity))
  ) {
    throw new ImportError(
      file,
      'a state dict and a factor in the backup',
      'something else',
      'Take ae.pt of the end.',
    );
  }
  return { state: inner, normFactor: factor };
}

function guessClass({ tensors, file }: TensorFile): string {
  const has = (name: string) => tensors.has(name);
  if (has('group_sizes')) return 'MatryoshkaBatchTopKSAE';
  if (has('W_enc')) return 'JumpReluAutoEncoder';
  if (has('r_mag')) return 'GatedAutoEncoder';
  if (has('bias') && !has('k')) return 'AutoEncoder';
  if (has('decoder.bias')) return 'AutoEncoderNew';
  const advice = 'Copy config.json beside it, or say the class (dictClass).';
  throw new ImportError(file, 'config.json to tell TopK from BatchTopK', 'the weights alone', advice);
}

/** Older TopK files call b_dec `bias`. */
function olderBias(names: WeightNames, { tensors }: TensorFile): WeightNames {
  const isOlder = names.decoderBias === 'b_dec' && !tensors.has('b_dec') && tensors.has('bias');
  return isOlder ? { ...names, decoderBias: 'bias' } : names;
}

async function readK({ tensors }: TensorFile, trainer: Config): Promise<number | undefined> {
  const k = tensors.get('k');
  return k ? readNumber(k) : trainer.number('k');
}

async function readSelection(
  className: string,
  source: TensorFile,
  raw: RawWeights,
  k: number | undefined,
  options: ImportOptions,
  notes: string[],
): Promise<Selection> {
  const F = raw.width;
  switch (className) {
    case 'AutoEncoderTopK':
      return { by: 'topk', k: expectK(options.k ?? k, F, source.file) };
    case 'GatedAutoEncoder': {
      notes.push('The gate is folded: a threshold for each feature, its magnitude in the encoder.');
      const gate = {
        gateBias_F: await readVector(source, 'gate_bias', F),
        magnitudeBias_F: await readVector(source, 'mag_bias', F),
        logMagnitude_F: await readVector(source, 'r_mag', F),
      };
      return { by: 'threshold', threshold_F: foldGate(raw, gate) };
    }
    case 'JumpReluAutoEncoder':
      return { by: 'threshold', threshold_F: aboveZero(await readVector(source, 'threshold', F)) };
    case 'BatchTopKSAE':
    case 'MatryoshkaBatchTopKSAE': {
      const threshold = await readNumber(expectTensor(source, 'threshold'));
      if (threshold >= 0) return { by: 'threshold', threshold_F: new Float32Array(F).fill(threshold) };
      notes.push(
        'Its threshold was never set: the k strongest of each row stand for those of the batch. Calibrate it.',
      );
      return { by: 'topk', k: expectK(options.k ?? k, F, source.file) };
    }
    default:
      return { by: 'threshold', threshold_F: new Float32Array(F) };
  }
}

/** dictionary_learning's scale_biases: as if trained on inputs times 1/factor, told in units of the inputs. */
function unscale(raw: RawWeights, selection: Selection, factor: number, notes: string[]): void {
  scale(raw.encoderBias_F, factor);
  scale(raw.decoderBias_D, factor);
  if (selection.by === 'threshold') scale(selection.threshold_F, factor);
  notes.push(`A backup: the inputs' factor ${factor} is put back on biases and thresholds.`);
}

async function readGroups(source: TensorFile, { width }: RawWeights): Promise<{ groupEnds?: number[] }> {
  const sizes = source.tensors.get('group_sizes');
  if (!sizes) return {};
  if (sizes.shape.length !== 1 || countOf(sizes.shape) > width) {
    throw new ImportError(
      source.file,
      'group_sizes in a row',
      `[${sizes.shape.join(', ')}]`,
      'Is the file whole?',
    );
  }
  let end = 0;
  const groupEnds = Array.from(await readFloats(sizes), (size) => (end += size));
  const isWhole = groupEnds.at(-1) === width && groupEnds.every((to, i) => to > (groupEnds[i - 1] ?? 0));
  if (isWhole && groupEnds.every(Number.isSafeInteger)) return { groupEnds };
  throw new ImportError(
    source.file,
    `group_sizes of sum ${width}`,
    groupEnds.join(', '),
    'Is the file whole?',
  );
}

const SUBMODULES: Readonly<Record<string, string>> = {
  resid_pre: 'hook_resid_pre',
  resid_post: 'hook_resid_post',
  attention_out: 'hook_attn_out',
  attn_out: 'hook_attn_out',
  mlp_out: 'hook_mlp_out',
};

/** Mostly place_layer_L; the residual stream behind the layer where nothing else is said. */
function hookOf(trainer: Config, layer: number | undefined): string | null {
  const submodule = trainer.text('submodule_name');
  const [, place, number] = /^([a-z_]+)_layer_?(\d*)$/.exec(submodule ?? '') ?? [];
  const at = number ? Number(number) : layer;
  if (at !== undefined && place !== undefined && Object.hasOwn(SUBMODULES, place)) {
    return `blocks.${at}.${SUBMODULES[place]}`;
  }
  return submodule ?? (layer === undefined ? null : `blocks.${layer}.hook_resid_post`);
}

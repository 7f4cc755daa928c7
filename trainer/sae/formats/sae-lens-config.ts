/**
 * A SAELens cfg.json, brought to the names of version 6: files of older versions keep the model's settings at the top level,
 * call things otherwise and leave out defaults. SAELens, handle_pre_6_0_config.
 */
import type { Config } from './config.ts';
import { ImportError } from './import-error.ts';

export interface SaeLensConfig {
  readonly file: string;
  readonly architecture: string;
  /** Of the sparse kinds; a fraction for batchtopk. */
  readonly k: number | undefined;
  readonly centred: boolean;
  readonly normalizeActivations: string;
  readonly rescalesByDecoderNorm: boolean;
  readonly reshapes: string;
  readonly hasFinetunedScale: boolean;
  readonly modelName: string | null;
  readonly hookName: string | null;
  readonly contextLength: number | null;
  readonly prependBos: boolean | null;
  readonly l0: number | undefined;
  /** batchtopk and matryoshka are saved as jumprelu; this is what they were. */
  readonly trainedAs: string | undefined;
  readonly groupEnds: readonly number[] | undefined;
  readonly isOlder: boolean;
}

/** Kinds that no dictionary of ours can stand for, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  matching_pursuit: 'it encodes step by step, each act depending on those before',
  temporal: 'it reads the tokens before, not one row',
  abstopk: 'its acts have signs',
  transcoder: 'it writes at another place than it reads',
  skip_transcoder: 'it writes at another place than it reads',
  jumprelu_transcoder: 'it writes at another place than it reads',
  jumprelu_skip_transcoder: 'it writes at another place than it reads',
};
const KNOWN = ['standard', 'topk', 'jumprelu', 'gated', 'batchtopk', 'matryoshka_batchtopk'];

export function readSaeLensConfig(config: Config): SaeLensConfig {
  const metadata = config.group('metadata');
  const version = config.text('sae_lens_version') ?? metadata.text('sae_lens_version');
  const read = isVersion6(version) ? readVersion6(config, metadata) : readOlder(config);
  if (Object.hasOwn(REFUSED, read.architecture)) {
    const advice = `It cannot be imported: ${REFUSED[read.architecture]}.`;
    throw new ImportError(config.file, `one of ${KNOWN.join(', ')}`, read.architecture, advice);
  }
  if (!KNOWN.includes(read.architecture)) {
    throw new ImportError(
      config.file,
      `an architecture of ${KNOWN.join(', ')}`,
      read.architecture,
      'Is it SAELens?',
    );
  }
  return read;
}

/** 6.0.0-rc.0 and later. */
function isVersion6(version: string | undefined): boolean {
  return version !== undefined && Number(/^(\d+)/.exec(version)?.[1] ?? 0) >= 6;
}

function readVersion6(config: Config, metadata: Config): SaeLensConfig {
  const details = metadata.group('training_architecture_details');
  const architecture = config.text('architecture') ?? 'standard';
  const widths = config.counts('matryoshka_widths') ?? details.counts('matryoshka_widths');
  return {
    file: config.file,
    architecture,
    k: config.number('k') ?? details.number('k'),
    centred: config.flag('apply_b_dec_to_input') ?? true,
    normalizeActivations: config.text('normalize_activations') ?? 'none',
    rescalesByDecoderNorm: config.flag('rescale_acts_by_decoder_norm') ?? architecture.endsWith('batchtopk'),
    reshapes: config.text('reshape_activations') ?? 'none',
    hasFinetunedScale: false,
    modelName: metadata.text('model_name') ?? null,
    hookName: metadata.text('hook_name') ?? null,
    contextLength: metadata.count('context_size') ?? null,
    prependBos: metadata.flag('prepend_bos') ?? null,
    l0: metadata.number('l0'),
    trainedAs: metadata.text('training_architecture'),
    groupEnds: widths,
    isOlder: false,
  };
}

function readOlder(config: Config): SaeLensConfig {
  const activation = config.text('activation_fn') ?? config.text('activation_fn_str') ?? 'relu';
  const k = config.group('activation_fn_kwargs').number('k');
  const hookName = config.text('hook_name') ?? config.text('hook_point') ?? null;
  const architecture =
    activation === 'topk' && k !== undefined ? 'topk' : (config.text('architecture') ?? 'standard');
  if (architecture === 'standard' && activation !== 'relu') {
    throw config.refuse('activation_fn', 'relu, or topk with its k', activation);
  }
  return {
    file: config.file,
    architecture,
    k: k ?? config.number('k'),
    centred: config.flag('apply_b_dec_to_input') ?? true,
    normalizeActivations: olderNormalisation(config),
    rescalesByDecoderNorm: config.flag('rescale_acts_by_decoder_norm') ?? false,
    reshapes: config.text('reshape_activations') ?? (hookName?.includes('hook_z') ? 'hook_z' : 'none'),
    hasFinetunedScale: config.flag('finetuning_scaling_factor') ?? false,
    modelName: config.text('model_name') ?? null,
    hookName,
    contextLength: config.count('context_size') ?? null,
    prependBos: config.flag('prepend_bos') ?? true,
    l0: config.number('l0'),
    trainedAs: undefined,
    groupEnds: undefined,
    isOlder: true,
  };
}

/** Once a yes or no. */
function olderNormalisation(config: Config): string {
  const value = config.raw('normalize_activations');
  if (typeof value === 'boolean') return value ? 'expected_average_only_in' : 'none';
  return config.text('normalize_activations') ?? 'none';
}

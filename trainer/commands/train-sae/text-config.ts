/**
 * How text becomes hidden states, alike for every command that fits dictionaries on it: the settings, their options on a
 * command line, and the words that go on record.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

import { CORPORA } from '../../corpus/corpora.ts';
import { FOREIGN_FORMS, parseForeignName } from '../../corpus/foreign/corpus-name.ts';
import { BOS_POLICIES, PACKINGS } from '../../corpus/token-layout.ts';
import { HIDDEN_DTYPES } from '../../harvest/cache/chunk-format.ts';
import { parseCount, parseIndex } from '../train-lm/options.ts';

export const SKIP_FIRST = 1; // the first token has no history: its features could say nothing but that

/** All of them may be absent. */
export const textShape = {
  /** Field of a record that holds its text; "text" when absent. */
  textField: z.string().min(1).optional(),
  /** UTF-8 bytes of text after which reading a corpus of files or of the hub stops. */
  corpusBytes: z.int().min(1).optional(),
  /** What every window begins with; nothing added when absent. */
  bos: z.enum(BOS_POLICIES).optional(),
  /** joined (documents one after the other, cut anywhere) when absent. */
  packing: z.enum(PACKINGS).optional(),
};

export const hiddenShape = {
  ...textShape,
  /** First tokens of every window that are read but neither trained on nor counted; SKIP_FIRST when absent. */
  skipFirst: z.int().min(0).optional(),
  /** Hidden states longer than this many times the median are neither trained on nor counted; all are when absent. */
  maxNormRatio: z.number().min(1).optional(),
  /** Hidden states are kept on disk in this precision, and taken from there; windows are then cut alike for every seed. */
  cache: z.enum(HIDDEN_DTYPES).optional(),
};

const CORPUS_NAMES = `corpora of ${CORPORA.map(({ slug }) => slug).join(', ')}, ${FOREIGN_FORMS}`;

/** A corpus to read. Other names are refused before anything is opened; what a folder or the hub has is seen only there. */
export const corpusName = z.string().superRefine((name, issues) => {
  const message = faultOf(name);
  if (message) issues.addIssue({ code: 'custom', message });
});

/** Corpus to its share of the tokens. */
export const corpusShares = z.record(z.string(), z.number().positive()).superRefine((shares, issues) => {
  const faults = Object.keys(shares).flatMap((name) => faultOf(name) ?? []);
  if (faults.length > 0) issues.addIssue({ code: 'custom', message: faults[0] });
});

function faultOf(name: string): string | undefined {
  try {
    if (CORPORA.some(({ slug }) => slug === name) || parseForeignName(name)) return undefined;
  } catch (error) {
    return (error as Error).message;
  }
  return `expected ${CORPUS_NAMES}, got "${name}". Correct the name.`;
}

export type TextConfig = z.infer<z.ZodObject<typeof textShape>>;
export type HiddenConfig = z.infer<z.ZodObject<typeof hiddenShape>>;

export const skipFirstOf = ({ skipFirst }: Pick<HiddenConfig, 'skipFirst'>): number =>
  skipFirst ?? SKIP_FIRST;

export function addTextOptions(command: Command): Command {
  return command
    .option('--text-field <name>', 'field of a record that holds its text (default: text)')
    .option('--corpus-bytes <count>', 'of files or the hub, text read at most (default: 256 MiB)', parseCount)
    .addOption(
      new Option('--bos <policy>', 'what every window begins with (default: none)').choices(BOS_POLICIES),
    )
    .addOption(
      new Option(
        '--packing <way>',
        'documents one after the other, or one per window (default: joined)',
      ).choices(PACKINGS),
    );
}

/** Which tokens count, of those that are read. */
export type CountingConfig = Pick<HiddenConfig, 'skipFirst' | 'maxNormRatio'>;

export function addCountingOptions(command: Command): Command {
  return command
    .option(
      '--skip-first <tokens>',
      `first tokens of a window that are neither trained on nor counted (default: ${SKIP_FIRST})`,
      parseIndex,
    )
    .option(
      '--max-norm-ratio <number>',
      'leave out hidden states longer than this many times their median, such as 10 (default: none)',
      parseNormRatio,
    );
}

function parseNormRatio(text: string): number {
  if (Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(
    `Expected a number from 1, got "${text}". Below 1 more than half would be left out.`,
  );
}

export function addHiddenOptions(command: Command): Command {
  return addCountingOptions(addTextOptions(command)).addOption(
    new Option(
      '--cache <precision>',
      'keep hidden states on disk and take them from there; another fit on the same text does not run the model',
    ).choices(HIDDEN_DTYPES),
  );
}

/** Begins with none or prepend: who compares dictionaries asks for that word. */
export function describeReading(config: HiddenConfig): string {
  const { bos = 'none', packing, maxNormRatio } = config;
  const skipped = skipFirstOf(config);
  return [
    bos === 'none' ? 'none' : 'prepend: every window begins with it',
    ...(packing === 'document' ? ['no window holds text of two documents'] : []),
    `the first ${skipped} ${skipped === 1 ? 'token of every window is' : 'tokens of every window are'} read but not counted`,
    ...(maxNormRatio === undefined
      ? []
      : [`hidden states longer than ${maxNormRatio} times their median are neither trained on nor counted`]),
  ].join('; ');
}

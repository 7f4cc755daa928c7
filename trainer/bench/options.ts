/** The words behind `npm run bench -- <name>`, parsed once: everything behind this file believes them. Pure. */
import { parseArgs } from 'node:util';

export interface Shape {
  /** Rows of a batch. */
  readonly B: number;
  /** Hidden width. */
  readonly D: number;
  /** Features. */
  readonly F: number;
  /** Acts kept per row. */
  readonly K: number;
}

export const HIDDEN_KINDS = ['normal', 'uneven'] as const;
export type HiddenKind = (typeof HIDDEN_KINDS)[number];

export interface BenchOptions {
  readonly shape: Shape;
  /** True where the caller gave --k: benches over several K then run that one alone. */
  readonly isKGiven: boolean;
  /** Ours; the first is the one compared with peers. Empty: the best there is. */
  readonly backends: readonly string[];
  /** Absent: what our backend takes by itself; peers get the same. */
  readonly threads: number | undefined;
  readonly repeats: number;
  readonly warmups: number;
  readonly json: boolean;
  readonly peers: boolean;
  /** Names of peers to run; empty: all. */
  readonly only: readonly string[];
  /** Of the peers: cpu, cuda. */
  readonly device: string;
  /** What the hidden states are like (hidden-file.ts). */
  readonly data: HiddenKind;
  /** Of our native backend; absent: the processor's best. */
  readonly isa: string | undefined;
  readonly sweep: 'f' | 'b' | undefined;
  readonly help: boolean;
}

export interface BenchDefaults {
  readonly shape: Shape;
  readonly repeats?: number;
}

/** Fewer than five make no median worth quoting; a smoke test may still ask for them. */
const DEFAULT_REPEATS = 5;
const DEFAULT_WARMUPS = 2;

const FLAGS = {
  b: { type: 'string' },
  d: { type: 'string' },
  f: { type: 'string' },
  k: { type: 'string' },
  backend: { type: 'string' },
  threads: { type: 'string' },
  repeats: { type: 'string' },
  warmups: { type: 'string' },
  only: { type: 'string' },
  device: { type: 'string' },
  data: { type: 'string' },
  isa: { type: 'string' },
  sweep: { type: 'string' },
  json: { type: 'boolean' },
  peers: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

export const FLAGS_HELP = `  --b N --d N --f N --k N   rows, hidden width, features, acts kept
  --backend name[,name]     ours: tensorflow, webgpu, native, wasm, cpu (the best found); several are compared
  --threads N               of every contender (our backend's choice)
  --repeats N --warmups N   timed and untimed rounds (${DEFAULT_REPEATS} and ${DEFAULT_WARMUPS}); contenders take turns within a round
  --data normal|uneven      hidden states: standard normal, or uneven as language models' (normal)
  --isa name                of our native backend: amx, avx512, avx2, neon, portable (the processor's best)
  --peers                   run the Python peers too, in an environment of their own made at the first use
  --only name[,name]        of the peers, these
  --device cpu|cuda         of the peers (cpu)
  --json                    end with one JSON object on standard output, all else on standard error`;

export function parseOptions(words: readonly string[], defaults: BenchDefaults): BenchOptions {
  const { values } = parseArgs({ args: words.map(lowerFlag), options: FLAGS, strict: true });
  const count = (name: 'b' | 'd' | 'f' | 'k' | 'threads' | 'repeats', fallback: number): number =>
    parseCount(name, values[name], fallback, 1);
  const { shape } = defaults;
  const options: BenchOptions = {
    shape: { B: count('b', shape.B), D: count('d', shape.D), F: count('f', shape.F), K: count('k', shape.K) },
    isKGiven: values.k !== undefined,
    backends: parseNames(values.backend),
    threads: values.threads === undefined ? undefined : count('threads', 1),
    repeats: count('repeats', defaults.repeats ?? DEFAULT_REPEATS),
    warmups: parseCount('warmups', values.warmups, DEFAULT_WARMUPS, 0),
    json: values.json ?? false,
    peers: (values.peers ?? false) || values.only !== undefined,
    only: parseNames(values.only),
    device: values.device ?? 'cpu',
    data: parseData(values.data),
    isa: values.isa,
    sweep: parseSweep(values.sweep),
    help: values.help ?? false,
  };
  if (options.shape.K > options.shape.F) {
    throw new Error(
      `--k: expected at most F = ${options.shape.F}, got ${options.shape.K}. Lower it or raise --f.`,
    );
  }
  return options;
}

/** The letters of the shape are written both ways. */
function lowerFlag(word: string): string {
  return /^--[BDFK](=|$)/.test(word) ? word.toLowerCase() : word;
}

function parseNames(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [...new Set(text.split(',').filter((name) => name !== ''))];
}

function parseCount(name: string, text: string | undefined, fallback: number, least: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name}: expected a whole number of at least ${least}, got "${text}".`);
}

function parseData(text: string | undefined): HiddenKind {
  const kind = HIDDEN_KINDS.find((known) => known === (text ?? 'normal'));
  if (kind) return kind;
  throw new Error(`--data: expected one of ${HIDDEN_KINDS.join(', ')}, got "${text}".`);
}

function parseSweep(text: string | undefined): 'f' | 'b' | undefined {
  if (text === undefined || text === 'f' || text === 'b') return text;
  throw new Error(`--sweep: expected f or b, got "${text}".`);
}

/** One made-up feature: it acts on one token of the vocabulary, weaker and rarer at smaller budgets. */
import { fraction, hash } from './fixture-text.ts';

export interface FixtureWindow {
  readonly id: number;
  readonly corpus: number;
  readonly domain: string;
  readonly tokens: readonly number[];
}

export interface FixtureFeature {
  readonly dictionary: number;
  readonly index: number;
  readonly windows: readonly FixtureWindow[];
  readonly tokens: readonly Buffer[];
  readonly isDead: boolean;
  readonly featureCount: number;
  readonly budgets: readonly number[];
  /** The token it acts on; by its index where there is none. */
  readonly trigger?: number;
  /** The domain it is for; of a corpus by its index where there is none. */
  readonly domain?: string | null;
}

const INTERVALS = 5;
const BINS = 20;
const TOP_EXAMPLES = 6;
const TOKEN_COUNT = 100_000;

/** Rows by table, columns by name. */
export function fixtureFeature(options: FixtureFeature): Record<string, object[]> {
  const { dictionary, index, windows, tokens, isDead, featureCount, budgets } = options;
  const maxBudget = Math.max(...budgets);
  // The frequent words are what the first features act on; one that reads "the" comes early.
  const trigger = options.trigger ?? 257 + (index % (tokens.length - 257));
  const owner = { dictionary_id: dictionary, feature_index: index };
  const examples = isDead ? [] : exampleRows(owner, index, trigger, windows, maxBudget);
  const maxAct = Math.max(0, ...examples.map(({ max_act }) => max_act));
  for (const example of examples) example.interval = intervalOf(example.max_act, maxAct);
  const fires = (budget: number) =>
    maxAct === 0 ? 0 : Math.ceil(3_000 * fraction('fires', index) ** 3 * (budget / maxBudget) ** 0.3);
  const others = Array.from({ length: 10 }, (_, rank) => (index + 1 + rank * 7) % featureCount).filter(
    (other) => other !== index,
  );
  return {
    feature: [
      {
        dictionary_id: dictionary,
        index,
        density: fires(maxBudget) / TOKEN_COUNT,
        max_act: maxAct,
        encoder_norm: 0.5 + fraction('norm', index),
        encoder_bias: fraction('bias', index) - 0.5,
        encoder_decoder_cosine: 0.2 + 0.7 * fraction('cosine', index),
      },
    ],
    feature_level_stat: budgets.map((budget) => ({
      ...owner,
      budget,
      fire_count: fires(budget),
      token_count: TOKEN_COUNT,
      density: fires(budget) / TOKEN_COUNT,
      max_act: maxAct,
      mean_act: maxAct * 0.4,
      histogram: Array.from({ length: BINS }, (_, bin) => Math.round((fires(budget) * (BINS - bin)) / 210)),
    })),
    feature_corpus_stat: budgets.flatMap((budget) =>
      options.domain
        ? domainRows(owner, budget, fires(budget), windows, options.domain)
        : corpusRows(owner, budget, fires(budget), windows),
    ),
    feature_interval: budgets.flatMap((budget) =>
      Array.from({ length: INTERVALS }, (_, interval) => ({
        ...owner,
        budget,
        interval,
        lower_act: (maxAct * interval) / INTERVALS,
        upper_act: (maxAct * (interval + 1)) / INTERVALS,
        fire_count: Math.round((fires(budget) * (INTERVALS - interval)) / 15),
      })),
    ),
    feature_logit: (['top', 'bottom'] as const).flatMap((side) =>
      Array.from({ length: 20 }, (_, rank) => ({
        ...owner,
        side,
        rank,
        token_index: rank === 0 && side === 'top' ? trigger : hash(side, index, rank) % tokens.length,
        value: (side === 'top' ? 1 : -1) * (2 - rank * 0.08),
      })),
    ),
    feature_neighbour: others.map((neighbour, rank) => ({
      ...owner,
      rank,
      neighbour_index: neighbour,
      cosine: 0.8 - rank * 0.06,
    })),
    example: examples,
    label: isDead
      ? []
      : [
          {
            ...labelOf(index, tokens[trigger]),
            ...owner,
            id: dictionary * 100_000 + index,
            model: '',
            prompt_sha256: '',
            created_at: new Date(),
          },
        ],
  };
}

function labelOf(index: number, token: Buffer) {
  const text = token.toString('utf8').trim();
  return {
    explainer: 'token-statistics',
    version: 'fixture',
    text: text === '' ? `white space ${index}` : `the token “${text}”`,
  };
}

/** Every feature has a corpus where it acts most: index modulo the number of corpora. */
function corpusRows(
  owner: { feature_index: number },
  budget: number,
  fires: number,
  windows: readonly FixtureWindow[],
): object[] {
  const corpora = [...new Set(windows.map(({ corpus }) => corpus))];
  return corpora.map((corpus, i) => ({
    ...owner,
    budget,
    corpus_id: corpus,
    fire_count: owner.feature_index % corpora.length === i ? Math.ceil(fires / 2) : Math.floor(fires / 5),
    token_count: Math.floor(TOKEN_COUNT / corpora.length),
  }));
}

/** A feature of a boost acts mostly in its domain, some of them only there. */
function domainRows(
  owner: { feature_index: number },
  budget: number,
  fires: number,
  windows: readonly FixtureWindow[],
  domain: string,
): object[] {
  const domains = new Map(windows.map((window) => [window.corpus, window.domain]));
  const leak = Math.max(0, fraction('leak', domain, owner.feature_index) - 0.3);
  return [...domains].map(([corpus, of]) => ({
    ...owner,
    budget,
    corpus_id: corpus,
    fire_count: Math.floor(of === domain ? fires / 2 : (fires / 4) * leak),
    token_count: Math.floor(TOKEN_COUNT / domains.size),
  }));
}

function exampleRows(
  owner: object,
  index: number,
  trigger: number,
  windows: readonly FixtureWindow[],
  maxBudget: number,
) {
  const found = windows.filter(({ tokens }) => tokens.includes(trigger)).slice(0, 14);
  // A token that the text lacks: any windows do, the feature then acts somewhere in them.
  const used = found.length > 0 ? found : windows.filter((_, i) => hash(index, i) % windows.length < 8);
  const rows = used.map((window) => {
    const positions = window.tokens.flatMap((token, i) =>
      token === trigger || hash('noise', index, i) % 29 === 0 ? [i] : [],
    );
    if (positions.length === 0) positions.push(hash(index, window.id) % window.tokens.length);
    const acts = positions.map((position) =>
      Math.fround(
        (window.tokens[position] === trigger ? 4 : 1) * (0.3 + fraction('act', index, window.id, position)),
      ),
    );
    // The stronger, the further to the front among the token's acts.
    const ranks = acts.map((act, i) =>
      Math.min(maxBudget - 1, Math.floor((hash('rank', index, window.id, i) % maxBudget) / Math.max(1, act))),
    );
    const strongest = acts.indexOf(Math.max(...acts));
    return {
      ...owner,
      window_id: window.id,
      interval: 0,
      is_top: false,
      max_act: acts[strongest],
      max_position: positions[strongest],
      min_rank: Math.min(...ranks),
      positions,
      acts,
      ranks,
    };
  });
  rows.sort((a, b) => b.max_act - a.max_act);
  rows.forEach((row, i) => (row.is_top = i < TOP_EXAMPLES));
  return rows;
}

function intervalOf(act: number, maxAct: number): number {
  return Math.max(0, Math.ceil((act / maxAct) * INTERVALS) - 1);
}

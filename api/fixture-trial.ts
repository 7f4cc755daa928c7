/** Made-up trials of every experiment over three seeds, with the effects that the methods are known for. */
import type pg from 'pg';
import { FIXTURE_CORPORA, fraction, sha256 } from './fixture-text.ts';

export const FIXTURE_EXPERIMENTS = [
  'boost',
  'composition',
  'k-sensitivity',
  'token-curve',
  'budget-curve',
] as const;

export interface FixtureTrials {
  readonly model: number;
  readonly run: number;
  readonly base: number;
  /** For code and for Russian. */
  readonly boosts: readonly number[];
  readonly draft: number;
}

const SEEDS = [1, 2, 3];
const DOMAINS = ['code', 'russian'];
const BUDGETS = [4, 8, 16, 32, 64];
const BASE_BUDGET = 64;
const TRAIN_TOKENS = 1_000_000;

/** What a method gains in explained variance on its domain, and what it loses on other text. */
const METHODS: Readonly<Record<string, { readonly gain: number; readonly loss: number }>> = {
  base: { gain: 0, loss: 0 },
  boost: { gain: 0.18, loss: 0.002 },
  'extended-random': { gain: 0.11, loss: 0.001 },
  'extended-active': { gain: 0.13, loss: 0.002 },
  stitching: { gain: 0.15, loss: 0.006 },
  'fine-tuning': { gain: 0.2, loss: 0.09 },
  'random-decoder': { gain: 0.03, loss: 0.002 },
};

interface Trial {
  readonly experiment: (typeof FIXTURE_EXPERIMENTS)[number];
  readonly method: string;
  readonly kind: string;
  readonly domain: string | null;
  readonly k: number;
  readonly tokens: number;
  readonly seed: number;
  readonly hasBase: boolean;
  readonly dictionary: number | null;
  readonly evaluations: readonly { readonly corpus: string; readonly budget: number; readonly ev: number }[];
}

type Part = Omit<Trial, 'kind' | 'tokens' | 'hasBase' | 'dictionary'> & Partial<Trial>;

const trial = (part: Part): Trial => ({
  ...{ kind: 'topk', tokens: TRAIN_TOKENS, hasBase: true, dictionary: null },
  ...part,
});

export async function insertTrials(client: pg.ClientBase, ids: FixtureTrials): Promise<void> {
  const trials = SEEDS.flatMap((seed) => [
    ...boostTrials(ids, seed),
    ...compositionTrials(seed),
    ...sensitivityTrials(seed),
    ...budgetTrials(ids, seed),
  ]);
  for (const row of trials) await insertTrial(client, ids, row);
}

/** Explained variance at the base's full budget of what was made for a domain with this gain and loss. */
function evaluate(adapted: readonly string[], gain: number, loss: number, seed: string) {
  return FIXTURE_CORPORA.map(({ slug: corpus, domain }) => {
    const untouched = domain === 'general' ? 0.87 : 0.62;
    const noise = 0.004 * (fraction(seed, corpus) - 0.5);
    const ev = untouched + (adapted.includes(domain) ? gain : -loss) + noise;
    return { corpus, budget: BASE_BUDGET, ev };
  });
}

function boostTrials({ base, boosts, draft }: FixtureTrials, seed: number): Trial[] {
  return DOMAINS.flatMap((domain, i) =>
    Object.entries(METHODS).map(([method, { gain, loss }]) => {
      // Only the first seed of some was published, and one of those is not ready.
      const made: Record<string, number> = { base, boost: boosts[i], stitching: draft };
      return trial({
        ...{ experiment: 'boost', method, domain, k: method === 'base' ? BASE_BUDGET : 8, seed },
        kind: method === 'base' ? 'hierarchical_topk' : 'topk',
        dictionary: seed === 1 ? (made[method] ?? null) : null,
        evaluations: evaluate([domain], gain, loss, `${method}/${seed}`),
      });
    }),
  );
}

function compositionTrials(seed: number): Trial[] {
  return [[], ['code'], ['russian'], ['code', 'russian']].map((domains) =>
    trial({
      experiment: 'composition',
      method: domains.length === 0 ? 'base' : 'boost',
      domain: domains.length === 0 ? null : domains.join('+'),
      k: 8,
      seed,
      evaluations: evaluate(
        domains,
        0.18,
        0.002 * domains.length,
        `composition/${domains.join('+')}/${seed}`,
      ),
    }),
  );
}

function sensitivityTrials(seed: number): Trial[] {
  return DOMAINS.flatMap((domain) => [
    ...[2, 5, 10, 20].map((k) =>
      trial({
        ...{ experiment: 'k-sensitivity', method: 'boost', domain, k, seed },
        evaluations: evaluate([domain], 0.25 * (1 - Math.exp(-k / 6)), 0.0005 * k, `k/${k}/${seed}`),
      }),
    ),
    ...[125_000, 250_000, 500_000, 1_000_000].map((tokens) =>
      trial({
        ...{ experiment: 'token-curve', method: 'boost', domain, k: 8, seed, tokens },
        evaluations: evaluate([domain], 0.19 * (1 - Math.exp(-tokens / 3e5)), 0.002, `t/${tokens}/${seed}`),
      }),
    ),
  ]);
}

/** One hierarchical dictionary at every budget; of the others one a budget, TopK also away from its own. */
function budgetTrials({ base }: FixtureTrials, seed: number): Trial[] {
  const own = { experiment: 'budget-curve', domain: null, seed, hasBase: false } as const;
  const at = (budget: number, off: number) => ({
    corpus: 'english-prose',
    budget,
    ev: 1 - 0.8 / Math.sqrt(budget) - off + 0.004 * (fraction('budget', budget, off, seed) - 0.5),
  });
  const hierarchical = trial({
    ...{ ...own, method: 'hierarchical-topk', kind: 'hierarchical_topk', k: BASE_BUDGET },
    dictionary: seed === 1 ? base : null,
    evaluations: BUDGETS.map((budget) => at(budget, 0)),
  });
  const others = BUDGETS.flatMap((k) => [
    trial({
      ...{ ...own, method: 'topk', kind: 'topk', k },
      evaluations: BUDGETS.map((budget) => at(budget, 0.002 + 0.06 * Math.abs(Math.log2(budget / k)))),
    }),
    trial({ ...own, method: 'batch-topk', kind: 'batch_topk', k, evaluations: [at(k, -0.005)] }),
    trial({ ...own, method: 'jumprelu', kind: 'jumprelu', k, evaluations: [at(k, -0.003)] }),
  ]);
  return [hierarchical, ...others];
}

async function insertTrial(client: pg.ClientBase, ids: FixtureTrials, row: Trial): Promise<void> {
  const { experiment, method, kind, domain, k, tokens, seed, hasBase, dictionary, evaluations } = row;
  const subject = hasBase ? 'fixture-dictionary' : 'fixture-model';
  const slug = `${experiment}/${subject}/${domain ?? '-'}/${method}/k${k}/t${tokens}/s${seed}`;
  const { rows } = await client.query<{ id: number }>(
    `insert into trial (slug, experiment, method, kind, model_id, hookpoint, base_id, dictionary_id, domain, seed, width, k,
       train_token_count, weights_sha256, base_cosines, config, recorded, run_id)
     values ($1, $2, $3, $4::dictionary_kind, $5, 'layers.2.residual.post', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     returning id`,
    [
      ...[slug, experiment, method, kind, ids.model, hasBase ? ids.base : null, dictionary, domain, seed],
      ...[
        hasBase && method !== 'base' ? 60 : 200,
        k,
        tokens,
        sha256(slug),
        hasBase && method !== 'base' ? cosines(slug) : [],
      ],
      // The first seed was run here, the others came with the code.
      ...[{ method, k, seed, domain }, seed > 1, seed > 1 ? null : ids.run],
    ],
  );
  for (const { corpus, budget, ev } of evaluations) {
    const loss = (1 - ev) * 1.5;
    const residualL0 = hasBase && method !== 'base' ? k * 0.9 : null;
    await client.query(
      `insert into evaluation (trial_id, corpus_id, budget, explained_variance, ce_original, ce_spliced, ce_zero, ce_recovered,
         delta_ce, kl_nats, l0, residual_l0, dead_fraction, token_count, ce_token_count)
       select $1, id, $3, $4, 3.2, $5, 8.2, $6, $7, $8, $9, $10, 0.05, 100000, 20000 from corpus where slug = $2`,
      [
        ...[rows[0].id, corpus, budget, ev, 3.2 + loss, (5 - loss) / 5, loss, loss * 0.9],
        ...[budget * 0.98 + (residualL0 ?? 0), residualL0],
      ],
    );
  }
}

/** A hill around 0.3, in 40 bins from -1 to 1. */
const cosines = (slug: string) =>
  Array.from({ length: 40 }, (_, bin) =>
    Math.round(14 * Math.exp(-(((bin - 26) / 4) ** 2)) * (0.6 + 0.8 * fraction(slug, bin))),
  );

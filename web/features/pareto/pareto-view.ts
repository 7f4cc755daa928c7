/** What the Pareto page shows, as an address and back; the subject and the text it falls on where none is named. */
import { one, type SearchParameters } from '../../ui/address.ts';
import { MEASURES, type BudgetTrial, type Measure } from './budget-series.ts';

export interface ParetoView {
  readonly measure: Measure;
  readonly x: 'budget' | 'l0';
  /** Slug of the text; empty for the usual one. */
  readonly corpus: string;
  /** Slug of the model and hookpoint; empty for the one with most trials. */
  readonly subject: string;
}

export function parseView(parameters: SearchParameters): ParetoView {
  const measure = one(parameters, 'show') ?? 'ev';
  return {
    measure: Object.hasOwn(MEASURES, measure) ? (measure as Measure) : 'ev',
    x: one(parameters, 'x') === 'l0' ? 'l0' : 'budget',
    corpus: one(parameters, 'corpus') ?? '',
    subject: one(parameters, 'of') ?? '',
  };
}

export function viewHref({ measure, x, corpus, subject }: ParetoView): string {
  const query = new URLSearchParams();
  if (measure !== 'ev') query.set('show', measure);
  if (x !== 'budget') query.set('x', x);
  if (corpus) query.set('corpus', corpus);
  if (subject) query.set('of', subject);
  return query.size > 0 ? `/pareto?${query}` : '/pareto';
}

export interface Subject {
  readonly key: string;
  readonly name: string;
  readonly trials: readonly BudgetTrial[];
}

/** Dictionaries of one hookpoint of one model are comparable; those with most trials come first. */
export function subjectsOf(trials: readonly BudgetTrial[]): Subject[] {
  const subjects = new Map<string, { key: string; name: string; trials: BudgetTrial[] }>();
  for (const trial of trials) {
    const key = `${trial.model.slug}/${trial.hookpoint}`;
    const name = `${trial.model.name} at ${trial.hookpoint}`;
    if (!subjects.has(key)) subjects.set(key, { key, name, trials: [] });
    subjects.get(key)!.trials.push(trial);
  }
  return [...subjects.values()].sort((a, b) => b.trials.length - a.trials.length);
}

/** Texts measured on, general ones first. */
export function corporaOf(trials: readonly BudgetTrial[]) {
  const corpora = new Map(
    trials.flatMap(({ evaluations }) => evaluations.map(({ corpus }) => [corpus.slug, corpus] as const)),
  );
  return [...corpora.values()].sort(
    (a, b) => Number(b.domain === 'general') - Number(a.domain === 'general') || a.slug.localeCompare(b.slug),
  );
}

/** The three lists of a comparison: pairs found again, and what is only in the one or in the other. */
import { ask } from '../../graphql/ask.ts';
import {
  MatchListDocument,
  type ComparedDictionaryFragment,
  type MatchMethod,
} from '../../graphql/generated/graphql.ts';
import { pickBudget } from '../../ui/budget.ts';
import { compareAddress, type CompareView } from './compare-view.ts';
import { MatchList, type Side } from './match-list.tsx';
import styles from './match-list.module.css';

const ROWS = 20;

export function sideOf(
  { slug, name, parent, budgets }: ComparedDictionaryFragment,
  k: string | undefined,
): Side {
  return {
    slug,
    name,
    budget: pickBudget(
      k,
      budgets.map(({ budget }) => budget),
    ),
    colour: parent ? 'boosted' : 'base',
  };
}

export function listVariables(
  from: Side,
  to: Side,
  method: MatchMethod,
  direction: 'ASC' | 'DESC',
  after: string | undefined,
) {
  const budgets = { budget: from.budget || undefined, otherBudget: to.budget || undefined };
  return { a: from.slug, b: to.slug, method, direction, first: ROWS, after, ...budgets };
}

/** Pairs and features only in a, and those only in b: each where it was compared in that direction. */
export async function loadLists(
  [a, b]: readonly [Side, Side],
  view: CompareView,
  isCompared: readonly boolean[],
) {
  const list = async (from: Side, to: Side, direction: 'ASC' | 'DESC', after: string | undefined) => {
    const answer = await ask(MatchListDocument, listVariables(from, to, view.method, direction, after));
    return answer.dictionary?.matches ?? null;
  };
  const [pairs, onlyA, onlyB] = await Promise.all([
    isCompared[0] ? list(a, b, 'DESC', view.after) : null,
    isCompared[0] ? list(a, b, 'ASC', view.onlyA) : null,
    isCompared[1] ? list(b, a, 'ASC', view.onlyB) : null,
  ]);
  return { pairs, onlyA, onlyB };
}

interface ListsProps {
  readonly lists: Awaited<ReturnType<typeof loadLists>>;
  readonly sides: readonly [Side, Side];
  readonly view: CompareView;
}

export function MatchLists({ lists: { pairs, onlyA, onlyB }, sides: [a, b], view }: ListsProps) {
  const to = (change: Partial<CompareView>) => compareAddress(a.slug, b.slug, { ...view, ...change });
  return (
    <>
      {pairs && (
        <MatchList
          title="Found again"
          note="Likest first: the same feature learned twice, if not in the same place."
          matches={pairs}
          from={a}
          to={b}
          href={(after) => to({ after })}
          isFirst={!view.after}
        />
      )}
      <div className={styles.two}>
        {onlyA && (
          <MatchList
            title={`Only in ${a.name}`}
            note="Least like anything in the other first."
            matches={onlyA}
            from={a}
            to={b}
            href={(after) => to({ onlyA: after })}
            isFirst={!view.onlyA}
          />
        )}
        {onlyB && (
          <MatchList
            title={`Only in ${b.name}`}
            note="Least like anything in the other first."
            matches={onlyB}
            from={b}
            to={a}
            href={(after) => to({ onlyB: after })}
            isFirst={!view.onlyB}
          />
        )}
      </div>
    </>
  );
}

/** Answers to the same problems without and with the vectors, side by side, from the word on where they part. */
import Link from 'next/link';
import { Choice } from '../../ui/choice.tsx';
import { RightOrWrong, SideBySide } from '../../ui/side-by-side.tsx';
import { OUTCOMES, viewHref, type Outcome, type VectorView } from './vector-view.ts';
import type { Generations } from './vector-types.ts';
import styles from './steering.module.css';

type Problem = Generations['problems'][number];
type Generation = Problem['base'];

export interface TextsSectionProps {
  readonly generations: Generations;
  readonly view: VectorView;
  readonly slug: string;
}

/** Pairs of texts on a page: about three screens. */
export const PAIRS = 8;

const NAMES: Readonly<Record<Outcome, string>> = {
  all: 'all',
  gained: 'wrong, then right',
  lost: 'right, then wrong',
  right: 'right both times',
  wrong: 'wrong both times',
};

export function outcomeOf({ base, steered }: Pick<Problem, 'base' | 'steered'>): Outcome {
  if (base.isCorrect) return steered.isCorrect ? 'right' : 'lost';
  return steered.isCorrect ? 'gained' : 'wrong';
}

export function TextsSection({ generations: { problems }, view, slug }: TextsSectionProps) {
  const counts = (outcome: Outcome) =>
    outcome === 'all' ? problems.length : problems.filter((row) => outcomeOf(row) === outcome).length;
  const rows = problems.filter((row) => view.show === 'all' || outcomeOf(row) === view.show);
  const from = view.from < rows.length ? view.from : 0;
  const to = (change: Partial<VectorView>) => viewHref(slug, { ...view, ...change }, 'texts');
  return (
    <>
      <Choice
        name="answers"
        current={view.show}
        options={OUTCOMES.map((outcome) => ({
          key: outcome,
          name: `${NAMES[outcome]} (${counts(outcome)})`,
          href: to({ show: outcome, from: 0 }),
        }))}
      />
      {rows.length === 0 && <p className="muted">None of the {problems.length} pairs is like that.</p>}
      <ol className={styles.texts}>
        {rows.slice(from, from + PAIRS).map((row, at) => (
          <Pair key={from + at} row={row} />
        ))}
      </ol>
      {rows.length > PAIRS && (
        <p className="small">
          {from > 0 && (
            <Link href={to({ from: Math.max(0, from - PAIRS) })} scroll={false}>
              ‹ previous
            </Link>
          )}{' '}
          <span className="muted">
            {from + 1} to {Math.min(rows.length, from + PAIRS)} of {rows.length}
          </span>{' '}
          {from + PAIRS < rows.length && (
            <Link href={to({ from: from + PAIRS })} scroll={false}>
              next ›
            </Link>
          )}
        </p>
      )}
    </>
  );
}

function Pair({ row }: { readonly row: Problem }) {
  const { question, answer, testSet, base, steered, segments } = row;
  return (
    <li data-outcome={outcomeOf(row)}>
      <div>
        <p className={styles.question} dir="auto">
          {question}
        </p>
        <p className="small muted">
          answer <b>{answer}</b> · {testSet}
        </p>
      </div>
      <SideBySide
        left={{ name: 'base', colour: 'base', text: base.text, verdict: <Verdict generation={base} /> }}
        right={{
          name: 'steered',
          colour: 'steering',
          text: steered.text,
          verdict: <Verdict generation={steered} />,
        }}
      />
      <details>
        <summary>the whole prompt</summary>
        <pre tabIndex={0} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          <code>{segments.map(({ text }) => text).join('')}</code>
        </pre>
      </details>
    </li>
  );
}

function Verdict({ generation: { isCorrect, ended } }: { readonly generation: Generation }) {
  return (
    <>
      <RightOrWrong isCorrect={isCorrect} />
      {ended === 'LENGTH' && ', cut at the most tokens'}
    </>
  );
}

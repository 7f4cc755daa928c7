/** How much of two dictionaries is found again in the other: best matches of each as a histogram, and their share above the line. */
import type { ComparisonQuery } from '../../graphql/generated/graphql.ts';
import { Histogram } from '../../ui/histogram.tsx';
import { formatCount, formatPercent } from '../../ui/numbers.ts';
import type { Side } from './match-list.tsx';
import styles from './summary.module.css';

type Numbers = NonNullable<NonNullable<ComparisonQuery['a']>['matchSummary']>;

export interface SummaryProps {
  readonly sides: readonly { readonly side: Side; readonly other: Side; readonly numbers: Numbers | null }[];
  readonly threshold: number;
  /** What the values are, for the axis. */
  readonly values: string;
}

export function Summary({ sides, threshold, values }: SummaryProps) {
  return (
    <div className={styles.sides}>
      {sides.map(({ side, other, numbers }) =>
        numbers ? (
          <section key={side.slug}>
            <p className={styles.share}>
              <b style={{ color: `var(--${side.colour})` }}>{shareText(numbers)}</b> of the features of{' '}
              {side.name} have a like above {threshold} in {other.name}{' '}
              <span className="muted small">
                ({formatCount(numbers.matchedAbove)} of {formatCount(numbers.count)})
              </span>
            </p>
            <Histogram
              title={`Features of ${side.name} by their best match`}
              counted="features"
              xLabel={values}
              colour={side.colour}
              {...numbers.histogram}
            />
          </section>
        ) : null,
      )}
    </div>
  );
}

/** Of those that were compared. */
export function shareText({ matchedAbove, count }: Pick<Numbers, 'matchedAbove' | 'count'>): string {
  return count === 0 ? 'none' : formatPercent(matchedAbove / count);
}

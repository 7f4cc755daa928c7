/** Where a feature acts: its strongest texts, then a sample of every interval of strength, all on one scale. */
import { ActLegend } from '../../ui/act-legend.tsx';
import { Empty } from '../../ui/empty.tsx';
import { formatCount, formatPercent, formatValue } from '../../ui/numbers.ts';
import { TokenExcerpt } from '../../ui/token-excerpt.tsx';
import { excerptAround } from '../../ui/token-pieces.ts';
import { WhitespaceProvider, WhitespaceToggle } from '../../ui/whitespace.tsx';
import type { ExampleTextFragment, FeaturePageQuery } from '../../graphql/generated/graphql.ts';
import styles from './examples.module.css';

type Feature = NonNullable<FeaturePageQuery['feature']>;

export interface ExamplesProps {
  readonly feature: Feature;
  readonly budget: number;
}

/** Texts of an interval: enough to see whether weaker acts still mean the same. */
const INTERVAL_TEXTS = 5;

/** Tokens shown before and after the strongest one: about three lines of a page. */
const REACH = { before: 28, after: 14 } as const;

export function Examples({ feature, budget }: ExamplesProps) {
  const { maxAct, strongest } = feature;
  const intervals = intervalsOf(feature);
  return (
    <WhitespaceProvider>
      <section className={styles.section} aria-labelledby="examples">
        <div className={styles.head}>
          <h2 id="examples">Where it acts</h2>
          <ActLegend maxAct={maxAct} />
          <WhitespaceToggle />
        </div>
        {strongest.length === 0 ? (
          <Empty>
            At budget {budget} this feature acts in no stored text. A larger budget keeps weaker acts: move
            the slider to the right.
          </Empty>
        ) : (
          <Group title="Strongest" note="" examples={strongest} maxAct={maxAct} budget={budget} />
        )}
        {intervals.map(({ interval, lowerAct, upperAct, share, fireCount, examples, shownAbove }) => (
          <Group
            key={interval}
            title={`Act ${formatValue(lowerAct)} to ${formatValue(upperAct)}`}
            note={`${formatCount(fireCount)} ${Number(fireCount) === 1 ? 'token' : 'tokens'}, ${formatPercent(share)} of its acts at this budget`}
            examples={examples}
            shownAbove={shownAbove}
            maxAct={maxAct}
            budget={budget}
          />
        ))}
      </section>
    </WhitespaceProvider>
  );
}

/** Strongest interval first, with those of its texts that are not among the strongest; empty intervals are left out. */
export function intervalsOf(feature: Feature) {
  const examples = [
    feature.interval0,
    feature.interval1,
    feature.interval2,
    feature.interval3,
    feature.interval4,
  ];
  const strongest = new Set(feature.strongest.map(({ id }) => id));
  const total = feature.intervals.reduce((sum, { fireCount }) => sum + Number(fireCount), 0);
  return feature.intervals
    .filter(({ fireCount }) => Number(fireCount) > 0)
    .map((part) => {
      const stored = examples[part.interval] ?? [];
      const fresh = stored.filter(({ id }) => !strongest.has(id));
      return {
        ...part,
        share: Number(part.fireCount) / total,
        examples: fresh.slice(0, INTERVAL_TEXTS),
        shownAbove: stored.length - fresh.length,
      };
    })
    .sort((a, b) => b.interval - a.interval);
}

interface GroupProps extends Pick<ExamplesProps, 'budget'> {
  readonly title: string;
  readonly note: string;
  readonly examples: readonly ExampleTextFragment[];
  /** How many of its texts stand among the strongest. */
  readonly shownAbove?: number;
  readonly maxAct: number;
}

function Group({ title, note, examples, shownAbove = 0, maxAct, budget }: GroupProps) {
  return (
    <div className={styles.group}>
      <h3>
        {title}{' '}
        <span className="muted">
          {note}
          {examples.length === 0 && shownAbove > 0 && '; shown among the strongest'}
        </span>
      </h3>
      {examples.length === 0 && shownAbove === 0 && (
        <p className="muted small">No text of this interval is stored at budget {budget}.</p>
      )}
      {examples.map((example) => (
        <TokenExcerpt
          key={example.id}
          excerpt={excerptAround(withoutFill(example.tokens), peakOf(example), REACH)}
          maxAct={maxAct}
          budget={budget}
          label={`Text from ${example.corpus.name}`}
          source={
            <span title={`${example.corpus.name}, token ${formatCount(example.start)} onwards`}>
              <span className={styles.peak}>{formatValue(peakAct(example))}</span> {example.corpus.name}
            </span>
          }
        />
      ))}
    </div>
  );
}

/** Without what fills a window behind a text that is shorter: a mark over and over, on which nothing acts. */
export function withoutFill<Token extends { readonly text: string; readonly act: number }>(
  tokens: readonly Token[],
): readonly Token[] {
  const isMark = ({ text, act }: Token) => act === 0 && /^<.+>$/.test(text);
  let end = tokens.length;
  while (end > 1 && isMark(tokens[end - 1]) && tokens[end - 1].text === tokens[end - 2].text) end--;
  return tokens.slice(0, end);
}

/** The strongest token at the shown budget: the stored peak is that of the largest one. */
export function peakOf({ tokens, maxPosition }: ExampleTextFragment): number {
  let peak = -1;
  tokens.forEach((token, at) => {
    if (token.act > 0 && (peak < 0 || token.act > tokens[peak].act)) peak = at;
  });
  return peak < 0 ? maxPosition : peak;
}

function peakAct(example: ExampleTextFragment): number {
  return example.tokens[peakOf(example)]?.act ?? 0;
}

/** Read by a dictionary: features of right and of wrong answers, the vector in features, features instead of the vector. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { dictionaryHref, featureHref } from '../../ui/address.ts';
import { BarsWithError } from '../../ui/bars-with-error.tsx';
import { Bars } from '../../ui/bars.tsx';
import { formatCount, formatValue } from '../../ui/numbers.ts';
import { TokenText } from '../../ui/token-text.tsx';
import { cosineText, percent, points, type Share } from './shares.ts';
import type { FeatureReading, TokenValue } from './vector-types.ts';
import styles from './steering.module.css';

export interface FeatureSectionProps {
  readonly reading: FeatureReading;
  /** Of the untouched and of the steered model, to hold the features against. */
  readonly base?: Share;
  readonly steered?: Share;
}

const formatScale = (scale: number) => String(scale).replace('-', '−');

/** False discoveries a reader may expect among the features said to differ. */
const FALSE_DISCOVERIES = 0.05;
const TOKENS = 4;

export function FeatureSection({ reading, base, steered }: FeatureSectionProps) {
  const { dictionary, dictionarySlug, budget, features, decomposition, steering } = reading;
  // A dictionary that is not here has no pages to lead to.
  const name = (index: number) =>
    dictionary ? (
      <Link href={featureHref(dictionary.slug, index, budget)} prefetch={false}>
        {index}
      </Link>
    ) : (
      index
    );
  return (
    <>
      <p className={styles.verdict}>{verdict(reading)}</p>
      <p className="small muted">
        Of dictionary{' '}
        {dictionary ? (
          <Link href={dictionaryHref(dictionary.slug, budget)}>{dictionary.name}</Link>
        ) : (
          dictionarySlug
        )}{' '}
        at <code>{reading.hookpoint}</code>, budget {budget}, over {formatCount(reading.correct)} right and{' '}
        {formatCount(reading.incorrect)} wrong answers.
      </p>
      <DifferenceTable features={features} name={name} />
      <div className={styles.even}>
        <div>
          <h3>The vector in features</h3>
          <Bars
            label="Cosine of features with the vector"
            colour="base"
            bars={decomposition.map(({ index, feature, cosine, tokens }) => ({
              key: index,
              name: (
                <>
                  {name(index)}{' '}
                  {feature?.label ? <bdi>{feature.label.text}</bdi> : <Tokens tokens={tokens} />}
                </>
              ),
              value: cosine,
              text: cosineText(cosine),
            }))}
          />
          <p className="small muted">
            Cosine of the feature&apos;s decoder row with the vector of that layer.{explainedText(reading)}
          </p>
        </div>
        <BarsWithError
          title="A feature instead of the vector"
          unit="share of right answers; 95 % intervals"
          format={percent}
          {...(base && { from: base.value })}
          {...(steered && { level: steered.value })}
          bars={steering.map(({ index, scale, accuracy: { value, low, high, n } }) => ({
            key: `${index} ${scale}`,
            name: `${index} × ${formatScale(scale)}`,
            colour: 'base',
            spread: { mean: value, sd: null, n },
            range: [low, high],
          }))}
          note="The feature's decoder row, at the vector's norm times the number. Bars begin at the base; the dashed line is the vector itself."
        />
      </div>
    </>
  );
}

interface DifferenceTableProps {
  readonly features: FeatureReading['features'];
  readonly name: (index: number) => ReactNode;
}

const COLUMNS: readonly (readonly [string, string])[] = [
  ['feature', 'index in the dictionary'],
  ['label, strongest tokens', 'where it acts most, in the text of the dictionary'],
  ['in right', 'share of right answers where it fires'],
  ['in wrong', 'share of wrong answers where it fires'],
  ['difference', 'percentage points'],
  ['p', "Fisher's exact test, two-sided"],
  ['q', 'Benjamini and Hochberg over all features that ever fire'],
  ['cos', "cosine of its decoder row with the vector of the hookpoint's layer"],
];

function DifferenceTable({ features, name }: DifferenceTableProps) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Features of right and of wrong answers">
      <table style={{ width: '100%' }} className={styles.differences}>
        <thead>
          <tr>
            {COLUMNS.map(([column, title], at) => (
              <th key={column} scope="col" title={title} className={at === 1 ? undefined : 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {features.map((row) => (
            <tr key={row.index} data-differs={row.qValue <= FALSE_DISCOVERIES || undefined}>
              <td className="number">{name(row.index)}</td>
              <td>
                {row.feature?.label && <bdi>{row.feature.label.text} </bdi>}
                <Tokens tokens={row.tokens} />
              </td>
              <td className="number">{percent(row.correctShare)}</td>
              <td className="number">{percent(row.incorrectShare)}</td>
              <td className="number">{points(row.difference)}</td>
              <td className="number">{formatValue(row.pValue)}</td>
              <td className="number">
                {row.qValue <= FALSE_DISCOVERIES ? <b>{formatValue(row.qValue)}</b> : formatValue(row.qValue)}
              </td>
              <td className="number">{row.cosine === null ? '–' : cosineText(row.cosine)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Tokens({ tokens }: { readonly tokens: readonly TokenValue[] }) {
  return (
    <span className={styles.tokens}>
      {tokens.slice(0, TOKENS).map(({ text }, at) => (
        <TokenText key={at} text={text} />
      ))}
    </span>
  );
}

/** Older analyses do not say. */
function explainedText({ decomposition, explainedByChance }: FeatureReading): string {
  const explained = decomposition.at(-1)?.explained ?? null;
  if (explained === null) return '';
  const share = ` Together these ${decomposition.length} rows explain ${percent(explained)} of its squared norm`;
  if (explainedByChance === null) return `${share}.`;
  return `${share}; as many, chosen alike, explain ${percent(explainedByChance)} of a direction drawn at random.`;
}

function verdict({ features, tested, correct, incorrect }: FeatureReading): string {
  if (correct === 0 || incorrect === 0)
    return `All answers were ${correct === 0 ? 'wrong' : 'right'}: there is nothing to tell apart.`;
  const apart = features.filter(({ qValue }) => qValue <= FALSE_DISCOVERIES);
  const right = apart.filter(({ difference }) => difference > 0).length;
  const listed = `of the ${features.length} listed here, out of ${formatCount(tested)} tested`;
  if (apart.length === 0)
    return `No feature fires more often in right or in wrong answers at q ≤ ${FALSE_DISCOVERIES}, ${listed}.`;
  return `At q ≤ ${FALSE_DISCOVERIES}, ${right} features fire more often in right answers and ${apart.length - right} in wrong ones, ${listed}.`;
}

/** A feature as one line of a list: index, label, score, density, strength, a histogram and its strongest token in context. */
import Link from 'next/link';
import { MiniHistogram } from './mini-histogram.tsx';
import { formatPercent, formatShare, formatValue } from './numbers.ts';
import { TokenLine } from './token-line.tsx';
import type { TokenPart } from './token-pieces.ts';
import styles from './feature-row.module.css';

export interface FeatureRowProps {
  readonly href: string;
  readonly index: number;
  readonly label: string | null;
  readonly score: {
    readonly value: number | null;
    readonly exampleCount: number;
    readonly status: string;
  } | null;
  readonly density: number;
  readonly maxAct: number;
  readonly histogram: readonly number[];
  readonly example: { readonly tokens: readonly TokenPart[]; readonly maxPosition: number } | null;
  /** Named where a list mixes dictionaries. */
  readonly dictionary?: string;
}

export function FeatureRow(feature: FeatureRowProps) {
  const { href, index, label, density, maxAct, histogram, example, dictionary } = feature;
  const isSilent = density === 0;
  return (
    <tr className={styles.row} data-silent={isSilent || undefined}>
      <td className={styles.index}>
        <Link href={href} prefetch={false} aria-label={`Feature ${index}`}>
          {index}
        </Link>
      </td>
      <td className={styles.label}>
        <Link href={href} prefetch={false} dir="auto">
          {label ?? <span className="muted">no label</span>}
        </Link>
        {dictionary && <span className={styles.dictionary}>{dictionary}</span>}
      </td>
      <td className={styles.score}>
        <Score score={feature.score} />
      </td>
      <td className={styles.density}>{isSilent ? 'silent' : formatPercent(density)}</td>
      <td className={styles.max}>{isSilent ? '–' : formatValue(maxAct)}</td>
      <td className={styles.histogram}>
        {!isSilent && (
          <MiniHistogram
            counts={histogram}
            label={`Acts of feature ${index} from 0 to ${formatValue(maxAct)}`}
          />
        )}
      </td>
      <td className={styles.context}>
        {example && <TokenLine tokens={example.tokens} position={example.maxPosition} maxAct={maxAct} />}
      </td>
    </tr>
  );
}

/** Absent, failed and zero are three things. */
function Score({ score }: { readonly score: FeatureRowProps['score'] }) {
  if (!score) return <span className="muted">–</span>;
  if (score.status !== 'OK') {
    const words = score.status.toLowerCase().replaceAll('_', ' ');
    return (
      <span className="muted" title={words}>
        {words === 'not enough examples' ? 'too few' : words}
      </span>
    );
  }
  return <span title={`over ${score.exampleCount} examples`}>{formatShare(score.value)}</span>;
}

/** The columns of the rows above, for the list's head. */
export const FEATURE_COLUMNS = [
  'index',
  'label',
  'score',
  'density',
  'max act',
  'acts',
  'strongest token in context',
] as const;
export type FeatureColumn = (typeof FEATURE_COLUMNS)[number];

/** What a column's number is, where its name does not say. */
const MEANINGS: Partial<Record<FeatureColumn, string>> = {
  score: 'how well the label tells where the feature acts, by its scorer: 1 always, 0.5 as chance would',
  density: 'share of tokens where it acts',
  acts: 'its acts by strength, from 0 to the strongest, on a square-root scale',
};

export interface FeatureTableProps {
  /** What each head cell holds; a sort link or plain words. */
  readonly head?: Partial<Record<FeatureColumn, React.ReactNode>>;
  readonly label: string;
  readonly children: React.ReactNode;
}

export function FeatureTable({ head = {}, label, children }: FeatureTableProps) {
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          {FEATURE_COLUMNS.map((column) => (
            <th key={column} scope="col" className={styles[CELL[column]]} title={MEANINGS[column]}>
              {head[column] ?? column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

const CELL: Record<FeatureColumn, string> = {
  index: 'index',
  label: 'label',
  score: 'score',
  density: 'density',
  'max act': 'max',
  acts: 'histogram',
  'strongest token in context': 'context',
};

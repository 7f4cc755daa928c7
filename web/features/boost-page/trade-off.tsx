/** What each method gains on the domain beside what it loses elsewhere, and that in a sentence. */
import { BarsWithError } from '../../ui/bars-with-error.tsx';
import { METHODS, methodName, paperFigures } from './methods.ts';
import { formatChange, formatKept } from './percent.ts';
import type { MethodRow } from './trial-numbers.ts';
import styles from './boost-page.module.css';

export interface TradeOffProps {
  readonly rows: readonly MethodRow[];
  readonly domain: string;
}

export function TradeOff({ rows, domain }: TradeOffProps) {
  const adapted = rows.filter(({ method }) => method !== 'base');
  const bar = (row: MethodRow) => ({
    key: row.method,
    name: methodName(row.method),
    colour: METHODS[row.method]?.colour ?? ('muted' as const),
  });
  return (
    <div className={styles.pair}>
      <BarsWithError
        title={`Gained on ${domain} text`}
        unit="EV gain over the base"
        format={formatChange}
        bars={adapted.map((row) => ({
          ...bar(row),
          spread: row.domain.gain,
          paper: paperFigures(row.method, domain).gain,
        }))}
      />
      <BarsWithError
        title="Lost on general text"
        unit="change of EV against the base"
        format={formatChange}
        bars={adapted.map((row) => ({
          ...bar(row),
          spread: row.general.change,
          paper: paperFigures(row.method, domain).generalChange,
        }))}
      />
    </div>
  );
}

/** The table in words; nothing where there is nothing to say. */
export function verdictOf(rows: readonly MethodRow[], domain: string): string | null {
  const [boost, tuned] = ['boost', 'fine-tuning'].map((method) => rows.find((row) => row.method === method));
  if (!boost?.domain.gain || !boost.general.kept) return null;
  const first = `Here the boost gains ${formatChange(boost.domain.gain.mean)} EV on ${domain} text and keeps ${formatKept(boost.general.kept.mean)} of it on general text`;
  if (!tuned?.domain.gain || !tuned.general.kept) return `${first}.`;
  return `${first}; full fine-tuning gains ${formatChange(tuned.domain.gain.mean)} and keeps ${formatKept(tuned.general.kept.mean)}.`;
}

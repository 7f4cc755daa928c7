/** The paper's own figures and findings, in grey: of other models and far more training, so they stand beside ours. */
import { formatValue } from '../../ui/numbers.ts';
import styles from './steering.module.css';

export interface PaperFigure {
  readonly name: string;
  readonly unit: string;
  readonly value: number | null;
  readonly text: string;
  readonly source: string;
}

const UNITS: Readonly<Record<string, string>> = {
  percent: '\u202f%',
  points: ' points',
  nats: ' nats',
};

export function figureText({ value, unit, text }: PaperFigure): string {
  if (value === null) return text || '–';
  return `${formatValue(value)}${UNITS[unit.toLowerCase()] ?? ''}`;
}

export function PaperFindings({ figures }: { readonly figures: readonly PaperFigure[] }) {
  if (figures.length === 0) return null;
  return (
    <div className={styles.findings} role="region" aria-label="The paper's figures">
      <h3>The paper</h3>
      <dl>
        {figures.map((figure) => (
          <div key={`${figure.name} ${figure.source}`}>
            <dt>{figure.name}</dt>
            <dd>
              <span className={styles.ring} aria-hidden />
              {figureText(figure)}
              {figure.value !== null && figure.text && <span> {figure.text}</span>}{' '}
              <span className="small">({figure.source})</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

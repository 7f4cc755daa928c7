/** How a model was trained: its loss curve and what makes it again. */
import { CurveChart, type Curve } from '../../ui/curve-chart.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Listing } from '../../ui/listing.tsx';
import { formatCount, formatPercent, formatValue } from '../../ui/numbers.ts';
import { thinPoints } from '../../ui/thin-points.ts';
import { parseTraining, type TrainingRecord } from './training-record.ts';
import styles from './training.module.css';

export function Training({ training }: { readonly training: unknown }) {
  const record = parseTraining(training);
  if (!record) {
    return (
      <section>
        <h2>Training</h2>
        <Empty>This model came without a training record.</Empty>
      </section>
    );
  }
  return (
    <section className={styles.training}>
      <h2>Training</h2>
      <LossCurve record={record} />
      <Facts
        facts={record.facts.map(({ name, value }) => ({
          name,
          value: typeof value === 'number' && Number.isInteger(value) ? formatCount(value) : String(value),
        }))}
      />
      {record.corpora.length > 0 && <Corpora record={record} />}
      {record.command && (
        <div>
          <h3>Made by</h3>
          <Listing code={record.command} copy="Copy the command" isLine />
        </div>
      )}
    </section>
  );
}

const MAX_POINTS = 240;

function LossCurve({ record: { curve, heldOutCurve } }: { readonly record: TrainingRecord }) {
  if (curve.length === 0) return null;
  const curves: Curve[] = [{ name: 'training', colour: 'base', points: thinPoints(curve, MAX_POINTS) }];
  if (heldOutCurve.length > 0) curves.push({ name: 'held out', colour: 'muted', points: heldOutCurve });
  return (
    <CurveChart
      title="Loss"
      description={`Training loss over ${curve[curve.length - 1].x} steps`}
      curves={curves}
      xAxis={{ label: 'step', format: formatCount }}
      yAxis={{ label: 'nats per token', format: formatValue }}
    />
  );
}

function Corpora({ record }: { readonly record: TrainingRecord }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">corpus</th>
          <th scope="col" className="number">
            share of training
          </th>
          <th scope="col" className="number">
            held-out nats
          </th>
        </tr>
      </thead>
      <tbody>
        {record.corpora.map(({ slug, share, lossNats }) => (
          <tr key={slug}>
            <td>{slug}</td>
            <td className="number">{formatPercent(share)}</td>
            <td className="number">{formatValue(lossNats)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

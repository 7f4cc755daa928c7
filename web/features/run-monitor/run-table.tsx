/** Runs as a list, newest first. */
import Link from 'next/link';
import { formatCount, formatDuration, formatMoment } from '../../ui/numbers.ts';
import type { RunListQuery } from '../../graphql/generated/graphql.ts';
import { STATUS } from './run-progress.tsx';

type Run = RunListQuery['runs']['nodes'][number];

export function RunTable({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">command</th>
            <th scope="col">status</th>
            <th scope="col" className="number">
              step
            </th>
            <th scope="col" className="number">
              took
            </th>
            <th scope="col">asked for</th>
            <th scope="col">made</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>
                <Link href={`/runs/${run.slug}`}>{run.name || run.slug}</Link>
              </td>
              <td className="mono">{run.kind}</td>
              <td style={run.status === 'FAILED' ? { color: 'var(--alarm)' } : undefined}>{statusOf(run)}</td>
              <td className="number">
                {run.stepTotal > 0 ? `${formatCount(run.step)} / ${formatCount(run.stepTotal)}` : '–'}
              </td>
              <td className="number">{tookOf(run)}</td>
              <td style={{ whiteSpace: 'nowrap' }}>{formatMoment(run.createdAt)}</td>
              <td>
                {run.dictionaries.map((dictionary) => (
                  <Link key={dictionary.slug} href={`/dictionaries/${dictionary.slug}`}>
                    {dictionary.name}
                  </Link>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function statusOf(run: Run): string {
  return run.status === 'RUNNING' && run.phase ? `running: ${run.phase}` : STATUS[run.status];
}

function tookOf(run: Run): string {
  if (!run.startedAt || !run.finishedAt) return '–';
  return formatDuration((Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000);
}

/** The trials behind a page: which were run here, which came with the code as a record. */
import Link from 'next/link';
import { formatLarge, formatValue } from '../../ui/numbers.ts';
import { methodName } from './methods.ts';
import type { Trial } from './trial-numbers.ts';

export interface TrialMark {
  readonly slug: string;
  readonly method: string;
  readonly domain: string | null;
  readonly seed: number;
  readonly k: number;
  readonly trainTokenCount: string | number;
  readonly recorded: boolean;
  readonly run: { readonly slug: string } | null;
  readonly provenance: { readonly command: string; readonly codeCommit: string } | null;
}

/** One line on where the numbers are from. */
export function originOf(trials: readonly Pick<Trial, 'recorded'>[]): string {
  const recorded = trials.filter((trial) => trial.recorded).length;
  const here = trials.length - recorded;
  const words = (count: number, what: string) => `${count} ${count === 1 ? 'trial' : 'trials'} ${what}`;
  if (trials.length === 0) return 'no trials yet';
  if (recorded === 0) return words(here, 'run here');
  if (here === 0) return `${recorded} recorded ${recorded === 1 ? 'run' : 'runs'}`;
  return `${words(here, 'run here')}, ${recorded} recorded ${recorded === 1 ? 'run' : 'runs'}`;
}

export function TrialsBehind({ trials }: { readonly trials: readonly TrialMark[] }) {
  if (trials.length === 0) return null;
  return (
    <details>
      <summary>trials behind it: {originOf(trials)}</summary>
      <div className="scroll" tabIndex={0} role="region" aria-label="Trials behind it">
        <table>
          <thead>
            <tr>
              <th scope="col">method</th>
              <th scope="col">domain</th>
              {['seed', 'k', 'tokens'].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
              <th scope="col">origin</th>
              <th scope="col">slug</th>
              <th scope="col">made by</th>
            </tr>
          </thead>
          <tbody>
            {trials.map((trial) => (
              <tr key={trial.slug}>
                <td>{methodName(trial.method)}</td>
                <td>{trial.domain ?? '–'}</td>
                <td className="number">{trial.seed}</td>
                <td className="number">{formatValue(trial.k)}</td>
                <td className="number">{formatLarge(trial.trainTokenCount)}</td>
                <td>
                  {trial.recorded ? (
                    'recorded run'
                  ) : trial.run ? (
                    <Link href={`/runs/${trial.run.slug}`}>run here</Link>
                  ) : (
                    'run here'
                  )}
                </td>
                <td className="mono">{trial.slug}</td>
                <td
                  className="mono"
                  title={trial.provenance ? `code ${trial.provenance.codeCommit}` : undefined}
                >
                  {trial.provenance?.command ?? '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

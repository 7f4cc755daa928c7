/** How far a run is: its phases, the present one's line, rate and time left, and how it ended. */
import { Facts, type Fact } from '../../ui/facts.tsx';
import { formatCount, formatDuration, formatMoment, formatValue } from '../../ui/numbers.ts';
import { Phases } from '../../ui/phases.tsx';
import { Progress } from '../../ui/progress.tsx';
import type { RunStateFragment } from '../../graphql/generated/graphql.ts';
import styles from './run-monitor.module.css';

export interface RunProgressProps {
  readonly run: RunStateFragment;
  /** Of the present phase. */
  readonly stepsPerSecond: number | null;
}

/** The phases of the commands that have them, in order; a phase's own steps follow a colon. */
const PHASES: Readonly<Record<string, readonly string[]>> = {
  'train-sae': ['prepare', 'harvest', 'train', 'read-out', 'publish'],
};

export function RunProgress({ run, stepsPerSecond }: RunProgressProps) {
  const [phase] = run.phase.split(':');
  return (
    <div className={styles.progress}>
      <Facts row facts={facts(run, stepsPerSecond)} />
      {run.finishedAt === null && (
        <>
          <Phases phases={PHASES[run.kind] ?? []} current={phase} />
          <Progress
            done={run.phaseStep}
            total={run.phaseTotal}
            label={`${run.name}: ${run.phase || STATUS[run.status]}`}
          />
        </>
      )}
      {run.error && (
        <p role="alert" className={styles.error}>
          {run.error}
        </p>
      )}
    </div>
  );
}

function facts(run: RunStateFragment, stepsPerSecond: number | null): Fact[] {
  const { status, phase, phaseStep, phaseTotal, startedAt, finishedAt, backend } = run;
  const list: Fact[] = [{ name: 'status', value: STATUS[status] }];
  if (status === 'RUNNING') {
    const isCounted = phaseTotal > 1;
    list.push({ name: 'phase', value: phase || 'starting' });
    if (isCounted)
      list.push({ name: 'step', value: `${formatCount(phaseStep)} of ${formatCount(phaseTotal)}` });
    list.push({
      name: 'rate',
      value: stepsPerSecond === null ? '–' : `${formatValue(stepsPerSecond)} steps/s`,
    });
    const left =
      stepsPerSecond !== null && isCounted ? formatDuration((phaseTotal - phaseStep) / stepsPerSecond) : '–';
    list.push({ name: 'time left in phase', value: left });
  }
  if (finishedAt && run.stepTotal > 0) list.push({ name: 'steps', value: formatCount(run.step) });
  if (startedAt && finishedAt) {
    list.push({
      name: 'took',
      value: formatDuration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000),
    });
  }
  list.push(
    startedAt
      ? { name: 'started', value: formatMoment(startedAt) }
      : { name: 'asked for', value: formatMoment(run.createdAt) },
  );
  if (backend) list.push({ name: 'backend', value: backend });
  return list;
}

export const STATUS: Readonly<Record<RunStateFragment['status'], string>> = {
  QUEUED: 'waiting for a worker',
  RUNNING: 'running',
  DONE: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

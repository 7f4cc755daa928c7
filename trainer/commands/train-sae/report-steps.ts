/** Goes through a computation that tells how far it is, and passes that on; a run that was stopped stops there. */
import type { RunPhase } from '../../store/runs.ts';
import type { Work } from './work.ts';

export async function reportSteps<Step, Result>(
  { report, signal }: Pick<Work, 'report' | 'signal'>,
  steps: AsyncGenerator<Step, Result>,
  phaseOf: (step: Step) => RunPhase,
): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    signal.throwIfAborted();
    await report.phase(phaseOf(step.value));
  }
}

export interface Counted {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Of a read-out. */
export const readingPhase = ({ phase, done, total }: Counted): RunPhase => ({
  phase: `read-out: ${phase}`,
  phaseStep: done,
  phaseTotal: total,
});

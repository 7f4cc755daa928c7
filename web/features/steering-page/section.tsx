/** What every part of the steering pages has: a name, one sentence, how it is computed, what it rests on, how a script asks. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { AnalysisHeadFragment, SteeringProvenanceFragment } from '../../graphql/generated/graphql.ts';
import { Empty } from '../../ui/empty.tsx';
import { Formula } from '../../ui/formula.tsx';
import { formatCount, formatDuration } from '../../ui/numbers.ts';
import { Provenance } from '../../ui/provenance.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import { PaperFindings, type PaperFigure } from './paper-findings.tsx';
import styles from './steering.module.css';

/** How a script asks for what is shown. */
export interface Script {
  readonly query: { toString(): string };
  readonly variables: Readonly<Record<string, unknown>>;
  readonly endpoint: string;
}

export interface SectionProps {
  readonly id: string;
  readonly title: string;
  /** What a visitor is looking at. */
  readonly sentence: ReactNode;
  /** How its numbers are computed. */
  readonly formula: ReactNode;
  /** What it rests on; null where it was not measured yet. */
  readonly source: SectionSource | null;
  /** What fills it. */
  readonly command: string;
  readonly script: Script;
  readonly children?: ReactNode;
}

export interface SectionSource {
  readonly provenance: SteeringProvenanceFragment;
  readonly recorded: boolean;
  readonly run: AnalysisHeadFragment['run'];
  readonly paper: readonly PaperFigure[];
}

export function Section(props: SectionProps) {
  const { id, title, sentence, formula, source, command, script, children } = props;
  return (
    <section id={id} aria-labelledby={`${id}-title`} className={styles.section}>
      <h2 id={`${id}-title`}>{title}</h2>
      <p className="muted">{sentence}</p>
      {source ? (
        <>
          <Formula>{formula}</Formula>
          {children}
          <PaperFindings figures={source.paper} />
          <div className={styles.foot}>
            <MadeBy {...source} />
            <ScriptThis
              what={`“${title}”`}
              query={script.query.toString()}
              variables={script.variables}
              endpoint={script.endpoint}
            />
          </div>
        </>
      ) : (
        <Empty command={command}>Nobody has measured this yet; this command does:</Empty>
      )}
    </section>
  );
}

/** How it was made, on one line and in full. */
export function MadeBy({ provenance, recorded, run }: Omit<SectionSource, 'paper'>) {
  const { problems, settings, notes, ...rest } = provenance;
  const line = [
    recorded ? 'recorded run' : 'run here',
    `${formatCount(problems.count)} problems of ${problems.slug}`,
    `backend ${rest.backend}`,
    formatDuration(rest.seconds),
    rest.codeCommit && `code ${rest.codeCommit.slice(0, 8)}`,
  ];
  return (
    <>
      {notes.length > 0 && (
        <details>
          <summary>how this differs from the paper</summary>
          <ul className={styles.notes}>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
      <Provenance
        line={line.filter(Boolean).join(' · ')}
        record={{
          ...rest,
          problems,
          ...Object.fromEntries(settings.map(({ name, value }) => [name, value])),
        }}
        command={rest.command}
      />
      {run && (
        <p className="small muted">
          made by <Link href={`/runs/${run.slug}`}>a run here</Link>
        </p>
      )}
    </>
  );
}

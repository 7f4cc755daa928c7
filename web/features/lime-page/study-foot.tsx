/** What stands under every section of the LIMe page: which study it is, how it was made, how a script asks for it. */
import Link from 'next/link';
import type { StudyHeadFragment } from '../../graphql/generated/graphql.ts';
import { Choice } from '../../ui/choice.tsx';
import { formatDuration, formatLarge } from '../../ui/numbers.ts';
import { Provenance } from '../../ui/provenance.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import { viewHref, type LimeView, type Part } from './lime-view.ts';
import type { StudyLine } from './load-lime.ts';
import { seeds, sizeWords } from './words.ts';
import styles from './lime-page.module.css';

export interface StudyFootProps {
  readonly study: StudyHeadFragment;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly endpoint: string;
}

export function StudyFoot({ study, query, variables, endpoint }: StudyFootProps) {
  const { provenance, recorded, run } = study;
  const line = [
    recorded ? 'recorded run' : 'run here',
    seeds(provenance.seeds.length),
    `${formatLarge(provenance.tokens)} tokens each`,
    provenance.corpora.map(({ slug }) => slug).join(' + '),
    `backend ${provenance.backend}`,
    formatDuration(provenance.seconds),
    provenance.codeCommit && `code ${provenance.codeCommit.slice(0, 8)}`,
  ];
  return (
    <div className={styles.foot}>
      {provenance.notes.length > 0 && (
        <details>
          <summary>how this differs from the paper</summary>
          <ul className={styles.notes}>
            {provenance.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
      <Provenance
        line={line.filter(Boolean).join(' · ')}
        record={{
          slug: study.slug,
          ...provenance,
          models: study.models.map(({ model: _, ...model }) => model),
        }}
        command={provenance.command}
      />
      <ScriptThis what={`the ${study.part} study`} query={query} variables={variables} endpoint={endpoint} />
      {run && (
        <p className="small muted">
          made by <Link href={`/runs/${run.slug}`}>a run here</Link>
        </p>
      )}
    </div>
  );
}

export interface StudyChoiceProps {
  readonly part: Part;
  readonly studies: readonly StudyLine[];
  readonly current: string;
  readonly view: LimeView;
}

/** Where a question was asked more than once. */
export function StudyChoice({ part, studies, current, view }: StudyChoiceProps) {
  const ofPart = studies.filter((study) => study.part === part);
  if (ofPart.length < 2) return null;
  return (
    <Choice
      name="study"
      current={current}
      options={ofPart.map(({ slug, recorded, provenance, models }) => ({
        key: slug,
        name: [
          sizeWords(models),
          recorded ? 'recorded' : 'run here',
          `${formatLarge(provenance.tokens)} tokens`,
          seeds(provenance.seeds.length),
        ].join(', '),
        href: viewHref({ ...view, studies: { ...view.studies, [part]: slug } }),
        title: slug,
      }))}
    />
  );
}

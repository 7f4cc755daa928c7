/** What of the papers holds on the model studied here: a row for each finding, with the rule that its verdict is given by. */
import Link from 'next/link';
import { Fragment } from 'react';
import { SteeringEvidenceDocument } from '../../graphql/generated/graphql.ts';
import { Formula } from '../../ui/formula.tsx';
import { ScriptThis } from '../../ui/script-this.tsx';
import { findingsOf, summaryOf, type Finding } from './finding-rows.ts';
import { RULES, type Verdict } from './findings.ts';
import { FEATURES, type LoadedSteering } from './load-steering.ts';
import shared from '../steering-page/steering.module.css';
import styles from './findings.module.css';

const WORDS: Readonly<Record<Verdict, { readonly mark: string; readonly name: string }>> = {
  holds: { mark: '●', name: 'holds' },
  partly: { mark: '◐', name: 'partly' },
  fails: { mark: '○', name: 'does not' },
  silent: { mark: '–', name: 'cannot be said: no gain' },
  unmeasured: { mark: '·', name: 'not measured' },
};

export interface FindingsSectionProps {
  readonly steering: LoadedSteering;
  readonly endpoint: string;
}

/** Nothing where nothing was measured: the sections below say what to run. */
export function FindingsSection({ steering, endpoint }: FindingsSectionProps) {
  const findings = findingsOf(steering);
  if (findings.every(({ verdict }) => verdict === 'unmeasured')) return null;
  const { last, penultimate, adaptive, all } = steering.evidence;
  const slug = (last ?? penultimate ?? adaptive ?? all)?.slug;
  return (
    <section id="findings" aria-labelledby="findings-title" className={shared.section}>
      <h2 id="findings-title">What of the paper holds here</h2>
      <p className="muted">
        The findings of “Small Vectors, Big Effects” (arXiv 2509.06608) and of the paper before it
        (2505.18706), made on other and far larger models, held against what is stored here.
      </p>
      <Formula name="how the verdicts are given">
        <dl className={styles.rules}>
          {findings.map(({ key, claim }) => (
            <Fragment key={key}>
              <dt>{claim}</dt>
              <dd>{RULES[key]}</dd>
            </Fragment>
          ))}
        </dl>
        <p className={styles.rules}>
          Noise: an interval of 95 % of the difference, both sides&apos; noise put together; over seeds
          Student&apos;s t, of one seed and of the base Wilson&apos;s. Nothing can be said of a vector that
          gains nothing above noise.
        </p>
      </Formula>
      <p className={shared.verdict}>{summaryOf(findings)}</p>
      <div className={styles.head} aria-hidden>
        <span>finding</span>
        <span>here</span>
        <span>the paper</span>
      </div>
      <ol className={styles.findings}>
        {findings.map((finding) => (
          <Row key={finding.key} finding={finding} />
        ))}
      </ol>
      {slug !== undefined && (
        <ScriptThis
          what="the analyses of one set"
          query={SteeringEvidenceDocument.toString()}
          variables={{ slug, features: FEATURES }}
          endpoint={endpoint}
        />
      )}
    </section>
  );
}

function Row({ finding }: { readonly finding: Finding }) {
  const { claim, verdict, ours, paper, instead = 'no figure on record', from } = finding;
  const { mark, name } = WORDS[verdict];
  return (
    <li data-verdict={verdict}>
      <div>
        <h3 className={styles.claim}>{claim}</h3>
        <p className={styles.verdict}>
          <span aria-hidden>{mark}</span> {name}
        </p>
      </div>
      <p>
        <span className={styles.label}>here: </span>
        {ours && `${ours}. `}
        <Link href={from.href} className={styles.from}>
          {from.name}
        </Link>
      </p>
      <div>
        <span className={styles.label}>the paper: </span>
        {paper.length === 0 && <span className="muted">{instead}</span>}
        {paper.map(({ text, source }) => (
          <p key={`${text} ${source}`} className={styles.paper}>
            <span className={shared.ring} aria-hidden />
            {text} <span className={styles.source}>({source})</span>
          </p>
        ))}
      </div>
    </li>
  );
}

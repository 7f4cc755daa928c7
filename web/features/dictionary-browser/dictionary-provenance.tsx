/** A dictionary's provenance in one line, and whole. */
import Link from 'next/link';
import { Fragment } from 'react';
import { dictionaryHref } from '../../ui/address.ts';
import { formatLarge } from '../../ui/numbers.ts';
import { Provenance } from '../../ui/provenance.tsx';
import type { DictionaryPageQuery } from '../../graphql/generated/graphql.ts';

export type ProvenanceRecord = NonNullable<DictionaryPageQuery['dictionary']>['provenance'];

export function DictionaryProvenance({ provenance }: { readonly provenance: ProvenanceRecord }) {
  if (!provenance) return null;
  const {
    modelSlug,
    modelRevision,
    trainTokenCount,
    readTokenCount,
    codeCommit,
    seed,
    checkpointSha256,
    backend,
  } = provenance;
  const line = [
    `${modelSlug} ${modelRevision.slice(0, 8)}`,
    `trained on ${formatLarge(trainTokenCount)} tokens`,
    `read on ${formatLarge(readTokenCount)}`,
    `seed ${seed}`,
    `backend ${backend}`,
    `checkpoint ${checkpointSha256.slice(0, 8)}`,
    codeCommit && `code ${codeCommit.slice(0, 8)}`,
  ];
  return (
    <Provenance line={line.filter(Boolean).join(' · ')} record={provenance} command={provenance.command} />
  );
}

type Dictionary = NonNullable<DictionaryPageQuery['dictionary']>;

/** The run that made it, the dictionary it boosts, those that boost it. */
export function DictionaryFamily({
  dictionary: { run, parent, children },
}: {
  readonly dictionary: Dictionary;
}) {
  if (!run && !parent && children.length === 0) return null;
  return (
    <p className="small muted">
      {run && (
        <>
          made by the run <Link href={`/runs/${run.slug}`}>{run.name || run.slug}</Link>
        </>
      )}
      {parent && (
        <>
          {' '}
          · boosts <Link href={dictionaryHref(parent.slug)}>{parent.name}</Link>
        </>
      )}
      {children.map((child) => (
        <Fragment key={child.slug}>
          {' '}
          · boosted by <Link href={dictionaryHref(child.slug)}>{child.name}</Link>
        </Fragment>
      ))}
    </p>
  );
}

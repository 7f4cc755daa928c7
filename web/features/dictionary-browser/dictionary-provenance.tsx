/** A dictionary's provenance in one line, and whole. */
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

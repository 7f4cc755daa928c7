/** Whether a feature of a boost is one that its base lacks: where it acts, and what is nearest there. */
import Link from 'next/link';
import type { FeaturePageQuery } from '../../graphql/generated/graphql.ts';
import { boostHref, dictionaryHref, featureHref } from '../../ui/address.ts';
import { formatShare } from '../../ui/numbers.ts';
import { formatKept } from '../boost-page/percent.ts';
import { NEAR_COSINE } from '../boost-page/added-features.tsx';
import styles from './boost-evidence.module.css';

export interface BoostEvidenceProps {
  readonly feature: NonNullable<FeaturePageQuery['feature']>;
  readonly boost: { readonly slug: string; readonly domain: string | null };
  readonly base: { readonly slug: string; readonly name: string };
}

export function BoostEvidence({ feature, boost, base }: BoostEvidenceProps) {
  const { domainShare } = feature;
  const [nearest] = feature.nearestBase;
  const isNew = nearest !== undefined && nearest.value < NEAR_COSINE;
  return (
    <p className={styles.evidence}>
      Added by{' '}
      <Link href={boostHref(boost.slug)}>the boost{boost.domain && ` for ${boost.domain} text`}</Link>.
      {domainShare !== null &&
        ` Of its densities over all texts ${formatKept(domainShare)} fall on ${boost.domain ?? 'that'} text.`}{' '}
      {nearest ? (
        <>
          {isNew ? 'Nothing near it in ' : 'Nearest in '}
          <Link href={dictionaryHref(base.slug)}>{base.name}</Link>
          {isNew ? '; the nearest is ' : ': '}
          <Link href={featureHref(base.slug, nearest.other.index)}>
            <bdi>{nearest.other.label?.text ?? `feature ${nearest.other.index}`}</bdi>
          </Link>{' '}
          at cosine <b>{formatShare(nearest.value)}</b>.
        </>
      ) : (
        <>
          It was not compared with <Link href={dictionaryHref(base.slug)}>{base.name}</Link>.
        </>
      )}
    </p>
  );
}

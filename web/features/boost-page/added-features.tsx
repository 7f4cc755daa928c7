/** The features a boost added, those that keep most to its domain first, each beside the nearest feature of the base. */
import Link from 'next/link';
import { rowOf } from '../../graphql/feature-row.ts';
import type { BoostFeaturesQuery } from '../../graphql/generated/graphql.ts';
import { dictionaryHref, featureHref } from '../../ui/address.ts';
import { Empty } from '../../ui/empty.tsx';
import { formatPercent, formatShare } from '../../ui/numbers.ts';
import { TokenLine } from '../../ui/token-line.tsx';
import styles from './added-features.module.css';

type Features = NonNullable<BoostFeaturesQuery['dictionary']>['features'];
type Feature = Features['nodes'][number];

/** Below this cosine a feature of the base says nothing of the same kind. */
export const NEAR_COSINE = 0.5;

export interface AddedFeaturesProps {
  readonly features: Features;
  readonly slug: string;
  readonly base: { readonly slug: string; readonly name: string };
  readonly domain: string;
}

export function AddedFeatures({ features, slug, base, domain }: AddedFeaturesProps) {
  const { nodes, totalCount } = features;
  return (
    <section aria-labelledby="added">
      <h2 id="added">Features the boost added</h2>
      <p className="small muted">
        Those that keep most to {domain} text first, each beside the feature of{' '}
        <Link href={dictionaryHref(base.slug)}>{base.name}</Link> whose decoder row points most nearly the
        same way.{' '}
        <Link href={`${dictionaryHref(slug)}?order=share`}>
          {totalCount > nodes.length ? `All ${totalCount} of them` : 'All of them as a list'}
        </Link>
      </p>
      {nodes.length === 0 ? (
        <Empty>No feature of this boost acts anywhere in the text it was read out on.</Empty>
      ) : (
        <table className={styles.table} aria-label="Features the boost added">
          <thead>
            <tr>
              <th scope="col" className={styles.label}>
                feature
              </th>
              <th
                scope="col"
                className={styles.share}
                title="density on text of the domain / sum of its densities over all corpora"
              >
                domain share
              </th>
              <th scope="col" className={styles.density} title="share of tokens where it acts">
                density
              </th>
              <th scope="col" className={styles.near} title="greatest cosine of decoder rows">
                nearest in the base
              </th>
              <th scope="col" className={styles.context}>
                strongest token in context
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((feature) => (
              <Row key={feature.index} feature={feature} slug={slug} base={base.slug} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface RowProps {
  readonly feature: Feature;
  readonly slug: string;
  readonly base: string;
}

function Row({ feature, slug, base }: RowProps) {
  const { index, label, density, maxAct, example } = rowOf(feature);
  const share = feature.domainShare;
  return (
    <tr>
      <td className={styles.label}>
        <Link href={featureHref(slug, index)} prefetch={false} dir="auto">
          <span className={styles.index}>{index}</span> {label ?? <span className="muted">no label</span>}
        </Link>
      </td>
      <td className={styles.share}>
        <span className={styles.bar} style={{ width: `calc((100% - 16px) * ${share ?? 0})` }} aria-hidden />
        {share === null ? '–' : formatShare(share)}
      </td>
      <td className={styles.density}>{formatPercent(density)}</td>
      <td className={styles.near}>
        <Nearest feature={feature} base={base} />
      </td>
      <td className={styles.context}>
        {example && <TokenLine tokens={example.tokens} position={example.maxPosition} maxAct={maxAct} />}
      </td>
    </tr>
  );
}

function Nearest({ feature, base }: Pick<RowProps, 'feature' | 'base'>) {
  const [match] = feature.matches;
  if (!match) return <span className="muted">not compared</span>;
  const { value, other } = match;
  return (
    <>
      <span className={styles.cosine}>{formatShare(value)}</span>{' '}
      {value < NEAR_COSINE && <span className={styles.nothing}>nothing near: </span>}
      <Link
        href={featureHref(base, other.index)}
        prefetch={false}
        dir="auto"
        className={value < NEAR_COSINE ? 'muted' : undefined}
      >
        {other.label?.text ?? `feature ${other.index}`}
      </Link>
    </>
  );
}

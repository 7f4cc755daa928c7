/** The features before and after this one. */
import Link from 'next/link';
import type { FeaturePageQuery } from '../../graphql/generated/graphql.ts';
import { featureHref } from '../../ui/address.ts';
import styles from './feature-steps.module.css';

export interface FeatureStepsProps {
  readonly feature: NonNullable<FeaturePageQuery['feature']>;
  readonly dictionary: string;
  readonly budget: number;
}

export function FeatureSteps({ feature: { previous, next }, dictionary, budget }: FeatureStepsProps) {
  return (
    <nav className={styles.steps} aria-label="Features beside this one">
      {previous && (
        <Link
          href={featureHref(dictionary, previous.index, budget)}
          rel="prev"
          data-key="ArrowLeft"
          data-key-does="previous feature"
        >
          ‹ {previous.index}
        </Link>
      )}
      {next && (
        <Link
          href={featureHref(dictionary, next.index, budget)}
          rel="next"
          data-key="ArrowRight"
          data-key-does="next feature"
        >
          {next.index} ›
        </Link>
      )}
    </nav>
  );
}

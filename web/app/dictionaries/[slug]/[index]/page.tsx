import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { BudgetCost } from '../../../../features/dictionary-browser/budget-cost.tsx';
import { DictionaryProvenance } from '../../../../features/dictionary-browser/dictionary-provenance.tsx';
import { loadDictionary } from '../../../../features/dictionary-browser/load-dictionary.ts';
import { BoostEvidence } from '../../../../features/feature-page/boost-evidence.tsx';
import { Examples } from '../../../../features/feature-page/examples.tsx';
import { FeatureNumbers } from '../../../../features/feature-page/feature-numbers.tsx';
import { FeatureSteps } from '../../../../features/feature-page/feature-steps.tsx';
import { loadFeature, parseIndex } from '../../../../features/feature-page/load-feature.ts';
import { Reading } from '../../../../features/feature-page/reading.tsx';
import { withOutage } from '../../../../features/outage/with-outage.tsx';
import { publicEndpoint } from '../../../../graphql/endpoint.ts';
import { FeaturePageDocument } from '../../../../graphql/generated/graphql.ts';
import { dictionaryHref, one } from '../../../../ui/address.ts';
import { Badge } from '../../../../ui/badge.tsx';
import { BudgetInUrl } from '../../../../ui/budget-in-url.tsx';
import { pickBudget } from '../../../../ui/budget.ts';
import { formatPercent, formatValue } from '../../../../ui/numbers.ts';
import { PageHead } from '../../../../ui/page-head.tsx';
import { ScriptThis } from '../../../../ui/script-this.tsx';
import styles from '../../../page.module.css';

type Props = PageProps<'/dictionaries/[slug]/[index]'>;

async function load({ params, searchParams }: Props) {
  const [{ slug, index: text }, parameters] = await Promise.all([params, searchParams]);
  const { dictionary } = await loadDictionary(slug);
  const index = parseIndex(text);
  if (!dictionary || index === null || index >= dictionary.width) return null;
  const budgets = dictionary.budgets.map((level) => level.budget);
  const budget = pickBudget(one(parameters, 'k'), budgets);
  const { feature } = await loadFeature(slug, index, budget, dictionary.parent?.slug);
  return feature && { dictionary, feature, budgets, budget, slug, index };
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  const loaded = await load(props).catch(() => null);
  if (!loaded) return {};
  const { feature, dictionary, budget } = loaded;
  const { name, model, hookpoint } = dictionary;
  return {
    title: `${feature.index} ${feature.labels[0]?.text ?? ''} · ${name}`,
    description: `Feature ${feature.index} of ${name}: a direction in the hidden states of ${model.name} at ${hookpoint}, ${doing(feature, budget)}.`,
  };
}

type Feature = NonNullable<Awaited<ReturnType<typeof load>>>['feature'];

function doing({ stat }: Feature, budget: number): string {
  if (!stat) return `not read out at budget ${budget}`;
  if (Number(stat.fireCount) === 0) return `silent at budget ${budget}`;
  return `acting on ${formatPercent(stat.density)} of tokens at budget ${budget}, up to ${formatValue(stat.maxAct)}`;
}

export default withOutage(async function FeaturePage(props: Props) {
  const [loaded, endpoint] = await Promise.all([load(props), publicEndpoint()]);
  if (!loaded) notFound();
  const { dictionary, feature, budgets, budget, slug, index } = loaded;
  const { name, model, hookpoint } = dictionary;
  return (
    <>
      <PageHead
        crumbs={[
          { name: model.name, href: `/models/${model.slug}` },
          { name, href: dictionaryHref(slug, budget) },
          { name: `feature ${index}` },
        ]}
        title={feature.labels[0]?.text ?? `Feature ${index}, without a label yet`}
        badge={<Badge domain={dictionary.domain} isBoost={dictionary.parent !== null} />}
        beside={<FeatureSteps feature={feature} dictionary={slug} budget={budget} />}
      >
        Feature {index} of <Link href={dictionaryHref(slug, budget)}>{name}</Link>: a direction in the hidden
        states of {model.name} at <code>{hookpoint}</code>, {doing(feature, budget)}.
      </PageHead>
      <BudgetInUrl
        budgets={budgets}
        budget={budget}
        costs={dictionary.budgets.map((level) => (
          <BudgetCost key={level.budget} level={level} />
        ))}
      />
      <div style={{ paddingTop: 16 }}>
        <FeatureNumbers feature={feature} />
        {dictionary.parent && <BoostEvidence feature={feature} boost={dictionary} base={dictionary.parent} />}
      </div>
      <div className={styles.reading}>
        <Examples feature={feature} budget={budget} />
        <Reading feature={feature} dictionary={slug} budget={budget} isBoost={dictionary.parent !== null} />
      </div>
      <footer className={styles.foot}>
        <DictionaryProvenance provenance={dictionary.provenance} />
        <ScriptThis
          query={FeaturePageDocument.toString()}
          variables={{ dictionary: slug, index, budget, base: dictionary.parent?.slug }}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});

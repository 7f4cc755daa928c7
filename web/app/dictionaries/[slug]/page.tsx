import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { BudgetCost } from '../../../features/dictionary-browser/budget-cost.tsx';
import { DictionaryFamily } from '../../../features/dictionary-browser/dictionary-family.tsx';
import { DictionaryProvenance } from '../../../features/dictionary-browser/dictionary-provenance.tsx';
import { KIND_NAMES, KIND_PROMISES } from '../../../features/dictionary-browser/dictionary-words.ts';
import { FeatureList } from '../../../features/dictionary-browser/feature-list.tsx';
import { listVariables, parseList } from '../../../features/dictionary-browser/list-address.ts';
import { loadDictionary } from '../../../features/dictionary-browser/load-dictionary.ts';
import { Quality } from '../../../features/dictionary-browser/quality.tsx';
import { withOutage } from '../../../features/outage/with-outage.tsx';
import { ask } from '../../../graphql/ask.ts';
import { publicEndpoint } from '../../../graphql/endpoint.ts';
import { DictionaryPageDocument, FeatureListDocument } from '../../../graphql/generated/graphql.ts';
import { one } from '../../../ui/address.ts';
import { Badge } from '../../../ui/badge.tsx';
import { BudgetInUrl } from '../../../ui/budget-in-url.tsx';
import { pickBudget } from '../../../ui/budget.ts';
import { formatCount } from '../../../ui/numbers.ts';
import { PageHead } from '../../../ui/page-head.tsx';
import { ScriptThis } from '../../../ui/script-this.tsx';
import styles from '../../page.module.css';

type Props = PageProps<'/dictionaries/[slug]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug } = await params;
  const dictionary = (await loadDictionary(slug).catch(() => null))?.dictionary;
  if (!dictionary) return { title: slug };
  const { name, width, model, hookpoint } = dictionary;
  return {
    title: name,
    description: `${formatCount(width)} features of the hidden states of ${model.name} at ${hookpoint}: how good they are at every budget, and each with its texts.`,
  };
}

export default withOutage(async function DictionaryPage({ params, searchParams }: Props) {
  const [{ slug }, parameters] = await Promise.all([params, searchParams]);
  const { dictionary, corpora } = await loadDictionary(slug);
  if (!dictionary) notFound();
  const levels = dictionary.budgets;
  const budgets = levels.map((level) => level.budget);
  const budget = pickBudget(one(parameters, 'k'), budgets);
  const state = parseList(parameters);
  const [list, endpoint] = await Promise.all([
    ask(FeatureListDocument, listVariables(slug, budget, state)),
    publicEndpoint(),
  ]);
  const { name, kind, model, hookpoint, width, hiddenWidth, domain, parent } = dictionary;
  return (
    <>
      <PageHead
        crumbs={[{ name: model.name, href: `/models/${model.slug}` }, { name }]}
        title={name}
        badge={<Badge domain={domain} isBoost={parent !== null} />}
      >
        {formatCount(width)} features of the {hiddenWidth}-wide hidden states of{' '}
        <Link href={`/models/${model.slug}`}>{model.name}</Link> at <code>{hookpoint}</code>, trained as{' '}
        {KIND_NAMES[kind]}
        {KIND_PROMISES[kind]}.
      </PageHead>
      <DictionaryFamily dictionary={dictionary} />
      <BudgetInUrl
        budgets={budgets}
        budget={budget}
        forget={['after', 'before']}
        costs={levels.map((level) => (
          <BudgetCost key={level.budget} level={level} />
        ))}
      />
      <div className={styles.sections} style={{ paddingTop: 24 }}>
        <Quality levels={levels} budget={budget} isBoost={parent !== null} />
        {list.dictionary && (
          <FeatureList
            features={list.dictionary.features}
            endpoint={endpoint.http}
            {...{ corpora, slug, budget, state, domain }}
          />
        )}
      </div>
      <footer className={styles.foot}>
        <DictionaryProvenance provenance={dictionary.provenance} />
        <ScriptThis query={DictionaryPageDocument.toString()} variables={{ slug }} endpoint={endpoint.http} />
      </footer>
    </>
  );
});

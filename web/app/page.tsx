import Link from 'next/link';
import { DictionaryTable } from '../features/dictionary-browser/dictionary-table.tsx';
import { Findings } from '../features/home/findings.tsx';
import { Models } from '../features/home/models.tsx';
import { pickStarterBudget, STARTER_COUNT, STARTER_FILTER, Starters } from '../features/home/starters.tsx';
import { withOutage } from '../features/outage/with-outage.tsx';
import { loadRunning, RunningNow } from '../features/run-monitor/running-now.tsx';
import { ask } from '../graphql/ask.ts';
import { publicEndpoint } from '../graphql/endpoint.ts';
import { HomeDocument, HomeFeaturesDocument } from '../graphql/generated/graphql.ts';
import { Empty } from '../ui/empty.tsx';
import { RefreshWhile } from '../ui/refresh-while.tsx';
import { ScriptThis } from '../ui/script-this.tsx';
import { SearchBox } from '../ui/search-box.tsx';
import styles from './page.module.css';

const LIST = { first: 20 };

export default withOutage(async function HomePage() {
  const [home, running, endpoint] = await Promise.all([
    ask(HomeDocument, LIST),
    loadRunning(),
    publicEndpoint(),
  ]);
  const dictionaries = home.dictionaries.nodes;
  // A boost makes little sense before its base, and what was trained elsewhere says less of what is made here.
  const own = dictionaries.filter(({ parent }) => parent === null);
  const newest =
    own.find(({ provenance }) => Number(provenance?.trainTokenCount) > 0) ?? own[0] ?? dictionaries[0];
  const starterBudget = pickStarterBudget(newest?.budgets ?? []);
  const starters = newest
    ? await ask(HomeFeaturesDocument, {
        slug: newest.slug,
        budget: starterBudget,
        first: STARTER_COUNT,
        filter: STARTER_FILTER,
      })
    : null;
  const isQuiet = running.lead === null;
  return (
    <>
      <header className={styles.lead}>
        <h1>
          residua trains sparse feature dictionaries on the hidden states of language models and shows every
          feature: the texts where it acts, how strongly, and what it makes the model say.
        </h1>
        <SearchBox isMain />
      </header>
      <div className={styles.sections}>
        <RunningNow runs={running} url={endpoint.ws} />
        <section>
          <h2>Dictionaries</h2>
          {dictionaries.length > 0 ? (
            <DictionaryTable dictionaries={dictionaries} showModel />
          ) : running.lead === null ? (
            <Empty command="npx residua train-sae --help">
              No dictionary is published yet, and nothing is running. A run that trains one shows up here by
              itself.
            </Empty>
          ) : (
            <Empty>
              The first dictionary is being made:{' '}
              <Link href={`/runs/${running.lead.run.slug}`}>see its run</Link>. Its features appear here when
              it is complete.
            </Empty>
          )}
        </section>
        <Findings
          dictionaries={dictionaries}
          studyCount={home.studies.length}
          vectorCount={home.steeringVectors.totalCount}
        />
        {newest && (
          <Starters
            dictionary={newest}
            features={starters?.dictionary?.features.nodes ?? []}
            budget={starterBudget}
          />
        )}
        {home.models.nodes.length > 0 && (
          <section>
            <h2>Models</h2>
            <Models models={home.models.nodes} />
          </section>
        )}
      </div>
      <footer className={styles.foot}>
        <ScriptThis query={HomeDocument.toString()} variables={LIST} endpoint={endpoint.http} />
      </footer>
      <RefreshWhile isUnsettled={isQuiet && dictionaries.length === 0} />
    </>
  );
});

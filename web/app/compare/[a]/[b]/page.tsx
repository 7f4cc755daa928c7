import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import {
  compareAddress,
  MATCH_METHODS,
  parseCompare,
  turned,
} from '../../../../features/compare/compare-view.ts';
import type { Side } from '../../../../features/compare/match-list.tsx';
import { listVariables, loadLists, MatchLists, sideOf } from '../../../../features/compare/match-lists.tsx';
import { Summary } from '../../../../features/compare/summary.tsx';
import { withOutage } from '../../../../features/outage/with-outage.tsx';
import { ask } from '../../../../graphql/ask.ts';
import { publicEndpoint } from '../../../../graphql/endpoint.ts';
import {
  ComparisonDocument,
  MatchListDocument,
  type MatchMethod,
} from '../../../../graphql/generated/graphql.ts';
import { dictionaryHref } from '../../../../ui/address.ts';
import { BudgetInUrl } from '../../../../ui/budget-in-url.tsx';
import { Choice } from '../../../../ui/choice.tsx';
import { Empty } from '../../../../ui/empty.tsx';
import { PageHead } from '../../../../ui/page-head.tsx';
import { ScriptThis } from '../../../../ui/script-this.tsx';
import shared from '../../../page.module.css';

type Props = PageProps<'/compare/[a]/[b]'>;

/** From here on two features are held to be one. */
const THRESHOLD = 0.7;

const load = cache((a: string, b: string, method: MatchMethod) =>
  ask(ComparisonDocument, { a, b, method, threshold: THRESHOLD }),
);

export async function generateMetadata({ params, searchParams }: Props): Promise<Metadata> {
  const [{ a, b }, parameters] = await Promise.all([params, searchParams]);
  const found = await load(a, b, parseCompare(parameters).method).catch(() => null);
  if (!found?.a || !found.b) return { title: `${a} and ${b}` };
  return {
    title: `${found.a.name} and ${found.b.name}`,
    description: `Which features of ${found.a.name} are found again in ${found.b.name}, and which are only here.`,
  };
}

export default withOutage(async function ComparePage({ params, searchParams }: Props) {
  const [{ a, b }, parameters] = await Promise.all([params, searchParams]);
  const view = parseCompare(parameters);
  const [found, endpoint] = await Promise.all([load(a, b, view.method), publicEndpoint()]);
  if (!found.a || !found.b) notFound();
  const sides: readonly [Side, Side] = [sideOf(found.a, view.k), sideOf(found.b, view.k)];
  const summaries = [found.a.matchSummary, found.b.matchSummary];
  const lists = await loadLists(sides, view, summaries.map(Boolean));
  const method = MATCH_METHODS[view.method];
  const isCompared = summaries.some(Boolean);
  const budgets = found.a.budgets.map(({ budget }) => budget);
  return (
    <>
      <PageHead
        crumbs={[
          { name: found.a.model.name, href: `/models/${found.a.model.slug}` },
          { name: 'comparisons', href: '/compare' },
          { name: `${found.a.name} and ${found.b.name}` },
        ]}
        title={`${found.a.name} and ${found.b.name}`}
        beside={
          <Link href={compareAddress(b, a, turned(view))} className="small muted">
            turn round
          </Link>
        }
      >
        Which features of <Link href={dictionaryHref(a, sides[0].budget)}>{found.a.name}</Link> are found
        again in <Link href={dictionaryHref(b, sides[1].budget)}>{found.b.name}</Link>, and which are only
        here, by {method.does}.
      </PageHead>
      <Choice
        name="by"
        current={view.method}
        options={(Object.keys(MATCH_METHODS) as MatchMethod[]).map((name) => ({
          key: name,
          name: MATCH_METHODS[name].name,
          title: MATCH_METHODS[name].does,
          href: compareAddress(a, b, { method: name, k: view.k }),
        }))}
      />
      {!isCompared ? (
        <Empty command={`npx residua match ${a} ${b}`}>
          These two were not compared by {method.name} yet. This command compares every feature of the one
          with every feature of the other:
        </Empty>
      ) : (
        <>
          {budgets.length > 1 && <BudgetInUrl budgets={budgets} budget={sides[0].budget} />}
          <div className={shared.sections} style={{ paddingTop: 24 }}>
            <Summary
              threshold={THRESHOLD}
              values={method.name}
              sides={[
                { side: sides[0], other: sides[1], numbers: found.a.matchSummary },
                { side: sides[1], other: sides[0], numbers: found.b.matchSummary },
              ]}
            />
            <MatchLists lists={lists} sides={sides} view={view} />
          </div>
        </>
      )}
      <footer className={shared.foot}>
        <ScriptThis
          what="the summary"
          query={ComparisonDocument.toString()}
          variables={{ a, b, method: view.method, threshold: THRESHOLD }}
          endpoint={endpoint.http}
        />
        <ScriptThis
          what="the lists"
          query={MatchListDocument.toString()}
          variables={listVariables(sides[0], sides[1], view.method, 'DESC', view.after)}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});

import type { Metadata } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { withOutage } from '../../../features/outage/with-outage.tsx';
import { loadFeed } from '../../../features/run-monitor/load-feed.ts';
import { RunConfig } from '../../../features/run-monitor/run-config.tsx';
import { RunMonitor } from '../../../features/run-monitor/run-monitor.tsx';
import { ask } from '../../../graphql/ask.ts';
import { publicEndpoint } from '../../../graphql/endpoint.ts';
import { RunPageDocument, RunPointsDocument } from '../../../graphql/generated/graphql.ts';
import { dictionaryHref, vectorHref } from '../../../ui/address.ts';
import { PageHead } from '../../../ui/page-head.tsx';
import { ScriptThis } from '../../../ui/script-this.tsx';
import styles from '../../page.module.css';

type Props = PageProps<'/runs/[id]'>;

const load = cache((id: string) => ask(RunPageDocument, { id }));

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  return { title: (await load(decodeURIComponent(id)).catch(() => null))?.run?.name ?? id };
}

export default withOutage(async function RunPage({ params }: Props) {
  const id = decodeURIComponent((await params).id);
  const [{ run }, endpoint] = await Promise.all([load(id), publicEndpoint()]);
  if (!run) notFound();
  const feed = await loadFeed(run.id);
  const made = [
    ...run.dictionaries.map(({ slug, name }) => ({ name, href: dictionaryHref(slug) })),
    ...run.steeringVectors.map(({ slug, name }) => ({ name, href: vectorHref(slug) })),
  ];
  return (
    <>
      <PageHead crumbs={[{ name: 'runs', href: '/runs' }, { name: run.slug }]} title={run.name || run.slug}>
        One execution of <code>{run.kind}</code>
        {made.length > 0 ? ', which made ' : ': its numbers as they come, and after the fact.'}
        {made.map(({ name, href }, at) => (
          <span key={href}>
            {at > 0 && ', '}
            <Link href={href}>{name}</Link>
          </span>
        ))}
      </PageHead>
      <RunMonitor key={run.status} url={endpoint.ws} run={run} feed={feed} />
      <footer className={styles.foot}>
        <RunConfig config={run.config} />
        <ScriptThis
          query={RunPointsDocument.toString()}
          variables={{ id: run.slug, afterSeq: 0, first: 1000 }}
          endpoint={endpoint.http}
        />
      </footer>
    </>
  );
});

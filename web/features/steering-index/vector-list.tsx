/** Every set of vectors that is here, by layer, a page at a time. */
import Link from 'next/link';
import { SteeringVectorsDocument, type SteeringVectorsQuery } from '../../graphql/generated/graphql.ts';
import { Choice } from '../../ui/choice.tsx';
import { Empty } from '../../ui/empty.tsx';
import { formatCount } from '../../ui/numbers.ts';
import { ScriptThis } from '../../ui/script-this.tsx';
import { listVariables } from './load-steering.ts';
import { viewHref, type SteeringView } from './steering-view.ts';
import { VectorTable } from './vector-table.tsx';
import styles from '../steering-page/steering.module.css';

export interface VectorListProps {
  readonly list: SteeringVectorsQuery['steeringVectors'];
  readonly view: SteeringView;
  /** Those a list can be cut down to. */
  readonly layers?: readonly { readonly layer: number }[];
  readonly endpoint: string;
}

export function VectorList({ list, view, layers = [], endpoint }: VectorListProps) {
  const { nodes, totalCount, pageInfo } = list;
  const to = (change: Partial<SteeringView>) =>
    viewHref({ ...view, after: undefined, before: undefined, ...change }, 'vectors');
  return (
    <section id="vectors" aria-labelledby="vectors-title" className={styles.section}>
      <h2 id="vectors-title">
        Vectors <span className="small muted">{formatCount(totalCount)}</span>
      </h2>
      {layers.length > 1 && (
        <Choice
          name="with a vector at layer"
          current={view.layer === null ? 'any' : String(view.layer)}
          options={[
            { key: 'any', name: 'any', href: to({ layer: null }) },
            ...layers.map(({ layer }) => ({ key: String(layer), name: String(layer), href: to({ layer }) })),
          ]}
        />
      )}
      {nodes.length > 0 ? (
        <VectorTable vectors={nodes} />
      ) : (
        <Empty command="npx residua steer train --help">
          {view.layer === null
            ? 'No vectors are here yet. How to train some:'
            : 'None has a vector at this layer. How to train one:'}
        </Empty>
      )}
      {(pageInfo.hasPreviousPage || pageInfo.hasNextPage) && (
        <p className="small">
          {pageInfo.hasPreviousPage && (
            <Link href={to({ before: pageInfo.startCursor ?? undefined })}>‹ previous</Link>
          )}{' '}
          {pageInfo.hasNextPage && <Link href={to({ after: pageInfo.endCursor ?? undefined })}>next ›</Link>}
        </p>
      )}
      <ScriptThis
        what="the list of vectors"
        query={SteeringVectorsDocument.toString()}
        variables={listVariables(view)}
        endpoint={endpoint}
      />
    </section>
  );
}

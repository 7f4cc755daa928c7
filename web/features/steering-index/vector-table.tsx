/** Sets of vectors, one a row: what they gain, first, for a narrow page shows no more; then where, of what kind, how little. */
import Link from 'next/link';
import type { VectorLineFragment } from '../../graphql/generated/graphql.ts';
import { vectorHref } from '../../ui/address.ts';
import { formatCount } from '../../ui/numbers.ts';
import { mainScore } from '../steering-page/gain-section.tsx';
import { gainOf, intervalText, percent, pointsText } from '../steering-page/shares.ts';
import { adapterWords, layerWords, rewardWords } from '../steering-page/vector-words.ts';

export function VectorTable({ vectors }: { readonly vectors: readonly VectorLineFragment[] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Vectors">
      <table style={{ width: '100%' }}>
        <thead>
          <tr>
            <th scope="col">vectors</th>
            <th scope="col" className="number" title="percentage points; 95 % interval">
              gain, points
            </th>
            <th
              scope="col"
              className="number"
              title="right answers to held-out problems with the vectors; 95 % interval"
            >
              steered
            </th>
            <th scope="col" className="number" title="the same of the untouched model">
              base
            </th>
            <th scope="col">layers</th>
            <th scope="col">kind</th>
            <th scope="col">reward</th>
            <th scope="col" className="number">
              seed
            </th>
            <th scope="col" className="number" title="parameters">
              numbers trained
            </th>
          </tr>
        </thead>
        <tbody>
          {vectors.map((vector) => {
            const { slug, name, layers, seed, parameterCount, base, scores } = vector;
            const steered = mainScore(scores);
            const before = base.find(({ testSet }) => testSet === steered?.testSet);
            return (
              <tr key={slug}>
                <td>
                  <Link href={vectorHref(slug)} prefetch={false}>
                    {name}
                  </Link>
                </td>
                <td className="number">
                  {steered && before ? pointsText(gainOf(steered.accuracy, before.accuracy)) : '–'}
                </td>
                <td className="number">{steered ? intervalText(steered.accuracy) : '–'}</td>
                <td className="number">{before ? percent(before.accuracy.value) : '–'}</td>
                <td>{layerWords(layers)}</td>
                <td>{adapterWords(vector)}</td>
                <td>{rewardWords(vector)}</td>
                <td className="number">{seed}</td>
                <td className="number">{formatCount(parameterCount)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Dictionaries as a list: what each was trained on and how good it is at its largest budget. */
import Link from 'next/link';
import { boostHref, dictionaryHref } from '../../ui/address.ts';
import { Badge } from '../../ui/badge.tsx';
import { formatCount, formatPercent, formatShare, formatSigned } from '../../ui/numbers.ts';
import type { DictionaryLineFragment } from '../../graphql/generated/graphql.ts';
import { KIND_NAMES } from './dictionary-words.ts';

export interface DictionaryTableProps {
  readonly dictionaries: readonly DictionaryLineFragment[];
  /** Left out where the page is about one model. */
  readonly showModel?: boolean;
}

export function DictionaryTable({ dictionaries, showModel }: DictionaryTableProps) {
  return (
    <div className="scroll">
      <table style={{ width: '100%' }}>
        <thead>
          <tr>
            <th scope="col">dictionary</th>
            <th scope="col">kind</th>
            {showModel && <th scope="col">model</th>}
            <th scope="col">hookpoint</th>
            <th scope="col" className="number">
              features
            </th>
            <th scope="col" className="number">
              budgets
            </th>
            <th
              scope="col"
              className="number"
              title="explained variance at the smallest and the largest budget"
            >
              EV
            </th>
            <th
              scope="col"
              className="number"
              title="cross-entropy added at the largest budget, nats per token"
            >
              ΔCE
            </th>
            <th
              scope="col"
              className="number"
              title="features silent on the evaluation set at the largest budget"
            >
              dead
            </th>
          </tr>
        </thead>
        <tbody>
          {dictionaries.map((dictionary) => (
            <Line key={dictionary.slug} dictionary={dictionary} showModel={showModel} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({
  dictionary,
  showModel,
}: {
  readonly dictionary: DictionaryLineFragment;
  readonly showModel?: boolean;
}) {
  const { slug, name, kind, model, hookpoint, width, budgets, parent, domain } = dictionary;
  const [smallest] = budgets;
  const largest = budgets[budgets.length - 1];
  return (
    <tr>
      <td>
        <Link href={dictionaryHref(slug)}>{name}</Link>{' '}
        {parent && (
          <Link
            href={boostHref(slug)}
            style={{ textDecoration: 'none' }}
            title="what it added and what it cost"
          >
            <Badge domain={domain} isBoost />
          </Link>
        )}
      </td>
      <td>{KIND_NAMES[kind]}</td>
      {showModel && (
        <td>
          <Link href={`/models/${model.slug}`}>{model.name}</Link>
        </td>
      )}
      <td className="mono">{hookpoint}</td>
      <td className="number">{formatCount(width)}</td>
      <td className="number">{smallest ? `${smallest.budget}–${largest.budget}` : '–'}</td>
      <td className="number">
        {smallest
          ? `${formatShare(smallest.explainedVariance)}–${formatShare(largest.explainedVariance)}`
          : '–'}
      </td>
      <td className="number">{largest ? formatSigned(largest.deltaCe) : '–'}</td>
      <td className="number">{largest ? formatPercent(largest.deadFraction) : '–'}</td>
    </tr>
  );
}

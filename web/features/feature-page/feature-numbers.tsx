/** The numbers of a feature at one budget, on one line. */
import type { FeaturePageQuery } from '../../graphql/generated/graphql.ts';
import { Facts } from '../../ui/facts.tsx';
import { formatCount, formatPercent, formatShare, formatValue } from '../../ui/numbers.ts';

type Feature = NonNullable<FeaturePageQuery['feature']>;

export function FeatureNumbers({ feature }: { readonly feature: Feature }) {
  const { stat } = feature;
  const isSilent = Number(stat?.fireCount ?? 0) === 0;
  return (
    <Facts
      row
      facts={[
        {
          name: 'density',
          value: formatPercent(stat?.density),
          title: 'share of tokens where it acts at this budget',
        },
        {
          name: 'acts',
          value: stat ? `${formatCount(stat.fireCount)} of ${formatCount(stat.tokenCount)}` : '–',
          title: 'tokens where it acts, of tokens looked at',
        },
        ...(feature.domainShare === null
          ? []
          : [
              {
                name: 'domain share',
                value: formatShare(feature.domainShare),
                title:
                  'density on the corpora of the boost’s domain / sum of its densities over all corpora, at the largest budget',
              },
            ]),
        { name: 'max act', value: isSilent ? '–' : formatValue(stat?.maxAct) },
        {
          name: 'mean act',
          value: isSilent ? '–' : formatValue(stat?.meanAct),
          title: 'over the tokens where it acts',
        },
        {
          name: 'encoder · decoder',
          value: formatShare(feature.encoderDecoderCosine),
          title: 'cosine of encoder and decoder row',
        },
        { name: 'encoder norm', value: formatValue(feature.encoderNorm), title: 'decoder rows have norm 1' },
        { name: 'encoder bias', value: formatValue(feature.encoderBias) },
      ]}
    />
  );
}

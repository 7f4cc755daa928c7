/** Counts in equal bins: the acts of a feature, the cosines of a dictionary. */
import { builder } from '../builder.ts';

export interface Histogram {
  readonly counts: number[];
  readonly lower: number;
  readonly upper: number;
}

export const HistogramRef = builder.objectRef<Histogram>('Histogram');

HistogramRef.implement({
  description: 'Counts in equal bins between two edges; what is counted, its field says.',
  fields: (t) => ({
    counts: t.exposeIntList('counts', { description: 'How many in each bin, lowest bin first.' }),
    lower: t.exposeFloat('lower', {
      description: 'Lower edge of the first bin: 0 for acts, -1 for cosines and correlations.',
    }),
    upper: t.exposeFloat('upper', {
      description:
        "Upper edge of the last bin: the feature's strongest act at the largest budget, or 1 for cosines and correlations.",
    }),
  }),
});

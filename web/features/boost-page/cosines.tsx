/** How new the features of each method are: histograms of their greatest cosine to any row of the base. */
import { Histogram } from '../../ui/histogram.tsx';
import { formatKept } from './percent.ts';
import { shareAbove, sumCosines } from './cosine-sum.ts';
import { METHOD_ORDER, METHODS, methodName } from './methods.ts';
import type { Trial } from './trial-numbers.ts';
import styles from './boost-page.module.css';

/** From here on two rows are held to be one feature, as on the comparison pages. */
const SAME_COSINE = 0.7;

export function Cosines({ trials, domain }: { readonly trials: readonly Trial[]; readonly domain: string }) {
  const own = trials.filter((trial) => trial.domain === domain);
  const histograms = METHOD_ORDER.flatMap((method) => {
    const sum = method === 'base' ? null : sumCosines(own, method);
    return sum ? [{ method, sum, n: own.filter((trial) => trial.method === method).length }] : [];
  });
  if (histograms.length === 0) return null;
  return (
    <section aria-labelledby="cosines">
      <h2 id="cosines">How new its features are</h2>
      <p className="small muted">
        Every added feature by the greatest cosine of its decoder row with any row of the base, seeds added
        up. Far to the right are features the base has already.
      </p>
      <div className={styles.pictures}>
        {histograms.map(({ method, sum }) => (
          <Histogram
            key={method}
            title={methodName(method)}
            counted="features"
            xLabel="greatest cosine to the base"
            colour={METHODS[method].colour}
            note={`${formatKept(shareAbove(sum, SAME_COSINE) ?? 0)} above ${SAME_COSINE}`}
            {...sum}
          />
        ))}
      </div>
    </section>
  );
}

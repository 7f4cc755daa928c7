/** What is known of a feature beside its texts: strengths, words it pushes, neighbours, corpora, labels. */
import Link from 'next/link';
import type { FeaturePageQuery } from '../../graphql/generated/graphql.ts';
import { featureHref } from '../../ui/address.ts';
import { Bars } from '../../ui/bars.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Histogram } from '../../ui/histogram.tsx';
import { formatCount, formatPercent, formatShare, formatSigned } from '../../ui/numbers.ts';
import { TokenText } from '../../ui/token-text.tsx';
import styles from './reading.module.css';

type Feature = NonNullable<FeaturePageQuery['feature']>;

export interface ReadingProps {
  readonly feature: Feature;
  readonly dictionary: string;
  readonly budget: number;
  /** A feature of a boost is drawn in its colour. */
  readonly isBoost: boolean;
}

export function Reading({ feature, dictionary, budget, isBoost }: ReadingProps) {
  const colour = isBoost ? 'boosted' : 'base';
  return (
    <aside className={styles.reading} aria-label="What is known of this feature">
      <Strengths {...{ feature, budget, colour }} />
      <Logits feature={feature} />
      <Corpora {...{ feature, budget, colour }} />
      <Neighbours {...{ feature, dictionary, budget }} />
      <Elsewhere feature={feature} />
      <Labels feature={feature} />
    </aside>
  );
}

interface DrawnProps extends Pick<ReadingProps, 'feature' | 'budget'> {
  readonly colour: 'base' | 'boosted';
}

function Strengths({ feature, budget, colour }: DrawnProps) {
  const { stat, stats } = feature;
  if (!stat) return <Empty>No statistics are stored at budget {budget}.</Empty>;
  const { counts, lower, upper } = stat.histogram;
  return (
    <section>
      <Histogram
        title={`Acts at budget ${budget}`}
        counts={counts}
        colour={colour}
        lower={lower}
        upper={upper}
        xLabel="act"
      />
      <h3 className={styles.second}>
        Density at every budget <span className={styles.unit}>share of tokens</span>
      </h3>
      <Bars
        label="Share of tokens where it acts, at every budget"
        colour={colour}
        bars={stats.map((level) => ({
          key: level.budget,
          name: level.budget === budget ? <b>budget {level.budget}</b> : `budget ${level.budget}`,
          value: level.density,
          text: formatPercent(level.density),
        }))}
      />
    </section>
  );
}

function Logits({ feature: { topLogits, bottomLogits } }: Pick<ReadingProps, 'feature'>) {
  const full = Math.max(0, ...[...topLogits, ...bottomLogits].map(({ value }) => Math.abs(value)));
  const bars = (logits: typeof topLogits) =>
    logits.map(({ token, bytes, tokenIndex, value }) => ({
      key: tokenIndex,
      name: <TokenText text={token} bytes={bytes} />,
      value,
      text: formatSigned(value),
      title: `token ${tokenIndex}: ${formatSigned(value)} logits per unit of act`,
    }));
  return (
    <section>
      <h3 title="decoder row through the unembedding">
        What it makes the model say <span className={styles.unit}>logits per unit of act</span>
      </h3>
      <div className={styles.two}>
        <Bars label="Tokens it promotes most" bars={bars(topLogits)} full={full} colour="positive" />
        <Bars label="Tokens it suppresses most" bars={bars(bottomLogits)} full={full} colour="negative" />
      </div>
    </section>
  );
}

function Corpora({ feature: { corpora }, budget, colour }: DrawnProps) {
  return (
    <section>
      <h3>
        In each corpus <span className={styles.unit}>share of tokens, budget {budget}</span>
      </h3>
      {corpora.length === 0 && <p className="muted small">No rates are stored at budget {budget}.</p>}
      <Bars
        label={`Share of tokens where it acts at budget ${budget}, by corpus`}
        colour={colour}
        bars={corpora.map(({ corpus, density, fireCount, tokenCount }) => ({
          key: corpus.slug,
          name: corpus.name,
          value: density,
          text: formatPercent(density),
          title: `${formatCount(fireCount)} of ${formatCount(tokenCount)} tokens`,
        }))}
      />
    </section>
  );
}

function Neighbours({ feature: { neighbours }, dictionary, budget }: Omit<ReadingProps, 'isBoost'>) {
  return (
    <section>
      <h3>
        Nearest features <span className={styles.unit}>cosine of decoder rows</span>
      </h3>
      <Bars
        label="Nearest features by cosine of decoder rows"
        full={1}
        colour="muted"
        bars={neighbours.map(({ rank, cosine, feature }) => ({
          key: rank,
          name: (
            <Link href={featureHref(dictionary, feature.index, budget)} prefetch={false}>
              <span className="muted">{feature.index}</span> {feature.label?.text ?? 'no label'}
            </Link>
          ),
          value: cosine,
          text: formatShare(cosine),
        }))}
      />
    </section>
  );
}

function Elsewhere({ feature: { matches } }: Pick<ReadingProps, 'feature'>) {
  if (matches.length === 0) return null;
  return (
    <section>
      <h3>
        In other dictionaries <span className={styles.unit}>cosine of decoder rows</span>
      </h3>
      <Bars
        label="Likest features of other dictionaries"
        full={1}
        colour="muted"
        bars={matches.map(({ value, other: { index, label, dictionary } }) => ({
          key: `${dictionary.slug}-${index}`,
          name: (
            <>
              <Link href={featureHref(dictionary.slug, index)} prefetch={false} dir="auto">
                <span style={{ color: dictionary.parent ? 'var(--boosted)' : 'var(--base)' }}>{index}</span>{' '}
                {label?.text ?? 'no label'}
              </Link>{' '}
              <span className="muted">{dictionary.name}</span>
            </>
          ),
          value,
          text: formatShare(value),
        }))}
      />
    </section>
  );
}

function Labels({ feature: { labels } }: Pick<ReadingProps, 'feature'>) {
  return (
    <section>
      <h3>Labels</h3>
      {labels.length === 0 && <p className="muted small">Nothing has been said about this feature yet.</p>}
      <ul className={styles.labels}>
        {labels.map((label) => (
          <li key={`${label.explainer}-${label.version}-${label.model}`}>
            <bdi>{label.text}</bdi>
            <span className="muted">
              {' '}
              {[label.explainer, label.version, label.model].filter(Boolean).join(' ')}
              {label.scores.length === 0 && ', not scored'}
            </span>
            {label.scores.map((score) => (
              <div key={score.scorer} className={styles.score}>
                {score.scorer}:{' '}
                {score.status === 'OK'
                  ? `${formatShare(score.value)} over ${score.exampleCount} examples`
                  : score.status.toLowerCase().replaceAll('_', ' ')}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

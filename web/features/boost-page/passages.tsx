/** The same text lit by base and by boost: fill and underline, with errors and losses before and after. */
import Link from 'next/link';
import { Fragment } from 'react';
import { featureHref } from '../../ui/address.ts';
import { ActLegend } from '../../ui/act-legend.tsx';
import { Empty } from '../../ui/empty.tsx';
import { formatCount, formatSigned, formatValue } from '../../ui/numbers.ts';
import { ShowData } from '../../ui/show-data.tsx';
import { TokenHeatmap } from '../../ui/token-heatmap.tsx';
import { packPieces } from '../../ui/token-pieces.ts';
import { WhitespaceProvider, WhitespaceToggle } from '../../ui/whitespace.tsx';
import { partsOf, strongestActs, summarise, type Passage, type PassageToken } from './passage-tokens.ts';
import styles from './passages.module.css';

export interface PassagesProps {
  readonly passages: readonly Passage[];
  readonly slug: string;
  readonly baseBudget: number;
  readonly command: string;
}

/** Added features named under a text. */
const NAMED = 6;

export function Passages({ passages, slug, baseBudget, command }: PassagesProps) {
  const strongest = strongestActs(passages);
  return (
    <WhitespaceProvider>
      <section aria-labelledby="passages">
        <div className={styles.head}>
          <h2 id="passages">The same text under base and boost</h2>
          <span className={styles.key}>
            base <ActLegend maxAct={strongest.base} isLayer />
          </span>
          <span className={styles.key}>
            boost <span className={styles.line} aria-hidden /> up to {formatValue(strongest.boost)}
          </span>
          <WhitespaceToggle />
        </div>
        <p className="small muted">
          Filled by the strongest act of the base on a token, underlined where the boost acts. Under the
          pointer: which features, the error and the loss before and after.
        </p>
        {passages.length === 0 && (
          <Empty command={command}>No text is stored as both see it. Publishing the boost stores some.</Empty>
        )}
        {passages.map((passage) => (
          <One key={passage.id} {...{ passage, slug, baseBudget, strongest }} />
        ))}
      </section>
    </WhitespaceProvider>
  );
}

interface OneProps {
  readonly passage: Passage;
  readonly slug: string;
  readonly baseBudget: number;
  readonly strongest: { readonly base: number; readonly boost: number };
}

function One({ passage, slug, baseBudget, strongest }: OneProps) {
  const { corpus, start, tokens } = passage;
  const summary = summarise(passage);
  return (
    <article className={styles.passage}>
      <TokenHeatmap
        pieces={packPieces(partsOf(passage))}
        maxAct={strongest.base}
        maxBoostedAct={strongest.boost}
        budget={baseBudget}
        label={`Text from ${corpus.name} under base and boost`}
      />
      <p className={styles.numbers}>
        <span title={`${corpus.name}, token ${formatCount(start)} onwards`}>{corpus.name}</span>
        <span title="mean |x − x̂|² of its tokens over the mean |x − mean|² of the corpus: base, then base and boost">
          error <b className={styles.base}>{formatValue(summary.baseError)}</b> →{' '}
          <b className={styles.boosted}>{formatValue(summary.boostedError)}</b>
        </span>
        <span title="cross-entropy added by splicing the reconstruction in, nats per token: base, then base and boost">
          ΔCE <b className={styles.base}>{formatSigned(summary.baseDeltaCe)}</b> →{' '}
          <b className={styles.boosted}>{formatSigned(summary.boostedDeltaCe)}</b>
        </span>
        <span>
          {summary.features.length === 0 ? 'the boost is silent' : 'boost features '}
          {summary.features.slice(0, NAMED).map(({ index, label }, at) => (
            <Fragment key={index}>
              {at > 0 && ', '}
              <Link href={featureHref(slug, index)} prefetch={false}>
                <bdi>{label ?? index}</bdi>
              </Link>
            </Fragment>
          ))}
          {summary.features.length > NAMED && ` and ${summary.features.length - NAMED} more`}
        </span>
      </p>
      <ShowData
        columns={['token', 'base', 'boost', 'error, base', 'error, boosted', 'CE', 'CE, base', 'CE, boosted']}
        rows={tokens.map((token) => [
          token.text,
          actsText(token.base),
          actsText(token.boost),
          ...[token.baseError, token.boostedError, token.ceOriginal, token.ceBase, token.ceBoosted].map(
            formatValue,
          ),
        ])}
      />
    </article>
  );
}

function actsText(acts: PassageToken['base']): string {
  return acts.map(({ index, act }) => `${index}: ${formatValue(act)}`).join(', ');
}

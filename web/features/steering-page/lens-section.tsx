/** The logit lens: which tokens a vector writes towards and away from, by dot product or by cosine, layer by layer. */
import { Bars } from '../../ui/bars.tsx';
import { Choice } from '../../ui/choice.tsx';
import { formatSigned } from '../../ui/numbers.ts';
import { TokenText } from '../../ui/token-text.tsx';
import { viewHref, type VectorView } from './vector-view.ts';
import type { LogitLens, TokenValue } from './vector-types.ts';
import styles from './steering.module.css';

export interface LensSectionProps {
  readonly lens: LogitLens;
  readonly view: VectorView;
  readonly slug: string;
}

const BY = { dot: 'dot product', cosine: 'cosine' } as const;

export function LensSection({ lens, view, slug }: LensSectionProps) {
  const { by } = view;
  const pick = pickLens(lens, view);
  if (!pick) return null;
  const to = (change: Partial<VectorView>) => viewHref(slug, { ...view, ...change }, 'lens');
  const { top, bottom } = pick.read[by];
  const full = Math.max(0, ...[...top, ...bottom].map(({ value }) => Math.abs(value)));
  return (
    <>
      <div className={styles.choices}>
        <Choice
          name="by"
          current={by}
          options={(['dot', 'cosine'] as const).map((key) => ({ key, name: BY[key], href: to({ by: key }) }))}
        />
        <Choice
          name="vector of layer"
          current={String(pick.of)}
          options={[
            ...lens.layers.map(({ layer }) => ({
              key: String(layer),
              name: String(layer),
              href: to({ lens: layer }),
            })),
            {
              key: 'final',
              name: 'behind the last layer',
              href: to({ lens: 'final' }),
              title:
                'mean over generated tokens of the steered less the unsteered state behind the last layer',
            },
          ]}
        />
      </div>
      <div className={styles.even}>
        <div>
          <h3>Towards</h3>
          <Bars
            label={`Tokens it writes towards, ${BY[by]}`}
            colour="positive"
            full={full}
            bars={barsOf(top)}
          />
        </div>
        <div>
          <h3>Away from</h3>
          <Bars
            label={`Tokens it writes away from, ${BY[by]}`}
            colour="negative"
            full={full}
            bars={barsOf(bottom)}
          />
        </div>
      </div>
    </>
  );
}

export function barsOf(tokens: readonly TokenValue[], format: (value: number) => string = formatSigned) {
  return tokens.map(({ token, text, value }, at) => ({
    key: at,
    name: <TokenText text={text} />,
    value,
    text: format(value),
    title: `token ${token}`,
  }));
}

/** The layer asked for where it has a vector, else the first. */
export function pickLens(lens: LogitLens, { lens: asked }: Pick<VectorView, 'lens'>) {
  const [first] = lens.layers;
  if (asked === 'final' || !first) return { of: 'final' as const, read: lens.finalDifference };
  const read = lens.layers.find(({ layer }) => layer === asked) ?? first;
  return { of: read.layer, read };
}

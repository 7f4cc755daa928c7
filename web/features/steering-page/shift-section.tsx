/** How probabilities move by place in the answer: a bias on the first token, or a change of every one? */
import { Bars } from '../../ui/bars.tsx';
import { BoxPlots } from '../../ui/box-plots.tsx';
import { CurveChart } from '../../ui/curve-chart.tsx';
import { formatSigned, formatValue } from '../../ui/numbers.ts';
import { barsOf } from './lens-section.tsx';
import type { TokenShift } from './vector-types.ts';
import styles from './steering.module.css';

const X = 'place in the answer, tokens from 0';
/** Tokens at each end: as high as the pictures beside them. */
const TOKENS = 8;
const SHIFT = { label: 'steered less base probability', format: formatSigned };

export function ShiftSection({ shift }: { readonly shift: TokenShift }) {
  const { positions, first, rest, firstTokens, samples } = shift;
  const ends = [...firstTokens.top, ...firstTokens.bottom];
  const full = Math.max(0, ...ends.map(({ value }) => Math.abs(value)));
  return (
    <>
      <p className={styles.verdict}>{verdict(shift)}</p>
      <div className={styles.pair}>
        <BoxPlots
          isWide
          title="Probability of the token that the steered model wrote"
          description={`Steered less base probability by place in the answer, ${samples} answers`}
          boxes={positions.map(({ position, shift: quartiles }) => ({ name: String(position), quartiles }))}
          xLabel={X}
          yAxis={SHIFT}
          level={0}
        />
        <div className={styles.aside}>
          <BoxPlots
            title="First token and the rest"
            description="Steered less base probability of the first token of an answer and of all others"
            boxes={[
              { name: 'first', quartiles: first },
              { name: 'rest', quartiles: rest, colour: 'muted' },
            ]}
            xLabel="place in the answer"
            yAxis={SHIFT}
            level={0}
          />
        </div>
      </div>
      <div className={styles.four}>
        <CurveChart
          title="Entropy"
          description="Entropy of the next token by place in the answer, base and steered"
          curves={[
            {
              name: 'base',
              colour: 'base',
              draw: 'line',
              points: positions.map(({ position, baseEntropyNats }) => ({ x: position, y: baseEntropyNats })),
            },
            {
              name: 'steered',
              colour: 'steering',
              draw: 'line',
              shape: 'square',
              points: positions.map(({ position, steeredEntropyNats }) => ({
                x: position,
                y: steeredEntropyNats,
              })),
            },
          ]}
          xAxis={{ label: X, format: String }}
          yAxis={{ label: 'nats', format: formatValue }}
          fromZero
        />
        <CurveChart
          title="KL(steered ‖ base)"
          description="Divergence of the steered from the base distribution by place in the answer"
          curves={[
            {
              name: 'KL',
              colour: 'steering',
              draw: 'line',
              shape: 'square',
              points: positions.map(({ position, klNats }) => ({ x: position, y: klNats })),
            },
          ]}
          xAxis={{ label: X, format: String }}
          yAxis={{ label: 'nats', format: formatValue }}
          fromZero
        />
        <div>
          <h3>First token: more likely</h3>
          <Bars
            label="First tokens made likelier"
            colour="positive"
            full={full}
            bars={barsOf(firstTokens.top.slice(0, TOKENS))}
          />
        </div>
        <div>
          <h3>First token: less likely</h3>
          <Bars
            label="First tokens made less likely"
            colour="negative"
            full={full}
            bars={barsOf(firstTokens.bottom.slice(0, TOKENS))}
          />
        </div>
      </div>
    </>
  );
}

function verdict({ first, rest }: TokenShift): string {
  const means = `mean ${formatSigned(first.mean)} against ${formatSigned(rest.mean)}`;
  const size = Math.abs(rest.mean);
  if (first.mean > 0 && first.mean > 2 * size)
    return `Mostly the first token moves: ${means} of every later one.`;
  if (first.mean < size) return `Later tokens move more than the first: first token ${means} of the rest.`;
  return `The first token and the rest both move: first token ${means} of the rest.`;
}

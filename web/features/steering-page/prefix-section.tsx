/** The prefix test: is the vector's gain a first word? The base's answers made to begin with a token the vector favours. */
import { BarsWithError } from '../../ui/bars-with-error.tsx';
import { formatPercent } from '../../ui/numbers.ts';
import { TokenText, drawWhitespace } from '../../ui/token-text.tsx';
import { gainOf, percent, sideOf } from './shares.ts';
import type { PrefixTest } from './vector-types.ts';
import styles from './steering.module.css';

export function PrefixSection({ test }: { readonly test: PrefixTest }) {
  const { base, steered, prefixes } = test;
  const paper = paperAccuracy(test);
  return (
    <>
      <p className={styles.verdict}>{verdict(test)}</p>
      <div className={styles.even}>
        <BarsWithError
          title="Right answers when the base begins so"
          unit="share of held-out problems; 95 % intervals"
          format={percent}
          from={base.value}
          level={steered.value}
          bars={[
            {
              ...{ key: 'steered', name: 'steered', colour: 'steering' },
              spread: { mean: steered.value, sd: null, n: steered.n },
              range: [steered.low, steered.high],
            },
            ...prefixes.map(({ tokens, text, accuracy: { value, low, high, n } }, at) => ({
              // The paper tried one: it stands at the first of ours.
              ...(at === 0 && paper !== null && { paper: [paper, paper] as const }),
              ...{ key: tokens.join(' '), name: `“${drawWhitespace(text)}”`, colour: 'base' as const },
              spread: { mean: value, sd: null, n },
              range: [low, high] as const,
            })),
          ]}
          note={`Bars begin at the base, ${percent(base.value)}; the dashed line is the steered model.${paper === null ? '' : ' The grey ring is where the part of the gain that the paper recovers would lie.'}`}
        />
        <div className="scroll" tabIndex={0} role="region" aria-label="Prefixes">
          <table style={{ width: '100%' }}>
            <thead>
              <tr>
                <th scope="col">begins</th>
                <th scope="col" className="number" title="mean probability as the first token, base model">
                  base writes it
                </th>
                <th scope="col" className="number" title="mean probability as the first token, steered model">
                  steered
                </th>
                <th scope="col" className="number" title="(accuracy − base) / (steered − base)">
                  gain recovered
                </th>
              </tr>
            </thead>
            <tbody>
              {prefixes.map(({ tokens, text, baseProbability, steeredProbability, recovered }) => (
                <tr key={tokens.join(' ')}>
                  <td>
                    <TokenText text={text} />
                  </td>
                  <td className="number">{formatPercent(baseProbability)}</td>
                  <td className="number">{formatPercent(steeredProbability)}</td>
                  <td className="number">{recovered === null ? '–' : percent(recovered)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}

/** The part of the gain that the paper recovers, in the range between our base and our steered model. */
function paperAccuracy({ base, steered, paper }: PrefixTest): number | null {
  const figure = paper.find(({ name, unit }) => unit === 'percent' && /recover/i.test(name))?.value;
  return figure == null ? null : base.value + (figure / 100) * (steered.value - base.value);
}

function verdict({ base, steered, prefixes }: PrefixTest): string {
  if (sideOf(gainOf(steered, base)) !== 'above')
    return 'The vectors gain nothing above noise here, so a prefix has nothing to recover.';
  const best = prefixes.reduce<(typeof prefixes)[number] | null>(
    (most, prefix) => ((prefix.recovered ?? -Infinity) > (most?.recovered ?? -Infinity) ? prefix : most),
    null,
  );
  if (!best || best.recovered === null) return 'No prefix was tried.';
  const is = sideOf(gainOf(best.accuracy, base)) === 'above' ? '' : ', which is within noise of the base';
  return `Beginning with “${drawWhitespace(best.text)}” alone, the base recovers ${percent(best.recovered)} of the gain${is}.`;
}

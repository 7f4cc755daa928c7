/** Of a vector scaled token by token: how much of it each part of a prompt gets, and prompts with the scale on every token. */
import { BoxPlots } from '../../ui/box-plots.tsx';
import { formatSigned, formatValue } from '../../ui/numbers.ts';
import { SegmentHeatmap, type SegmentName } from '../../ui/segment-heatmap.tsx';
import { SegmentLegend } from '../../ui/segment-legend.tsx';
import type { TokenScaling } from './vector-types.ts';
import styles from './steering.module.css';

type Segment = TokenScaling['segments'][number]['segment'];

const nameOf = (segment: Segment) => segment.toLowerCase() as SegmentName;

/** In a sentence. */
const WORDS: Readonly<Record<SegmentName, string>> = {
  system: 'system message',
  role: 'marks of who speaks',
  question: 'question',
  assistant: 'answer',
};

export function ScalingSection({ scaling }: { readonly scaling: TokenScaling }) {
  const { segments, samples } = scaling;
  const full = Math.max(0, ...samples.flatMap(({ tokens }) => tokens.map(({ scale }) => Math.abs(scale))));
  return (
    <>
      <p className={styles.verdict}>{verdict(scaling)}</p>
      <div className={styles.pair}>
        <div>
          <SegmentLegend
            segments={segments.map(({ segment }) => nameOf(segment))}
            full={full}
            format={formatSigned}
          />
          {samples.map(({ tokens }, at) => (
            <SegmentHeatmap
              key={at}
              label={`Prompt ${at + 1} with the scale of every token`}
              tokens={tokens.map(({ text, segment, scale }) => ({
                text,
                segment: nameOf(segment),
                value: scale,
                label: formatSigned(scale),
              }))}
              full={full}
            />
          ))}
        </div>
        <div className={styles.aside}>
          <BoxPlots
            title="Scale by part of the prompt"
            description="Scale of the vector by part of the prompt"
            boxes={segments.map(({ segment, scale }) => ({ name: nameOf(segment), quartiles: scale }))}
            xLabel="part of the prompt"
            yAxis={{ label: 'share of the mean hidden norm, signed', format: formatSigned }}
            level={0}
          />
          <table>
            <thead>
              <tr>
                <th scope="col">part</th>
                <th scope="col" className="number" title="mean of the scale's size, whatever its sign">
                  mean size
                </th>
                <th scope="col" className="number">
                  tokens
                </th>
              </tr>
            </thead>
            <tbody>
              {segments.map(({ segment, size }) => (
                <tr key={segment}>
                  <td>{nameOf(segment)}</td>
                  <td className="number">
                    {formatValue(size.value)} [{formatValue(size.low)}, {formatValue(size.high)}]
                  </td>
                  <td className="number">{size.n}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}

function verdict({ segments }: TokenScaling): string {
  const [most, ...others] = [...segments].sort((a, b) => b.size.value - a.size.value);
  if (!most || others.length === 0) return 'No prompt was read.';
  const isApart = most.size.low > Math.max(...others.map(({ size }) => size.high));
  const mean = `mean size ${formatValue(most.size.value)} of the hidden norm`;
  return isApart
    ? `The vector is strongest on the ${WORDS[nameOf(most.segment)]} (${mean}), beyond the intervals of all other parts.`
    : `No part of a prompt stands out beyond the intervals; the strongest is the ${WORDS[nameOf(most.segment)]} (${mean}).`;
}

/** Right answers of base, vectors, full fine-tuning, LoRA and controls, over seeds, beside how much of the model each trains. */
import Link from 'next/link';
import { vectorHref } from '../../ui/address.ts';
import { BarsWithError, type ErrorBar } from '../../ui/bars-with-error.tsx';
import { Choice } from '../../ui/choice.tsx';
import { formatCount, formatDuration, formatValue } from '../../ui/numbers.ts';
import { mainScore } from '../steering-page/gain-section.tsx';
import { intervalText, overSeeds, percent, points, pooledOf, type Share } from '../steering-page/shares.ts';
import { conditionName, conditionStyle, isControl, resultsOf, verdictOf } from './conditions.ts';
import { viewHref, type SteeringView } from './steering-view.ts';
import type { AccuracyStudy, Condition } from './steering-types.ts';
import styles from '../steering-page/steering.module.css';

export interface AccuracySectionProps {
  readonly study: AccuracyStudy;
  readonly view: SteeringView;
}

export function AccuracySection({ study, view }: AccuracySectionProps) {
  const { base, conditions } = study;
  const set = (base.find(({ testSet }) => testSet === view.set) ?? mainScore(base))?.testSet ?? '';
  const before = base.find(({ testSet }) => testSet === set)?.accuracy;
  const results = resultsOf(base, conditions, set);
  const full = results.get('full');
  return (
    <>
      {before && (
        <p>
          {verdictOf(before, conditions, results).map((sentence, at) => (
            <span key={sentence} className={at === 0 ? styles.verdict : undefined}>
              {sentence}{' '}
            </span>
          ))}
        </p>
      )}
      <Choice
        name="problems"
        current={set}
        options={base.map(({ testSet }) => ({
          key: testSet,
          name: testSet,
          href: viewHref({ ...view, set: testSet }, 'accuracy'),
        }))}
      />
      <BarsWithError
        title={`Right answers, ${set} problems`}
        unit="share of held-out problems"
        bandName="answers, 95 %"
        format={percent}
        {...(before && { from: before.value })}
        {...(full && { level: full.accuracy.value })}
        bars={[
          ...(before ? barOf('base', 'base', 'base', [before]) : []),
          ...conditions.flatMap(({ name, runs }) =>
            barOf(
              name,
              conditionName(name),
              conditionStyle(name).colour === 'steering' ? 'steering' : 'muted',
              runs.flatMap(({ scores }) => scores.find(({ testSet }) => testSet === set)?.accuracy ?? []),
            ),
          ),
        ]}
        note="Bars begin at the base; the dashed line is full fine-tuning. Whisker: 95 % over seeds (Student's t). Pale box: 95 % of the answers (Wilson), as if all were of one seed. Dots: the seeds."
      />
      <ConditionTable {...{ study, results, set, before }} />
    </>
  );
}

/** Two kinds of noise: of training, from seed to seed, and of answering. One seed knows only the second. */
function barOf(key: string, name: string, colour: ErrorBar['colour'], bySeed: readonly Share[]): ErrorBar[] {
  const [seeds, answers] = [overSeeds(bySeed), pooledOf(bySeed)];
  if (!seeds || !answers) return [];
  const isMany = bySeed.length > 1;
  return [
    {
      ...{ key, name, colour, spread: { mean: seeds.value, sd: null, n: bySeed.length } },
      ...(isMany && { range: [seeds.low, seeds.high], dots: bySeed.map(({ value }) => value) }),
      band: [answers.low, answers.high],
    },
  ];
}

interface ConditionTableProps {
  readonly study: AccuracyStudy;
  readonly results: ReturnType<typeof resultsOf>;
  readonly set: string;
  readonly before?: Share;
}

const COLUMNS: readonly (readonly [string, string])[] = [
  ['right answers', 'mean over seeds with its 95 % interval (Student); of one seed Wilson'],
  ['gain, points', 'percentage points over the base'],
  ['of full', 'gain / gain of full fine-tuning; nothing where that is within noise'],
  ['numbers trained', 'parameters'],
  ['of the model', 'parameters trained / weights of the model'],
  ['rate', 'learning rate of AdamW'],
  ['step', 'wall clock of a training step: generation, reading and gradients, the rest'],
];

function ConditionTable({ study, results, set, before }: ConditionTableProps) {
  const { conditions, modelParameterCount } = study;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`Conditions, ${set} problems`}>
      <table style={{ width: '100%' }}>
        <thead>
          <tr>
            <th scope="col">trained</th>
            {COLUMNS.map(([name, title]) => (
              <th key={name} scope="col" className="number" title={title}>
                {name}
              </th>
            ))}
            <th scope="col">seeds</th>
          </tr>
        </thead>
        <tbody>
          {before && (
            <tr>
              <td>nothing (base)</td>
              <td className="number">{intervalText(before)}</td>
              {['', '', '0', '0\u202f%', '', ''].map((text, at) => (
                <td key={at} className="number">
                  {text}
                </td>
              ))}
              <td />
            </tr>
          )}
          {conditions.map((condition) => {
            const result = results.get(condition.name);
            return (
              <tr key={condition.name} className={isControl(condition.name) ? 'muted' : undefined}>
                <td>{conditionName(condition.name)}</td>
                <td className="number">{result ? intervalText(result.accuracy) : '–'}</td>
                <td className="number">{result ? points(result.gain.value) : '–'}</td>
                <td className="number">{result?.recovered == null ? '–' : percent(result.recovered)}</td>
                <td className="number">{formatCount(condition.parameterCount)}</td>
                <td className="number">{shareOf(condition.parameterCount, modelParameterCount)}</td>
                <td className="number">{condition.rate === 0 ? '–' : formatValue(condition.rate)}</td>
                <td className="number" title={stepTitle(condition)}>
                  {stepText(condition)}
                </td>
                <td>
                  <Seeds runs={condition.runs} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function shareOf(count: number | string, whole: number | string): string {
  const percents = (Number(count) / Number(whole)) * 100;
  if (percents === 0) return '0\u202f%';
  return `${percents >= 99.95 ? '100' : percents.toPrecision(2)}\u202f%`;
}

function stepText({ step: { generateMs, learnMs, otherMs } }: Condition): string {
  const seconds = (generateMs + learnMs + otherMs) / 1000;
  if (seconds === 0) return '–';
  return seconds < 10 ? `${seconds.toFixed(2)}\u202fs` : formatDuration(seconds);
}

function stepTitle({ step: { generateMs, learnMs, otherMs } }: Condition): string {
  return `generation ${Math.round(generateMs)} ms, reading and gradients ${Math.round(learnMs)} ms, the rest ${Math.round(otherMs)} ms`;
}

/** Every seed, leading to its vectors where they are here. */
export function Seeds({
  runs,
}: {
  readonly runs: readonly { readonly seed: number; readonly vector: { readonly slug: string } | null }[];
}) {
  return runs.map(({ seed, vector }, at) => (
    <span key={seed}>
      {at > 0 && ' '}
      {vector ? (
        <Link href={vectorHref(vector.slug)} prefetch={false}>
          {seed}
        </Link>
      ) : (
        seed
      )}
    </span>
  ));
}

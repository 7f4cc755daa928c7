/** Training as it went: reward, right answers, entropy and length of what was written; a curve for each of what is compared. */
import type { ReactNode } from 'react';
import { CurveChart, CurveLegend, type Curve } from '../../ui/curve-chart.tsx';
import { formatCount, formatValue } from '../../ui/numbers.ts';
import { binCurve } from './bin-curve.ts';
import { percent } from './shares.ts';
import type { TrainingPoint } from './vector-types.ts';
import styles from './steering.module.css';

export interface TrainedCurve extends Pick<Curve, 'name' | 'colour' | 'shape'> {
  readonly bySeed: readonly (readonly TrainingPoint[])[];
}

/** A point every few steps: single steps are noise. */
const MOST_POINTS = 20;

interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly of: (point: TrainingPoint) => number;
}

const MEASURES: readonly Measure[] = [
  { title: 'Reward', unit: 'mean over answers', format: formatValue, of: ({ reward }) => reward },
  {
    title: 'Right answers',
    unit: 'share, whatever the reward',
    format: percent,
    of: ({ accuracy }) => accuracy,
  },
  {
    title: 'Entropy',
    unit: 'nats per generated token',
    format: formatValue,
    of: ({ entropyNats }) => entropyNats,
  },
  {
    title: 'Length',
    unit: 'tokens per answer',
    format: formatValue,
    of: ({ responseLength }) => responseLength,
  },
];

export interface TrainingCurvesProps {
  readonly trained: readonly TrainedCurve[];
  /** Pictures of the same kind. */
  readonly more?: ReactNode;
}

export function TrainingCurves({ trained, more }: TrainingCurvesProps) {
  const isOverSeeds = trained.some(({ bySeed }) => bySeed.length > 1);
  const drawn = trained.filter(({ bySeed }) => bySeed.some((curve) => curve.length > 0));
  const curves = drawn.map(({ bySeed: _, ...curve }) => ({ ...curve, draw: 'line' as const }));
  return (
    <>
      <p className={`small ${styles.legend}`}>
        <CurveLegend curves={curves} />
      </p>
      <div className={more ? styles.pictures : styles.four}>
        {MEASURES.map(({ title, unit, format, of }) => (
          <CurveChart
            key={title}
            title={title}
            description={`${title} by training step`}
            curves={drawn.map(({ bySeed }, at) => ({
              ...curves[at],
              points: binCurve(bySeed, of, MOST_POINTS),
            }))}
            xAxis={{ label: 'training step', format: formatCount }}
            yAxis={{ label: `${unit}${isOverSeeds ? '; band ± sd over seeds' : ''}`, format }}
            fromZero={title === 'Reward' || title === 'Right answers'}
            note=""
          />
        ))}
        {more}
      </div>
    </>
  );
}

/** Of one set: how long each of its vectors grew. */
export function NormCurves({
  curve,
  layers,
}: {
  readonly curve: readonly TrainingPoint[];
  readonly layers: readonly number[];
}) {
  return (
    <CurveChart
      title="Norms of the vectors"
      description="Norm of each layer's vector by training step"
      curves={layers.map((layer, at) => ({
        name: `layer ${layer}`,
        colour: 'steering',
        draw: 'thin',
        points: binCurve(
          [curve.filter(({ norms }) => norms[at] != null)],
          ({ norms }) => norms[at],
          MOST_POINTS,
        ),
      }))}
      xAxis={{ label: 'training step', format: formatCount }}
      yAxis={{ label: 'Euclidean norm', format: formatValue }}
      note={
        layers.length > 1 ? `from top to bottom: layers ${byLength(curve, layers).join(', ')}` : undefined
      }
      fromZero
    />
  );
}

/** Thin lines have no marks to be told apart by: their order at the end does it. */
function byLength(curve: readonly TrainingPoint[], layers: readonly number[]): number[] {
  const last = curve[curve.length - 1]?.norms ?? [];
  return layers
    .map((layer, at) => ({ layer, norm: last[at] ?? 0 }))
    .sort((a, b) => b.norm - a.norm)
    .map(({ layer }) => layer);
}

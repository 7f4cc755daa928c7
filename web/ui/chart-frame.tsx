/** What every chart shares: size, axes with units, grid lines, caption and the table behind it. Plain SVG, no JavaScript. */
import type { ReactNode } from 'react';
import type { Scale } from './scale.ts';
import { ShowData, type ShowDataProps } from './show-data.tsx';
import styles from './chart-frame.module.css';

/** Drawing units, about one pixel each at the width of a column or a phone; the picture scales a little around that. */
export const FRAME = { width: 360, height: 208, left: 40, right: 12, top: 28, bottom: 40 } as const;

/** A picture that a page is about: wider, still whole on a phone. */
export const WIDE_FRAME = { width: 560, height: 344, left: 48, right: 16, top: 32, bottom: 48 } as const;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const plotX = (frame: Frame): readonly [number, number] => [frame.left, frame.width - frame.right];
export const plotY = (frame: Frame): readonly [number, number] => [frame.height - frame.bottom, frame.top];
export const PLOT_X = plotX(FRAME);
export const PLOT_Y = plotY(FRAME);

export interface AxisText {
  /** What is measured, with its unit. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/** A tick needs no more digits than tell it from the next: 0.400 → 0.4, 30.0 % → 30 %. */
function tickText(axis: AxisText, tick: number): string {
  return axis
    .format(tick)
    .replace(/(\.\d*?)0+(?!\d)/, '$1')
    .replace(/\.(?!\d)/, '');
}

export interface ChartFrameProps {
  readonly title: string;
  /** The picture in words, for whoever cannot see it. */
  readonly description: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly xAxis: AxisText;
  readonly yAxis: AxisText;
  readonly note?: ReactNode;
  readonly data: ShowDataProps;
  readonly frame?: Frame;
  readonly children: ReactNode;
}

export function ChartFrame({
  title,
  description,
  x,
  y,
  xAxis,
  yAxis,
  note,
  data,
  frame = FRAME,
  children,
}: ChartFrameProps) {
  return (
    <figure className={styles.figure} data-wide={frame === WIDE_FRAME || undefined}>
      <figcaption className={styles.caption}>
        <h3>{title}</h3>
        {note && <span className={styles.note}>{note}</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${frame.width} ${frame.height}`}
        role="img"
        aria-label={description}
        className={styles.picture}
      >
        <g className={styles.grid}>
          {y.ticks.map((tick) => (
            <line key={tick} x1={frame.left} x2={frame.width - frame.right} y1={y(tick)} y2={y(tick)} />
          ))}
        </g>
        <g className={styles.ticks}>
          {y.ticks.map((tick) => (
            <text key={tick} x={frame.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
              {tickText(yAxis, tick)}
            </text>
          ))}
          {x.ticks.map((tick) => (
            <text key={tick} x={x(tick)} y={frame.height - frame.bottom + 16} textAnchor="middle">
              {tickText(xAxis, tick)}
            </text>
          ))}
          <text x={(frame.left + frame.width - frame.right) / 2} y={frame.height - 7} textAnchor="middle">
            {xAxis.label}
          </text>
          <text x={frame.left - 8} y={11} textAnchor="start" dx={-(frame.left - 8)}>
            {yAxis.label}
          </text>
        </g>
        {children}
      </svg>
      <ShowData {...data} />
    </figure>
  );
}

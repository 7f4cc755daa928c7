/** What every chart shares: size, axes with units, grid lines, caption and the table behind it. Plain SVG, no JavaScript. */
import type { ReactNode } from 'react';
import type { Scale } from './scale.ts';
import { ShowData, type ShowDataProps } from './show-data.tsx';
import styles from './chart-frame.module.css';

/** Drawing units, about one pixel each at the width of a column or a phone; the picture scales a little around that. */
export const FRAME = { width: 360, height: 208, left: 40, right: 12, top: 28, bottom: 40 } as const;

export const PLOT_X: readonly [number, number] = [FRAME.left, FRAME.width - FRAME.right];
export const PLOT_Y: readonly [number, number] = [FRAME.height - FRAME.bottom, FRAME.top];

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
  children,
}: ChartFrameProps) {
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>{title}</h3>
        {note && <span className={styles.note}>{note}</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
        role="img"
        aria-label={description}
        className={styles.picture}
      >
        <g className={styles.grid}>
          {y.ticks.map((tick) => (
            <line key={tick} x1={FRAME.left} x2={FRAME.width - FRAME.right} y1={y(tick)} y2={y(tick)} />
          ))}
        </g>
        <g className={styles.ticks}>
          {y.ticks.map((tick) => (
            <text key={tick} x={FRAME.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
              {tickText(yAxis, tick)}
            </text>
          ))}
          {x.ticks.map((tick) => (
            <text key={tick} x={x(tick)} y={FRAME.height - FRAME.bottom + 16} textAnchor="middle">
              {tickText(xAxis, tick)}
            </text>
          ))}
          <text x={(FRAME.left + FRAME.width - FRAME.right) / 2} y={FRAME.height - 7} textAnchor="middle">
            {xAxis.label}
          </text>
          <text x={FRAME.left - 8} y={11} textAnchor="start" dx={-(FRAME.left - 8)}>
            {yAxis.label}
          </text>
        </g>
        {children}
      </svg>
      <ShowData {...data} />
    </figure>
  );
}

/** Named values with their spread over seeds around a zero line, and a paper's own figure as a hollow grey mark. HTML alone. */
import type { ReactNode } from 'react';
import { ShowData } from './show-data.tsx';
import { formatSpread, type Spread } from './spread.ts';
import styles from './bars-with-error.module.css';

export interface ErrorBar {
  readonly key: string;
  readonly name: string;
  readonly spread: Spread | null;
  /** An interval that need not be even around the mean; drawn and written instead of the deviation. */
  readonly range?: readonly [number, number];
  /** A second interval, of another kind of noise: a pale box, so that nobody takes the one for the other. */
  readonly band?: readonly [number, number];
  /** The single values behind the mean: a dot each. */
  readonly dots?: readonly number[];
  readonly colour: 'base' | 'boosted' | 'steering' | 'lime' | 'muted';
  /** What a paper reports, as a range; one figure where both ends are the same. */
  readonly paper?: readonly [number, number];
}

export interface BarsWithErrorProps {
  readonly title: string;
  /** What is measured, with its unit. */
  readonly unit: string;
  readonly bars: readonly ErrorBar[];
  readonly format: (value: number) => string;
  readonly note?: ReactNode;
  /** Where bars begin, if not at nothing: a value that all of them are held against. */
  readonly from?: number;
  /** A value to reach: a line through all bars. */
  readonly level?: number;
  /** What the second intervals are, in the table's head. */
  readonly bandName?: string;
}

export function BarsWithError(props: BarsWithErrorProps) {
  const { title, unit, bars, format, note, from = 0, level, bandName = 'band' } = props;
  const place = placeIn(bars, level === undefined ? [from] : [from, level]);
  return (
    <figure className={styles.figure}>
      <figcaption>
        <h3>{title}</h3>
        <span className="muted">{unit}</span>
      </figcaption>
      <ol className={styles.bars} aria-label={`${title}, ${unit}`}>
        {bars.map((bar) => (
          <li key={bar.key} style={{ color: `var(--${bar.colour})` }}>
            <span className={styles.name}>{bar.name}</span>
            <span className={styles.track} aria-hidden>
              <Marks {...{ bar, place, from, level }} />
            </span>
            <span className={styles.value}>
              {valueText(bar, format)}
              {bar.paper && <span className="visually-hidden">, paper {rangeText(bar.paper, format)}</span>}
            </span>
          </li>
        ))}
      </ol>
      {note && <p className={styles.note}>{note}</p>}
      <ShowData {...tableOf(bars, format, bandName)} />
    </figure>
  );
}

function valueText({ spread, range }: ErrorBar, format: (value: number) => string): string {
  return spread && range ? format(spread.mean) : formatSpread(spread, format);
}

function tableOf(bars: readonly ErrorBar[], format: (value: number) => string, bandName: string) {
  const hasRange = bars.some(({ range }) => range);
  const hasBand = bars.some(({ band }) => band);
  const hasDots = bars.some(({ dots }) => dots);
  return {
    columns: [
      ...['', 'mean', ...(hasRange ? ['from', 'to', 'n'] : ['sd', 'seeds'])],
      ...[
        ...(hasBand ? [`${bandName}, from`, `${bandName}, to`] : []),
        ...(hasDots ? ['each'] : []),
        'paper',
      ],
    ],
    rows: bars.map(({ name, spread, range, band, dots, paper }) => [
      name,
      spread ? format(spread.mean) : '–',
      ...(hasRange
        ? [range ? format(range[0]) : '–', range ? format(range[1]) : '–']
        : [spread?.sd == null ? '–' : format(spread.sd)]),
      spread?.n ?? 0,
      ...(hasBand ? [band ? format(band[0]) : '–', band ? format(band[1]) : '–'] : []),
      ...(hasDots ? [dots?.map(format).join(' ') ?? '–'] : []),
      paper ? rangeText(paper, format) : '–',
    ]),
  };
}

type Place = (value: number) => number;

interface MarksProps {
  readonly bar: ErrorBar;
  readonly place: Place;
  readonly from: number;
  readonly level?: number;
}

function Marks({ bar, place, from: origin, level }: MarksProps) {
  const { spread, paper, band, dots = [] } = bar;
  const ends = endsOf(bar);
  const between = (from: number, to: number) => ({
    left: `${Math.min(place(from), place(to))}%`,
    width: `${Math.abs(place(to) - place(from))}%`,
  });
  return (
    <>
      {level !== undefined && <span className={styles.level} style={{ left: `${place(level)}%` }} />}
      {spread && <span className={styles.bar} style={between(origin, spread.mean)} />}
      {band && <span className={styles.band} style={between(...band)} />}
      {ends && <span className={styles.whisker} style={between(...ends)} />}
      {dots.map((dot, at) => (
        <span key={at} className={styles.dot} style={{ left: `${place(dot)}%` }} />
      ))}
      {paper && <span className={styles.paper} style={between(...paper)} />}
      <span className={styles.zero} style={{ left: `${place(origin)}%` }} />
    </>
  );
}

/** Of its whisker; null where the spread is not known. */
function endsOf({ spread, range }: ErrorBar): readonly [number, number] | null {
  if (range) return range;
  return spread?.sd == null ? null : [spread.mean - spread.sd, spread.mean + spread.sd];
}

/** Per cent of the track; every mark and where bars begin, the first of `others`, fit with a little air. */
export function placeIn(bars: readonly ErrorBar[], others: readonly number[] = [0]): Place {
  const [origin] = others;
  const ends = bars.flatMap((bar) => [
    ...(bar.spread ? [bar.spread.mean] : []),
    ...(endsOf(bar) ?? []),
    ...(bar.band ?? []),
    ...(bar.dots ?? []),
    ...(bar.paper ?? []),
  ]);
  const [low, high] = [Math.min(...others, ...ends), Math.max(...others, ...ends)];
  const air = (high - low) * 0.03 || 1;
  const from = low < origin ? low - air : low;
  const to = high > origin ? high + air : high;
  return (value) => ((value - from) / (to - from || 1)) * 100;
}

export function rangeText([from, to]: readonly [number, number], format: (value: number) => string): string {
  return from === to ? format(from) : `${format(from)} to ${format(to)}`;
}

/** Shares and changes of shares as per cent with one fixed digit, so that a column lines up. */
const THIN = '\u202f';

/** 0.29 → +29.0 %, −0.001 → −0.1 %. */
export function formatChange(change: number): string {
  const text = Math.abs(change * 100).toFixed(1);
  if (text === '0.0') return `0.0${THIN}%`;
  return `${change < 0 ? '−' : '+'}${text}${THIN}%`;
}

/** A paper's figures have no more digits than it gives: +25 to +59 %, −36 to −28 %. */
export function formatWhole(shares: readonly number[], isChange: boolean): string {
  const text = (share: number) =>
    `${share < 0 ? '−' : isChange && share > 0 ? '+' : ''}${Math.abs(share * 100).toFixed(0)}`;
  return `${[...new Set(shares.map(text))].join(' to ')}${THIN}%`;
}

/** 0.998 → 99.8 %. */
export function formatKept(share: number): string {
  return `${(share * 100).toFixed(1)}${THIN}%`.replace('-', '−');
}

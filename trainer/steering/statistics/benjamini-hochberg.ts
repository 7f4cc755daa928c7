/** q values by Benjamini and Hochberg (1995): the false discovery rate at which each test would just be called. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[j] - pValues[i]);
  const qValues = new Array<number>(pValues.length);
  let least = 1;
  order.forEach((i, fromLargest) => {
    const rank = pValues.length - fromLargest;
    least = Math.min(least, (pValues[i] * pValues.length) / rank);
    qValues[i] = least;
  });
  return qValues;
}

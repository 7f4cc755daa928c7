/** How alike the vectors of a set are: the cosine of every two of them. Pure. */
import type { AppliedVectors } from '../applied-vectors.ts';
import type { Cosines } from '../record.ts';

/** Of nothing with anything: 0. */
export function cosineOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aSquare, bSquare] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aSquare += a[i] * a[i];
    bSquare += b[i] * b[i];
  }
  return aSquare * bSquare > 0 ? dot / Math.sqrt(aSquare * bSquare) : 0;
}

export function compareLayers({ layers }: AppliedVectors): Pick<Cosines, 'kind' | 'layers' | 'matrix'> {
  return {
    kind: 'cosines',
    layers: layers.map(({ layer }) => layer),
    matrix: layers.map(({ values_D }) => layers.map((other) => cosineOf(values_D, other.values_D))),
  };
}

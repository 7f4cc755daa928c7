/**
 * Explained variance at every budget over a whole set of rows, streaming, in float64:
 * EV = 1 - sum|x - x̂|² / sum|x - mean|², the mean taken over the whole set; FVU = 1 - EV.
 * Degenerate sets: where the mean square about the mean is under 1e-10, EV is 1 if the mean squared error is too, else 0.
 */
export interface Variance {
  /** hidden_BD: rows of D. */
  addHidden(hidden_BD: Float32Array): void;
  /** The reconstruction at budget `level` of the same rows. */
  addReconstruction(level: number, hidden_BD: Float32Array, reconstruction_BD: Float32Array): void;
  /** Per level; every row must have been added at every level. */
  explainedVariance(): number[];
}

const DEGENERATE = 1e-10;

export function createVariance(D: number, levels: number): Variance {
  const sum_D = new Float64Array(D);
  const error = new Float64Array(levels);
  let square = 0;
  let rowCount = 0;

  return {
    addHidden(hidden_BD) {
      for (let i = 0; i < hidden_BD.length; i += D) {
        for (let d = 0; d < D; d++) {
          const x = hidden_BD[i + d];
          sum_D[d] += x;
          square += x * x;
        }
      }
      rowCount += hidden_BD.length / D;
    },
    addReconstruction(level, hidden_BD, reconstruction_BD) {
      let sum = 0;
      for (let i = 0; i < hidden_BD.length; i++) sum += (hidden_BD[i] - reconstruction_BD[i]) ** 2;
      error[level] += sum;
    },
    explainedVariance() {
      const variance = square / rowCount - sum_D.reduce((sum, x) => sum + (x / rowCount) ** 2, 0);
      return Array.from(error, (sum) => {
        const meanSquaredError = sum / rowCount;
        if (variance < DEGENERATE) return meanSquaredError < DEGENERATE ? 1 : 0;
        return 1 - meanSquaredError / variance;
      });
    },
  };
}

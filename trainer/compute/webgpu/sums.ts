/** Sums on the device: down the columns of a matrix, and of squares. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { GpuBuffer } from './gpu-types.ts';
import type { Runner } from './runner.ts';
import { columnSumShader, SQUARED_PER_WORKGROUP, SQUARES_SHADER, tangentSquaresShader } from './wgsl/sums.ts';

export interface Columns {
  readonly values: GpuBuffer;
  readonly rows: number;
  readonly cols: number;
  /** When the matrix lies inside wider rows. */
  readonly stride?: number;
  readonly offset?: number;
  /** One per row. */
  readonly weights?: GpuBuffer;
}

/** Into `out`, or on top of what is there: in two rounds of about √rows each. */
export function sumColumns(runner: Runner, columns: Columns, out: GpuBuffer, adds = false): void {
  const { values, rows, cols, stride = cols, offset = 0, weights } = columns;
  const rowsPerPart = Math.ceil(Math.sqrt(rows));
  const parts = Math.ceil(rows / rowsPerPart);
  const between = runner.scratch('column-parts', 4 * parts * cols);
  const across = Math.ceil(cols / 64);
  runner.run({
    name: 'column-sum',
    code: columnSumShader(weights !== undefined),
    buffers: weights ? [values, between, weights] : [values, between],
    uniforms: [rows, cols, stride, offset, rowsPerPart, 0],
    workgroups: [across, parts, 1],
  });
  runner.run({
    name: 'column-sum',
    code: columnSumShader(false),
    buffers: [between, out],
    uniforms: [parts, cols, cols, 0, parts, adds ? 1 : 0],
    workgroups: [across, 1, 1],
  });
}

export async function sumOfSquares(runner: Runner, gradient: Tensor, unitRows?: Tensor2D): Promise<number> {
  const parts = unitRows ? unitRows.shape[0] : Math.ceil(gradient.size / SQUARED_PER_WORKGROUP);
  const sums = runner.scratch('squares', 4 * parts);
  if (unitRows) {
    const [rows, width] = unitRows.shape;
    runner.run({
      name: 'tangent-squares',
      code: tangentSquaresShader(width),
      buffers: [runner.read(gradient), runner.read(unitRows), sums],
      uniforms: [rows, width],
      workgroups: rows,
    });
  } else {
    runner.run({
      name: 'squares',
      code: SQUARES_SHADER,
      buffers: [runner.read(gradient), sums],
      uniforms: [gradient.size],
      workgroups: parts,
    });
  }
  const total = runner.create([1]);
  sumColumns(runner, { values: sums, rows: parts, cols: 1 }, total.buffer);
  const [value] = await total.tensor.data();
  total.tensor.dispose();
  return value;
}

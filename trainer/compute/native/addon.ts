/**
 * Loads the C++ addon and types what it exports. Every function works on typed arrays in place, checks their lengths and
 * throws an Error that names the argument; axes and meaning stand beside each function in the .cc files.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { faultOf } from './binary-file.mjs';
import { addonPath } from './build.mjs';

type Floats = Float32Array;
type Ints = Int32Array;
type Values = Float32Array | Int32Array | Uint8Array;

/** y, row-major over shape, from a and b read through strides, 0 where an axis repeats. */
export type Broadcasting<Operand, Result> = (
  op: number,
  a: Operand,
  b: Operand,
  y: Result,
  shape: Ints,
  stridesA: Ints,
  stridesB: Ints,
  sizeA: number,
  sizeB: number,
) => void;

export interface Addon {
  /** Sets and returns the threads used, 1 to 256; 0 takes usableCores. */
  threads(count: number): number;
  /** Cores this process may keep busy by affinity and control groups; `root` stands before /proc and /sys. */
  usableCores(root: string): number;
  instructionSet(): string;
  useInstructionSet(name: string): boolean;
  matmul(
    a: Floats,
    b: Floats,
    c: Floats,
    M: number,
    N: number,
    K: number,
    transposeA: boolean,
    transposeB: boolean,
    offsetsA: Ints,
    offsetsB: Ints,
  ): void;
  unary(op: number, x: Floats, y: Floats, n: number, alpha: number): void;
  binary: Broadcasting<Floats, Floats>;
  sum(x: Floats, y: Floats, A: number, R: number, C: number, scale: number): void;
  max(x: Floats, y: Floats, A: number, R: number): void;
  softmax(x: Floats, y: Floats, rows: number, cols: number, log: boolean): void;
  copy(x: Values, y: Values, shape: Ints, strides: Ints, offset: number, sizeX: number): void;
  place(x: Values, y: Values, shape: Ints, strides: Ints, offset: number, sizeY: number): void;
  gather(x: Values, indices: Ints, y: Values, outer: number, dim: number, inner: number): void;
  compare: Broadcasting<Values, Uint8Array>;
  arithmetic: Broadcasting<Ints, Ints>;
  select(condition: Uint8Array, a: Values, b: Values, y: Values, n: number, inner: number): void;
  cast(x: Values, y: Values, n: number): void;
  topK(x: Values, values: Values, indices: Ints, rows: number, N: number, K: number): void;
  argExtreme(x: Values, y: Ints, A: number, R: number, least: boolean): void;
  cumsum(x: Values, y: Values, rows: number, N: number, exclusive: boolean, reverse: boolean): void;
  fold(op: number, x: Values, y: Values, A: number, R: number): void;
  segmentSum(x: Floats, ids: Ints, y: Floats, N: number, D: number, V: number): void;
  rmsNorm(x: Floats, weight: Floats, y: Floats, inverse: Floats, N: number, D: number, eps: number): void;
  rmsNormGradient(
    x: Floats,
    weight: Floats,
    inverse: Floats,
    dy: Floats,
    dx: Floats,
    dweight: Floats,
    N: number,
    D: number,
  ): void;
  layerNorm(
    x: Floats,
    weight: Floats,
    bias: Floats,
    y: Floats,
    mean: Floats,
    inverse: Floats,
    N: number,
    D: number,
    eps: number,
  ): void;
  layerNormGradient(
    x: Floats,
    weight: Floats,
    mean: Floats,
    inverse: Floats,
    dy: Floats,
    dx: Floats,
    dweight: Floats,
    dbias: Floats,
    N: number,
    D: number,
  ): void;
  gelu(form: number, x: Floats, y: Floats, n: number): void;
  geluGradient(form: number, x: Floats, dy: Floats, dx: Floats, n: number): void;
  rope(
    x: Floats,
    y: Floats,
    rows: number,
    T: number,
    C: number,
    frequencies: Float64Array,
    firstPosition: number,
    sign: number,
  ): void;
  route(sources: Floats[], router: Floats, out: Floats, B: number, G: number, N: number): void;
  routeGradient(
    sources: Floats[],
    router: Floats,
    dout: Floats,
    dsources: Floats[],
    drouter: Floats,
    B: number,
    G: number,
    N: number,
  ): void;
  swiglu(gate: Floats, up: Floats, y: Floats, n: number): void;
  swigluGradient(gate: Floats, up: Floats, dy: Floats, dgate: Floats, dup: Floats, n: number): void;
  crossEntropy(logits: Floats, targets: Ints, losses: Floats, logSum: Floats, N: number, V: number): void;
  crossEntropyGradient(
    logits: Floats,
    targets: Ints,
    logSum: Floats,
    dlosses: Floats,
    dlogits: Floats,
    N: number,
    V: number,
  ): void;
  attention(
    q: Floats,
    k: Floats,
    v: Floats,
    out: Floats,
    logSum: Floats,
    B: number,
    H: number,
    G: number,
    T: number,
    S: number,
    C: number,
    scale: number,
    softCap: number,
    window: number,
  ): void;
  attentionGradient(
    q: Floats,
    k: Floats,
    v: Floats,
    out: Floats,
    logSum: Floats,
    dout: Floats,
    dq: Floats,
    dk: Floats,
    dv: Floats,
    B: number,
    H: number,
    G: number,
    T: number,
    S: number,
    C: number,
    scale: number,
    softCap: number,
    window: number,
  ): void;
  keepKeys(
    k: Floats,
    v: Floats,
    keys: Floats,
    values: Floats,
    ring: number,
    slots: number,
    rows: Ints,
    B: number,
    G: number,
    T: number,
    C: number,
  ): void;
  attendKept(
    q: Floats,
    k: Floats,
    v: Floats,
    out: Floats,
    keys: Floats,
    values: Floats,
    ring: number,
    slots: number,
    sharedKeys: Floats,
    sharedValues: Floats,
    sharedRing: number,
    sharedSlots: number,
    rows: Ints,
    frequencies: Float64Array | null,
    B: number,
    H: number,
    G: number,
    T: number,
    C: number,
    scale: number,
    softCap: number,
    window: number,
  ): void;
  adam(
    parameter: Floats,
    gradient: Floats,
    firstMoment: Floats,
    secondMoment: Floats,
    rows: number,
    cols: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    step: number,
    gradientScale: number,
    weightDecay: number,
    unitRows: boolean,
  ): void;
  /** Huge pages, where the system has them, for an array that nobody wrote yet. */
  adviseHuge(x: Floats, n: number): void;
  sumOfSquares(gradient: Floats, unitRows: Floats | null, rows: number, cols: number): number;
}

/** Throws, with what to do, when there is no sound binary for these sources, this processor and this Node. */
export function loadAddon(path: string = addonPath()): Addon {
  if (!existsSync(path))
    throw new Error('the native addon is not built; `npm run build` compiles it where g++ is');
  // Mapping a truncated file would end the process with a bus error, so the file is looked at first.
  const fault = faultOf(path, process);
  if (fault) throw new Error(`the native addon ${path} ${fault}; \`npm run build\` compiles it again`);
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new Error(
      `the native addon cannot be loaded by Node ${process.version}: ${reason}; delete ${path} and run \`npm run build\``,
      { cause: error },
    );
  }
}

/**
 * Bytes that the dictionary kernels hold beside their tensors, kept between calls: for memory plans. None grows with B x F.
 * Sizes follow the constants of encode-job.h, gemm.h and dictionary.cc.
 */
export interface ScratchSize {
  readonly B: number;
  readonly D: number;
  readonly F: number;
  readonly k: number;
  readonly threads: number;
}

const FLOAT = 4;
const SCREEN_ROWS = 256; // kScreenRows
const SCREEN_SIDE = 32; // kScreenSide, and kScreenDepth
const SCREEN_WORTH = 8; // kScreenWorth
const MOST_CANDIDATES = 4096; // kMostCandidates
const BLOCK_ROWS = 192; // kBlockRows
const TILE_STRIDE = 1024; // kTileStride
const PASS_ROWS = 4096; // kPassRows
const SLICE_WIDTH = 64; // of AVX-512; the others' are narrower
const ACTS_PER_COPIED_ROW = 2; // kActsPerCopiedRow

/** encodeTopK: with tiles (`isScreened`), and at worst, when rows have to be left to it, with the float32 product besides. */
export function encodeScratchBytes(size: ScratchSize, isScreened: boolean): number {
  return float32Bytes(size) + (isScreened ? screenBytes(size) : 0);
}

function float32Bytes({ D, F, k, threads }: ScratchSize): number {
  const perThread = BLOCK_ROWS * (D + TILE_STRIDE + 4 * k);
  return FLOAT * (F * D + threads * perThread);
}

function screenBytes({ D, F, k, threads }: ScratchSize): number {
  const [depth, columns] = [D, F].map((side) => SCREEN_SIDE * Math.ceil(side / SCREEN_SIDE));
  const candidates =
    Math.min(F, Math.max(Math.min(F / SCREEN_WORTH, MOST_CANDIDATES), 4 * k)) + 2 * SCREEN_SIDE;
  const perThread = SCREEN_ROWS * (2 * depth + 2 * FLOAT * candidates);
  return columns * (2 * depth + 5 * FLOAT) + threads * perThread;
}

/** hierarchical and encoderGradient together. */
export function gradientScratchBytes({ B, D, F, k, threads }: ScratchSize): number {
  const [rows, slices] = [Math.min(B, PASS_ROWS), Math.ceil(D / SLICE_WIDTH)];
  const working = Math.min(threads, slices);
  const isCopied = rows * k >= ACTS_PER_COPIED_ROW * F;
  const copies = isCopied ? working * 2 * F * SLICE_WIDTH : 0;
  const shares = slices * rows * k;
  const byFeature = 2 * rows * k + 3 * F;
  return FLOAT * (copies + shares + byFeature + working * rows * SLICE_WIDTH);
}

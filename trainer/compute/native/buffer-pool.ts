/**
 * Buffers of results, used again. A fresh Float32Array is zero-filled page by page, which costs more than most kernels. Batches
 * come in many sizes, so a buffer serves every size of its class; and no more is held than the greatest need so far and a part
 * beside it, so that what a program takes can be foretold from what it needs at once.
 */

/** Shorter arrays are quicker to allocate than to keep. */
export const SMALLEST_KEPT = 256;
/** Classes between a power of two and the next: an eighth of a buffer is unused at most. */
const CLASSES = 8;
/** A buffer may be this much larger than what it is taken for. */
const MOST_LARGER = 1.5;
/**
 * Held in all over the most that was ever used at once. Of the buffers that steps of ever other shapes ask for, a training of
 * vectors allocates 10 % anew at 1.5 and 5 % at 2; steps of one shape ask for nothing twice.
 */
const HELD_SHARE = 2;
/** May always lie idle: small programs need not count. 64 MiB. */
const LEAST_IDLE_BYTES = 1 << 26;

export interface PoolOptions {
  /** Idle buffers never hold more, whatever was used. */
  readonly mostIdleBytes: number;
  /** Makes an array of so many values; a new one of zeros by default. */
  readonly allocate?: (length: number) => Float32Array;
}

export class BufferPool {
  /** By length; those used last at the end. */
  private readonly idle = new Map<number, Float32Array[]>();
  private readonly mostIdleBytes: number;
  private readonly allocate: (length: number) => Float32Array;
  private idleTotal = 0;
  private used = 0;
  private mostUsed = 0;

  constructor({ mostIdleBytes, allocate = (length) => new Float32Array(length) }: PoolOptions) {
    this.mostIdleBytes = mostIdleBytes;
    this.allocate = allocate;
  }

  get idleBytes(): number {
    return this.idleTotal;
  }

  /** Taken and not yet given back or given up. */
  get usedBytes(): number {
    return this.used;
  }

  /** `size` values at the beginning of a buffer, with undefined content. */
  take(size: number): Float32Array {
    const length = lengthOf(size);
    const kept = this.find(length);
    const buffer = kept ?? this.allocate(length);
    this.used += buffer.byteLength;
    this.mostUsed = Math.max(this.mostUsed, this.used);
    if (!kept) this.shrink();
    return size === buffer.length ? buffer : buffer.subarray(0, size);
  }

  /** Nobody looks at them any more. */
  giveBack(values: Float32Array): void {
    this.giveUp(values);
    const whole = new Float32Array(values.buffer);
    const same = this.idle.get(whole.length) ?? [];
    same.push(whole);
    this.idle.delete(whole.length);
    this.idle.set(whole.length, same);
    this.idleTotal += whole.byteLength;
    this.shrink();
  }

  /** Somebody may hold them for ever: they are no longer the pool's. */
  giveUp(values: Float32Array): void {
    this.used -= values.buffer.byteLength;
  }

  /** Of this class or of one not much larger. */
  private find(length: number): Float32Array | undefined {
    for (let at = length; at <= MOST_LARGER * length; at = lengthOf(at + 1)) {
      const same = this.idle.get(at);
      const kept = same?.pop();
      if (same?.length === 0) this.idle.delete(at);
      if (kept) {
        this.idleTotal -= kept.byteLength;
        return kept;
      }
    }
    return undefined;
  }

  /** Lets go of the classes used longest ago. */
  private shrink(): void {
    const held = Math.max(LEAST_IDLE_BYTES, HELD_SHARE * this.mostUsed - this.used);
    const most = Math.min(this.mostIdleBytes, held);
    for (const [length, same] of this.idle) {
      while (this.idleTotal > most && same.length > 0) this.idleTotal -= same.pop()!.byteLength;
      if (same.length > 0) return;
      this.idle.delete(length);
    }
  }
}

/** Of the buffers that serve this size. */
export function lengthOf(size: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(size / CLASSES)));
  return Math.ceil(size / step) * step;
}

/**
 * Dawn learns that the device is done only while its own callback runs, which it hands to setImmediate whenever something
 * is waited for. Seeing that callback lets a blocking read turn the wheel itself, instead of returning to the event loop.
 */
type Tick = () => void;

/** Turns without pause before a waiting thread gives its processor away: Dawn by itself would spin until the device is done. */
const EAGER_TURNS = 100;
const PAUSE_MS = 1; // no timer is shorter
const BLOCKING_PAUSE_MS = 0.1;

export class EventPump {
  private tick: Tick | null = null;
  /** Since somebody last began to wait. */
  private turns = 0;
  private readonly paused = new Int32Array(new SharedArrayBuffer(4));

  /** Calls into Dawn: what that hands to setImmediate meanwhile is Dawn's, and ours to run earlier. */
  watch<T>(work: () => T): T {
    this.turns = 0;
    return this.catchTicks(work);
  }

  private catchTicks<T>(work: () => T): T {
    const { setImmediate } = globalThis;
    const remember = (tick: Tick) => {
      this.tick = tick;
      const later = () => {
        if (this.tick === tick) this.turn();
      };
      return this.turns < EAGER_TURNS ? setImmediate(later) : setTimeout(later, PAUSE_MS);
    };
    globalThis.setImmediate = remember as typeof setImmediate;
    try {
      return work();
    } finally {
      globalThis.setImmediate = setImmediate;
    }
  }

  /** Blocks until `done`; false when Dawn waits for nothing and it would never be. */
  turnUntil(done: () => boolean): boolean {
    while (!done()) {
      if (!this.turn()) return false;
      if (this.turns > EAGER_TURNS) Atomics.wait(this.paused, 0, 0, BLOCKING_PAUSE_MS);
    }
    return true;
  }

  private turn(): boolean {
    const { tick } = this;
    if (tick === null) return false;
    this.tick = null;
    this.turns += 1;
    this.catchTicks(tick);
    return true;
  }
}

/**
 * Dawn learns that the device is done only while its own callback runs, which it hands to setImmediate whenever something
 * is waited for. Seeing that callback lets a blocking read turn the wheel itself, instead of returning to the event loop.
 */
type Tick = () => void;

/** Turns without pause before a waiting thread gives its processor away. */
const EAGER_TURNS = 200;
const PAUSE_MS = 0.1;

export class EventPump {
  private tick: Tick | null = null;
  private readonly paused = new Int32Array(new SharedArrayBuffer(4));

  /** Calls into Dawn: what that hands to setImmediate meanwhile is Dawn's, and ours to run earlier. */
  watch<T>(work: () => T): T {
    const { setImmediate } = globalThis;
    const remember = (tick: Tick) => {
      this.tick = tick;
      return setImmediate(() => {
        if (this.tick === tick) this.turn();
      });
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
    for (let turns = 0; !done(); turns++) {
      if (!this.turn()) return false;
      if (turns > EAGER_TURNS) Atomics.wait(this.paused, 0, 0, PAUSE_MS);
    }
    return true;
  }

  private turn(): boolean {
    const { tick } = this;
    if (tick === null) return false;
    this.tick = null;
    this.watch(tick);
    return true;
  }
}

import type { Clock } from '../../core/clock.ts';

export interface PaceOptions {
  readonly clock: Clock;
  readonly perSecond: number;
  /** Calls that may be made at once after a pause. */
  readonly burst: number;
}

/** A token bucket that is reserved ahead: who comes when it is empty is told how long to wait. */
export interface Pace {
  /** Milliseconds until the call may be made, which is then reserved; undefined when that is more than `maxWaitMs`. */
  reserve(maxWaitMs: number): number | undefined;
}

export function createPace({ clock, perSecond, burst }: PaceOptions): Pace {
  let tokens = burst;
  let atMicros = clock.monotonicMicros();
  return {
    reserve(maxWaitMs) {
      const now = clock.monotonicMicros();
      tokens = Math.min(burst, tokens + ((now - atMicros) / 1e6) * perSecond);
      atMicros = now;
      const waitMs = tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1_000;
      if (waitMs > maxWaitMs) return undefined;
      tokens -= 1;
      return waitMs;
    },
  };
}

import type { Clock } from '../../core/clock.ts';

/** The machine's own time: the wall clock for dates, the monotonic clock of this process for durations. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMicros: () => performance.now() * 1_000,
  };
}

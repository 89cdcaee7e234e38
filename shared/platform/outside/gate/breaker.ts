import type { Clock } from '../../../core/clock.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions extends BreakerTiming {
  readonly clock: Clock;
}

export interface BreakerTiming {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open the first time; twice as long after each trial that fails. */
  readonly openMs: number;
  readonly maxOpenMs: number;
}

/**
 * Keeps a failing API from being asked. Closed: everything passes. Open: nothing does until its time is over. Then it is
 * half-open: one trial passes, and its end decides.
 */
export interface Breaker {
  readonly state: BreakerState;
  /** Since the start. */
  readonly opened: number;
  /** True when a call may be made now; that call's end must be told. */
  allows(): boolean;
  succeeded(): void;
  /** `forMs`: the API itself has said how long to stay away. */
  failed(forMs?: number): void;
}

export function createBreaker({ clock, failures, openMs, maxOpenMs }: BreakerOptions): Breaker {
  let inARow = 0;
  let openedInARow = 0;
  let opened = 0;
  let isOpen = false;
  let untilMicros = 0;
  let trialMicros = 0;
  let trying = false;

  const open = (forMs: number): void => {
    isOpen = true;
    trying = false;
    opened += 1;
    openedInARow += 1;
    untilMicros = clock.monotonicMicros() + forMs * 1_000;
  };

  return {
    get opened() {
      return opened;
    },
    get state() {
      if (!isOpen) return 'closed';
      return clock.monotonicMicros() < untilMicros ? 'open' : 'half-open';
    },
    allows() {
      if (!isOpen) return true;
      const now = clock.monotonicMicros();
      if (now < untilMicros) return false;
      // A trial whose end is never told must not keep the breaker open for ever.
      if (trying && now - trialMicros < maxOpenMs * 1_000) return false;
      trying = true;
      trialMicros = now;
      return true;
    },
    succeeded() {
      inARow = 0;
      openedInARow = 0;
      isOpen = false;
      trying = false;
    },
    failed(forMs) {
      inARow += 1;
      const ownMs = Math.min(openMs * 2 ** Math.min(openedInARow, 20), maxOpenMs);
      if (forMs !== undefined) open(Math.min(Math.max(forMs, openMs), maxOpenMs));
      else if (trying || inARow >= failures) open(ownMs);
    },
  };
}

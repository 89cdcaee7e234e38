import type { Clock } from '../../../shared/core/clock.ts';

/** Longer between two turns of this process is a stall of the machine, and not the service's doing. */
const STALL_MS = 100;
/** Looks, one a slot, until what is believed is of after the stall; where it is not by then, it has a second for it. */
const LOOKS_AFTER_STALL = 2;
const AFTER_STALL_MS = 1_000;

/** Notices when this process did not get its turn. */
export interface StallWatch {
  /** Whether what is looked at now is of a stall and not of the service. */
  isLeftOut(): boolean;
  /** Told once a slot, after the look. */
  onSlot(isTrading: boolean): void;
  stop(): void;
}

export function watchStalls(clock: Clock): StallWatch {
  let last = clock.monotonicMicros();
  let stalledAt = Number.NEGATIVE_INFINITY;
  let left = 0;
  const look = (): void => {
    const now = clock.monotonicMicros();
    if (now - last > STALL_MS * 1_000) {
      stalledAt = now;
      left = LOOKS_AFTER_STALL;
    }
    last = now;
  };
  const timer = setInterval(look, 10);
  return {
    isLeftOut() {
      look();
      return left > 0;
    },
    onSlot(isTrading: boolean) {
      const isLong = clock.monotonicMicros() - stalledAt >= AFTER_STALL_MS * 1_000;
      if (left > 1 || isTrading || isLong) left = Math.max(0, left - 1);
    },
    stop: () => clearInterval(timer),
  };
}

/** Where the program gets its time, so that a run can be replayed. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Monotonic time in microseconds from an arbitrary origin, for durations only. */
  monotonicMicros(): number;
}

/** The chain's own clock sysvar: what on-chain programs read. Never the wall clock. */
export interface ChainClock {
  readonly slot: number;
  /** Seconds. */
  readonly unixTimestamp: number;
  readonly epoch: number;
  /** Compute units that one transaction may use, where the chain has told another figure than the one assumed. */
  readonly transactionUnits?: number;
}

/** A clock that moves only when told to: simulated time and tests. */
export interface ManualClock extends Clock {
  advanceMs(ms: number): void;
}

export function createManualClock(startMs: number): ManualClock {
  let elapsedMs = 0;
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMicros: () => elapsedMs * 1_000,
    advanceMs(ms) {
      elapsedMs += ms;
    },
  };
}

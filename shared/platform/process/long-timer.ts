/** The longest delay that Node's own timers take; a longer one fires after a millisecond. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A wait that has been begun. */
export interface LongTimer {
  /** Calls it off; again does nothing. */
  clear(): void;
  /** Does not keep the process alive from here on. */
  unref(): LongTimer;
}

/**
 * Calls `work` once after `ms` milliseconds, however long that is: for every wait whose length comes from the
 * configuration, a flag, a file or a server's answer. `Infinity` never comes; what is no number or below 0 comes at
 * once.
 */
export function startLongTimer(work: () => void, ms: number): LongTimer {
  let left = Math.max(ms || 0, 0);
  let timer: NodeJS.Timeout;
  let counts = true;

  function wait(): void {
    const part = Math.min(left, MAX_DELAY_MS);
    left -= part;
    timer = setTimeout(left > 0 ? wait : work, part);
    if (!counts) timer.unref();
  }

  wait();
  const self: LongTimer = {
    clear: () => clearTimeout(timer),
    unref() {
      counts = false;
      timer.unref();
      return self;
    },
  };
  return self;
}

import { vi } from 'vitest';

interface Timer {
  readonly id: number;
  atMs: number;
  readonly everyMs: number;
  readonly work: () => void;
  unref(): Timer;
  ref(): Timer;
}

/** For tests: timers, dates and the monotonic clock in simulated time, which moves only by `pass`. */
export interface SimulatedTime {
  /** Fires what falls due within `ms`, in order, and lets each promise that follows run before the next. */
  pass(ms: number): Promise<void>;
  restore(): void;
}

export function simulateTime(startMs = 1_700_000_000_000): SimulatedTime {
  const settled = setImmediate;
  let nowMs = 0;
  let nextId = 1;
  const timers = new Map<number, Timer>();

  function start(work: () => void, ms = 0, everyMs = 0): Timer {
    const timer: Timer = {
      id: nextId++,
      atMs: nowMs + Math.max(0, ms),
      everyMs,
      work,
      unref: () => timer,
      ref: () => timer,
    };
    timers.set(timer.id, timer);
    return timer;
  }
  const clear = (timer: Timer | undefined): void => void (timer !== undefined && timers.delete(timer.id));

  vi.stubGlobal('setTimeout', (work: () => void, ms?: number) => start(work, ms));
  vi.stubGlobal('setInterval', (work: () => void, ms?: number) => start(work, ms, Math.max(1, ms ?? 1)));
  vi.stubGlobal('setImmediate', (work: () => void) => start(work));
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) vi.stubGlobal(name, clear);
  vi.spyOn(Date, 'now').mockImplementation(() => startMs + nowMs);
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);

  function earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers.values()) if (first === undefined || timer.atMs < first.atMs) first = timer;
    return first;
  }

  return {
    async pass(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = earliest();
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = next.atMs;
        if (next.everyMs > 0) next.atMs += next.everyMs;
        else timers.delete(next.id);
        next.work();
        await new Promise<void>((resolve) => settled(() => resolve()));
      }
      nowMs = untilMs;
    },
    restore() {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    },
  };
}

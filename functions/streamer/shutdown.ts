import type { Clock } from '../../shared/core/clock.ts';
import { ArbError, errorText } from '../../shared/core/errors.ts';
import { sleep } from '../../shared/platform/process/backoff.ts';
import type { Logger } from '../../shared/platform/process/log.ts';

export interface ShutdownParams {
  readonly clock: Clock;
  readonly log: Logger;
  /** From the first step to the end of the last. */
  readonly budgetMs: number;
}

/** How long one step may take. */
export interface StepTime {
  /** Default 500 ms. */
  readonly mostMs?: number;
  /** Kept for it out of the budget, however long the steps before it take; default 0. */
  readonly leastMs?: number;
}

/** What has been started and how each of it is stopped, the last first, in one budget of time. */
export interface Shutdown {
  /** `stop` is told how long it has; it is not waited for any longer. */
  add(name: string, stop: (ms: number) => unknown, time?: StepTime): void;
  /** Stops everything; never rejects. What failed or was not waited for is logged. Again: the same run. */
  run(): Promise<void>;
}

const DEFAULT_MOST_MS = 500;

export function createShutdown({ clock, log, budgetMs }: ShutdownParams): Shutdown {
  const steps: {
    name: string;
    stop: (ms: number) => unknown;
    mostMs: number;
    leastMs: number;
  }[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    const endMicros = clock.monotonicMicros() + budgetMs * 1_000;
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const { name, stop, mostMs, leastMs } = step;
      const kept = steps.reduce((sum, later) => sum + later.leastMs, 0);
      const left = (endMicros - clock.monotonicMicros()) / 1_000 - kept;
      const ms = Math.max(leastMs, Math.min(mostMs, left), 0);
      if (!(await within(name, stop, ms)))
        log.error('stop.left-behind', { step: name, waitedMs: Math.round(ms) });
    }
  }

  async function within(name: string, stop: (ms: number) => unknown, ms: number): Promise<boolean> {
    const over = new AbortController();
    const work = (async () => stop(ms))().catch((error: unknown) =>
      log.error('stop.failed', { step: name, error: errorText(error) }),
    );
    const ended = await Promise.race([work.then(() => true), sleep(ms, over.signal).then((slept) => !slept)]);
    over.abort();
    return ended;
  }

  return {
    add(name, stop, { mostMs = DEFAULT_MOST_MS, leastMs = 0 } = {}) {
      steps.push({ name, stop, mostMs, leastMs });
    },
    run() {
      running ??= run();
      return running;
    },
  };
}

/** Throws `stopped` once `signal` is aborted: between two steps of a start. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ArbError('stopped', 'stopped while starting');
}

/** What `work` gives; rejects with `stopped` as soon as `signal` is aborted, and leaves the work behind. */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfStopped(signal);
  const over = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(new ArbError('stopped', 'stopped while starting')), {
      once: true,
      signal: over.signal,
    });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    over.abort();
  }
}

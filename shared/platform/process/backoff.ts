import type { Random } from '../../core/random.ts';
import { startLongTimer } from './long-timer.ts';

export interface BackoffPolicy {
  /** No wait is shorter. */
  readonly minMs: number;
  /** The ceiling of the first wait; it doubles with every further attempt. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly capMs: number;
}

/** Milliseconds to wait before attempt `attempt` (0 is the first repeat): exponential with full jitter. */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return policy.minMs + random.next() * Math.max(0, ceiling - policy.minMs);
}

/** Waits `ms`, however long. Resolves true when the time is over, false as soon as `signal` aborts; leaves no timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = (): void => end(false);
    const timer = startLongTimer(() => end(true), ms);
    function end(over: boolean): void {
      timer.clear();
      signal?.removeEventListener('abort', stop);
      resolve(over);
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
}

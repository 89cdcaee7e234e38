import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../../process/backoff.ts';

/** What an endpoint says no to, by method: a plan that leaves out one method does not take the others with it. */
export interface MethodRefusals {
  /** It refused the method so lately that another endpoint is the better one to ask. */
  refuses(method: string): boolean;
  /** Why it does not answer, in its own words; '' when all that was asked lately was answered. */
  readonly problem: string;
  /** `retryAfterMs`: the endpoint itself has said how long. */
  refused(method: string, why: string, retryAfterMs: number | undefined): void;
  /** It failed at the method without refusing it. */
  failed(method: string, why: string): void;
  answered(method: string): void;
}

interface Known {
  readonly why: string;
  readonly inRow: number;
  readonly untilMicros: number;
}

const AGAIN: BackoffPolicy = { minMs: 500, baseMs: 2_000, capMs: 60_000 };
const LONGEST_MS = 300_000;

export function createMethodRefusals(clock: Clock, random: Random): MethodRefusals {
  const known = new Map<string, Known>();

  function note(method: string, why: string, inRow: number, untilMicros: number): void {
    // Last set, last in order.
    known.delete(method);
    known.set(method, { why, inRow, untilMicros });
  }

  return {
    refuses: (method) => (known.get(method)?.untilMicros ?? 0) > clock.monotonicMicros(),
    get problem() {
      let last = '';
      for (const { why } of known.values()) last = why;
      return last;
    },
    refused(method, why, retryAfterMs) {
      const inRow = known.get(method)?.inRow ?? 0;
      const waitMs = Math.max(Math.min(LONGEST_MS, retryAfterMs ?? 0), backoffMs(AGAIN, inRow, random));
      note(method, why, inRow + 1, clock.monotonicMicros() + waitMs * 1_000);
    },
    failed(method, why) {
      note(method, why, 0, 0);
    },
    answered(method) {
      if (known.size > 0) known.delete(method);
    },
  };
}

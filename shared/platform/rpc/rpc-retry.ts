import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { BackoffPolicy } from '../process/backoff.ts';
import { backoffMs, sleep } from '../process/backoff.ts';

export interface RetryOptions {
  readonly random: Random;
  /** Default: a timer. Resolves false when the signal aborted. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<boolean>;
  /** Attempts in all where the node is unreachable or says "not now". Default 4. */
  readonly attempts?: number;
  readonly backoff?: BackoffPolicy;
  /** Attempts in all while the node has not reached the slot asked for. Default 12, about three seconds. */
  readonly slotAttempts?: number;
  readonly slotBackoff?: BackoffPolicy;
  /** Told before every further attempt. */
  readonly onRetry?: (error: ArbError) => void;
}

const BACKOFF: BackoffPolicy = { minMs: 50, baseMs: 200, capMs: 2_000 };
const SLOT_BACKOFF: BackoffPolicy = { minMs: 100, baseMs: 400, capMs: 400 };

/**
 * Runs `read` again after a passing fault, at most so many times, then throws its last error. Only for reads: a call
 * that changes something may have done so although its answer was lost.
 */
export async function retryRead<T>(
  read: () => Promise<T>,
  options: RetryOptions,
  signal?: AbortSignal,
): Promise<T> {
  const wait = options.sleep ?? sleep;
  const attempts = options.attempts ?? 4;
  const slotAttempts = options.slotAttempts ?? 12;
  let faults = 0;
  let slotFaults = 0;
  for (;;) {
    try {
      return await read();
    } catch (thrown) {
      if (!(thrown instanceof ArbError) || signal?.aborted === true) throw thrown;
      let delayMs: number;
      if (thrown.context.kind === 'behind') {
        if (++slotFaults >= slotAttempts) throw thrown;
        delayMs = backoffMs(options.slotBackoff ?? SLOT_BACKOFF, slotFaults - 1, options.random);
      } else {
        if (!isPassing(thrown) || ++faults >= attempts) throw thrown;
        delayMs = backoffMs(options.backoff ?? BACKOFF, faults - 1, options.random);
      }
      options.onRetry?.(thrown);
      if (!(await wait(delayMs, signal))) throw thrown;
    }
  }
}

/** Something that may be over in a moment: no answer came, or a refusal for the moment or the rate. */
function isPassing({ code, context }: ArbError): boolean {
  const { kind } = context;
  if (kind === undefined) return code === 'rpc-unreachable';
  return kind === 'busy' || kind === 'rate';
}

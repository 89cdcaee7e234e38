import type { Clock } from '../../core/clock.ts';
import { combineSends, type Sender, type SendOutcome, type SendTerms } from '../../execution/sender.ts';
import { sleep } from '../process/backoff.ts';
import { checkSignature } from './before-sending.ts';

export interface ResendPlan {
  readonly bytes: Uint8Array;
  readonly signature: string;
  readonly terms: SendTerms;
  /** Between two sends, now: it follows the measured slot time. */
  readonly everyMs: () => number;
  /** Sends in all. */
  readonly most: number;
  readonly clock: Clock;
  /** Aborted when the end of the transaction is known, or its blockhash has expired. */
  readonly over: AbortSignal;
}

export interface Resent {
  /** What all sends prove together. */
  readonly outcome: SendOutcome;
  readonly sends: number;
}

/** Answers that the same transaction will always get. */
const LASTING: readonly string[] = [
  'already-processed',
  'signature-refused',
  'request-refused',
  'too-many-locks',
  'tip-refused',
  'foreign-tip-account',
  'no-tip',
  'tip-too-low',
  'version-not-taken',
  'malformed-bundle',
];

/**
 * Sends the same signed transaction again and again, on time, whether or not the last answer has come: what a leader has
 * lost is only found by another send, and the same signature can land only once. Ends with the deadline, the count, an
 * answer that will not change, or `over`; waits for the answers that are still out.
 */
export async function resend(sender: Sender, plan: ResendPlan): Promise<Resent> {
  const { bytes, signature, terms, clock, over } = plan;
  checkSignature(bytes, signature);
  const outcomes: SendOutcome[] = [];
  const out: Promise<void>[] = [];
  const faults: unknown[] = [];
  const settled = new AbortController();
  const stop = AbortSignal.any([over, settled.signal]);
  while (out.length < plan.most && !stop.aborted && clock.monotonicMicros() < terms.deadlineMicros) {
    out.push(
      sender.send(bytes, signature, terms).then(
        (outcome) => {
          outcomes.push(outcome);
          if (LASTING.includes(outcome.reason)) settled.abort();
        },
        (thrown: unknown) => {
          faults.push(thrown);
          settled.abort();
        },
      ),
    );
    // The last send is waited for by its own deadline.
    if (out.length === plan.most) break;
    await sleep(plan.everyMs(), stop);
  }
  await Promise.all(out);
  if (faults.length > 0) throw faults[0];
  return { outcome: combineSends(outcomes), sends: out.length };
}

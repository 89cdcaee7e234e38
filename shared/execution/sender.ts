import type { Address } from '../core/address.ts';

/** What a relay must know of a signed transaction to judge and carry it; its bytes it only passes on. */
export interface SendTerms {
  /** Microseconds of the monotonic clock: nothing is sent, and no answer awaited, after it. */
  readonly deadlineMicros: number;
  /** Message version. */
  readonly version: 'legacy' | 0 | 1;
  /** What the transaction pays the relay; 0 where it pays none. */
  readonly tipLamports: bigint;
  /** Whom it pays that; undefined where it pays none. */
  readonly tipAccount: Address | undefined;
}

/**
 * What one send came to. `sent`: the relay has it, or the chain had it already. `never-accepted`: this send surely gave
 * the transaction to nobody. `unknown`: everything else, and then it may land until its blockhash expires.
 */
export type SendOutcome = Sent | NeverAccepted | Unknown;

export interface Sent {
  readonly verdict: 'sent';
  /** `accepted`: by this send. `already-processed`: the chain has it. `duplicate`: the relay had it before. */
  readonly reason: 'accepted' | 'already-processed' | 'duplicate';
  readonly detail: string;
  /** Under which the relay tells what became of it; undefined where it gives none. */
  readonly bundleId: string | undefined;
}

export interface NeverAccepted {
  readonly verdict: 'never-accepted';
  /** Of the row that proves it, such as `not-connected` or `asked-too-often`. */
  readonly reason: string;
  readonly detail: string;
}

export interface Unknown {
  readonly verdict: 'unknown';
  readonly reason: string;
  readonly detail: string;
}

/** One way of a signed transaction to the chain: one relay in one region. */
export interface Sender {
  /** `<relay>/<region>`. */
  readonly name: string;
  readonly relay: string;
  /**
   * Sends once. Never rejects for what the network or the relay does, and never sends again by itself. Throws
   * `send-foreign-signature` when the bytes do not hold the signature.
   */
  send(bytes: Uint8Array, signature: string, terms: SendTerms): Promise<SendOutcome>;
}

/**
 * What several sends of one signature prove together. One that was taken, or may have been, outweighs all that were not:
 * the transaction was never accepted only if no send of it was.
 */
export function combineSends(outcomes: readonly SendOutcome[]): SendOutcome {
  const found =
    outcomes.find(({ verdict }) => verdict === 'sent') ??
    outcomes.find(({ verdict }) => verdict === 'unknown') ??
    outcomes.at(-1);
  return found ?? { verdict: 'never-accepted', reason: 'not-sent', detail: 'it was never sent' };
}

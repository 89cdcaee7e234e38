import type { Address } from '../core/address.ts';
import type { Instruction } from '../core/instruction.ts';
import type { Outcome } from '../core/outcome.ts';

/** A swap that our own venues cannot make now: the primary venue is unavailable, or a position must be unwound. */
export interface BackupAsk {
  readonly mintIn: Address;
  readonly mintOut: Address;
  /** Base units of `mintIn`, all of them. */
  readonly amountIn: bigint;
  readonly maxSlippageBps: number;
  /** Pays, signs and receives, out of and into its associated token accounts. */
  readonly owner: Address;
}

/** The instructions of such a swap, judged and in the order that they run in. Not signed and not sent. */
export interface BackupPlan {
  readonly ask: BackupAsk;
  readonly expectedOut: bigint;
  /** The program fails the whole transaction when it would pay less. */
  readonly minimumOut: bigint;
  readonly instructions: readonly Instruction[];
  readonly lookupTables: readonly Address[];
  /** Venues in order, for people. */
  readonly route: readonly string[];
}

/**
 * `unavailable`: the router cannot be asked now. `no-route`: it knows no way. `bad-quote`: what it offers is not what was
 * asked. `unsafe-instructions`: they would do something else than the swap. The detail says what.
 */
export type BackupRefusal = 'unavailable' | 'no-route' | 'bad-quote' | 'unsafe-instructions';

/** The way out when our own routes are none. Never on the hot line; never rejects. */
export interface BackupRouter {
  plan(ask: BackupAsk): Promise<Outcome<BackupPlan, BackupRefusal>>;
}

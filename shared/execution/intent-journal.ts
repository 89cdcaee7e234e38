import type { Address } from '../core/address.ts';
import type { OrderState } from './order-event.ts';

/** One step of an order, as it is written down before anybody acts on it. Amounts in base units of `startMint`. */
export interface Intent {
  /** Unique across runs: `<run>-<order>`. */
  readonly orderId: string;
  /** That wrote the step: another than the order's where it was found out later what became of it. */
  readonly runId: string;
  /** Mode and market of the run: losses of one count for no other. */
  readonly scope: string;
  /** `approved` stands first of each order. */
  readonly state: 'approved' | OrderState;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly slot: number;
  readonly expiresAfterSlot: number;
  readonly startMint: Address;
  readonly amountIn: bigint;
  readonly minAmountOut: bigint;
  readonly maxCostLamports: bigint;
  /** How often the end of the order was corrected when this step was made. */
  readonly revision: number;
  /** What the step adds to what the order came to: 0 before its end; where it corrects one, what differs. */
  readonly netLamports: bigint;
}

export interface IntentQuery {
  readonly runId: string;
  /** Only ends from this moment on, Unix milliseconds. */
  readonly sinceMs: number;
}

/**
 * What was meant to be done, kept apart from the rows that a store may lose: nothing that was appended is ever dropped,
 * and nothing is pruned while its order has no end. Every method rejects with ArbError `intents-…`: then nobody may act on
 * the step.
 */
export interface IntentJournal {
  /**
   * Resolves when the step would survive a power cut. Appending the same state and revision of an order again changes
   * nothing.
   * Steps stand in the order in which they were appended.
   */
  append(intent: Intent): Promise<void>;
  /** Resolves when every step appended so far would survive a power cut; rejects when one of them would not. */
  sync(): Promise<void>;
  /** The last step of every order that has no end, oldest order first: to be reconciled before anything is sent. */
  open(): Promise<readonly Intent[]>;
  /** Every step of an order, in order. */
  steps(orderId: string): Promise<readonly Intent[]>;
  /** What the ends that a run has written came to together; undefined where the journal has no step of that run. */
  netLamports(query: IntentQuery): Promise<bigint | undefined>;
  /** Forgets orders that ended, and of which nothing was told since `beforeMs`: at most so many at once. */
  prune(request: { readonly beforeMs: number; readonly orders: number }): Promise<void>;
  /** Everything appended stays; closing twice is allowed. */
  close(): Promise<void>;
}

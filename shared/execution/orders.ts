import type { Approved } from '../risk/approve.ts';
import type { OrderEvent } from './order-event.ts';

/**
 * The port between the engine and whoever executes: paper is one implementation, a live executor another. Both calls are
 * plain and synchronous; what waits stands behind them.
 */
export interface Orders {
  /**
   * False: what is executed leaves no mark on the chain, so a gap that was taken still stands there, and must not be
   * counted again.
   */
  readonly movesMarket: boolean;
  /** Takes an order to be executed. Throws `order-forged` for one that risk has not made. */
  take(order: Approved): void;
  /**
   * `slot` has begun and the market stands as it was at its beginning: what is known of orders by now, which the engine
   * takes before it decides. An executor that is told by the chain answers with nothing, and has its events processed.
   */
  beginSlot(slot: number, atMicros: number): readonly OrderEvent[];
}

const NONE: readonly OrderEvent[] = [];

/** Orders of which others tell: those of a run that is replayed, whose events hold what became of them. */
export const toldOrders: Orders = { movesMarket: true, take: () => {}, beginSlot: () => NONE };

import type { Fill } from './fill.ts';
import type { OrderEvent } from './order-event.ts';

/** Why an event of an order comes to nothing: nobody knows the order, or it has ended and nothing new is said. */
export type OrderRefusal = 'unknown-order' | 'order-ended';

/**
 * Orders that have ended, and what that came to. An end is what somebody believed: the chain may prove it wrong, whichever
 * it was. A transaction given up may land, one that landed may be undone by a fork, or run another way on the next one.
 */
export interface EndedOrders {
  /** `slot` is the newest begun: what can still land by it is never forgotten. */
  keep(fill: Fill, slot: number): void;
  /** The end that the event proves wrong; or why it proves nothing. */
  corrected(event: OrderEvent): Fill | OrderRefusal;
}

/** So many are remembered at least. */
const KEPT = 256;

export function createEndedOrders(): EndedOrders {
  /** Oldest end first. */
  const ended = new Map<string, Fill>();
  return {
    keep(fill, slot) {
      const { id } = fill.terms;
      ended.delete(id);
      ended.set(id, fill);
      for (const [oldest, { terms }] of ended) {
        if (ended.size <= KEPT || terms.expiresAfterSlot >= slot) return;
        ended.delete(oldest);
      }
    },
    corrected(event) {
      const before = ended.get(event.id);
      if (before === undefined) return 'unknown-order';
      return contradicts(before, event) ? before : 'order-ended';
    },
  };
}

/** What landed or failed was seen on chain. That nothing is there proves something only once it cannot land any more. */
function contradicts({ state, terms }: Fill, event: OrderEvent): boolean {
  if (event.state === state) return false;
  if (event.state === 'landed' || event.state === 'failed') return true;
  return event.state === 'expired' && event.slot > terms.expiresAfterSlot;
}

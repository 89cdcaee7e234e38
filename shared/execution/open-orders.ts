import type { PoolEntry } from '../market/pool-entry.ts';
import type { OrderTerms } from '../risk/approve.ts';
import { areEntangled } from '../venues/shared-accounts.ts';
import type { OrderEvent, OrderState } from './order-event.ts';

/** An approved order that has not ended. */
export interface OpenOrder {
  readonly terms: OrderTerms;
  /** As last told; `approved` before. */
  readonly state: OrderState | 'approved';
  readonly reason: string;
}

/** Why an event of an order comes to nothing: nobody knows the order, or it has ended. */
export type OrderRefusal = 'unknown-order' | 'order-ended';

/** Every order from its approval to its end: what is on its way, and the pools that it holds. */
export interface OpenOrders {
  /** Oldest first. */
  readonly list: readonly OpenOrder[];
  /** An order on its way goes through the pool, or through one whose swaps move what this one pays. */
  isPoolBusy(pool: PoolEntry): boolean;
  place(terms: OrderTerms, pools: readonly PoolEntry[]): void;
  /** The terms of an order that the event ends, undefined while it goes on; or why the event means nothing. */
  take(event: OrderEvent): OrderTerms | undefined | OrderRefusal;
  /** Orders that nobody may send any more and of which nothing final was told become unknown. */
  beginSlot(slot: number): void;
}

/** So many orders that ended are remembered. */
const MAX_ENDED = 256;

const isEnd = (state: OrderState): boolean => state === 'landed' || state === 'failed' || state === 'expired';

export function createOpenOrders(): OpenOrders {
  let list: {
    terms: OrderTerms;
    state: OrderState | 'approved';
    reason: string;
    pools: readonly PoolEntry[];
  }[] = [];
  const busy = new Map<PoolEntry, number>();
  /** Oldest first: the last state of orders that have ended. */
  const ended = new Map<string, { readonly terms: OrderTerms; readonly state: OrderState }>();

  const hold = (pools: readonly PoolEntry[], change: 1 | -1): void => {
    for (const pool of pools) {
      const count = (busy.get(pool) ?? 0) + change;
      if (count === 0) busy.delete(pool);
      else busy.set(pool, count);
    }
  };

  const remember = (terms: OrderTerms, state: OrderState): void => {
    ended.set(terms.id, { terms, state });
    for (const id of ended.keys()) {
      if (ended.size <= MAX_ENDED) break;
      ended.delete(id);
    }
  };

  /** An order that was said to be over without having landed may have landed all the same: then it counts. */
  const takeLate = ({ id, state }: OrderEvent): OrderTerms | OrderRefusal => {
    const before = ended.get(id);
    if (before === undefined) return 'unknown-order';
    if (before.state !== 'expired' || (state !== 'landed' && state !== 'failed')) return 'order-ended';
    remember(before.terms, state);
    return before.terms;
  };

  return {
    get list() {
      return list;
    },
    isPoolBusy(pool) {
      if (busy.size === 0) return false;
      if (busy.has(pool)) return true;
      const { venue, state } = pool;
      if (venue.carry === undefined || state === undefined) return false;
      for (const other of busy.keys()) {
        if (other.state === undefined || other.venue !== venue) continue;
        if (areEntangled({ venue, state }, { venue, state: other.state })) return true;
      }
      return false;
    },
    place(terms, pools) {
      list.push({ terms, state: 'approved', reason: '', pools });
      hold(pools, 1);
    },
    take(event) {
      const order = list.find(({ terms }) => terms.id === event.id);
      if (order === undefined) return takeLate(event);
      if (!isEnd(event.state)) {
        order.state = event.state;
        order.reason = event.reason;
        return undefined;
      }
      list = list.filter((other) => other !== order);
      hold(order.pools, -1);
      remember(order.terms, event.state);
      return order.terms;
    },
    beginSlot(slot) {
      for (const order of list) {
        if (slot <= order.terms.expiresAfterSlot || order.state === 'unknown') continue;
        order.state = 'unknown';
        order.reason = 'nothing was told of it while it could land';
      }
    },
  };
}

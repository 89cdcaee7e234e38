import type { PoolEntry } from '../market/pool-entry.ts';
import type { OrderTerms } from '../risk/approve.ts';
import { areEntangled } from '../venues/shared-accounts.ts';
import { BY_TIME, isEnd, type OrderEvent, type OrderState, untold } from './order-event.ts';

/** An approved order that has not ended. */
export interface OpenOrder {
  readonly terms: OrderTerms;
  /** As last told; `approved` before. */
  readonly state: OrderState | 'approved';
  readonly reason: string;
  /** Since when it is in this state: the time of the event that said so first. */
  readonly sinceMicros: number;
}

/** Every order from its approval to its end: what is on its way, and the pools that it holds. */
export interface OpenOrders {
  /** Oldest first. */
  readonly list: readonly OpenOrder[];
  /** An order on its way goes through the pool, or through one whose swaps move what this one pays. */
  isPoolBusy(pool: PoolEntry): boolean;
  place(terms: OrderTerms, pools: readonly PoolEntry[], atMicros: number): void;
  /** The order that the event is of, as it is told now; an end lets go of it. Undefined: no such order is open. */
  take(event: OrderEvent): OpenOrder | undefined;
  /** That orders which nobody may send any more, and of which nothing final was told, are unknown: to be taken next. */
  beginSlot(slot: number, atMicros: number): readonly OrderEvent[];
}

const NOTHING: readonly OrderEvent[] = [];

interface Placed {
  readonly terms: OrderTerms;
  state: OrderState | 'approved';
  reason: string;
  sinceMicros: number;
  readonly pools: readonly PoolEntry[];
}

export function createOpenOrders(): OpenOrders {
  let list: Placed[] = [];
  let busy: ReadonlySet<PoolEntry> = new Set();

  const hold = (orders: Placed[]): void => {
    list = orders;
    busy = new Set(orders.flatMap(({ pools }) => pools));
  };

  return {
    get list() {
      return list;
    },
    isPoolBusy(pool) {
      if (busy.has(pool)) return true;
      const { venue, state } = pool;
      // Of most venues no two pools share anything.
      if (venue.carry === undefined || state === undefined) return false;
      for (const other of busy) {
        if (other.state === undefined) continue;
        if (areEntangled({ venue, state }, { venue: other.venue, state: other.state })) return true;
      }
      return false;
    },
    place(terms, pools, atMicros) {
      hold([...list, { terms, state: 'approved', reason: '', sinceMicros: atMicros, pools }]);
    },
    take({ id, state, reason, atMicros }) {
      const order = list.find(({ terms }) => terms.id === id);
      if (order === undefined) return undefined;
      if (order.state !== state) order.sinceMicros = atMicros;
      order.state = state;
      order.reason = reason;
      if (isEnd(state)) hold(list.filter((other) => other !== order));
      return order;
    },
    beginSlot(slot, atMicros) {
      let told = NOTHING;
      for (const { terms, state } of list) {
        if (slot <= terms.expiresAfterSlot || state === 'unknown') continue;
        const reason = 'nothing was told of it while it could land';
        told = [...told, { ...untold(terms.id, atMicros), slot, state: 'unknown', reason, source: BY_TIME }];
      }
      return told;
    },
  };
}

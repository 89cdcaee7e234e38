import type { Address } from '../core/address.ts';
import { slotsOf } from '../core/chain-parameters.ts';
import type { Random } from '../core/random.ts';
import type { Market } from '../market/market.ts';
import { type Approved, type OrderTerms, termsOf } from '../risk/approve.ts';
import { type Executed, executeLegs, grossLamportsNow } from './execute-legs.ts';
import type { Fill } from './fill.ts';

export interface PaperParams {
  /** An order decided in slot S meets the state at the end of slot S + latencySlots, or later; 0: of S itself. */
  readonly latencySlots: number;
  /** Its way to the leader: it takes as long when slots get shorter, and so more of them. 0 when absent. */
  readonly latencyMs?: number;
  /** Probability that an order lands at all. */
  readonly landingOdds: number;
}

/** An approved order on its way. */
export interface PaperOrder {
  readonly terms: OrderTerms;
  readonly landingSlot: number;
}

/** The trade book of paper mode: what was approved is executed later, against whatever the market is by then. */
export interface PaperBook {
  readonly pending: readonly PaperOrder[];
  isPoolBusy(pool: Address): boolean;
  place(approved: Approved, slot: number): PaperOrder;
  /** Ends every order whose landing slot is over now that `slot` has begun. */
  land(slot: number): readonly Fill[];
}

export function createPaperBook(
  { latencySlots, latencyMs = 0, landingOdds }: PaperParams,
  market: Market,
  random: Random,
): PaperBook {
  let pending: PaperOrder[] = [];
  const busy = new Map<Address, number>();

  const slotsUnderWay = (): number =>
    latencySlots === 0 ? 0 : Math.max(latencySlots, slotsOf(market.chain, latencyMs));

  const hold = (order: PaperOrder, change: 1 | -1): void => {
    for (const { pool } of order.terms.opportunity.legs) {
      const count = (busy.get(pool) ?? 0) + change;
      if (count === 0) busy.delete(pool);
      else busy.set(pool, count);
    }
  };

  const finish = (order: PaperOrder, slot: number): Fill => {
    // Drawn for every order, also one that cannot be priced, so that the stream of chance stays aligned.
    const lands = random.next() < landingOdds;
    if (!lands) return unpaid(order, slot, 'not-landed', 'not-included', 0n);
    const { opportunity, minAmountOut } = order.terms;
    const executed = executeLegs(opportunity, minAmountOut - opportunity.amountIn, market);
    if (executed.ok) return paid(order, slot, executed, market);
    if (executed.reason === 'state-unknown') return unpaid(order, slot, 'not-landed', executed.reason, 0n);
    return unpaid(order, slot, 'reverted', executed.reason, opportunity.costs.failureLamports);
  };

  return {
    get pending() {
      return pending;
    },
    isPoolBusy: (pool) => busy.has(pool),
    place(approved, slot) {
      const order = { terms: termsOf(approved), landingSlot: slot + slotsUnderWay() };
      pending.push(order);
      hold(order, 1);
      return order;
    },
    land(slot) {
      if (pending.length === 0) return [];
      const due = pending.filter((order) => order.landingSlot < slot);
      if (due.length === 0) return [];
      pending = pending.filter((order) => order.landingSlot >= slot);
      for (const order of due) hold(order, -1);
      return due.map((order) => finish(order, order.landingSlot));
    },
  };
}

function paid(
  { terms }: PaperOrder,
  slot: number,
  { amountIn, amountOut, leftovers }: Extract<Executed, { ok: true }>,
  market: Market,
): Fill {
  const { opportunity } = terms;
  const grossProfit = amountOut - amountIn;
  const costLamports = opportunity.costs.totalLamports;
  return {
    opportunity,
    outcome: 'filled',
    reason: 'filled',
    slot,
    amountOut,
    leftovers,
    grossProfit,
    costLamports,
    netProfit: grossProfit - opportunity.costUnits,
    netLamports: grossLamportsNow(opportunity, grossProfit, market) - costLamports,
  };
}

function unpaid(
  { terms }: PaperOrder,
  slot: number,
  outcome: 'reverted' | 'not-landed',
  reason: string,
  costLamports: bigint,
): Fill {
  const { opportunity } = terms;
  const { costs, costUnits } = opportunity;
  return {
    opportunity,
    outcome,
    reason,
    slot,
    amountOut: 0n,
    leftovers: [],
    grossProfit: 0n,
    costLamports,
    // The same rate at which the decision valued its costs; rounded away from zero.
    netProfit:
      costs.totalLamports === 0n
        ? 0n
        : -((costUnits * costLamports + costs.totalLamports - 1n) / costs.totalLamports),
    netLamports: -costLamports,
  };
}

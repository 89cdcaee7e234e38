import type { Address } from '../core/address.ts';
import type { Random } from '../core/random.ts';
import type { Market } from '../market/market.ts';
import { isQuotable } from '../market/pool-entry.ts';
import { referencePrice, unitsToLamports } from '../market/reference-price.ts';
import type { Approved } from '../risk/approve.ts';
import { offeredIn } from '../routing/opportunity.ts';
import type { PoolState } from '../venues/venue.ts';
import type { Fill, Leftover } from './fill.ts';

export interface PaperParams {
  /** An order decided in slot S meets the state at the end of slot S + latencySlots. At least 1. */
  readonly latencySlots: number;
  /** Probability that an order lands at all. */
  readonly landingOdds: number;
}

/** An approved order on its way. */
export interface PaperOrder {
  readonly approved: Approved;
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
  { latencySlots, landingOdds }: PaperParams,
  market: Market,
  random: Random,
): PaperBook {
  let pending: PaperOrder[] = [];
  const busy = new Map<Address, number>();

  const hold = (order: PaperOrder, change: 1 | -1): void => {
    for (const { pool } of order.approved.opportunity.legs) {
      const count = (busy.get(pool) ?? 0) + change;
      if (count === 0) busy.delete(pool);
      else busy.set(pool, count);
    }
  };

  const finish = (order: PaperOrder, slot: number): Fill => {
    // Drawn for every order, also one that cannot be priced, so that the stream of chance stays aligned.
    const lands = random.next() < landingOdds;
    if (!lands) return unpaid(order, slot, 'not-landed', 'not-included', 0n);
    const executed = execute(order.approved, market);
    if (executed.ok) return paid(order, slot, executed, market);
    if (executed.reason === 'state-unknown') return unpaid(order, slot, 'not-landed', executed.reason, 0n);
    const { failureLamports } = order.approved.opportunity.costs;
    return unpaid(order, slot, 'reverted', executed.reason, failureLamports);
  };

  return {
    get pending() {
      return pending;
    },
    isPoolBusy: (pool) => busy.has(pool),
    place(approved, slot) {
      const order = { approved, landingSlot: slot + latencySlots };
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

type Executed =
  | {
      readonly ok: true;
      readonly amountIn: bigint;
      readonly amountOut: bigint;
      readonly leftovers: readonly Leftover[];
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Runs the signed legs on the present state as the chain would: the amount offered to each leg was fixed when the
 * transaction was built, so a leg that pays less than the next one is offered reverts everything, and what is paid
 * beyond that, or not taken of it, stays in the wallet.
 */
function execute({ opportunity, minAmountOut }: Approved, market: Market): Executed {
  const { clock } = market;
  if (clock === undefined || !market.live) return { ok: false, reason: 'state-unknown' };
  const { legs, startMint } = opportunity;
  const states = new Map<Address, PoolState>();
  const held = new Map<Address, bigint>([[startMint, offeredIn(opportunity)]]);
  const lastHop = legs.at(-1)?.hop ?? 0;
  let amountIn = 0n;
  let amountOut = 0n;
  for (const leg of legs) {
    const entry = market.poolAt(leg.pool);
    if (entry?.state === undefined || !isQuotable(entry)) return { ok: false, reason: 'state-unknown' };
    const holding = held.get(leg.mintIn) ?? 0n;
    if (holding < leg.amountIn) return { ok: false, reason: 'leg-short' };
    // A pool met again stands as the leg before left it.
    const state = states.get(leg.pool) ?? entry.state;
    const settled = entry.venue.settle(state, leg.aToB, leg.amountIn, clock);
    if (!settled.ok) return { ok: false, reason: `leg-${settled.reason}` };
    states.set(leg.pool, settled.state);
    held.set(leg.mintIn, holding - settled.consumedIn);
    held.set(leg.mintOut, (held.get(leg.mintOut) ?? 0n) + settled.amountOut);
    if (leg.hop === 0) amountIn += settled.consumedIn;
    if (leg.hop === lastHop) amountOut += settled.amountOut;
  }
  if (amountOut - amountIn < minAmountOut - opportunity.amountIn)
    return { ok: false, reason: 'below-minimum-out' };
  held.delete(startMint);
  const leftovers = [...held].filter(([, amount]) => amount > 0n).map(([mint, amount]) => ({ mint, amount }));
  return { ok: true, amountIn, amountOut, leftovers };
}

function paid(
  { approved }: PaperOrder,
  slot: number,
  { amountIn, amountOut, leftovers }: Extract<Executed, { ok: true }>,
  market: Market,
): Fill {
  const { opportunity } = approved;
  const grossProfit = amountOut - amountIn;
  const costLamports = opportunity.costs.totalLamports;
  const price = referencePrice(market, opportunity.startMint);
  // Without a price now, the one the decision was made at still stands in the opportunity's own figures.
  const grossLamports =
    price === undefined
      ? (grossProfit * (opportunity.netLamports + costLamports)) / opportunity.grossProfit
      : unitsToLamports(grossProfit, price);
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
    netLamports: grossLamports - costLamports,
  };
}

function unpaid(
  { approved }: PaperOrder,
  slot: number,
  outcome: 'reverted' | 'not-landed',
  reason: string,
  costLamports: bigint,
): Fill {
  const { opportunity } = approved;
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

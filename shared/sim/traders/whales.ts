import type { Random } from '../../core/random.ts';
import type { FairPrices } from './fair-price.ts';
import type { DeskPool, PoolDesk } from './pool-desk.ts';

/** Traders too big for one pool: each pushes it off its peers, and leaves money on the table for arbitrage. */
export interface Whales {
  act(activity: number): void;
}

/** Chance of a whale in a calm slot. */
const ARRIVALS_PER_SLOT = 1 / 21;
/** Dollars that a whale leaves to be earned between its pool and the rest: log-normal, then cut to what is plausible. */
const TYPICAL_VALUE_USD = 0.55;
const VALUE_SPREAD = 1.25;
const VALUE_MIN_USD = 0.06;
const VALUE_MAX_USD = 14;
/** Least and most that a pool ends beyond the prices of its peers after all fees, in log price. */
const MOVE_MIN = 1.5e-4;
const MOVE_MAX = 110e-4;
/** A big order is sometimes sent in pieces over some slots. */
const SPLIT_CHANCE = 0.3;
/** Nobody pushes a pool that is already this far from fair: ranges of liquidity end somewhere. */
const FARTHEST = 160e-4;

interface Order {
  readonly pool: DeskPool;
  readonly aToB: boolean;
  readonly movePerSlot: number;
  slotsLeft: number;
}

export function createWhales(deps: {
  readonly desk: PoolDesk;
  readonly fair: FairPrices;
  readonly depthUsd: (pool: DeskPool) => number;
  readonly random: Random;
}): Whales {
  const { desk, fair, random } = deps;
  const detourFee = detourFees(desk);
  // Taken from, a book grows wide, and nothing in it is left to be earned.
  const curves = desk.pools.filter(({ venue }) => venue.book === undefined);
  let orders: Order[] = [];

  function place(): void {
    const pool = curves[random.below(curves.length)];
    const aToB = random.next() < 0.5;
    const value = TYPICAL_VALUE_USD * Math.exp(VALUE_SPREAD * random.normal());
    const slots = random.next() < SPLIT_CHANCE ? 2 + random.below(2) : 1;
    if (pool === undefined) return;
    const price = desk.price(pool);
    const center = fair.fair(pool);
    const depth = deps.depthUsd(pool);
    if (price === undefined || center === undefined || !(depth > 0)) return;
    const kept = Math.min(VALUE_MAX_USD, Math.max(VALUE_MIN_USD, value));
    const beyond = Math.min(MOVE_MAX, Math.max(MOVE_MIN, Math.sqrt((4 * kept) / depth)));
    const distance = Math.min(FARTHEST, price.fee + (detourFee.get(pool) ?? 0) + beyond);
    const target = aToB ? center - distance : center + distance;
    const move = aToB ? price.mid - target : target - price.mid;
    if (move > 0) orders.push({ pool, aToB, movePerSlot: move / slots, slotsLeft: slots });
  }

  return {
    act(activity) {
      if (random.next() < ARRIVALS_PER_SLOT * activity) place();
      if (orders.length === 0) return;
      for (const order of orders) {
        order.slotsLeft--;
        // A refusal ends the order: it would not fit at the next slot either.
        if (!desk.push(order.pool, order.aToB, order.movePerSlot)) order.slotsLeft = 0;
      }
      orders = orders.filter((order) => order.slotsLeft > 0);
    },
  };
}

/** For each pool the fee of the cheapest way round it, over one other pool or two: what its peers' band costs. */
function detourFees(desk: PoolDesk): Map<DeskPool, number> {
  const fees = new Map<DeskPool, number>();
  const feeOf = (pool: DeskPool): number => desk.price(pool)?.fee ?? 1;
  for (const pool of desk.pools) {
    const { state } = pool;
    if (state === undefined) continue;
    let best = 1;
    for (const first of desk.pools) {
      if (first === pool || first.state === undefined) continue;
      const { mintA, mintB } = first.state;
      const far = mintA === state.mintA ? mintB : mintB === state.mintA ? mintA : undefined;
      if (far === undefined) continue;
      if (far === state.mintB) {
        best = Math.min(best, feeOf(first));
        continue;
      }
      for (const second of desk.pools) {
        if (second === pool || second.state === undefined) continue;
        const { mintA: c, mintB: d } = second.state;
        const closes = (c === far && d === state.mintB) || (d === far && c === state.mintB);
        if (closes) best = Math.min(best, feeOf(first) + feeOf(second));
      }
    }
    fees.set(pool, best < 1 ? best : 0);
  }
  return fees;
}

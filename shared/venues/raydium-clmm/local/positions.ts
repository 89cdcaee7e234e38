import type { Random } from '../../../core/random.ts';
import { amountAUp, amountBUp, liquidityOfA, liquidityOfB } from '../../../math/sqrt-price.ts';
import { floorDiv, MAX_TICK, MIN_TICK } from '../../../math/tick.ts';
import { sqrtPriceAtTick, tickAtSqrtPrice } from '../tick-price.ts';
import type { TickContent } from './encode-arrays.ts';

/** The liquidity of a made-up pool: what its ticks hold and what its vaults must hold for it. */
export interface MadeLiquidity {
  readonly ticks: ReadonlyMap<number, TickContent>;
  /** At the price. */
  readonly liquidity: bigint;
  readonly amountA: bigint;
  readonly amountB: bigint;
}

/** Positions around the price, one over all prices, and limit orders where asked for, share the depth in these parts. */
const AROUND = 16;
const AROUND_PART = 0.82;
const ALL_PRICES_PART = 0.1;
const ORDERS_EACH_SIDE = 4;
const ORDERS_PART = 0.08;
/** Ticks from the price to the edges of the narrowest and the widest position around it: 0.4 % and about 60 %. */
const NARROWEST = 40;
const WIDEST = 5_000;

/**
 * Positions that put `depthA` base units of A above the price and their worth in B below it, most of it near;
 * `withOrders` adds limit orders on both sides of the price. The same `random` gives the same pool.
 */
export function makePositions(
  sqrtPrice: bigint,
  tickSpacing: number,
  depthA: number,
  withOrders: boolean,
  random: Random,
): MadeLiquidity {
  const ticks = new Map<number, TickContent>();
  const current = tickAtSqrtPrice(sqrtPrice);
  const price = (Number(sqrtPrice) / 2 ** 64) ** 2;
  const highest = floorDiv(MAX_TICK, tickSpacing) * tickSpacing;
  const lowest = -floorDiv(-MIN_TICK, tickSpacing) * tickSpacing;
  const snap = (tick: number) =>
    Math.min(Math.max(Math.round(tick / tickSpacing) * tickSpacing, lowest), highest);
  let liquidity = 0n;
  let amountA = 0n;
  let amountB = 0n;

  const addPosition = (lower: number, upper: number, part: number): void => {
    if (lower >= upper) return;
    const low = sqrtPriceAtTick(lower);
    const high = sqrtPriceAtTick(upper);
    if (low > sqrtPrice || high <= sqrtPrice) return;
    const fromA = liquidityOfA(BigInt(Math.floor(depthA * part)), sqrtPrice, high);
    const fromB = liquidityOfB(BigInt(Math.floor(depthA * part * price)), low, sqrtPrice);
    const least = smaller(fromA, fromB);
    if (least === 0n) return;
    join(ticks, lower, { net: least, gross: least, orders: 0n });
    join(ticks, upper, { net: -least, gross: least, orders: 0n });
    liquidity += least;
    amountA += amountAUp(least, sqrtPrice, high);
    amountB += amountBUp(least, low, sqrtPrice);
  };

  const widest = Math.max(WIDEST, 8 * tickSpacing);
  const narrowest = Math.max(NARROWEST, 2 * tickSpacing);
  for (let i = 0; i < AROUND; i++) {
    const half = narrowest * (widest / narrowest) ** (i / (AROUND - 1));
    const lower = snap(current - half * (0.8 + 0.4 * random.next()) - tickSpacing);
    const upper = snap(current + half * (0.8 + 0.4 * random.next()) + tickSpacing);
    addPosition(lower, upper, AROUND_PART / AROUND);
  }
  addPosition(lowest, highest, ALL_PRICES_PART);
  for (let i = 0; withOrders && i < ORDERS_EACH_SIDE; i++) {
    const offered = depthA * (ORDERS_PART / ORDERS_EACH_SIDE) * (0.5 + random.next());
    const away = narrowest * (0.5 + i + random.next()) + tickSpacing;
    const ordersA = BigInt(Math.floor(offered));
    const ordersB = BigInt(Math.floor(offered * price));
    // Above the price A is offered, below it B.
    if (ordersA > 0n) join(ticks, snap(current + away), { net: 0n, gross: 0n, orders: ordersA });
    if (ordersB > 0n) join(ticks, snap(current - away), { net: 0n, gross: 0n, orders: ordersB });
    amountA += ordersA;
    amountB += ordersB;
  }
  return { ticks, liquidity, amountA, amountB };
}

function join(ticks: Map<number, TickContent>, tick: number, more: TickContent): void {
  const known = ticks.get(tick);
  if (known === undefined) {
    ticks.set(tick, more);
    return;
  }
  ticks.set(tick, {
    net: known.net + more.net,
    gross: known.gross + more.gross,
    orders: known.orders + more.orders,
  });
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

import type { Random } from '../../../core/random.ts';
import { amountAUp, amountBUp, liquidityOfA, liquidityOfB } from '../../../math/sqrt-price.ts';
import { MAX_TICK, MIN_TICK, sqrtPriceAtTick, tickAtSqrtPrice } from '../../../math/tick.ts';
import type { TickLiquidity } from './encode-arrays.ts';

/** The liquidity of a made-up pool: what its ticks hold and what its vaults must hold for it. */
export interface MadeLiquidity {
  readonly ticks: ReadonlyMap<number, TickLiquidity>;
  /** At the price. */
  readonly liquidity: bigint;
  readonly amountA: bigint;
  readonly amountB: bigint;
}

/** Positions around the price, positions on one side of it, and one over all prices share the depth in these parts. */
const AROUND = { count: 14, part: 0.75 };
const ONE_SIDED = { count: 6, part: 0.15 };
const ALL_PRICES_PART = 0.1;
/** Ticks from the price to the edge of the widest position around it: about 60 %. */
const WIDEST = 5_000;
const NARROWEST = 40;

/**
 * A few dozen positions that put `depthA` base units of A above the price and their worth in B below it, most of
 * it near. The same `random` gives the same positions.
 */
export function makePositions(
  sqrtPrice: bigint,
  tickSpacing: number,
  depthA: number,
  random: Random,
): MadeLiquidity {
  const ticks = new Map<number, { net: bigint; gross: bigint }>();
  const current = tickAtSqrtPrice(sqrtPrice);
  const price = (Number(sqrtPrice) / 2 ** 64) ** 2;
  const whole = { liquidity: 0n, amountA: 0n, amountB: 0n };
  const lowest = -usable(-MIN_TICK, tickSpacing);
  const highest = usable(MAX_TICK, tickSpacing);
  const snap = (tick: number) =>
    Math.min(Math.max(Math.round(tick / tickSpacing) * tickSpacing, lowest), highest);

  const add = (lower: number, upper: number, part: number): void => {
    if (lower >= upper) return;
    const low = sqrtPriceAtTick(lower);
    const high = sqrtPriceAtTick(upper);
    const inA = BigInt(Math.floor(depthA * part));
    const inB = BigInt(Math.floor(depthA * part * price));
    // Positions around the price get the liquidity that their share makes on the upper side.
    const liquidity =
      high <= sqrtPrice
        ? liquidityOfB(inB, low, high)
        : liquidityOfA(inA, low > sqrtPrice ? low : sqrtPrice, high);
    if (liquidity === 0n) return;
    join(ticks, lower, liquidity, liquidity);
    join(ticks, upper, -liquidity, liquidity);
    const from = low > sqrtPrice ? low : sqrtPrice;
    const until = high < sqrtPrice ? high : sqrtPrice;
    if (high > from) whole.amountA += amountAUp(liquidity, from, high);
    if (until > low) whole.amountB += amountBUp(liquidity, low, until);
    if (lower <= current && current < upper) whole.liquidity += liquidity;
  };

  const narrowest = Math.max(NARROWEST, 2 * tickSpacing);
  const widest = Math.max(WIDEST, 8 * tickSpacing);
  for (let i = 0; i < AROUND.count; i++) {
    const half = narrowest * (widest / narrowest) ** (i / (AROUND.count - 1));
    const lower = snap(current - half * (0.8 + 0.4 * random.next()) - tickSpacing);
    const upper = snap(current + half * (0.8 + 0.4 * random.next()) + tickSpacing);
    add(lower, upper, AROUND.part / AROUND.count);
  }
  for (let i = 0; i < ONE_SIDED.count; i++) {
    const near = narrowest * (1 + i + random.next());
    const width = narrowest * (1 + 2 * random.next()) + tickSpacing;
    add(snap(current + tickSpacing + near), snap(current + tickSpacing + near + width), ONE_SIDED.part / 6);
    add(snap(current - tickSpacing - near - width), snap(current - tickSpacing - near), ONE_SIDED.part / 6);
  }
  add(lowest, highest, ALL_PRICES_PART);
  for (const [tick, { gross }] of ticks) if (gross === 0n) ticks.delete(tick);
  return { ticks, ...whole };
}

function usable(tick: number, tickSpacing: number): number {
  return Math.floor(tick / tickSpacing) * tickSpacing;
}

function join(
  ticks: Map<number, { net: bigint; gross: bigint }>,
  tick: number,
  net: bigint,
  gross: bigint,
): void {
  const known = ticks.get(tick);
  if (known === undefined) ticks.set(tick, { net, gross });
  else {
    known.net += net;
    known.gross += gross;
  }
}

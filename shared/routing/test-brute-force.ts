import type { PoolEntry } from '../market/pool-entry.ts';
import { isBeyondCompute } from '../venues/compute.ts';
import { quoteRoute, type Route } from './graph/route.ts';
import { CLOCK } from './test-market.ts';

/** The best there is, found without any of the search's ideas: everything tried on a fine grid, with exact quotes. */

const SIZES = 240;
const STEPPED_SIZES = 400;
const ZOOMS = 3;
const ZOOM_POINTS = 16;

/** Highest profit of a route with one pool a hop, base units; negative when none pays. */
export function bestOfRoute(route: Route, maxIn: bigint): number {
  const profitAt = (size: number): number => {
    const offered = size >= Number(maxIn) ? maxIn : BigInt(Math.floor(size));
    const quote = quoteRoute(route, offered, CLOCK);
    return quote === undefined ? -1 : Number(quote.amountOut - quote.amountIn);
  };
  return bestOnGrid(profitAt, 1, Number(maxIn), SIZES);
}

/**
 * As `bestOfRoute`, where what comes out stands still over wide stretches of what goes in: a size that may be the best
 * counts with the least input that pays as much.
 */
export function bestOfSteppedRoute(route: Route, maxIn: bigint): number {
  const quoteAt = (size: bigint) => {
    const quote = quoteRoute(route, size, CLOCK);
    return quote === undefined
      ? undefined
      : { size, paid: quote.amountOut, profit: Number(quote.amountOut - quote.amountIn) };
  };
  let best = -1;
  let bestAt = 1n;
  const visit = (at: number): void => {
    const size = at >= Number(maxIn) ? maxIn : BigInt(Math.max(1, Math.floor(at)));
    const found = quoteAt(size);
    if (found === undefined) return;
    // What less goes in is gained: as far down as a 32nd.
    let low = size - size / 32n - 1n;
    let high = size;
    let least = found;
    if (found.profit + Number(size - low) <= best) return;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      const at = quoteAt(middle);
      if (at !== undefined && at.paid >= found.paid) {
        high = middle;
        if (at.profit > least.profit) least = at;
      } else low = middle;
    }
    if (least.profit <= best) return;
    best = least.profit;
    bestAt = least.size;
  };
  const width = Math.log(Number(maxIn));
  for (let i = 0; i <= STEPPED_SIZES; i++) visit(Math.exp((width * i) / STEPPED_SIZES));
  for (let reach = 0.1; reach > 1e-4; reach /= 4) {
    const around = Number(bestAt);
    for (let i = -ZOOM_POINTS; i <= ZOOM_POINTS; i++) visit(around * (1 + (reach * i) / ZOOM_POINTS));
  }
  return best;
}

/** One hop of a split route: two pools of a pair and their direction. */
export interface SplitHop {
  readonly pools: readonly { readonly pool: PoolEntry; readonly aToB: boolean }[];
}

/** Highest profit of a cycle in which hops may have two pools each: sizes and shares on grids, zoomed in on. */
export function bestOfSplit(hops: readonly SplitHop[], maxIn: bigint): number {
  const profitAt = (size: number, shares: readonly number[]): number => {
    let total = BigInt(Math.floor(size));
    let taken = 0n;
    let units = 0;
    for (const [h, { pools }] of hops.entries()) {
      let output = 0n;
      let left = total;
      for (const [i, { pool, aToB }] of pools.entries()) {
        const isLast = i === pools.length - 1;
        const amount = isLast ? left : BigInt(Math.floor(Number(total) * shares[h]!));
        left -= amount;
        if (amount === 0n) continue;
        const quote = pool.venue.quote(pool.state!, aToB, amount, CLOCK);
        if (!quote.ok) return -1;
        units += quote.computeUnits;
        output += quote.amountOut;
        if (h === 0) taken += quote.consumedIn;
      }
      total = output;
    }
    return isBeyondCompute(units, CLOCK) ? -1 : Number(total - taken);
  };
  let size = 0;
  let shares = hops.map(() => 0.5);
  let best = -1;
  const visit = (atSize: number, atShares: readonly number[]): void => {
    if (atSize < 1 || atSize > Number(maxIn)) return;
    const profit = profitAt(atSize, atShares);
    if (profit <= best) return;
    best = profit;
    size = atSize;
    shares = [...atShares];
  };
  const low = Math.log(1e5);
  const width = Math.log(Number(maxIn)) - low;
  for (let s = 0; s <= 24; s++) {
    const atSize = s === 24 ? Number(maxIn) : Math.exp(low + (width * s) / 24);
    for (const atShares of shareGrid(hops, 0.5, 0.5, 5, shares)) visit(atSize, atShares);
  }
  if (best <= 0) return best;
  for (let reach = 0.5; reach > 3e-4; reach /= 2) {
    const around = size;
    const centre = shares;
    for (let s = -2; s <= 2; s++)
      for (const atShares of shareGrid(hops, 0, reach / 2, 2, centre))
        visit(around * Math.exp((s * reach) / 2), atShares);
  }
  return best;
}

/** Shares of each split hop's first pool: around `centre`, or around a half where `middle` says so. */
function* shareGrid(
  hops: readonly SplitHop[],
  middle: number,
  reach: number,
  points: number,
  centre: readonly number[],
): Generator<number[]> {
  const axis = (h: number): readonly number[] => {
    if (hops[h]!.pools.length === 1) return [1];
    const around = middle > 0 ? middle : centre[h]!;
    const values: number[] = [];
    for (let i = -points; i <= points; i++) {
      const share = around + (reach * i) / points;
      if (share >= 0 && share <= 1) values.push(share);
    }
    return values;
  };
  const axes = hops.map((_, h) => axis(h));
  const walk = function* (h: number, chosen: number[]): Generator<number[]> {
    if (h === axes.length) yield [...chosen];
    else for (const share of axes[h]!) yield* walk(h + 1, [...chosen, share]);
  };
  yield* walk(0, []);
}

function bestOnGrid(height: (at: number) => number, low: number, high: number, points: number): number {
  let best = -1;
  let bestAt = low;
  const visit = (at: number): void => {
    if (at < low || at > high) return;
    const here = height(at);
    if (here > best) {
      best = here;
      bestAt = at;
    }
  };
  const width = Math.log(high / low);
  for (let i = 0; i <= points; i++) visit(i === points ? high : low * Math.exp((width * i) / points));
  let step = width / points;
  for (let zoom = 0; zoom < ZOOMS; zoom++) {
    const around = bestAt;
    for (let i = -ZOOM_POINTS; i <= ZOOM_POINTS; i++) visit(around * Math.exp((step * i) / ZOOM_POINTS));
    step /= ZOOM_POINTS / 2;
  }
  return best;
}

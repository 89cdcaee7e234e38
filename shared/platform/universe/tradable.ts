import type { ChainClock } from '../../core/clock.ts';
import { depthOf } from '../../market/depth.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';

/** What can be had of each mint of a pool, base units. */
export interface TradableAmounts {
  /** Within a percent of the price, by one swap. */
  readonly nearA: bigint;
  readonly nearB: bigint;
  /** All of it: what a constant product with the same depth would hold, and no more than the pool would ever pay. */
  readonly amountA: number;
  readonly amountB: number;
}

export const NOTHING_TRADABLE: TradableAmounts = { nearA: 0n, nearB: 0n, amountA: 0, amountB: 0 };

const NEAR_BPS = 100;
const NEAR = { maxFallBps: NEAR_BPS, halvings: 40 };
const EVERYTHING = { maxFallBps: 10_000, halvings: 20 };

/**
 * What a pool can trade, by its own exact quotes and not by what its vaults hold: a vault may be shared with other
 * pools, and money may stand far from the price, belong to the makers of an order book, or be lent out. A constant
 * product gives a hundredth of what it holds within a percent of its price, so a hundred times that is what a pool
 * counts as holding, and never more than a swap without a limit would get.
 */
export function tradableAmounts(entry: PoolEntry, clock: ChainClock): TradableAmounts {
  if (!isQuotable(entry) || entry.state === undefined) return NOTHING_TRADABLE;
  const { venue, state } = entry;
  const side = (aToB: boolean): readonly [near: bigint, all: number] => {
    const near = depthOf(venue, state, aToB, clock, NEAR);
    const most = depthOf(venue, state, aToB, clock, EVERYTHING);
    return [near, Math.min((Number(near) * 10_000) / NEAR_BPS, Number(most))];
  };
  const [nearB, amountB] = side(true);
  const [nearA, amountA] = side(false);
  return { nearA, nearB, amountA, amountB };
}

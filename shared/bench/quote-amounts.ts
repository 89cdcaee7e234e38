import { CONTRACT_CLOCK, type ContractPool, vaultAmount } from '../venues/contract.ts';
import type { PoolState, Venue } from '../venues/venue.ts';

export const AMOUNTS = 64;
/** The part of its vault that goes in where the price should stay within one range. */
const ONE_RANGE = 200_000n;

/** True of a pool whose quotes may go through more than one range of ticks, bin or level of a book. */
export function hasRanges(state: PoolState): boolean {
  return rangeOf(state) !== undefined;
}

/**
 * 64 amounts of A within a factor of two of each other, whole multiples of `lot`. With `many` each takes the price
 * out of the range, bin or level it stands in, without it none does where the pool has any.
 */
export function quoteAmounts(venue: Venue, pool: ContractPool, many: boolean, lot = 1n): bigint[] {
  let least = vaultAmount(pool.accounts, pool.state.vaultA) / ONE_RANGE;
  while (many && !leavesRange(venue, pool, least)) least *= 2n;
  while (!many && leavesRange(venue, pool, least * 2n)) least /= 2n;
  least = (least / lot) * lot + (many ? lot : 0n);
  const amounts = Array.from({ length: AMOUNTS }, (_, i) => {
    const amount = least + (least * BigInt(i)) / BigInt(AMOUNTS);
    return amount - (amount % lot);
  });
  for (const amountIn of amounts) {
    if (leavesRange(venue, pool, amountIn) !== many) {
      throw new Error(`${venue.id}: ${amountIn} ${many ? 'stays within' : 'leaves'} the range`);
    }
  }
  return amounts;
}

function leavesRange(venue: Venue, pool: ContractPool, amountIn: bigint): boolean {
  const settled = venue.settle(pool.state, true, amountIn, CONTRACT_CLOCK);
  if (!settled.ok) throw new Error(`${venue.id} does not swap ${amountIn}: ${settled.reason}`);
  return rangeOf(settled.state) !== rangeOf(pool.state);
}

interface Ranges {
  readonly liquidity?: bigint;
  readonly activeId?: number;
  readonly bids?: { readonly count: number; readonly ticks: Float64Array; readonly lots: Float64Array };
}

/** What is another once the price has left its range, bin or best level; undefined for pools without any. */
function rangeOf(state: PoolState): bigint | number | undefined {
  const { liquidity, activeId, bids } = state as PoolState & Ranges;
  if (bids !== undefined) return bids.ticks[bids.lots.findIndex((lots) => lots > 0)] ?? 0;
  return activeId ?? liquidity;
}

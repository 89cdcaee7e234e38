import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';

/** One pool's marginal prices, middle of both directions where it trades in both. */
interface Link {
  readonly mint: Address;
  /** Units of the other mint for one of this. */
  readonly worth: number;
}

/**
 * Roughly what a base unit of every mint that pools connect with `start` is worth in base units of `start`: the median
 * over the pools to mints already known, nearest first. It scales numbers and decides nothing.
 */
export function mintWorths(
  pools: readonly PoolEntry[],
  start: Address,
  clock: ChainClock,
): ReadonlyMap<Address, number> {
  const links = new Map<Address, Link[]>();
  const add = (from: Address, link: Link): void => {
    const list = links.get(from);
    if (list === undefined) links.set(from, [link]);
    else list.push(link);
  };
  for (const { state, venue } of pools.filter(isQuotable)) {
    if (state === undefined) continue;
    const there = venue.marginalPrice(state, true, clock);
    const back = venue.marginalPrice(state, false, clock);
    const price = there > 0 && back > 0 ? Math.sqrt(there / back) : there > 0 ? there : 1 / back;
    if (!(price > 0 && Number.isFinite(price))) continue;
    add(state.mintA, { mint: state.mintB, worth: price });
    add(state.mintB, { mint: state.mintA, worth: 1 / price });
  }
  const worths = new Map<Address, number>([[start, 1]]);
  let nearest: readonly Address[] = [start];
  while (nearest.length > 0) {
    const next = new Set<Address>();
    for (const mint of nearest) {
      for (const link of links.get(mint) ?? []) if (!worths.has(link.mint)) next.add(link.mint);
    }
    const found: (readonly [Address, number])[] = [];
    for (const mint of next) {
      const implied = (links.get(mint) ?? [])
        .filter((link) => worths.has(link.mint))
        .map((link) => link.worth * worths.get(link.mint)!)
        .sort((a, b) => a - b);
      found.push([mint, implied[implied.length >> 1]!]);
    }
    for (const [mint, worth] of found) worths.set(mint, worth);
    nearest = [...next];
  }
  return worths;
}

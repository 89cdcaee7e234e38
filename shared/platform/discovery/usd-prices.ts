import { type Address, USDC_MINT } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';

/** Mints that count as one US dollar a whole token, with their decimals. */
export const DOLLAR_MINTS: ReadonlyMap<Address, number> = new Map([
  [USDC_MINT, 6],
  ['Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB' as Address, 6],
]);

/** Base units that a pool's vaults hold. */
export interface VaultAmounts {
  readonly amountA: bigint;
  readonly amountB: bigint;
}

export interface PricedPool extends VaultAmounts {
  readonly entry: PoolEntry;
}

/**
 * US dollars per base unit of every mint that pools lead to from a dollar mint. Each mint is priced by the pool that
 * holds the most dollars on its known side, so that a thin pool with an odd price values nothing but itself.
 */
export function usdPrices(pools: readonly PricedPool[], clock: ChainClock): ReadonlyMap<Address, number> {
  const prices = new Map<Address, number>();
  for (const [mint, decimals] of DOLLAR_MINTS) prices.set(mint, 10 ** -decimals);
  for (;;) {
    let best: { mint: Address; price: number; dollars: number } | undefined;
    for (const { entry, amountA, amountB } of pools) {
      const { state } = entry;
      if (state === undefined || !isQuotable(entry)) continue;
      const { mintA, mintB } = state;
      const knownA = prices.get(mintA);
      const knownB = prices.get(mintB);
      if ((knownA === undefined) === (knownB === undefined)) continue;
      const bPerA = middlePrice(entry, clock);
      if (bPerA === undefined) continue;
      const [mint, price, dollars] =
        knownA === undefined
          ? [mintA, knownB! * bPerA, Number(amountB) * knownB!]
          : [mintB, knownA / bPerA, Number(amountA) * knownA];
      if (best === undefined || dollars > best.dollars) best = { mint, price, dollars };
    }
    if (best === undefined) return prices;
    prices.set(best.mint, best.price);
  }
}

/** Base units of B per base unit of A between the two marginal prices; undefined where the pool trades one way only. */
function middlePrice({ venue, state }: PoolEntry, clock: ChainClock): number | undefined {
  const out = venue.marginalPrice(state!, true, clock);
  const back = venue.marginalPrice(state!, false, clock);
  const middle = Math.sqrt(out / back);
  return out > 0 && back > 0 && Number.isFinite(middle) && middle > 0 ? middle : undefined;
}

/** What both vaults hold, in US dollars; undefined when a side has no price. */
export function liquidityUsd(pool: PricedPool, prices: ReadonlyMap<Address, number>): number | undefined {
  const { state } = pool.entry;
  const priceA = state === undefined ? undefined : prices.get(state.mintA);
  const priceB = state === undefined ? undefined : prices.get(state.mintB);
  if (priceA === undefined || priceB === undefined) return undefined;
  return Number(pool.amountA) * priceA + Number(pool.amountB) * priceB;
}

import { type Address, USDC_MINT } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { agree, type Voice } from '../../market/agreement.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';
import type { TradableAmounts } from './tradable.ts';

/** Mints that count as one US dollar a whole token, with their decimals. */
export const DOLLAR_MINTS: ReadonlyMap<Address, number> = new Map([
  [USDC_MINT, 6],
  ['Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB' as Address, 6],
]);

export interface PricedPool extends TradableAmounts {
  readonly entry: PoolEntry;
}

/** Within a percent of the price, the pools that agree on a mint must give this many dollars together. */
const MIN_DEPTH_USD = 1;

/**
 * US dollars per base unit of every mint that pools lead to from a dollar mint. A price is what the depth of all pools
 * from mints already priced agrees on; a mint without enough depth or without agreement has none, and prices nothing.
 * The mint with the most depth comes first.
 */
export function usdPrices(pools: readonly PricedPool[], clock: ChainClock): ReadonlyMap<Address, number> {
  const prices = new Map<Address, number>();
  for (const [mint, decimals] of DOLLAR_MINTS) prices.set(mint, 10 ** -decimals);
  for (;;) {
    let best: { mint: Address; price: number; dollars: number } | undefined;
    for (const [mint, voices] of voicesOf(pools, prices, clock)) {
      const agreed = agree(voices);
      if (agreed === undefined) continue;
      const price = Math.exp(agreed.logPrice);
      const dollars = agreed.weight * Math.sqrt(price);
      if (dollars >= MIN_DEPTH_USD && (best === undefined || dollars > best.dollars))
        best = { mint, price, dollars };
    }
    if (best === undefined) return prices;
    prices.set(best.mint, best.price);
  }
}

/** What the pools say of each mint that has no price yet, by those that have one. */
function voicesOf(
  pools: readonly PricedPool[],
  prices: ReadonlyMap<Address, number>,
  clock: ChainClock,
): ReadonlyMap<Address, Voice[]> {
  const voices = new Map<Address, Voice[]>();
  for (const { entry, nearA, nearB } of pools) {
    const { state } = entry;
    if (state === undefined || !isQuotable(entry)) continue;
    const { mintA, mintB } = state;
    const knownA = prices.get(mintA);
    const knownB = prices.get(mintB);
    if ((knownA === undefined) === (knownB === undefined)) continue;
    const bPerA = middlePrice(entry, clock);
    if (bPerA === undefined) continue;
    const [mint, price, dollars, units] =
      knownA === undefined
        ? [mintA, knownB! * bPerA, Number(nearB) * knownB!, Number(nearA)]
        : [mintB, knownA / bPerA, Number(nearA) * knownA, Number(nearB)];
    const voice = { logPrice: Math.log(price), weight: Math.sqrt(dollars) * Math.sqrt(units), votes: true };
    const others = voices.get(mint);
    if (others === undefined) voices.set(mint, [voice]);
    else others.push(voice);
  }
  return voices;
}

/** Base units of B per base unit of A between the two marginal prices; undefined where the pool trades one way only. */
function middlePrice({ venue, state }: PoolEntry, clock: ChainClock): number | undefined {
  const out = venue.marginalPrice(state!, true, clock);
  const back = venue.marginalPrice(state!, false, clock);
  const middle = Math.sqrt(out / back);
  return out > 0 && back > 0 && Number.isFinite(middle) && middle > 0 ? middle : undefined;
}

/**
 * What can be traded out of both sides, in US dollars, at the pool's own price from the side whose mint was priced
 * first: no pool is worth more than what its better known side gives, twice. Undefined when neither side has a price.
 */
export function liquidityUsd(
  { entry, amountA, amountB }: PricedPool,
  prices: ReadonlyMap<Address, number>,
  clock: ChainClock,
): number | undefined {
  const { state } = entry;
  if (state === undefined) return undefined;
  const bPerA = middlePrice(entry, clock);
  for (const [mint, price] of bPerA === undefined ? [] : prices) {
    if (mint === state.mintA) return amountA * price + (amountB / bPerA!) * price;
    if (mint === state.mintB) return amountB * price + amountA * bPerA! * price;
  }
  return undefined;
}

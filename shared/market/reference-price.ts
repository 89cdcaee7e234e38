import { type Address, WSOL_MINT } from '../core/address.ts';
import type { Market } from './market.ts';
import { isQuotable } from './pool-entry.ts';

/** Fixed-point scale of a reference price: 40 fractional bits. */
const SCALE_BITS = 40n;
const SCALE = 2 ** Number(SCALE_BITS);

/** Base units of a mint per lamport, in fixed point. Reached from floats, so it values costs; it never sizes a trade. */
export interface ReferencePrice {
  readonly unitsPerLamportScaled: bigint;
}

const LAMPORT_ITSELF: ReferencePrice = { unitsPerLamportScaled: 1n << SCALE_BITS };

/** What a lamport is worth in `mint`: what the pools say; where none does, the fallback price while it is young enough. */
export function referencePrice(market: Market, mint: Address): ReferencePrice | undefined {
  return poolPrice(market, mint) ?? market.fallbackPrices.of(mint, market.slot);
}

/**
 * What a lamport is worth in `mint`: the median over every quotable pool that trades the mint against wSOL, each at
 * the middle of its two marginal prices, so that one odd pool decides nothing. Undefined when there is no such pool.
 */
export function poolPrice(market: Market, mint: Address): ReferencePrice | undefined {
  if (mint === WSOL_MINT) return LAMPORT_ITSELF;
  const clock = market.clock;
  if (clock === undefined) return undefined;
  const prices: number[] = [];
  for (const entry of market.pools) {
    const state = entry.state;
    if (state === undefined || !isQuotable(entry)) continue;
    const solIsA = state.mintA === WSOL_MINT && state.mintB === mint;
    if (!solIsA && !(state.mintB === WSOL_MINT && state.mintA === mint)) continue;
    const out = entry.venue.marginalPrice(state, solIsA, clock);
    const back = entry.venue.marginalPrice(state, !solIsA, clock);
    if (out > 0 && back > 0) prices.push(Math.sqrt(out / back));
  }
  if (prices.length === 0) return undefined;
  prices.sort((a, b) => a - b);
  const scaled = scaledUnits(prices[prices.length >> 1]!);
  return scaled === undefined ? undefined : { unitsPerLamportScaled: scaled };
}

/** A float of base units per lamport in the fixed point of a reference price; undefined when it does not fit. */
export function scaledUnits(unitsPerLamport: number): bigint | undefined {
  const scaled = Math.round(unitsPerLamport * SCALE);
  return Number.isFinite(scaled) && scaled >= 1 ? BigInt(scaled) : undefined;
}

/** Lamports in base units of the mint, rounded up: a cost is never valued below what it is. */
export function lamportsToUnits(lamports: bigint, price: ReferencePrice): bigint {
  return (lamports * price.unitsPerLamportScaled + (1n << SCALE_BITS) - 1n) >> SCALE_BITS;
}

/** Base units of the mint in lamports, rounded towards negative infinity: a profit is never valued above what it is. */
export function unitsToLamports(units: bigint, price: ReferencePrice): bigint {
  const scaled = units << SCALE_BITS;
  const quotient = scaled / price.unitsPerLamportScaled;
  return scaled < 0n && quotient * price.unitsPerLamportScaled !== scaled ? quotient - 1n : quotient;
}

import type { Address } from '../core/address.ts';
import type { Market } from './market.ts';

/** Fixed-point scale of a reference price: 40 fractional bits. */
const SCALE_BITS = 40n;
const SCALE = 2 ** Number(SCALE_BITS);

/** Base units of a mint per lamport, in fixed point. Reached from floats, so it values costs; it never sizes a trade. */
export interface ReferencePrice {
  readonly unitsPerLamportScaled: bigint;
}

/** wSOL in itself. */
export const LAMPORT_ITSELF: ReferencePrice = { unitsPerLamportScaled: 1n << SCALE_BITS };

/** What a lamport is worth in `mint`: what the pools say; where none does, the fallback price while it is young enough. */
export function referencePrice(market: Market, mint: Address): ReferencePrice | undefined {
  return poolPrice(market, mint) ?? market.fallbackPrices.of(mint, market.slot);
}

/** What the pools that trade `mint` against wSOL agree on; undefined where they lack depth or agreement. */
export function poolPrice(market: Market, mint: Address): ReferencePrice | undefined {
  return market.referencePrices.of(mint);
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

import { type Address, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { BUILTIN_MINTS } from './builtin-specs.ts';
import type { MarketMint, MintCharacter } from './sim-market.ts';

/** A pool's word on two mints: log price, whole units of B for one whole unit of A. */
export interface QuotedPair {
  readonly mintA: Address;
  readonly mintB: Address;
  readonly logPrice: number;
}

/** What a SOL is taken to be worth where no pool leads from it to a dollar. */
const ASSUMED_SOL_USD = 150;
/** A mint within this of a dollar moves as dollars do. */
const STABLE_WITHIN = 0.02;

/**
 * Dollars for one whole unit of each mint that can be reached from USDC, or else from wSOL, over the pools: ring by
 * ring, each mint at the median of what the pools from the rings before say.
 */
export function pricesFromPools(pairs: readonly QuotedPair[]): ReadonlyMap<Address, number> {
  const prices = new Map<Address, number>();
  const named = new Set(pairs.flatMap(({ mintA, mintB }) => [mintA, mintB]));
  for (const [root, price] of [
    [USDC_MINT, 1],
    [WSOL_MINT, ASSUMED_SOL_USD],
  ] as const) {
    if (!named.has(root) || prices.has(root)) continue;
    prices.set(root, price);
    for (let ring = nextRing(pairs, prices); ring.size > 0; ring = nextRing(pairs, prices)) {
      for (const [mint, quotes] of ring) prices.set(mint, median(quotes));
    }
  }
  return prices;
}

function nextRing(
  pairs: readonly QuotedPair[],
  prices: ReadonlyMap<Address, number>,
): Map<Address, number[]> {
  const ring = new Map<Address, number[]>();
  for (const { mintA, mintB, logPrice } of pairs) {
    const a = prices.get(mintA);
    const b = prices.get(mintB);
    if (a === undefined && b !== undefined) quote(ring, mintA, b * Math.exp(logPrice));
    if (b === undefined && a !== undefined) quote(ring, mintB, a / Math.exp(logPrice));
  }
  return ring;
}

function quote(ring: Map<Address, number[]>, mint: Address, price: number): void {
  const quotes = ring.get(mint);
  if (quotes === undefined) ring.set(mint, [price]);
  else quotes.push(price);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A mint of a snapshot: known ones by name, others by the first letters of their address. */
export function describeMint(
  address: Address,
  decimals: number,
  tokenProgram: Address,
  referencePriceUsd: number,
): MarketMint {
  const known = BUILTIN_MINTS.find((mint) => mint.address === address);
  const character: MintCharacter =
    known?.character ?? (Math.abs(referencePriceUsd - 1) < STABLE_WITHIN ? 'stable' : 'alt');
  return {
    address,
    symbol: known?.symbol ?? address.slice(0, 4),
    decimals,
    tokenProgram,
    referencePriceUsd,
    character,
  };
}

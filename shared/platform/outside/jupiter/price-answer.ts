import { z } from 'zod';
import { type Address, WSOL_MINT } from '../../../core/address.ts';
import { LAMPORTS_PER_SOL } from '../../../core/units.ts';
import { COUNT, readAnswer } from '../gate/answer.ts';

/** What Jupiter says a mint is worth. A float: it values, it never sizes. */
export interface JupiterPrice {
  /** Dollars for one whole token. */
  readonly usd: number;
  readonly decimals: number;
}

/** A token dearer or cheaper than this is a fault of whoever says so. */
const DEAREST_USD = 1e12;
const CHEAPEST_USD = 1e-18;
const PRICE = z.object({
  usdPrice: z.number().min(CHEAPEST_USD).max(DEAREST_USD),
  decimals: COUNT.max(30),
});
const SCHEMA = z.record(z.string(), z.unknown());

/**
 * The prices of those of `mints` that Jupiter knows. One that cannot be (nothing, less than nothing, no number, absurd)
 * is left out, and takes no other with it. Throws `api-bad-answer` where the answer is no list of prices.
 */
export function readPrices(answer: unknown, mints: readonly Address[]): ReadonlyMap<Address, JupiterPrice> {
  const prices = new Map<Address, JupiterPrice>();
  const told = readAnswer(SCHEMA, answer, 'Jupiter price');
  for (const mint of mints) {
    const price = PRICE.safeParse(Object.hasOwn(told, mint) ? told[mint] : undefined);
    if (price.success) prices.set(mint, { usd: price.data.usdPrice, decimals: price.data.decimals });
  }
  return prices;
}

/** Base units of `mint` that a lamport is worth; undefined when its price or SOL's is not known. */
export function unitsPerLamport(
  prices: ReadonlyMap<Address, JupiterPrice>,
  mint: Address,
): number | undefined {
  const sol = prices.get(WSOL_MINT);
  const price = prices.get(mint);
  if (sol === undefined || price === undefined) return undefined;
  return (sol.usd * 10 ** price.decimals) / (price.usd * Number(LAMPORTS_PER_SOL));
}

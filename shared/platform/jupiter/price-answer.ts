import { z } from 'zod';
import { type Address, isAddress, WSOL_MINT } from '../../core/address.ts';
import { LAMPORTS_PER_SOL } from '../../core/units.ts';
import { COUNT, readAnswer } from '../api/answer.ts';

/** What Jupiter says a mint is worth. A float: it values, it never sizes. */
export interface JupiterPrice {
  /** Dollars for one whole token. */
  readonly usd: number;
  readonly decimals: number;
}

const PRICE = z.object({
  usdPrice: z.number().positive(),
  decimals: COUNT.max(30),
  blockId: COUNT.nullish(),
});
const SCHEMA = z.record(z.string(), PRICE.nullable());

/** The prices of those of `mints` that Jupiter knows. Throws `api-bad-answer` naming the field. */
export function readPrices(answer: unknown, mints: readonly Address[]): ReadonlyMap<Address, JupiterPrice> {
  const prices = new Map<Address, JupiterPrice>();
  for (const [mint, price] of Object.entries(readAnswer(SCHEMA, answer, 'Jupiter price'))) {
    if (price === null || !isAddress(mint) || !mints.includes(mint)) continue;
    prices.set(mint, { usd: price.usdPrice, decimals: price.decimals });
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

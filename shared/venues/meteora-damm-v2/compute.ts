import { transferUnits } from '../compute.ts';
import type { MintFacts } from '../token/token.ts';

/**
 * Compute units of `swap` without the token programs': the proven binary was seen to use 16,714 at most on pools whose
 * fee is steady, and 36,710 on those whose fee follows the volatility, schedules and rate limits included.
 */
const BASE = 24_000;
const DYNAMIC_FEE = 16_000;

/** Compute units of every swap on the pool. */
export function swapUnits(
  mintA: Pick<MintFacts, 'tokenProgram'>,
  mintB: Pick<MintFacts, 'tokenProgram'>,
  hasDynamicFee: boolean,
): number {
  const transfers = transferUnits(mintA.tokenProgram) + transferUnits(mintB.tokenProgram);
  return BASE + (hasDynamicFee ? DYNAMIC_FEE : 0) + transfers;
}

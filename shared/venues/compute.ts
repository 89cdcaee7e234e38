/**
 * What is common to the venues' counts of compute units. Each venue's own `compute.ts` holds what its program was seen
 * to use at most for each thing that a swap makes it do; `arb prove --compute-caps` holds the counts against the
 * programs.
 */
import { type Address, TOKEN_PROGRAM } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { unitsForSwaps } from '../core/compute.ts';
import { refusal } from '../core/outcome.ts';
import type { QuoteRefusal } from './venue.ts';

/** The refusal of a swap that no transaction has compute units for. */
export const BEYOND_COMPUTE = refusal<QuoteRefusal>('compute', 'more compute units than a transaction has');

/** True when the chain gives one transaction too few compute units for a swap that costs so many. */
export function isBeyondCompute(computeUnits: number, clock: ChainClock): boolean {
  return computeUnits > unitsForSwaps(clock);
}

/**
 * Compute units of one token transfer: the dearest of the token programs that were deployed, since a node may run any of
 * them. SPL Token before p-token took 6,200 for a checked transfer (p-token: 105); Token-2022 takes up to 9,012 for one
 * that withholds a fee, and some more for extensions that a mint carries besides.
 */
const SPL_TRANSFER_UNITS = 6_300;
const TOKEN_2022_TRANSFER_UNITS = 11_000;

export function transferUnits(tokenProgram: Address): number {
  return tokenProgram === TOKEN_PROGRAM ? SPL_TRANSFER_UNITS : TOKEN_2022_TRANSFER_UNITS;
}

/** Of both transfers that every swap makes. */
export function bothTransferUnits(pool: {
  readonly tokenProgramA: Address;
  readonly tokenProgramB: Address;
}): number {
  return transferUnits(pool.tokenProgramA) + transferUnits(pool.tokenProgramB);
}

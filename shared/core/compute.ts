import { ASSUMED_CHAIN } from './chain-parameters.ts';
import type { ChainClock } from './clock.ts';

/**
 * Compute units that a transaction spends beside its swaps: three instructions that set its budget and the transfer of a
 * tip, 150 each, and a comparison of what the wallet holds.
 */
export const OVERHEAD_UNITS = 1_450;

/** Compute units that one transaction may use. */
export function transactionUnits(clock: ChainClock): number {
  return clock.transactionUnits ?? ASSUMED_CHAIN.transactionUnits;
}

/** Compute units that the swaps of one transaction may use together. */
export function unitsForSwaps(clock: ChainClock): number {
  return transactionUnits(clock) - OVERHEAD_UNITS;
}

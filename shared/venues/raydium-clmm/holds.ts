import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilFee, holdUntilTime } from '../holds.ts';
import type { ClmmState } from './state.ts';

/** Swaps that open, the steps in which the dynamic fee forgets, transfer fees of a new epoch. */
export function holdsUntil(state: ClmmState, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  // The open time itself is too early.
  holdUntilTime(holds, clock, state.openTime + 1);
  holdUntilFee(holds, clock, state.mintFactsA);
  holdUntilFee(holds, clock, state.mintFactsB);
  const { dynamicFee } = state;
  if (dynamicFee === undefined) return;
  const updatedAt = Number(dynamicFee.updatedAt);
  holdUntilTime(holds, clock, updatedAt + dynamicFee.filterPeriod);
  holdUntilTime(holds, clock, updatedAt + dynamicFee.decayPeriod);
}

import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilFee, holdUntilSlot, holdUntilTime } from '../holds.ts';
import { ACTIVATION_BY_SLOT } from './layout.ts';
import type { DlmmState } from './state.ts';

/** Activation, the steps in which the volatility fee forgets, transfer fees of a new epoch. */
export function holdsUntil(state: DlmmState, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  const activation = Number(state.activationPoint);
  if (state.activationType === ACTIVATION_BY_SLOT) holdUntilSlot(holds, clock, activation);
  else holdUntilTime(holds, clock, activation);
  const updatedAt = Number(state.volatility.updatedAt);
  holdUntilTime(holds, clock, updatedAt + state.fee.filterPeriod);
  holdUntilTime(holds, clock, updatedAt + state.fee.decayPeriod);
  holdUntilFee(holds, clock, state.mintFactsA);
  holdUntilFee(holds, clock, state.mintFactsB);
}

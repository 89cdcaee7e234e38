import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilSlot, holdUntilTime } from '../holds.ts';
import { ACTIVATION_BY_SLOT, DEPEG } from './layout.ts';
import { DEGRADATION_DENOMINATOR, VIRTUAL_PRICE_LIFETIME } from './program.ts';
import type { DammV1State } from './state.ts';

/** Activation, profit of the vaults that is set free second by second, a virtual price that is too old. */
export function holdsUntil(state: DammV1State, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  const { activationPoint, activationType, curve } = state.figures;
  const activation = Number(activationPoint);
  if (activationType === ACTIVATION_BY_SLOT) holdUntilSlot(holds, clock, activation);
  else holdUntilTime(holds, clock, activation);
  for (const { figures } of [state.sideA, state.sideB]) {
    const lastReport = Number(figures.lastReport);
    holdUntilTime(holds, clock, lastReport);
    const freed = BigInt(Math.max(0, clock.unixTimestamp - lastReport)) * figures.degradation;
    if (figures.lockedProfit > 0n && figures.degradation > 0n && freed <= DEGRADATION_DENOMINATOR)
      holdUntilTime(holds, clock, Math.max(clock.unixTimestamp, lastReport) + 1);
  }
  if (curve !== undefined && curve.depeg !== DEPEG.none)
    holdUntilTime(holds, clock, Number(curve.cacheUpdated + VIRTUAL_PRICE_LIFETIME) + 1);
}

import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilFee, holdUntilSlot, holdUntilTime } from '../holds.ts';
import { type DammV2State, pointOf } from './state.ts';

/** Activation, the periods of a fee schedule, the end of a rate limiter or a schedule, transfer fees of a new epoch. */
export function holdsUntil(state: DammV2State, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  holdUntilFee(holds, clock, state.mintFactsA);
  holdUntilFee(holds, clock, state.mintFactsB);
  const { figures } = state;
  const { activationPoint, baseFee, dynamicFee } = figures;
  const holdUntilPoint = figures.byTimestamp ? holdUntilTime : holdUntilSlot;
  holdUntilPoint(holds, clock, activationPoint);
  // A reference price of 0 can be kept by no swap.
  if (dynamicFee?.sqrtPriceReference === 0n)
    holdUntilTime(holds, clock, dynamicFee.lastUpdateTimestamp + dynamicFee.filterPeriod);
  switch (baseFee.kind) {
    case 'time': {
      if (baseFee.frequency === 0) return;
      const passed = Math.floor((pointOf(figures, clock) - activationPoint) / baseFee.frequency);
      if (passed < baseFee.periods)
        holdUntilPoint(holds, clock, activationPoint + (Math.max(0, passed) + 1) * baseFee.frequency);
      return;
    }
    case 'rate-limiter':
      if (baseFee.active) holdUntilPoint(holds, clock, activationPoint + baseFee.duration + 1);
      return;
    case 'market-cap':
      holdUntilPoint(holds, clock, activationPoint + baseFee.expiration + 1);
  }
}

import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilFee, holdUntilTime } from '../holds.ts';
import { MAX_REFERENCE_AGE_SECONDS } from './adaptive-fee.ts';
import type { WhirlpoolState } from './state.ts';

/** Rewards and trading that begin, the steps in which the adaptive fee forgets, transfer fees of a new epoch. */
export function holdsUntil(state: WhirlpoolState, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  holdUntilTime(holds, clock, state.rewardTimestamp);
  holdUntilFee(holds, clock, state.mintFactsA);
  holdUntilFee(holds, clock, state.mintFactsB);
  const { oracle } = state;
  if (oracle === null) return;
  const { filterPeriod, decayPeriod } = oracle.constants;
  const { referenceTimestamp, majorSwapTimestamp } = oracle.variables;
  const last = Math.max(referenceTimestamp, majorSwapTimestamp);
  holdUntilTime(holds, clock, oracle.tradeEnableTimestamp);
  holdUntilTime(holds, clock, last);
  holdUntilTime(holds, clock, last + filterPeriod);
  holdUntilTime(holds, clock, last + decayPeriod);
  holdUntilTime(holds, clock, referenceTimestamp + MAX_REFERENCE_AGE_SECONDS + 1);
}

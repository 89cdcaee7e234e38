import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilFee, holdUntilTime } from '../holds.ts';
import type { CpmmState } from './state.ts';

/** The open time, transfer fees of a new epoch. */
export function holdsUntil(state: CpmmState, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  holdUntilTime(holds, clock, state.figures.openTime);
  holdUntilFee(holds, clock, state.mintFactsA);
  holdUntilFee(holds, clock, state.mintFactsB);
}

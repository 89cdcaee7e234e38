import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilTime } from '../holds.ts';
import type { AmmV4State } from './state.ts';

/** The open time of a pool that waits for it. */
export function holdsUntil(state: AmmV4State, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  holdUntilTime(holds, clock, state.sideAToB.opensAt);
}

import type { ChainClock } from '../../core/clock.ts';
import { type Holds, holdForEver, holdUntilSlot, holdUntilTime } from '../holds.ts';
import type { BookSide } from './book.ts';
import type { PhoenixState } from './state.ts';

/** The first order of either side that expires. */
export function holdsUntil(state: PhoenixState, clock: ChainClock, holds: Holds): void {
  holdForEver(holds);
  holdUntilExpiry(holds, clock, state.bids);
  holdUntilExpiry(holds, clock, state.asks);
}

function holdUntilExpiry(holds: Holds, clock: ChainClock, side: BookSide): void {
  if (!side.expires) return;
  const { count, lastSlot, lastTime } = side;
  for (let at = 0; at < count; at++) {
    // It is filled in its last slot and second still.
    if (lastSlot[at] !== 0) holdUntilSlot(holds, clock, lastSlot[at]! + 1);
    if (lastTime[at] !== 0) holdUntilTime(holds, clock, lastTime[at]! + 1);
  }
}

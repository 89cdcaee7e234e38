import type { ChainClock } from '../../core/clock.ts';
import type { Settled } from '../venue.ts';
import { withoutFirst } from './book.ts';
import { fill, filled } from './fill.ts';
import type { PhoenixState } from './state.ts';

/** As `quote`, with the state that the swap leaves: the book without the orders it filled and those it found expired. */
export function settle(
  state: PhoenixState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<PhoenixState> {
  const reason = fill(state, aToB, amountIn, clock);
  if (reason !== undefined) return { ok: false, reason };
  const { amountOut, consumedIn, gone, lotsLeft, computeUnits } = filled;
  const swap = { aToB, amountIn, slot: clock.slot, unixTimestamp: clock.unixTimestamp };
  return {
    ok: true,
    amountOut,
    consumedIn,
    computeUnits,
    state: {
      ...state,
      vaultAmountA: aToB ? state.vaultAmountA + consumedIn : state.vaultAmountA - amountOut,
      vaultAmountB: aToB ? state.vaultAmountB - amountOut : state.vaultAmountB + consumedIn,
      bids: aToB ? withoutFirst(state.bids, gone, lotsLeft) : state.bids,
      asks: aToB ? state.asks : withoutFirst(state.asks, gone, lotsLeft),
      pending: [...state.pending, swap],
    },
  };
}

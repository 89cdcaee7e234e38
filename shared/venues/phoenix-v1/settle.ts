import type { AccountSource, AccountWrite } from '../../core/account.ts';
import type { ChainClock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Settled } from '../venue.ts';
import { withoutFirst } from './book.ts';
import { fill, filled } from './fill.ts';
import { matchBytes } from './match-bytes.ts';
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

/**
 * The market account of a settled state. Its bytes are worked out from those that the state was read from, and kept,
 * so that the next swap begins there; `source` gives what else the account has. Throws `account-missing` when it does
 * not hold the account.
 */
export function write(state: PhoenixState, source: AccountSource): readonly AccountWrite[] {
  const before = source(state.address);
  if (before === null || before === undefined) {
    throw new ArbError('account-missing', `no bytes of market ${state.address} to write over`, {
      market: state.address,
    });
  }
  if (state.pending.length > 0) {
    const data = state.data.slice();
    for (const swap of state.pending) matchBytes(data, state.facts, swap);
    state.data = data;
    state.pending = [];
  }
  return [{ address: state.address, account: { ...before, data: state.data } }];
}

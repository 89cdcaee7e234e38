import type { ChainClock } from '../../core/clock.ts';
import type { Settled } from '../venue.ts';
import { type AmmFigures, writeSwapFigures } from './layout.ts';
import { STATUS_SWAP_ONLY, STATUS_WAITING_TRADE } from './program.ts';
import { quote, swapFee } from './quote.ts';
import { type AmmV4State, createState } from './state.ts';

/**
 * As `quote`, with both vaults and the pool's running totals as the program leaves them. The orders that an attached
 * pool cancels on the way stay its own: they change place within the order book, not the totals that quotes read.
 */
export function settle(
  state: AmmV4State,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<AmmV4State> {
  const paid = quote(state, aToB, amountIn, clock);
  if (!paid.ok) return paid;
  const { amountOut } = paid;
  const figures = afterSwap(state, aToB, amountIn, amountOut, clock);
  const poolData = state.poolData.slice();
  writeSwapFigures(poolData, figures);
  const settled = createState({
    ...state,
    poolData,
    figures,
    vaultAmountA: aToB ? state.vaultAmountA + amountIn : state.vaultAmountA - amountOut,
    vaultAmountB: aToB ? state.vaultAmountB - amountOut : state.vaultAmountB + amountIn,
  });
  return { ...paid, state: settled };
}

/** A waiting pool whose time has come leaves its first swap as one that only swaps. */
function afterSwap(
  state: AmmV4State,
  aToB: boolean,
  amountIn: bigint,
  amountOut: bigint,
  clock: ChainClock,
): AmmFigures {
  const { figures } = state;
  const fee = swapFee(aToB ? state.sideAToB : state.sideBToA, amountIn);
  const now = {
    ...figures,
    status: figures.status === STATUS_WAITING_TRADE ? STATUS_SWAP_ONLY : figures.status,
    recentEpoch: BigInt(clock.epoch),
  };
  // Of an unknown program nobody writes the state back: no quote reads the totals.
  if (state.rules?.keepsTotals === false) return now;
  if (aToB) {
    return {
      ...now,
      swapCoinIn: figures.swapCoinIn + amountIn,
      swapPcOut: figures.swapPcOut + amountOut,
      swapAccCoinFee: figures.swapAccCoinFee + fee,
    };
  }
  return {
    ...now,
    swapPcIn: figures.swapPcIn + amountIn,
    swapCoinOut: figures.swapCoinOut + amountOut,
    swapAccPcFee: figures.swapAccPcFee + fee,
  };
}

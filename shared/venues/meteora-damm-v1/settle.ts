import type { ChainClock } from '../../core/clock.ts';
import { mulDivDown } from '../../math/mul-div.ts';
import type { Settled } from '../venue.ts';
import type { DammV1Figures } from './layout.ts';
import { momentAt } from './moment.ts';
import { PARTNER_FEE_DENOMINATOR } from './program.ts';
import { type SwapMoves, swapMoves } from './quote.ts';
import type { DammV1State, VaultSide } from './state.ts';

/** As `quote`, with the pool, both vaults and the pool's shares as the two programs leave them. */
export function settle(
  state: DammV1State,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<DammV1State> {
  const moves = swapMoves(state, aToB, amountIn, clock);
  if (!moves.ok) return moves;
  const deposit = amountIn - moves.protocolFee;
  const sideIn = moved(aToB ? state.sideA : state.sideB, deposit, moves.sharesIn);
  const sideOut = moved(aToB ? state.sideB : state.sideA, -moves.amountOut, -moves.sharesOut);
  const settled: DammV1State = {
    ...state,
    figures: figuresAfter(state, aToB, moves, clock),
    sideA: aToB ? sideIn : sideOut,
    sideB: aToB ? sideOut : sideIn,
    bytesA: { ...state.bytesA },
    bytesB: { ...state.bytesB },
    moment: undefined,
  };
  const { amountOut, computeUnits } = moves;
  const comparedOut = worthLost(state, aToB, sideOut, amountOut, clock);
  const paid = {
    ok: true,
    amountOut,
    comparedOut,
    consumedIn: amountIn,
    computeUnits,
    state: settled,
  } as const;
  if (moves.protocolFee === 0n) return paid;
  return { ...paid, divertedIn: { account: sideIn.protocolFee, amount: moves.protocolFee } };
}

/**
 * What the pool's shares of the vault that paid are worth less than before: the amount that the program compares with
 * the least output. Each worth is rounded down, and the vault keeps less than a unit of what the burnt shares were
 * worth: this is what was paid, or one unit more.
 */
function worthLost(
  state: DammV1State,
  aToB: boolean,
  after: VaultSide,
  amountOut: bigint,
  clock: ChainClock,
): bigint {
  const moment = momentAt(state, clock.unixTimestamp);
  const unlocked = (aToB ? moment.unlockedB : moment.unlockedA) - amountOut;
  const left = after.lpSupply === 0n ? 0n : mulDivDown(after.poolLpAmount, unlocked, after.lpSupply);
  return (aToB ? moment.reserveB : moment.reserveA) - left;
}

function moved(side: VaultSide, tokens: bigint, shares: bigint): VaultSide {
  return {
    ...side,
    figures: { ...side.figures, totalAmount: side.figures.totalAmount + tokens },
    reserve: side.reserve + tokens,
    lpSupply: side.lpSupply + shares,
    poolLpAmount: side.poolLpAmount + shares,
  };
}

/** The pool keeps the virtual price that the swap took, and counts the partner's share of the protocol fee, down. */
function figuresAfter(
  state: DammV1State,
  aToB: boolean,
  { protocolFee }: SwapMoves,
  clock: ChainClock,
): DammV1Figures {
  const { figures } = state;
  const partnerFee = mulDivDown(protocolFee, figures.partnerFeeNumerator, PARTNER_FEE_DENOMINATOR);
  return {
    ...figures,
    pendingFeeA: figures.pendingFeeA + (aToB ? partnerFee : 0n),
    pendingFeeB: figures.pendingFeeB + (aToB ? 0n : partnerFee),
    curve: momentAt(state, clock.unixTimestamp).curve,
  };
}

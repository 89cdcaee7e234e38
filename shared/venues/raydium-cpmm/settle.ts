import type { ChainClock } from '../../core/clock.ts';
import { mulDivDown } from '../../math/mul-div.ts';
import type { Settled } from '../venue.ts';
import { type CpmmPoolFigures, writeSwapFigures } from './layout.ts';
import { FEE_RATE_DENOMINATOR } from './program.ts';
import { curveOut, inputFee, outputFee, quote, receivedIn } from './quote.ts';
import { type CpmmState, createState, isCreatorFeeOnInput } from './state.ts';

/** As `quote`, with the pool's owed fees and both vaults as the program leaves them. */
export function settle(
  state: CpmmState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<CpmmState> {
  const paid = quote(state, aToB, amountIn, clock);
  if (!paid.ok) return paid;
  const side = aToB ? state.sideAToB : state.sideBToA;
  const received = receivedIn(side, amountIn, clock.epoch);
  const fee = inputFee(side, received);
  const swapped = curveOut(side, received - fee);
  const creatorOut = outputFee(side, swapped);
  const sent = swapped - creatorOut;
  const vaultAmountA = aToB ? state.vaultAmountA + received : state.vaultAmountA - sent;
  const vaultAmountB = aToB ? state.vaultAmountB - sent : state.vaultAmountB + received;
  const figures = { ...owed(state, aToB, fee, creatorOut), recentEpoch: BigInt(clock.epoch) };
  const poolData = state.poolData.slice();
  writeSwapFigures(poolData, figures);
  const settled = createState({
    ...state,
    poolData,
    figures,
    vaultAmountA,
    vaultAmountB,
    isAmbiguous: (aToB ? state.otherAToB : state.otherBToA) !== undefined,
  });
  return { ...paid, state: settled, withheldOut: sent - paid.amountOut };
}

/**
 * The fees that the pool owes after a swap. Rounding: protocol and fund shares of the trade fee and the creator's
 * share of the input fee down (`Fees::protocol_fee`, `fund_fee`, `split_creator_fee`).
 */
function owed(state: CpmmState, aToB: boolean, fee: bigint, creatorOut: bigint): CpmmPoolFigures {
  const { figures, rates } = state;
  const side = aToB ? state.sideAToB : state.sideBToA;
  const onInput = isCreatorFeeOnInput(figures, aToB);
  const creatorIn =
    onInput && side.inputFeeRate > 0n
      ? mulDivDown(fee, side.inputFeeRate - rates.tradeFeeRate, side.inputFeeRate)
      : 0n;
  const tradeFee = fee - creatorIn;
  const protocol = mulDivDown(tradeFee, rates.protocolFeeRate, FEE_RATE_DENOMINATOR);
  const fund = mulDivDown(tradeFee, rates.fundFeeRate, FEE_RATE_DENOMINATOR);
  return {
    ...figures,
    protocolFees0: figures.protocolFees0 + (aToB ? protocol : 0n),
    protocolFees1: figures.protocolFees1 + (aToB ? 0n : protocol),
    fundFees0: figures.fundFees0 + (aToB ? fund : 0n),
    fundFees1: figures.fundFees1 + (aToB ? 0n : fund),
    creatorFees0: figures.creatorFees0 + (aToB ? creatorIn : creatorOut),
    creatorFees1: figures.creatorFees1 + (aToB ? creatorOut : creatorIn),
  };
}

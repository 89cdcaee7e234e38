import type { ChainClock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import { writeU128 } from '../../core/u128.ts';
import type { Settled } from '../venue.ts';
import { countFee, splitFee } from './counters.ts';
import { sqrtPriceOfReserves } from './curve.ts';
import { afterSwap, encodeDynamicFee } from './dynamic-fee.ts';
import { decodePoolFigures, OFFSETS } from './layout.ts';
import { COLLECT_BOTH } from './program.ts';
import { curveOut, feeNumerator, feeOn, priceAfter, quote, receivedIn } from './quote.ts';
import { type DammV2State, isFeeOnInput, pointOf, readyOf } from './state.ts';

/** As `quote`, with the pool's price, reserves, counters and volatility as the program leaves them. */
export function settle(
  state: DammV2State,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<DammV2State> {
  const paid = quote(state, aToB, amountIn, clock);
  if (!paid.ok) return paid;
  const { figures, ready } = state;
  const received = receivedIn(state, aToB, amountIn, clock.epoch);
  const numerator = feeNumerator(state, aToB, received, pointOf(figures, clock));
  const onInput = isFeeOnInput(figures, aToB);
  const input = onInput ? received - feeOn(received, numerator) : received;
  const swapped = curveOut(state, aToB, input);
  const fee = onInput ? received - input : feeOn(swapped, numerator);
  const shares = splitFee(figures, fee);
  const reserveA = aToB ? ready.reserveA + input : ready.reserveA - swapped;
  const reserveB = (aToB ? ready.reserveB - swapped : ready.reserveB + input) + shares.compounding;
  const sqrtPrice = ready.compounding
    ? sqrtPriceOfReserves(reserveA, reserveB)
    : priceAfter(state, aToB, input);

  const poolData = state.poolData.slice();
  const view = new DataView(poolData.buffer);
  countFee(view, figures.liquidity, shares, !aToB && figures.collectFeeMode === COLLECT_BOTH);
  view.setBigUint64(OFFSETS.reserveA, reserveA, true);
  view.setBigUint64(OFFSETS.reserveB, reserveB, true);
  poolData[OFFSETS.layoutVersion] = 1;
  writeU128(view, OFFSETS.sqrtPrice, sqrtPrice);
  if (figures.dynamicFee !== undefined) {
    encodeDynamicFee(view, afterSwap(figures.dynamicFee, figures.sqrtPrice, sqrtPrice, clock.unixTimestamp));
  }
  const sent = onInput ? swapped : swapped - fee;
  const settled = withPoolData(state, poolData);
  settled.vaultAmountA += aToB ? received : -sent;
  settled.vaultAmountB += aToB ? -sent : received;
  return { ...paid, state: settled, withheldOut: sent - paid.amountOut };
}

function withPoolData(state: DammV2State, poolData: Uint8Array): DammV2State {
  const figures = decodePoolFigures(poolData, { data: state.poolData, figures: state.figures });
  if (!figures.ok) {
    throw new ArbError('settled-state-invalid', `a swap of pool ${state.address} left ${figures.reason}`, {
      pool: state.address,
    });
  }
  const ready = readyOf(figures.value, poolData, state.mintFactsA, state.mintFactsB, state.unusable);
  return { ...state, poolData, figures: figures.value, ready };
}

/** @hot Exact quotes of the program's exact-in swap (`get_swap_result_from_exact_input`, `apply_swap_result`). */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import { bestAfterTransfers, keptByTransfer, transferFee } from '../token/transfer-fee.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { baseFeeNumerator, FAILS } from './base-fee.ts';
import { splitFee } from './counters.ts';
import { amountADown, amountBDown, productOut, sqrtPriceAfterA, sqrtPriceAfterB } from './curve.ts';
import { keepsReference } from './dynamic-fee.ts';
import { FEE_DENOMINATOR } from './program.ts';
import { type DammV2State, isFeeOnInput, pointOf } from './state.ts';

const ROUND_UP = FEE_DENOMINATOR - 1n;
/** In place of a price that would leave the pool's range. */
const OUT_OF_RANGE = -1n;

const ZERO_AMOUNT = refusal('zero-amount');
const OVERFLOW = refusal('amount-overflow');
const TOO_SMALL = refusal('amount-too-small');
const NOT_OPEN = refusal('not-open');
const MISSING = refusal('missing-account');
const DISABLED = refusal('pool-disabled');
const NO_LIQUIDITY = refusal('no-liquidity');
const VAULT_SHORT = refusal<QuoteRefusal>('no-liquidity', 'the vault holds less than the swap would pay');

/** What arrives in the vault of `amountIn`: never below 0. Rounding: the transfer fee's, up. */
export function receivedIn(state: DammV2State, aToB: boolean, amountIn: bigint, epoch: number): bigint {
  const mint = aToB ? state.ready.feeMintA : state.ready.feeMintB;
  if (mint === undefined) return amountIn;
  const fee = transferFee(mint, epoch, amountIn);
  return fee >= amountIn ? 0n : amountIn - fee;
}

/** The whole fee numerator of a swap of `received` base units; below 0 where the program fails. */
export function feeNumerator(state: DammV2State, aToB: boolean, received: bigint, point: number): bigint {
  const { ready, figures } = state;
  if (ready.flatRate !== undefined) return ready.flatRate;
  const base = baseFeeNumerator(
    figures.baseFee,
    aToB,
    received,
    point,
    figures.activationPoint,
    ready.priceNumerator,
  );
  if (base < 0n) return FAILS;
  const total = base + ready.variableFee;
  if (total > U64_MAX) return FAILS;
  if (total > figures.maxFeeNumerator) return figures.maxFeeNumerator;
  return total;
}

/** The fee on an amount that includes it. Rounding: up, program `get_excluded_fee_amount`. */
export function feeOn(amount: bigint, numerator: bigint): bigint {
  return (amount * numerator + ROUND_UP) / FEE_DENOMINATOR;
}

/** The square-root price that `input` moves a concentrated pool to; below 0 when that is out of its range. */
export function priceAfter(state: DammV2State, aToB: boolean, input: bigint): bigint {
  const { figures, ready } = state;
  const { liquidity, sqrtPrice } = figures;
  if (aToB) {
    const price = sqrtPriceAfterA(liquidity, sqrtPrice, ready.liquidityPrice, input);
    return price < figures.sqrtMinPrice ? OUT_OF_RANGE : price;
  }
  const price = sqrtPriceAfterB(liquidity, sqrtPrice, input);
  return price > figures.sqrtMaxPrice ? OUT_OF_RANGE : price;
}

/** What the curve gives for `input` before any fee on the way out; below 0 when the price would leave the range. */
export function curveOut(state: DammV2State, aToB: boolean, input: bigint): bigint {
  const { figures, ready } = state;
  if (ready.compounding) {
    return aToB
      ? productOut(ready.reserveA, ready.reserveB, input)
      : productOut(ready.reserveB, ready.reserveA, input);
  }
  const price = priceAfter(state, aToB, input);
  if (price < 0n) return OUT_OF_RANGE;
  return aToB
    ? amountBDown(figures.liquidity, price, figures.sqrtPrice)
    : amountADown(figures.liquidity, figures.sqrtPrice, price);
}

/** Whether the pool's 64-bit counters take the swap: the program fails with MathOverflow where they do not. */
function fitsCounters(
  state: DammV2State,
  aToB: boolean,
  input: bigint,
  swapped: bigint,
  fee: bigint,
): boolean {
  const { ready, figures } = state;
  const reserveIn = (aToB ? ready.reserveA : ready.reserveB) + input;
  if (swapped > (aToB ? ready.reserveB : ready.reserveA) || reserveIn > U64_MAX) return false;
  const onA = !aToB && figures.collectFeeMode === 0;
  const tight = fee > (onA ? ready.feeRoomA : ready.feeRoomB);
  if (!tight && (aToB || !ready.compounding || reserveIn + fee <= U64_MAX)) return true;
  const { protocol, compounding } = splitFee(figures, fee);
  const owed = onA ? figures.protocolFeeA : figures.protocolFeeB;
  const total = onA ? figures.totalProtocolFeeA : figures.totalProtocolFeeB;
  if (owed + protocol > U64_MAX || total + protocol > U64_MAX) return false;
  return aToB || reserveIn + compounding <= U64_MAX;
}

/**
 * Base units that reach the owner's account for `amountIn` base units sent. Refuses where the program fails; the
 * program pays 0 on amounts too small to buy a unit, and so does this.
 */
export function quote(state: DammV2State, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const { ready, figures } = state;
  if (ready.closed !== undefined) return closedRefusal(ready.closed);
  const point = pointOf(figures, clock);
  if (point < figures.activationPoint) return NOT_OPEN;
  if (amountIn <= 0n) return ZERO_AMOUNT;
  if (amountIn > U64_MAX) return OVERFLOW;
  const { dynamicFee } = figures;
  if (dynamicFee?.sqrtPriceReference === 0n && keepsReference(dynamicFee, clock.unixTimestamp))
    return DISABLED;
  const received = receivedIn(state, aToB, amountIn, clock.epoch);
  if (received === 0n) return TOO_SMALL;
  const numerator = feeNumerator(state, aToB, received, point);
  if (numerator < 0n) return DISABLED;
  let input = received;
  let fee = 0n;
  const onInput = isFeeOnInput(figures, aToB);
  if (onInput) {
    fee = feeOn(received, numerator);
    input = received - fee;
  }
  const swapped = curveOut(state, aToB, input);
  if (swapped < 0n) return NO_LIQUIDITY;
  if (!onInput) fee = feeOn(swapped, numerator);
  if (!fitsCounters(state, aToB, input, swapped, fee)) return OVERFLOW;
  let amountOut = onInput ? swapped : swapped - fee;
  // The token program fails the transfer, and with it the swap.
  if (amountOut > (aToB ? state.vaultAmountB : state.vaultAmountA)) return VAULT_SHORT;
  const feeMintOut = aToB ? ready.feeMintB : ready.feeMintA;
  if (feeMintOut !== undefined) amountOut -= transferFee(feeMintOut, clock.epoch, amountOut);
  if (isBeyondCompute(ready.computeUnits, clock)) return BEYOND_COMPUTE;
  return { ok: true, amountOut, consumedIn: amountIn, computeUnits: ready.computeUnits };
}

function closedRefusal(reason: QuoteRefusal): Refusal<QuoteRefusal> {
  switch (reason) {
    case 'missing-account':
      return MISSING;
    case 'no-liquidity':
      return NO_LIQUIDITY;
    default:
      return DISABLED;
  }
}

/** Base units out per base unit in for an amount too small to move the price; 0 when the direction is closed. */
export function marginalPrice(state: DammV2State, aToB: boolean, clock: ChainClock): number {
  const { feeMintA, feeMintB } = state.ready;
  const kept = keptByTransfer(feeMintA, clock.epoch) * keptByTransfer(feeMintB, clock.epoch);
  return priceBeforeTransfers(state, aToB, clock) * kept;
}

function priceBeforeTransfers(state: DammV2State, aToB: boolean, clock: ChainClock): number {
  const { ready, figures } = state;
  const point = pointOf(figures, clock);
  if (ready.closed !== undefined || point < figures.activationPoint) return 0;
  if (!ready.compounding) {
    if (figures.sqrtPrice === (aToB ? figures.sqrtMinPrice : figures.sqrtMaxPrice)) return 0;
  }
  const numerator = feeNumerator(state, aToB, 1n, point);
  if (numerator < 0n) return 0;
  const root = Number(figures.sqrtPrice) / 2 ** 64;
  const price = ready.compounding ? Number(ready.reserveB) / Number(ready.reserveA) : root * root;
  return (aToB ? price : 1 / price) * (1 - Number(numerator) / Number(FEE_DENOMINATOR));
}

/** No amount is paid more a unit on average: more than the marginal price where a transfer fee has a maximum. */
export function bestPrice(state: DammV2State, aToB: boolean, clock: ChainClock): number {
  const price = priceBeforeTransfers(state, aToB, clock);
  const { feeMintA, feeMintB } = state.ready;
  if (price === 0 || (feeMintA === undefined && feeMintB === undefined)) return price;
  const [mintIn, mintOut] = aToB ? [feeMintA, feeMintB] : [feeMintB, feeMintA];
  return bestAfterTransfers(price, mintIn, mintOut, clock.epoch, (amountIn) =>
    quote(state, aToB, amountIn, clock),
  );
}

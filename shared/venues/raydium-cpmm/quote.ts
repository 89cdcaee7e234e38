/** @hot Exact quotes of the program's `swap_base_input`. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import { bestAfterTransfers, keptByTransfer, transferFee } from '../token/transfer-fee.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { FEE_RATE_DENOMINATOR } from './program.ts';
import type { CpmmSide, CpmmState } from './state.ts';

const ROUND_UP = FEE_RATE_DENOMINATOR - 1n;

const ZERO_AMOUNT = refusal('zero-amount');
const OVERFLOW = refusal('amount-overflow');
const TOO_SMALL = refusal('amount-too-small');
const NOT_OPEN = refusal('not-open');
const MISSING = refusal('missing-account');
const DISABLED = refusal('pool-disabled');
const NO_LIQUIDITY = refusal('no-liquidity');
const UNPROVEN = refusal('program-unproven');

/** What arrives in the vault of `amountIn`: never below 0. Rounding: the transfer fee's, up. */
export function receivedIn(side: CpmmSide, amountIn: bigint, epoch: number): bigint {
  if (side.feeMintIn === undefined) return amountIn;
  const fee = transferFee(side.feeMintIn, epoch, amountIn);
  return fee >= amountIn ? 0n : amountIn - fee;
}

/** The fee taken from what arrived. Rounding: up, program `Fees::trading_fee`. */
export function inputFee(side: CpmmSide, received: bigint): bigint {
  return (received * side.inputFeeRate + ROUND_UP) / FEE_RATE_DENOMINATOR;
}

/** What the curve gives for the input after its fee. Rounding: down, `swap_base_input_without_fees`. */
export function curveOut(side: CpmmSide, input: bigint): bigint {
  return (input * side.reserveOut) / (side.reserveIn + input);
}

/** The creator fee taken from what the curve gave. Rounding: up, program `Fees::creator_fee`. */
export function outputFee(side: CpmmSide, swapped: bigint): bigint {
  if (side.outputFeeRate === 0n) return 0n;
  return (swapped * side.outputFeeRate + ROUND_UP) / FEE_RATE_DENOMINATOR;
}

/**
 * Base units that reach the owner's account for `amountIn` base units sent. Refuses where the program fails, and where
 * it is not known which program is deployed and they differ.
 */
export function quote(state: CpmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const paid = quoteOn(state, aToB ? state.sideAToB : state.sideBToA, amountIn, clock);
  const other = aToB ? state.otherAToB : state.otherBToA;
  if (other === undefined) return paid;
  const before = quoteOn(state, other, amountIn, clock);
  const same = paid.ok ? before.ok && before.amountOut === paid.amountOut : !before.ok;
  return same ? paid : UNPROVEN;
}

function quoteOn(state: CpmmState, side: CpmmSide, amountIn: bigint, clock: ChainClock): Quote {
  if (side.closed !== undefined) return closedRefusal(side.closed);
  if (clock.unixTimestamp < state.figures.openTime) return NOT_OPEN;
  if (amountIn <= 0n) return ZERO_AMOUNT;
  if (amountIn > U64_MAX) return OVERFLOW;
  const received = receivedIn(side, amountIn, clock.epoch);
  if (received === 0n) return TOO_SMALL;
  if (received > side.roomIn) return OVERFLOW;
  // What `inputFee`, rounded up, leaves: rounded down, in fewer steps.
  const swapped = curveOut(side, (received * side.inputKeptRate) / FEE_RATE_DENOMINATOR);
  let amountOut = swapped - outputFee(side, swapped);
  if (side.feeMintOut !== undefined) amountOut -= transferFee(side.feeMintOut, clock.epoch, amountOut);
  if (amountOut === 0n) return TOO_SMALL;
  if (isBeyondCompute(side.computeUnits, clock)) return BEYOND_COMPUTE;
  return { ok: true, amountOut, consumedIn: amountIn, computeUnits: side.computeUnits };
}

function closedRefusal(reason: QuoteRefusal): Refusal<QuoteRefusal> {
  switch (reason) {
    case 'missing-account':
      return MISSING;
    case 'no-liquidity':
      return NO_LIQUIDITY;
    case 'program-unproven':
      return UNPROVEN;
    default:
      return DISABLED;
  }
}

/** Base units out per base unit in for an amount too small to move the price; 0 when the direction is closed. */
export function marginalPrice(state: CpmmState, aToB: boolean, clock: ChainClock): number {
  const { feeMintIn, feeMintOut } = aToB ? state.sideAToB : state.sideBToA;
  const kept = keptByTransfer(feeMintIn, clock.epoch) * keptByTransfer(feeMintOut, clock.epoch);
  return priceBeforeTransfers(state, aToB, clock) * kept;
}

function priceBeforeTransfers(state: CpmmState, aToB: boolean, clock: ChainClock): number {
  const side = aToB ? state.sideAToB : state.sideBToA;
  if (side.closed !== undefined || clock.unixTimestamp < state.figures.openTime) return 0;
  return (
    (Number(side.reserveOut) / Number(side.reserveIn)) *
    (1 - Number(side.inputFeeRate) / 1e6) *
    (1 - Number(side.outputFeeRate) / 1e6)
  );
}

/** No amount is paid more a unit on average: more than the marginal price where a transfer fee has a maximum. */
export function bestPrice(state: CpmmState, aToB: boolean, clock: ChainClock): number {
  const price = priceBeforeTransfers(state, aToB, clock);
  const { feeMintIn, feeMintOut } = aToB ? state.sideAToB : state.sideBToA;
  if (price === 0 || (feeMintIn === undefined && feeMintOut === undefined)) return price;
  return bestAfterTransfers(price, feeMintIn, feeMintOut, clock.epoch, (amountIn) =>
    quote(state, aToB, amountIn, clock),
  );
}

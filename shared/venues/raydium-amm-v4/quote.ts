/** @hot Exact quotes of the program's `swap_base_in`. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import type { AmmSide, AmmV4State, OtherSides } from './state.ts';

const ZERO_AMOUNT = refusal('zero-amount');
const OVERFLOW = refusal('amount-overflow');
const TOO_SMALL = refusal('amount-too-small');
const NOT_OPEN = refusal('not-open');
const MISSING = refusal('missing-account');
const DISABLED = refusal('pool-disabled');
const NO_LIQUIDITY = refusal('no-liquidity');
const UNPROVEN = refusal('program-unproven');

/**
 * The fee taken from the input, in its base units. Rounding: `CheckedCeilDiv`: up; before the source of August 2025 to
 * the nearest below one unit, so that the smallest inputs paid none.
 */
export function swapFee(side: AmmSide, amountIn: bigint): bigint {
  const scaled = amountIn * side.feeNumerator;
  const denominator = side.feeDenominator;
  if (scaled < denominator && !side.feeUp) return scaled + scaled >= denominator ? 1n : 0n;
  return (scaled + denominator - 1n) / denominator;
}

/**
 * Base units that reach the owner's account for `amountIn` base units sent. Refuses where the program fails, and where
 * it is not known which program is deployed and they differ.
 */
export function quote(state: AmmV4State, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const side = aToB ? state.sideAToB : state.sideBToA;
  const paid = quoteOn(side, amountIn, clock);
  const others = aToB ? state.othersAToB : state.othersBToA;
  if (others === undefined || (paid.ok && isSameForAll(state, side, amountIn))) return paid;
  return isAgreed(paid, others, amountIn, clock) ? paid : UNPROVEN;
}

/** Without an order book the sets differ below half a unit of fee only. */
function isSameForAll(
  { book }: AmmV4State,
  { feeNumerator, feeDenominator }: AmmSide,
  amountIn: bigint,
): boolean {
  return book === undefined && 2n * amountIn * feeNumerator >= feeDenominator;
}

function isAgreed(
  paid: Quote,
  { feeUp, vaultsOnly }: OtherSides,
  amountIn: bigint,
  clock: ChainClock,
): boolean {
  return isSame(paid, quoteOn(feeUp, amountIn, clock)) && isSame(paid, quoteOn(vaultsOnly, amountIn, clock));
}

/** Why one of them fails may differ: that it does is what is agreed. */
function isSame(one: Quote, other: Quote): boolean {
  return one.ok ? other.ok && one.amountOut === other.amountOut : !other.ok;
}

function quoteOn(side: AmmSide, amountIn: bigint, clock: ChainClock): Quote {
  if (side.closed !== undefined) return closedRefusal(side.closed);
  if (clock.unixTimestamp < side.opensAt) return NOT_OPEN;
  if (amountIn <= 0n) return ZERO_AMOUNT;
  if (amountIn > U64_MAX || amountIn > side.roomIn) return OVERFLOW;
  const fee = swapFee(side, amountIn);
  if (fee > side.feeRoom) return OVERFLOW;
  const input = amountIn - fee;
  // Rounding: down, program `swap_token_amount_base_in`.
  const amountOut = (input * side.reserveOut) / (side.reserveIn + input);
  if (amountOut === 0n) return TOO_SMALL;
  // Beyond its vault an attached pool must first draw on the order book, which is not followed here.
  if (amountOut > side.vaultOut) return NO_LIQUIDITY;
  if (isBeyondCompute(side.computeUnits, clock)) return BEYOND_COMPUTE;
  return { ok: true, amountOut, consumedIn: amountIn, computeUnits: side.computeUnits };
}

function closedRefusal(reason: QuoteRefusal): Refusal<QuoteRefusal> {
  switch (reason) {
    case 'missing-account':
      return MISSING;
    case 'no-liquidity':
      return NO_LIQUIDITY;
    case 'amount-overflow':
      return OVERFLOW;
    default:
      return DISABLED;
  }
}

/** Base units out per base unit in for an amount too small to move the price; 0 when the direction is closed. */
export function marginalPrice(state: AmmV4State, aToB: boolean, clock: ChainClock): number {
  const side = aToB ? state.sideAToB : state.sideBToA;
  if (side.closed !== undefined || clock.unixTimestamp < side.opensAt) return 0;
  const kept = 1 - Number(side.feeNumerator) / Number(side.feeDenominator);
  return (Number(side.reserveOut) / Number(side.reserveIn)) * kept;
}

/** Of a side with fewer base units than this, one is worth something: */
const DEAR_RESERVE = 1_000_000_000n;

/** No amount is paid more a unit on average: where a unit is worth something, amounts whose fee rounds to none are. */
export function bestPrice(state: AmmV4State, aToB: boolean, clock: ChainClock): number {
  const price = marginalPrice(state, aToB, clock);
  const side = aToB ? state.sideAToB : state.sideBToA;
  if (price === 0 || side.reserveIn >= DEAR_RESERVE) return price;
  const free = freeOfFee(side);
  if (free === 0n) return price;
  return Math.max(price, Number(side.reserveOut) / Number(side.reserveIn));
}

/** The largest input that pays no fee, base units. */
function freeOfFee({ feeNumerator, feeDenominator }: AmmSide): bigint {
  return feeNumerator === 0n ? 0n : (feeDenominator - 1n) / (2n * feeNumerator);
}

/** @hot Adds steps to a ladder: what the program would do next, and where it would stop. See ladder.ts. */
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX, U128_MAX } from '../../core/units.ts';
import { divUp, mulDivUp } from '../../math/mul-div.ts';
import { pushRangeFloats, pushUndecided } from '../../math/range-floats.ts';
import { amountADown, amountAUp, amountBDown, amountBUp } from '../../math/sqrt-price.ts';
import { BEYOND_COMPUTE } from '../compute.ts';
import type { QuoteRefusal } from '../venue.ts';
import { stepUnits } from './compute.ts';
import { FEE_DENOMINATOR } from './config.ts';
import { accumulatorAt, type DynamicFee, spacingOf, totalFeeRate } from './dynamic-fee.ts';
import { HIGHEST_STOP, type Ladder, LOWEST_STOP, type Step } from './ladder.ts';
import { type ClmmState, priceAtTick } from './state.ts';
import type { TickArray } from './tick-array.ts';
import { clampTick, tickAtSqrtPrice } from './tick-price.ts';

const ONE_FEE = BigInt(FEE_DENOMINATOR);
/** Far more steps than any transaction's compute units pay for: how many of them one pays for is told by their units. */
const MAX_STEPS = 2_048;

export const MISSING_ARRAY = refusal<QuoteRefusal>('missing-account', 'tick array not known');
export const MISSING_EXTENSION = refusal<QuoteRefusal>('missing-account', 'bitmap extension not known');
export const ARRAYS_EXHAUSTED = refusal<QuoteRefusal>('no-liquidity', 'five tick arrays hold too little');
export const NOTHING_MORE = refusal<QuoteRefusal>('no-liquidity', 'no initialized tick further on');
export const AT_LAST_PRICE = refusal<QuoteRefusal>('no-liquidity', 'the price stands at its bound');
const LAST_PRICE_REACHED = refusal<QuoteRefusal>('no-liquidity', 'the price would reach its bound');
const ARRAY_EMPTY = refusal<QuoteRefusal>('no-liquidity', 'the bitmap names an array without ticks');
const LIQUIDITY_BROKEN = refusal<QuoteRefusal>('no-liquidity', 'liquidity leaves its bounds at a tick');
const PRICE_BROKEN = refusal<QuoteRefusal>('no-liquidity', 'tick and price of the pool disagree');
const STEP_OVERFLOW = refusal<QuoteRefusal>('amount-overflow', 'a step pays more than u64');

/** Adds one step, two where limit orders stand at its end, or ends the ladder. */
export function extendLadder(state: ClmmState, ladder: Ladder): void {
  if (ladder.steps.length >= MAX_STEPS) {
    ladder.end = BEYOND_COMPUTE;
    return;
  }
  if (ladder.stopWanted) moveToNextStop(ladder);
  if (ladder.end !== undefined) return;
  const { aToB, dynamicFee, price: from } = ladder;
  let to = ladder.target;
  let skipped = false;
  let accumulator = 0;
  if (dynamicFee !== undefined) {
    accumulator = accumulatorAt(dynamicFee, ladder.reference, ladder.spacing);
    setFeeRate(ladder, totalFeeRate(dynamicFee, state.tickSpacing, ladder.baseRate, accumulator));
    skipped = ladder.liquidity === 0n || accumulator === dynamicFee.maxAccumulator;
    if (!skipped) to = nearer(aToB, to, spacingBound(state, ladder));
  }
  if (aToB ? to > from : to < from) {
    ladder.end = PRICE_BROKEN;
    return;
  }
  const arrives = to === ladder.stopPrice;
  let accumulatorAfter = accumulator;
  if (dynamicFee !== undefined) {
    let reached = ladder.spacing;
    if (skipped) {
      reached = reachedSpacing(arrives ? ladder.stopTick : tickAtSqrtPrice(to), state.tickSpacing, aToB);
      accumulatorAfter = accumulatorPast(ladder, dynamicFee, accumulator, reached);
    }
    ladder.spacing = reached + (aToB ? -1 : 1);
  }
  const array = ladder.arrays[ladder.arrayAt]!;
  if (!pushRange(ladder, array, to, arrives, skipped, accumulator, accumulatorAfter)) return;
  ladder.price = to;
  if (arrives) arriveAtStop(ladder, array);
  else if (to === ladder.target) ladder.end = LAST_PRICE_REACHED;
}

function nearer(aToB: boolean, a: bigint, b: bigint): bigint {
  return aToB === a > b ? a : b;
}

/** The step along the price. False when the ladder ends with it. */
function pushRange(
  ladder: Ladder,
  array: TickArray,
  to: bigint,
  arrives: boolean,
  skipped: boolean,
  accumulator: number,
  accumulatorAfter: number,
): boolean {
  const { aToB, liquidity, price: from, feeRate, keptRate } = ladder;
  const idle = liquidity === 0n || from === to;
  const amountIn = idle ? 0n : aToB ? amountAUp(liquidity, to, from) : amountBUp(liquidity, from, to);
  const grossOut = idle ? 0n : aToB ? amountBDown(liquidity, to, from) : amountADown(liquidity, from, to);
  const step: Step = {
    from,
    to,
    liquidity,
    shifted: liquidity << 64n,
    feeRate,
    keptRate,
    amountIn,
    grossOut,
    offered: 0n,
    orderPrice: 0n,
    stopTick: ladder.stopTick,
    array,
    arrayIndex: ladder.tickAt,
    arrives,
    skipped,
    accumulator,
    accumulatorAfter,
  };
  push(ladder, step, 0n);
  if (grossOut <= U64_MAX && ladder.totalOut[ladder.totalOut.length - 1]! <= U64_MAX) return true;
  leaveUnfinishable(ladder, STEP_OVERFLOW);
  return false;
}

/** Adds a step to the totals; `slack`: how much more than its price a swap may bring that still ends in it. */
function push(ladder: Ladder, step: Step, slack: bigint): void {
  const at = ladder.steps.length;
  const before = at === 0 ? 0n : ladder.totalIn[at - 1]!;
  const reached = at === 0 ? 0n : ladder.reach[at - 1]!;
  const fee = wholeFee(ladder.feeOnInput, step);
  const totalIn = before + step.amountIn + (ladder.feeOnInput ? fee : 0n);
  const net = step.grossOut - (ladder.feeOnInput ? 0n : fee);
  const reach = totalIn + slack;
  const end = reach > reached ? reach : reached;
  const beforeOut = at === 0 ? 0n : ladder.totalOut[at - 1]!;
  ladder.steps.push(step);
  ladder.totalIn.push(totalIn);
  ladder.totalOut.push(beforeOut + net);
  ladder.reach.push(end);
  const isShort = step.offered !== 0n || !step.arrives;
  ladder.units.push((at === 0 ? ladder.startUnits : ladder.units[at - 1]!) + stepUnits(isShort));
  if (step.offered !== 0n) {
    pushUndecided(ladder.floats, end);
    return;
  }
  const { liquidity, from } = step;
  const keptIn = ladder.feeOnInput ? step.keptRate : ONE_FEE;
  const feeOut = ladder.feeOnInput ? 0n : step.feeRate;
  pushRangeFloats(ladder.floats, ladder.aToB, {
    beforeIn: before,
    beforeOut,
    end,
    liquidity,
    from,
    keptIn,
    feeOut,
  });
}

/** The fee of a whole step, rounded up, in the token it is taken from. */
export function wholeFee(feeOnInput: boolean, step: Step): bigint {
  return feeOnInput
    ? mulDivUp(step.amountIn, step.feeRate, step.keptRate)
    : mulDivUp(step.grossOut, step.feeRate, ONE_FEE);
}

/** The step just added may be taken in part, but the program fails when it is taken whole. */
function leaveUnfinishable(ladder: Ladder, why: Refusal<QuoteRefusal>): void {
  ladder.unfinishable = ladder.steps.length - 1;
  ladder.end = why;
}

function arriveAtStop(ladder: Ladder, array: TickArray): void {
  const { aToB } = ladder;
  const at = ladder.tickAt;
  if (array.orders[at]! > 0n) pushOrders(ladder, array);
  if (ladder.totalOut[ladder.totalOut.length - 1]! > U64_MAX) {
    leaveUnfinishable(ladder, STEP_OVERFLOW);
    return;
  }
  if (array.bounds[at]!) {
    const net = array.nets[at]!;
    const liquidity = aToB ? ladder.liquidity - net : ladder.liquidity + net;
    if (liquidity < 0n || liquidity > U128_MAX) {
      leaveUnfinishable(ladder, LIQUIDITY_BROKEN);
      return;
    }
    ladder.liquidity = liquidity;
  }
  ladder.stopWanted = true;
  ladder.tickAt += aToB ? -1 : 1;
}

/** The limit orders of the tick just reached: all of them, at the tick's own price and the last step's fee. */
function pushOrders(ladder: Ladder, array: TickArray): void {
  const { aToB, feeOnInput, price } = ladder;
  const last = ladder.steps[ladder.steps.length - 1]!;
  const offered = array.orders[ladder.tickAt]!;
  const square = price * price;
  // The price of the token that comes in is rounded down for its owner either way.
  const orderPrice = aToB ? square >> 64n : divUp(square, 1n << 64n);
  const amountIn = orderCost(aToB, offered, orderPrice);
  const step: Step = {
    ...last,
    from: price,
    to: price,
    amountIn,
    grossOut: offered,
    offered,
    orderPrice,
    arrives: true,
  };
  // The orders count as all taken only from the amount on that would buy one unit more than they offer.
  const need = orderCost(aToB, offered + 1n, orderPrice);
  const paid = feeOnInput ? divUp(need * ONE_FEE, step.keptRate) : need;
  const whole = feeOnInput ? amountIn + wholeFee(true, step) : amountIn;
  push(ladder, step, paid - 1n > whole ? paid - 1n - whole : 0n);
}

/** What `amount` base units of the orders cost without a fee, rounded up. */
function orderCost(aToB: boolean, amount: bigint, orderPrice: bigint): bigint {
  return aToB ? divUp(amount << 64n, orderPrice) : divUp(amount * orderPrice, 1n << 64n);
}

/** Heads for the next initialized tick in the arrays given. */
function moveToNextStop(ladder: Ladder): void {
  const { aToB, arrays } = ladder;
  while (ladder.arrayAt < arrays.length) {
    const array = arrays[ladder.arrayAt]!;
    if (ladder.tickAt >= 0 && ladder.tickAt < array.ticks.length) {
      ladder.stopWanted = false;
      ladder.stopTick = array.ticks[ladder.tickAt]!;
      ladder.stopPrice = array.prices[ladder.tickAt]!;
      ladder.target = nearer(aToB, ladder.stopPrice, aToB ? LOWEST_STOP : HIGHEST_STOP);
      return;
    }
    if (array.ticks.length === 0 && !(ladder.arrayAt === 0 && ladder.holdsPrice)) {
      ladder.end = ARRAY_EMPTY;
      return;
    }
    ladder.arrayAt++;
    const next = arrays[ladder.arrayAt];
    ladder.tickAt = next !== undefined && aToB ? next.ticks.length - 1 : 0;
  }
  ladder.end = ladder.arraysEnd;
}

function setFeeRate(ladder: Ladder, rate: number): void {
  if (rate === ladder.feeRateNumber) return;
  ladder.feeRateNumber = rate;
  ladder.feeRate = BigInt(rate);
  ladder.keptRate = ONE_FEE - ladder.feeRate;
}

/** The price at the edge of the present spacing: the fee changes there. */
function spacingBound(state: ClmmState, ladder: Ladder): bigint {
  const spacing = ladder.aToB ? ladder.spacing : ladder.spacing + 1;
  return priceAtTick(state.prices, clampTick(spacing * state.tickSpacing));
}

/** The spacing that a step over many of them came to; going up, a price on the edge belongs to the one below. */
export function reachedSpacing(tick: number, tickSpacing: number, aToB: boolean): number {
  const spacing = spacingOf(tick, tickSpacing);
  return !aToB && tick % tickSpacing === 0 ? spacing - 1 : spacing;
}

/** The accumulator after a step over many spacings; one at its most stays there. */
export function accumulatorPast(
  ladder: Ladder,
  fee: DynamicFee,
  accumulator: number,
  reached: number,
): number {
  return accumulator === fee.maxAccumulator ? accumulator : accumulatorAt(fee, ladder.reference, reached);
}

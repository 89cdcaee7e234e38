/** @hot Adds steps to a ladder: what the program would do next, and where it would stop. See ladder.ts. */
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX, U128_MAX } from '../../core/units.ts';
import { mulDivUp } from '../../math/mul-div.ts';
import { pushRangeFloats } from '../../math/range-floats.ts';
import { amountADown, amountAUp, amountBDown, amountBUp } from '../../math/sqrt-price.ts';
import { MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK } from '../../math/tick.ts';
import { BEYOND_COMPUTE } from '../compute.ts';
import type { QuoteRefusal } from '../venue.ts';
import { type AdaptiveFeeConstants, accumulatorAt, totalFeeRate, traversedGroup } from './adaptive-fee.ts';
import { groupUnits, searchUnits, stepUnits, stopUnits, UNKNOWN_SEARCH_UNITS } from './compute.ts';
import type { Ladder } from './ladder.ts';
import { priceAtTick, type WhirlpoolState } from './state.ts';
import { FIXED_BYTES, TICKS_PER_ARRAY, type TickArray } from './tick-array.ts';

/** Hundredths of a basis point in one. */
export const FEE_DENOMINATOR = 1_000_000n;
/** Far more steps than any transaction's compute units pay for: how many of them one pays for is told by their units. */
const MAX_STEPS = 2_048;
/** Liquidity that no pair of u64 amounts can make; beyond it the program's own products overflow. */
const MAX_LIQUIDITY = 1n << 95n;

export const MISSING_ARRAY = refusal<QuoteRefusal>('missing-account', 'tick array not known');
export const ARRAYS_EXHAUSTED = refusal<QuoteRefusal>('no-liquidity', 'three tick arrays hold too little');
export const AT_LAST_PRICE = refusal<QuoteRefusal>('no-liquidity', 'the price stands at its bound');
const LIQUIDITY_BROKEN = refusal<QuoteRefusal>('no-liquidity', 'liquidity leaves its bounds at a tick');
const PRICE_BROKEN = refusal<QuoteRefusal>('no-liquidity', 'tick and price of the pool disagree');
const STEP_OVERFLOW = refusal<QuoteRefusal>('amount-overflow', 'a step pays more than u64');

export function refuseFrom(ladder: Ladder, why: Refusal<QuoteRefusal>): void {
  ladder.end = 'refused';
  ladder.refusal = why;
}

/** Adds one step, or ends the ladder. */
export function extendLadder(state: WhirlpoolState, ladder: Ladder): void {
  if (ladder.steps.length >= MAX_STEPS) {
    refuseFrom(ladder, BEYOND_COMPUTE);
    return;
  }
  if (ladder.stopWanted) moveToNextStop(state, ladder);
  if (ladder.end !== 'open') return;
  const { aToB, liquidity, price: from, constants } = ladder;
  if (liquidity >= MAX_LIQUIDITY) {
    refuseFrom(ladder, LIQUIDITY_BROKEN);
    return;
  }
  let to = ladder.stopPrice;
  let skipped = false;
  let accumulator = 0;
  if (constants !== undefined) {
    accumulator = accumulatorAt(constants, ladder.reference, ladder.group);
    setFeeRate(ladder, totalFeeRate(constants, ladder.staticFeeRate, accumulator));
    skipped = passesOverGroups(ladder, constants);
    if (!skipped) ladder.unitsSoFar += groupUnits(groupEnd(ladder, constants));
    const bound = groupBound(state, ladder, constants, skipped);
    if (bound !== undefined && (aToB ? bound > to : bound < to)) to = bound;
  }
  if (aToB ? to > from : to < from) {
    refuseFrom(ladder, PRICE_BROKEN);
    return;
  }
  const idle = liquidity === 0n || from === to;
  const amountIn = idle ? 0n : aToB ? amountAUp(liquidity, to, from) : amountBUp(liquidity, from, to);
  const amountOut = idle ? 0n : aToB ? amountBDown(liquidity, to, from) : amountADown(liquidity, from, to);
  const fee = idle ? 0n : mulDivUp(amountIn, ladder.feeRate, ladder.keptRate);
  const at = ladder.steps.length;
  const beforeIn = at === 0 ? 0n : ladder.totalIn[at - 1]!;
  const beforeOut = at === 0 ? 0n : ladder.totalOut[at - 1]!;
  const end = beforeIn + amountIn + fee;
  const totalOut = beforeOut + amountOut;
  ladder.totalIn.push(end);
  ladder.totalOut.push(totalOut);
  const keptIn = ladder.keptRate;
  pushRangeFloats(ladder.floats, aToB, { beforeIn, beforeOut, end, liquidity, from, keptIn, feeOut: 0n });
  const isCrossed = to === ladder.stopPrice && ladder.stopArray !== null;
  ladder.unitsSoFar += stepUnits(!idle, skipped, isCrossed);
  ladder.units.push(ladder.unitsSoFar);
  const { group } = ladder;
  const accumulatorAfter =
    constants === undefined ? 0 : advanceGroup(ladder, constants, to, skipped, accumulator);
  const shifted = liquidity << 64n;
  ladder.steps.push({
    from,
    to,
    liquidity,
    shifted,
    shiftedPrice: aToB ? shifted * from : 0n,
    feeRate: ladder.feeRate,
    keptRate: ladder.keptRate,
    amountIn,
    stopTick: ladder.stopTick,
    stopPrice: ladder.stopPrice,
    array: ladder.stopArray,
    arrayIndex: ladder.stopIndex,
    group,
    skipped,
    accumulator,
    accumulatorAfter,
  });
  ladder.price = to;
  if (totalOut > U64_MAX) {
    leaveUnfinishable(ladder, STEP_OVERFLOW);
    return;
  }
  if (to === ladder.stopPrice) arriveAtStop(ladder);
}

/** The step just added may be taken in part, but the program fails when it is taken whole. */
function leaveUnfinishable(ladder: Ladder, why: Refusal<QuoteRefusal>): void {
  ladder.unfinishable = ladder.steps.length - 1;
  refuseFrom(ladder, why);
}

function arriveAtStop(ladder: Ladder): void {
  const { aToB, stopArray } = ladder;
  ladder.stopWanted = true;
  if (stopArray !== null) {
    const net = stopArray.nets[ladder.stopIndex]!;
    const liquidity = aToB ? ladder.liquidity - net : ladder.liquidity + net;
    if (liquidity < 0n || liquidity > U128_MAX) {
      leaveUnfinishable(ladder, LIQUIDITY_BROKEN);
      return;
    }
    ladder.liquidity = liquidity;
    ladder.tickAt += aToB ? -1 : 1;
  }
  if (ladder.price === (aToB ? MIN_SQRT_PRICE : MAX_SQRT_PRICE)) ladder.end = 'last-price';
  else if (stopArray === null && ladder.cut) leaveUnfinishable(ladder, MISSING_ARRAY);
  else if (stopArray === null) refuseFrom(ladder, ARRAYS_EXHAUSTED);
}

/** Heads for the next initialized tick in reach, or for where the reach ends. */
function moveToNextStop(state: WhirlpoolState, ladder: Ladder): void {
  const { aToB, arrays, lastStart } = ladder;
  let from = Number.isNaN(ladder.stopTick) ? state.tickIndex : aToB ? ladder.stopTick - 1 : ladder.stopTick;
  while (ladder.arrayAt < arrays.length) {
    const array = arrays[ladder.arrayAt];
    if (array) ladder.unitsSoFar += searchedUnits(state.tickSpacing, ladder, array, from);
    if (array && ladder.tickAt >= 0 && ladder.tickAt < array.ticks.length) {
      ladder.stopWanted = false;
      ladder.stopTick = array.ticks[ladder.tickAt]!;
      ladder.unitsSoFar += stopUnits(ladder.stopTick);
      ladder.stopPrice = array.prices[ladder.tickAt]!;
      ladder.stopArray = array;
      ladder.stopIndex = ladder.tickAt;
      return;
    }
    ladder.arrayAt++;
    const next = arrays[ladder.arrayAt];
    ladder.tickAt = next && aToB ? next.ticks.length - 1 : 0;
    from = aToB ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
  const width = TICKS_PER_ARRAY * state.tickSpacing;
  const isLastOfAll = aToB ? lastStart <= MIN_TICK : lastStart + width > MAX_TICK;
  // Having crossed the array's own last tick, the program looks for a fourth array at once.
  const lastTick = aToB ? lastStart : lastStart + width - state.tickSpacing;
  if (!isLastOfAll && ladder.stopTick === lastTick) {
    refuseFrom(ladder, ladder.cut ? MISSING_ARRAY : ARRAYS_EXHAUSTED);
    return;
  }
  ladder.stopWanted = false;
  ladder.stopTick = aToB ? Math.max(lastStart, MIN_TICK) : isLastOfAll ? MAX_TICK : lastStart + width - 1;
  ladder.unitsSoFar += ladder.cut ? UNKNOWN_SEARCH_UNITS : stopUnits(ladder.stopTick);
  ladder.stopPrice = priceAtTick(state.prices, ladder.stopTick);
  ladder.stopArray = null;
  ladder.stopIndex = -1;
}

/** Compute units of the search through one array, from tick `from` to the next initialized one or to the array's end. */
function searchedUnits(
  tickSpacing: number,
  { aToB, tickAt }: Ladder,
  { start, ticks, data }: TickArray,
  from: number,
): number {
  const found = ticks[tickAt];
  const last = TICKS_PER_ARRAY - 1;
  const first = Math.min(Math.max(Math.floor((from - start) / tickSpacing), 0), last);
  const until = found === undefined ? (aToB ? 0 : last) : (found - start) / tickSpacing;
  return searchUnits(Math.abs(until - first) + 1, data.length !== FIXED_BYTES);
}

function setFeeRate(ladder: Ladder, rate: number): void {
  if (rate === ladder.feeRateNumber) return;
  ladder.feeRateNumber = rate;
  ladder.feeRate = BigInt(rate);
  ladder.keptRate = FEE_DENOMINATOR - ladder.feeRate;
}

/** True where stopping at every tick group would change nothing: no adaptive part, no liquidity, or the most of it. */
function passesOverGroups(ladder: Ladder, constants: AdaptiveFeeConstants): boolean {
  if (constants.controlFactor === 0 || ladder.liquidity === 0n) return true;
  const { lower, upper } = ladder.core;
  if (lower !== undefined && ladder.group < lower.tickGroup) return true;
  return upper !== undefined && ladder.group > upper.tickGroup;
}

/** The price that the adaptive fee lets the next step reach; undefined: any. */
function groupBound(
  state: WhirlpoolState,
  ladder: Ladder,
  constants: AdaptiveFeeConstants,
  skipped: boolean,
): bigint | undefined {
  const { aToB, group, core } = ladder;
  if (skipped) {
    if (constants.controlFactor === 0 || ladder.liquidity === 0n) return undefined;
    // Outside the core range, coming back into it: its edge is the next place where the fee changes.
    if (aToB)
      return core.upper !== undefined && group > core.upper.tickGroup ? core.upper.sqrtPrice : undefined;
    return core.lower !== undefined && group < core.lower.tickGroup ? core.lower.sqrtPrice : undefined;
  }
  return priceAtTick(state.prices, groupEnd(ladder, constants));
}

/** The tick at which the present tick group ends, or all prices do. */
function groupEnd({ aToB, group }: Ladder, { tickGroupSize }: AdaptiveFeeConstants): number {
  const tick = aToB ? group * tickGroupSize : group * tickGroupSize + tickGroupSize;
  return Math.min(Math.max(tick, MIN_TICK), MAX_TICK);
}

/** Moves to the group of the next step; gives the accumulator that a swap ending here leaves. */
function advanceGroup(
  ladder: Ladder,
  constants: AdaptiveFeeConstants,
  price: bigint,
  skipped: boolean,
  accumulator: number,
): number {
  const { aToB } = ladder;
  let left = accumulator;
  if (skipped) {
    const { group, stopPrice, stopTick } = ladder;
    const reached = traversedGroup(constants.tickGroupSize, aToB, price, stopPrice, stopTick);
    if (aToB ? reached < group : reached > group) {
      ladder.group = reached;
      left = accumulatorAt(constants, ladder.reference, reached);
    }
  }
  ladder.group += aToB ? -1 : 1;
  return left;
}

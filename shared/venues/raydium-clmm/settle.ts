import type { ChainClock } from '../../core/clock.ts';
import { U64_MAX } from '../../core/units.ts';
import { mulDivUp } from '../../math/mul-div.ts';
import { amountAUp, amountBUp } from '../../math/sqrt-price.ts';
import type { Settled } from '../venue.ts';
import { arrayOf, flipBit } from './bitmap.ts';
import { FEE_DENOMINATOR } from './config.ts';
import { REFERENCE_KEPT, referenceMode } from './dynamic-fee.ts';
import { findStep, type Ladder, type Step } from './ladder.ts';
import { accumulatorPast, reachedSpacing, wholeFee } from './ladder-step.ts';
import { FEE_ON_TOKEN_A, FEE_ON_TOKEN_B } from './layout.ts';
import { amountReaching, ladderAt, paid, partialOut, partialPrice, quote } from './quote.ts';
import { growRewards, type Reward } from './rewards.ts';
import { type ClmmState, followPrice, priceAtTick } from './state.ts';
import { isSeenTwoWays, staticView } from './static-view.ts';
import { crossTick, dropTick, fillOrders, readTicks, stampEpoch, type TickArray } from './tick-array.ts';
import { tickAtSqrtPrice } from './tick-price.ts';

const ONE_FEE = BigInt(FEE_DENOMINATOR);

/** What stays the same through the steps of one swap. */
interface Swap {
  readonly state: ClmmState;
  readonly ladder: Ladder;
  readonly clock: ChainClock;
  readonly rewards: readonly Reward[];
  /** True when the fee, and with it the growth, is in mint A. */
  readonly feeInA: boolean;
}

/** Where the steps of one swap have come to. */
interface Progress {
  amountOut: bigint;
  taken: bigint;
  sqrtPrice: bigint;
  tickIndex: number;
  liquidity: bigint;
  /** Of the mint that the fee is taken in. */
  feeGrowth: bigint;
  protocolFee: bigint;
  fundFee: bigint;
  accumulator: number;
  /** Bytes of the tick arrays that changed, by first tick; those whose ticks changed for quotes too. */
  readonly arrays: Map<number, Uint8Array>;
  readonly changedTicks: Set<number>;
  /** Arrays that limit orders filled to the last left without an initialized tick. */
  readonly emptied: number[];
}

/**
 * What the program pays for `amountIn`, with the state it leaves: price, tick, liquidity, fee growth, owed fees,
 * crossed ticks, filled orders, bitmap, rewards and the dynamic fee's variables. Tick arrays beyond the watched
 * window of the new price are not in it. Source: `instructions/swap.rs`.
 */
export function settle(
  state: ClmmState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<ClmmState> {
  if (!isSeenTwoWays(state)) return settleAsDecoded(state, aToB, amountIn, clock);
  if (state.rules !== undefined) return settleAsDecoded(staticView(state), aToB, amountIn, clock);
  const agreed = quote(state, aToB, amountIn, clock);
  if (!agreed.ok) return agreed;
  const settled = settleAsDecoded(state, aToB, amountIn, clock);
  if (!settled.ok) return settled;
  // The two sets pay alike here, and do not leave the same pool.
  return { ...settled, ...agreed, state: { ...settled.state, isAmbiguous: true } };
}

function settleAsDecoded(
  state: ClmmState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<ClmmState> {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const at = findStep(state, ladder, reaching);
  if (at === ladder.steps.length) return ladder.end!;
  const isWhole = ladder.totalIn[at] === reaching;
  if (isWhole && at === ladder.unfinishable) return ladder.end!;

  const feeInA = state.feeOn === FEE_ON_TOKEN_A || (state.feeOn !== FEE_ON_TOKEN_B && aToB);
  const rewards = growRewards(state.rewards, state.liquidity, clock.unixTimestamp);
  const swap: Swap = { state, ladder, clock, rewards, feeInA };
  const progress: Progress = {
    amountOut: 0n,
    taken: 0n,
    sqrtPrice: state.sqrtPrice,
    tickIndex: state.tickIndex,
    liquidity: state.liquidity,
    feeGrowth: feeInA ? state.feeGrowthA : state.feeGrowthB,
    protocolFee: 0n,
    fundFee: 0n,
    accumulator: 0,
    arrays: new Map(),
    changedTicks: new Set(),
    emptied: [],
  };
  for (let i = 0; i < at; i++) takeWhole(swap, progress, i);
  if (isWhole) takeWhole(swap, progress, at);
  else if (!takePart(swap, progress, at, reaching - progress.taken)) return ladder.end!;
  const result = paid(state, aToB, clock, amountIn, progress.amountOut, ladder.units[at]!);
  if (!result.ok) return result;
  const settled = settledState(swap, progress);
  settled.vaultAmountA += aToB ? reaching : -progress.amountOut;
  settled.vaultAmountB += aToB ? -progress.amountOut : reaching;
  return {
    ...result,
    state: settled,
    withheldOut: progress.amountOut - result.amountOut,
  };
}

function takeWhole(swap: Swap, progress: Progress, at: number): void {
  const { ladder } = swap;
  const step = ladder.steps[at]!;
  takeFee(swap, progress, step, wholeFee(ladder.feeOnInput, step));
  progress.taken = ladder.totalIn[at]!;
  progress.amountOut = ladder.totalOut[at]!;
  progress.accumulator = step.accumulatorAfter;
  if (step.offered !== 0n) takeOrders(swap, progress, step, step.offered);
  else if (step.arrives) arrive(swap, progress, step);
  else if (step.to !== step.from) progress.tickIndex = tickAtSqrtPrice(step.to);
  progress.sqrtPrice = step.to;
}

/** False when the program fails a step that ends there. */
function takePart(swap: Swap, progress: Progress, at: number, rest: bigint): boolean {
  const { ladder, state } = swap;
  const { aToB } = ladder;
  const step = ladder.steps[at]!;
  const gross = partialOut(ladder, step, rest);
  if (at === ladder.unfinishable && (step.offered === 0n ? gross > U64_MAX : gross === step.offered)) {
    return false;
  }
  progress.taken += rest;
  const feeOut = ladder.feeOnInput ? 0n : mulDivUp(gross, step.feeRate, ONE_FEE);
  progress.amountOut += gross - feeOut;
  progress.accumulator = step.accumulatorAfter;
  if (step.offered !== 0n) {
    takeFee(swap, progress, step, ladder.feeOnInput ? mulDivUp(rest, step.feeRate, ONE_FEE) : feeOut);
    takeOrders(swap, progress, step, gross);
    return true;
  }
  const price = partialPrice(ladder, step, rest);
  const amountIn = aToB
    ? amountAUp(step.liquidity, price, step.from)
    : amountBUp(step.liquidity, step.from, price);
  takeFee(swap, progress, step, ladder.feeOnInput ? rest - amountIn : feeOut);
  if (price !== step.from) progress.tickIndex = tickAtSqrtPrice(price);
  progress.sqrtPrice = price;
  const { dynamicFee } = ladder;
  if (dynamicFee === undefined) return true;
  // A step over many spacings that ends early leaves the accumulator of the spacing it came to.
  const reached = reachedSpacing(progress.tickIndex, state.tickSpacing, aToB);
  progress.accumulator = step.skipped
    ? accumulatorPast(ladder, dynamicFee, step.accumulator, reached)
    : step.accumulator;
  return true;
}

/** Protocol's and fund's parts are rounded down; the rest grows with the liquidity, rounded down, wrapping at 2^128. */
function takeFee(swap: Swap, progress: Progress, step: Step, fee: bigint): void {
  const { config } = swap.state;
  const protocol = (fee * BigInt(config.protocolFeeRate)) / ONE_FEE;
  const fund = (fee * BigInt(config.fundFeeRate)) / ONE_FEE;
  const rest = fee - protocol - fund;
  progress.protocolFee += protocol;
  progress.fundFee += fund;
  // With no liquidity to earn it the rest is the protocol's.
  if (step.liquidity === 0n) progress.protocolFee += rest;
  else progress.feeGrowth = BigInt.asUintN(128, progress.feeGrowth + (rest << 64n) / step.liquidity);
}

/** The price came to an initialized tick: it is crossed unless limit orders hold it there. */
function arrive(swap: Swap, progress: Progress, step: Step): void {
  const { aToB } = swap.ladder;
  stampEpoch(bytesOf(progress, step.array), swap.clock.epoch);
  if (step.array.orders[step.arrayIndex]! > 0n) {
    progress.tickIndex = aToB ? step.stopTick : step.stopTick - 1;
  } else {
    cross(swap, progress, step);
  }
}

function takeOrders(swap: Swap, progress: Progress, step: Step, filled: bigint): void {
  const { array, arrayIndex } = step;
  const data = bytesOf(progress, array);
  if (filled > 0n) {
    fillOrders(data, array.offsets[arrayIndex]!, filled);
    progress.changedTicks.add(array.start);
  }
  if (filled < step.offered) return;
  if (!array.bounds[arrayIndex]! && dropTick(data)) progress.emptied.push(array.start);
  cross(swap, progress, step);
}

function cross(swap: Swap, progress: Progress, step: Step): void {
  const { state, feeInA, rewards } = swap;
  const { aToB } = swap.ladder;
  const { array, arrayIndex } = step;
  progress.tickIndex = aToB ? step.stopTick - 1 : step.stopTick;
  if (!array.bounds[arrayIndex]!) return;
  const growthA = feeInA ? progress.feeGrowth : state.feeGrowthA;
  const growthB = feeInA ? state.feeGrowthB : progress.feeGrowth;
  crossTick(bytesOf(progress, array), array.offsets[arrayIndex]!, growthA, growthB, rewards);
  const net = array.nets[arrayIndex]!;
  progress.liquidity += aToB ? -net : net;
}

function bytesOf(progress: Progress, array: TickArray): Uint8Array {
  let copy = progress.arrays.get(array.start);
  if (copy === undefined) {
    copy = array.data.slice();
    progress.arrays.set(array.start, copy);
  }
  return copy;
}

function settledState(swap: Swap, progress: Progress): ClmmState {
  const { state, feeInA, clock, ladder } = swap;
  const { protocolFee, fundFee, feeGrowth, arrays, emptied } = progress;
  let bitmaps = { bitmap: state.bitmap, extension: state.extension };
  for (const start of emptied) bitmaps = flipBit(bitmaps, arrayOf(start, state.tickSpacing));
  const settled: ClmmState = {
    ...state,
    ...bitmaps,
    extensionTouched: state.extensionTouched || bitmaps.extension !== state.extension,
    sqrtPrice: progress.sqrtPrice,
    tickIndex: progress.tickIndex,
    liquidity: progress.liquidity,
    feeGrowthA: feeInA ? feeGrowth : state.feeGrowthA,
    feeGrowthB: feeInA ? state.feeGrowthB : feeGrowth,
    protocolFeeA: state.protocolFeeA + (feeInA ? protocolFee : 0n),
    protocolFeeB: state.protocolFeeB + (feeInA ? 0n : protocolFee),
    fundFeeA: state.fundFeeA + (feeInA ? fundFee : 0n),
    fundFeeB: state.fundFeeB + (feeInA ? 0n : fundFee),
    recentEpoch: BigInt(clock.epoch),
    rewards: swap.rewards,
    dynamicFee: settledDynamicFee(state, ladder, progress.accumulator, clock.unixTimestamp),
    tickArrays: new Map(state.tickArrays),
    ladders: [],
    touched: arrays.size === 0 ? state.touched : new Map([...state.touched, ...arrays]),
    refused: new Set(),
    staticParts: undefined,
  };
  for (const [start, data] of arrays) {
    settled.tickArrays.set(start, settledArray(state, start, data, progress.changedTicks.has(start)));
  }
  followPrice(settled);
  return settled;
}

function settledArray(state: ClmmState, start: number, data: Uint8Array, changed: boolean): TickArray {
  const previous = state.tickArrays.get(start)!;
  if (!changed) return { ...previous, data };
  const read = readTicks(data, {
    poolBytes: state.addresses.poolBytes,
    tickSpacing: state.tickSpacing,
    start,
    priceAt: (tick) => priceAtTick(state.prices, tick),
  });
  return read.ok ? read.value : { ...previous, data };
}

function settledDynamicFee(state: ClmmState, ladder: Ladder, accumulator: number, unixTimestamp: number) {
  const { dynamicFee } = state;
  if (dynamicFee === undefined) return undefined;
  const kept = referenceMode(dynamicFee, unixTimestamp) === REFERENCE_KEPT;
  return {
    ...dynamicFee,
    spacingReference: ladder.reference.spacing,
    volatilityReference: ladder.reference.volatility,
    accumulator,
    updatedAt: kept ? dynamicFee.updatedAt : BigInt(unixTimestamp),
  };
}

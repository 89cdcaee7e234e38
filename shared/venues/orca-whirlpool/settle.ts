import type { ChainClock } from '../../core/clock.ts';
import { amountAUp, amountBUp } from '../../math/sqrt-price.ts';
import { tickAtSqrtPrice } from '../../math/tick.ts';
import type { Settled } from '../venue.ts';
import { accumulatorAt, isMajorSwap, REFERENCE_KEPT, referenceMode, traversedGroup } from './adaptive-fee.ts';
import { findStep, type Ladder, type Step } from './ladder.ts';
import type { Reward } from './layout.ts';
import type { Oracle } from './oracle.ts';
import { amountReaching, ladderAt, paid, partialPrice } from './quote.ts';
import { followPrice, type WhirlpoolState } from './state.ts';
import { crossTick, type TickArray } from './tick-array.ts';

const PROTOCOL_FEE_DENOMINATOR = 10_000n;

/** Where the steps of one swap have come to. */
interface Progress {
  amountOut: bigint;
  taken: bigint;
  sqrtPrice: bigint;
  tickIndex: number;
  liquidity: bigint;
  /** Of the mint that came in. */
  feeGrowth: bigint;
  protocolFee: bigint;
  accumulator: number;
  /** Copies of the tick arrays whose ticks were crossed, by first tick. */
  readonly arrays: Map<number, TickArray>;
}

/**
 * What the program pays for `amountIn`, with the state it leaves: price, tick, liquidity, fee growth, protocol fee,
 * crossed ticks, rewards and the adaptive fee's variables. Tick arrays beyond the watched window of the new price
 * are not in it. Source: `manager/swap_manager.rs`.
 */
export function settle(
  state: WhirlpoolState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<WhirlpoolState> {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const at = findStep(state, ladder, reaching);
  const count = ladder.steps.length;
  if (at === count && ladder.end !== 'last-price') return ladder.refusal;
  const whole = at === count ? count : ladder.totalIn[at] === reaching ? at + 1 : at;
  if (whole - 1 === ladder.unfinishable && whole > 0) return ladder.refusal;

  const rewards = rewardsAt(state, clock.unixTimestamp);
  const progress: Progress = {
    amountOut: 0n,
    taken: 0n,
    sqrtPrice: state.sqrtPrice,
    tickIndex: state.tickIndex,
    liquidity: state.liquidity,
    feeGrowth: aToB ? state.feeGrowthA : state.feeGrowthB,
    protocolFee: 0n,
    accumulator: 0,
    arrays: new Map(),
  };
  for (let i = 0; i < whole; i++) takeWhole(progress, state, ladder, i, rewards);
  const rest = reaching - progress.taken;
  if (at < count && rest > 0n) takePart(progress, state, ladder, ladder.steps[at]!, rest);
  const units = ladder.units[Math.min(at, count - 1)]!;
  const result = paid(state, aToB, clock, amountIn, reaching, progress.taken, progress.amountOut, units);
  if (!result.ok) return result;
  const settled = settledState(state, aToB, progress, ladder, rewards, clock.unixTimestamp);
  settled.vaultAmountA += aToB ? progress.taken : -progress.amountOut;
  settled.vaultAmountB += aToB ? -progress.amountOut : progress.taken;
  return { ...result, state: settled, withheldOut: progress.amountOut - result.amountOut };
}

function takeWhole(
  progress: Progress,
  state: WhirlpoolState,
  ladder: Ladder,
  at: number,
  rewards: readonly Reward[],
): void {
  const { aToB } = ladder;
  const step = ladder.steps[at]!;
  const taken = ladder.totalIn[at]! - progress.taken;
  takeFee(progress, state, step, taken - step.amountIn);
  progress.taken += taken;
  progress.amountOut = ladder.totalOut[at]!;
  progress.accumulator = step.accumulatorAfter;
  if (step.to === step.stopPrice) {
    if (step.array !== null) cross(progress, state, aToB, step, step.array, rewards);
    progress.tickIndex = aToB ? step.stopTick - 1 : step.stopTick;
  } else if (step.to !== step.from) {
    progress.tickIndex = tickAtSqrtPrice(step.to);
  }
  progress.sqrtPrice = step.to;
}

function takePart(progress: Progress, state: WhirlpoolState, ladder: Ladder, step: Step, rest: bigint): void {
  const { aToB } = ladder;
  const price = partialPrice(step, aToB, rest);
  const amountIn = aToB
    ? amountAUp(step.liquidity, price, step.from)
    : amountBUp(step.liquidity, step.from, price);
  takeFee(progress, state, step, rest - amountIn);
  progress.taken += rest;
  progress.amountOut += aToB
    ? (step.liquidity * (step.from - price)) >> 64n
    : ((step.liquidity * (price - step.from)) << 64n) / (price * step.from);
  if (price !== step.from) progress.tickIndex = tickAtSqrtPrice(price);
  progress.sqrtPrice = price;
  progress.accumulator = partialAccumulator(ladder, step, price);
}

/** The accumulator after a step that ended early: a step over many groups leaves that of the group it came to. */
function partialAccumulator(ladder: Ladder, step: Step, price: bigint): number {
  const { aToB, constants } = ladder;
  if (constants === undefined || !step.skipped) return step.accumulator;
  const reached = traversedGroup(constants.tickGroupSize, aToB, price, step.stopPrice, step.stopTick);
  const moved = aToB ? reached < step.group : reached > step.group;
  return moved ? accumulatorAt(constants, ladder.reference, reached) : step.accumulator;
}

/** The protocol's part is rounded down; the rest grows with the liquidity, rounded down, wrapping at 2^128. */
function takeFee(progress: Progress, state: WhirlpoolState, step: Step, fee: bigint): void {
  const protocol = (fee * BigInt(state.protocolFeeRate)) / PROTOCOL_FEE_DENOMINATOR;
  progress.protocolFee += protocol;
  if (step.liquidity === 0n) return;
  const growth = ((fee - protocol) << 64n) / step.liquidity;
  progress.feeGrowth = BigInt.asUintN(128, progress.feeGrowth + growth);
}

function cross(
  progress: Progress,
  state: WhirlpoolState,
  aToB: boolean,
  step: Step,
  array: TickArray,
  rewards: readonly Reward[],
): void {
  let copy = progress.arrays.get(array.start);
  if (copy === undefined) {
    copy = { ...array, data: array.data.slice() };
    progress.arrays.set(array.start, copy);
  }
  const growthA = aToB ? progress.feeGrowth : state.feeGrowthA;
  const growthB = aToB ? state.feeGrowthB : progress.feeGrowth;
  crossTick(copy.data, array.offsets[step.arrayIndex]!, growthA, growthB, rewards);
  const net = array.nets[step.arrayIndex]!;
  progress.liquidity += aToB ? -net : net;
}

/** Rewards grown to `unixTimestamp`; one whose growth would overflow u128 stands still. */
function rewardsAt(state: WhirlpoolState, unixTimestamp: number): readonly Reward[] {
  const elapsed = BigInt(unixTimestamp - state.rewardTimestamp);
  if (state.liquidity === 0n || elapsed === 0n) return state.rewards;
  return state.rewards.map((reward) => {
    const emitted = elapsed * reward.emissionsPerSecond;
    if (!reward.initialized || emitted >> 128n !== 0n) return reward;
    return { ...reward, growth: BigInt.asUintN(128, reward.growth + emitted / state.liquidity) };
  });
}

function settledState(
  state: WhirlpoolState,
  aToB: boolean,
  progress: Progress,
  ladder: Ladder,
  rewards: readonly Reward[],
  unixTimestamp: number,
): WhirlpoolState {
  const { protocolFee, feeGrowth, sqrtPrice, arrays } = progress;
  const settled: WhirlpoolState = {
    ...state,
    sqrtPrice,
    tickIndex: progress.tickIndex,
    liquidity: progress.liquidity,
    protocolFeeA: aToB ? BigInt.asUintN(64, state.protocolFeeA + protocolFee) : state.protocolFeeA,
    protocolFeeB: aToB ? state.protocolFeeB : BigInt.asUintN(64, state.protocolFeeB + protocolFee),
    feeGrowthA: aToB ? feeGrowth : state.feeGrowthA,
    feeGrowthB: aToB ? state.feeGrowthB : feeGrowth,
    rewardTimestamp: unixTimestamp,
    rewards,
    oracle: settledOracle(state, progress, ladder, unixTimestamp),
    tickArrays: new Map(state.tickArrays),
    ladders: [],
    touched: arrays.size === 0 ? state.touched : new Set([...state.touched, ...arrays.keys()]),
    refused: new Set(),
  };
  for (const [start, array] of arrays) settled.tickArrays.set(start, array);
  followPrice(settled);
  return settled;
}

function settledOracle(
  state: WhirlpoolState,
  progress: Progress,
  ladder: Ladder,
  unixTimestamp: number,
): Oracle | null {
  const { oracle } = state;
  if (oracle === null) return null;
  const { constants, variables } = oracle;
  const kept = referenceMode(constants, variables, unixTimestamp) === REFERENCE_KEPT;
  const major = isMajorSwap(constants, state.sqrtPrice, progress.sqrtPrice);
  return {
    ...oracle,
    variables: {
      referenceTimestamp: kept ? variables.referenceTimestamp : unixTimestamp,
      majorSwapTimestamp: major ? unixTimestamp : variables.majorSwapTimestamp,
      volatilityReference: ladder.reference.volatility,
      tickGroupReference: ladder.reference.tickGroup,
      accumulator: progress.accumulator,
    },
  };
}

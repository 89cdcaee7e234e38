/**
 * @hot The steps that a swap takes through a pool, computed once and shared by every quote on the same numbers.
 *
 * The program cuts a swap into steps: at constant liquidity and fee up to the next initialized tick (with a dynamic
 * fee up to the next tick spacing), and the limit orders that stand on a tick. What a whole step takes and pays does
 * not depend on the swap's amount, so running totals over the steps turn a quote into a search plus one last, partial
 * step. Steps are added as far as the largest amount asked for so far. Source: raydium-io/raydium-clmm
 * `instructions/swap.rs`, `libraries/swap_math.rs` and `states/tick_array.rs`.
 */
import type { Refusal } from '../../core/outcome.ts';
import { createRangeFloats, type RangeFloats } from '../../math/range-floats.ts';
import type { QuoteRefusal } from '../venue.ts';
import { findPath, type Path } from './accounts.ts';
import { startUnits } from './compute.ts';
import { FEE_DENOMINATOR } from './config.ts';
import { type DynamicFee, type FeeReference, referenceAt, spacingOf } from './dynamic-fee.ts';
import {
  ARRAYS_EXHAUSTED,
  AT_LAST_PRICE,
  extendLadder,
  MISSING_ARRAY,
  MISSING_EXTENSION,
  NOTHING_MORE,
} from './ladder-step.ts';
import { FEE_ON_TOKEN_A, FEE_ON_TOKEN_B } from './layout.ts';
import type { ClmmState } from './state.ts';
import type { TickArray } from './tick-array.ts';
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE } from './tick-price.ts';

/** One step at constant liquidity and fee, or the limit orders of one tick. */
export interface Step {
  readonly from: bigint;
  readonly to: bigint;
  readonly liquidity: bigint;
  /** Liquidity in Q64. */
  readonly shifted: bigint;
  /** Fee in parts of a million, and what is left of one. */
  readonly feeRate: bigint;
  readonly keptRate: bigint;
  /** Base units in for the whole step, without a fee on the way in; out, before a fee on the way out. */
  readonly amountIn: bigint;
  readonly grossOut: bigint;
  /** Base units that limit orders offer at `orderPrice` (B per A, Q64.64); 0: a step along the price. */
  readonly offered: bigint;
  readonly orderPrice: bigint;
  /** The initialized tick the step is heading for, and whether it gets there. */
  readonly stopTick: number;
  readonly array: TickArray;
  readonly arrayIndex: number;
  readonly arrives: boolean;
  /** Dynamic fee: whether spacings were passed over, accumulator during the step and after it. */
  readonly skipped: boolean;
  readonly accumulator: number;
  readonly accumulatorAfter: number;
}

export interface Ladder {
  readonly ok: true;
  readonly aToB: boolean;
  readonly feeOnInput: boolean;
  readonly steps: Step[];
  /** Base units in, fees included, and out, fees deducted, from the start to the end of each step. */
  readonly totalIn: bigint[];
  readonly totalOut: bigint[];
  /** Compute units of a swap that ends in each step. */
  readonly units: number[];
  /** The same before the first one. */
  readonly startUnits: number;
  /** The largest amount of a swap that ends in each step or before it. */
  readonly reach: bigint[];
  /** The same steps in doubles, which decide nearly every quote. */
  readonly floats: RangeFloats;
  /** What a swap that goes beyond the steps gets; undefined while more can be added. */
  end: Refusal<QuoteRefusal> | undefined;
  /** The last step when it may be taken in part but not whole; else -1. */
  unfinishable: number;
  readonly arrays: readonly TickArray[];
  readonly holdsPrice: boolean;
  /** Why there are no more arrays. */
  readonly arraysEnd: Refusal<QuoteRefusal>;
  arrayAt: number;
  tickAt: number;
  price: bigint;
  liquidity: bigint;
  stopWanted: boolean;
  stopTick: number;
  stopPrice: bigint;
  /** `stopPrice`, or the last price a swap may reach when that comes first. */
  target: bigint;
  /** Fee: base rate, then what the dynamic fee needs (undefined without it). */
  readonly baseRate: number;
  readonly dynamicFee: DynamicFee | undefined;
  readonly reference: FeeReference;
  spacing: number;
  feeRateNumber: number;
  feeRate: bigint;
  keptRate: bigint;
}

const NO_REFERENCE: FeeReference = { spacing: 0, volatility: 0 };

/** The prices at which the program stops a swap without a limit of its own. */
export const LOWEST_STOP = MIN_SQRT_PRICE + 1n;
export const HIGHEST_STOP = MAX_SQRT_PRICE - 1n;

/** An empty ladder from the pool's present price. `mode` says how the clock moves the fee's reference. */
export function createLadder(state: ClmmState, aToB: boolean, mode: number): Ladder {
  const path = findPath(state, state.tickIndex, state.tickSpacing, aToB);
  const arrays: TickArray[] = [];
  for (const start of path.starts) {
    const array = state.tickArrays.get(start);
    if (array === undefined) break;
    arrays.push(array);
  }
  const { dynamicFee } = state;
  const spacing = dynamicFee === undefined ? 0 : spacingOf(state.tickIndex, state.tickSpacing);
  const { tradeFeeRate } = state.config;
  const first = arrays[0];
  const atBound = aToB ? state.sqrtPrice <= LOWEST_STOP : state.sqrtPrice >= HIGHEST_STOP;
  return {
    ok: true,
    aToB,
    feeOnInput: state.feeOn === FEE_ON_TOKEN_A ? aToB : state.feeOn === FEE_ON_TOKEN_B ? !aToB : true,
    steps: [],
    totalIn: [],
    totalOut: [],
    units: [],
    startUnits: startUnits(state, path.starts.length, state.rewards.length),
    reach: [],
    floats: createRangeFloats(),
    end: atBound ? AT_LAST_PRICE : undefined,
    unfinishable: -1,
    arrays,
    holdsPrice: path.holdsPrice,
    arraysEnd: arraysEnd(path, arrays.length),
    arrayAt: 0,
    tickAt: first === undefined ? 0 : firstTick(first, state.tickIndex, aToB),
    price: state.sqrtPrice,
    liquidity: state.liquidity,
    stopWanted: true,
    stopTick: 0,
    stopPrice: 0n,
    target: 0n,
    baseRate: tradeFeeRate,
    dynamicFee,
    reference: dynamicFee === undefined ? NO_REFERENCE : referenceAt(dynamicFee, mode, spacing),
    spacing,
    feeRateNumber: tradeFeeRate,
    feeRate: BigInt(tradeFeeRate),
    keptRate: BigInt(FEE_DENOMINATOR - tradeFeeRate),
  };
}

function arraysEnd(path: Path, known: number): Refusal<QuoteRefusal> {
  if (known < path.starts.length) return MISSING_ARRAY;
  if (path.end === 'full') return ARRAYS_EXHAUSTED;
  return path.end === 'extension-unknown' ? MISSING_EXTENSION : NOTHING_MORE;
}

/** Index of the first initialized tick on the way: at or below the current one going down, above it going up. */
function firstTick(array: TickArray, current: number, aToB: boolean): number {
  let above = 0;
  while (above < array.ticks.length && array.ticks[above]! <= current) above++;
  return aToB ? above - 1 : above;
}

/**
 * Index of the step in which a swap of `amountIn` base units ends, adding steps as needed; the number of steps when
 * it goes beyond the ladder's end.
 */
export function findStep(state: ClmmState, ladder: Ladder, amountIn: bigint): number {
  const { reach } = ladder;
  if (reach.length > 0 && amountIn <= reach[0]!) return 0;
  while (reach.length === 0 || reach[reach.length - 1]! < amountIn) {
    if (ladder.end !== undefined) return reach.length;
    extendLadder(state, ladder);
  }
  let low = 0;
  let high = reach.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reach[middle]! < amountIn) low = middle + 1;
    else high = middle;
  }
  return low;
}

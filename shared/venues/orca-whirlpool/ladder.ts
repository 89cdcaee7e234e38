/**
 * @hot The steps that a swap takes through a pool, computed once and shared by every quote on the same numbers.
 *
 * The program cuts a swap into steps of constant liquidity and fee: up to the next initialized tick, and with an
 * adaptive fee up to the next tick group. What a whole step takes and pays does not depend on the swap's amount,
 * so running totals over the steps turn a quote into a search plus one last, partial step. Steps are added as far
 * as the largest amount asked for so far. Source: orca-so/whirlpools `manager/swap_manager.rs` and
 * `math/swap_math.rs`; a whole step is taken exactly when its input and fee together fit in what is left.
 */
import type { Refusal } from '../../core/outcome.ts';
import { createRangeFloats, type RangeFloats } from '../../math/range-floats.ts';
import { floorDiv, MAX_SQRT_PRICE, MIN_SQRT_PRICE } from '../../math/tick.ts';
import type { QuoteRefusal } from '../venue.ts';
import { addressTriesOf, swapArrayStarts } from './accounts.ts';
import {
  type AdaptiveFeeConstants,
  type CoreRange,
  coreRange,
  type FeeReference,
  referenceAt,
} from './adaptive-fee.ts';
import { absentArrayUnits, startUnits } from './compute.ts';
import {
  ARRAYS_EXHAUSTED,
  AT_LAST_PRICE,
  extendLadder,
  FEE_DENOMINATOR,
  MISSING_ARRAY,
  refuseFrom,
} from './ladder-step.ts';
import type { WhirlpoolState } from './state.ts';
import type { TickArray } from './tick-array.ts';

/** One step at constant liquidity and fee. */
export interface Step {
  readonly from: bigint;
  readonly to: bigint;
  readonly liquidity: bigint;
  /** Liquidity in Q64, and that times `from`: the two constants of a partial step that takes A. */
  readonly shifted: bigint;
  readonly shiftedPrice: bigint;
  /** Fee in hundredths of a basis point, and what is left of one. */
  readonly feeRate: bigint;
  readonly keptRate: bigint;
  /** Base units in for the whole step, without the fee. */
  readonly amountIn: bigint;
  /** The tick the step is heading for, and its price; `array` null: it is not initialized. */
  readonly stopTick: number;
  readonly stopPrice: bigint;
  readonly array: TickArray | null;
  readonly arrayIndex: number;
  /** Adaptive fee: group and accumulator while in the step, whether groups were passed over, accumulator after it. */
  readonly group: number;
  readonly skipped: boolean;
  readonly accumulator: number;
  readonly accumulatorAfter: number;
}

/** How a ladder ends: not yet, at the last price (the rest of the amount stays with its owner), or in a refusal. */
export type LadderEnd = 'open' | 'last-price' | 'refused';

export interface Ladder {
  readonly ok: true;
  readonly aToB: boolean;
  readonly steps: Step[];
  /** Base units in, fees included, and out, from the start to the end of each step. */
  readonly totalIn: bigint[];
  readonly totalOut: bigint[];
  /** Compute units of a swap that ends in each step. */
  readonly units: number[];
  /** The same of all steps so far, with the search for the next one. */
  unitsSoFar: number;
  /** The same steps in doubles, which decide nearly every quote. */
  readonly floats: RangeFloats;
  end: LadderEnd;
  refusal: Refusal<QuoteRefusal>;
  /** The last step when it may be taken in part but not whole; else -1. */
  unfinishable: number;
  readonly arrays: readonly (TickArray | null)[];
  /** First tick of the last array in reach, and whether an unknown one follows. */
  readonly lastStart: number;
  readonly cut: boolean;
  arrayAt: number;
  tickAt: number;
  price: bigint;
  liquidity: bigint;
  stopWanted: boolean;
  stopTick: number;
  stopPrice: bigint;
  stopArray: TickArray | null;
  stopIndex: number;
  /** Fee: static parts, then what the adaptive fee needs (undefined without it). */
  readonly staticFeeRate: number;
  readonly constants: AdaptiveFeeConstants | undefined;
  readonly reference: FeeReference;
  readonly core: CoreRange;
  group: number;
  feeRateNumber: number;
  feeRate: bigint;
  keptRate: bigint;
}

const NO_REFERENCE: FeeReference = { volatility: 0, tickGroup: 0 };
const NO_CORE: CoreRange = { lower: undefined, upper: undefined };

/** An empty ladder from the pool's present price. `mode` says how the clock moves the fee's reference. */
export function createLadder(state: WhirlpoolState, aToB: boolean, mode: number): Ladder {
  const starts = swapArrayStarts(state.tickIndex, state.tickSpacing, aToB);
  const arrays: (TickArray | null)[] = [];
  for (const start of starts) {
    const array = state.tickArrays.get(start);
    if (array === undefined) break;
    arrays.push(array);
  }
  const constants = state.oracle?.constants;
  const group = constants === undefined ? 0 : floorDiv(state.tickIndex, constants.tickGroupSize);
  const reference =
    state.oracle === null
      ? NO_REFERENCE
      : referenceAt(state.oracle.constants, state.oracle.variables, mode, group);
  const ladder: Ladder = {
    ok: true,
    aToB,
    steps: [],
    totalIn: [],
    totalOut: [],
    units: [],
    unitsSoFar: unitsBefore(state, starts, arrays),
    floats: createRangeFloats(),
    end: 'open',
    refusal: ARRAYS_EXHAUSTED,
    unfinishable: -1,
    arrays,
    lastStart: starts[arrays.length - 1] ?? 0,
    cut: arrays.length < starts.length,
    arrayAt: 0,
    tickAt: firstTick(arrays[0], state.tickIndex, aToB),
    price: state.sqrtPrice,
    liquidity: state.liquidity,
    stopWanted: true,
    stopTick: Number.NaN,
    stopPrice: 0n,
    stopArray: null,
    stopIndex: -1,
    staticFeeRate: state.feeRate,
    constants,
    reference,
    core: constants === undefined ? NO_CORE : coreRange(constants, reference),
    group,
    feeRateNumber: state.feeRate,
    feeRate: BigInt(state.feeRate),
    keptRate: FEE_DENOMINATOR - BigInt(state.feeRate),
  };
  if (arrays.length === 0) refuseFrom(ladder, ladder.cut ? MISSING_ARRAY : ARRAYS_EXHAUSTED);
  if (state.sqrtPrice === (aToB ? MIN_SQRT_PRICE : MAX_SQRT_PRICE)) refuseFrom(ladder, AT_LAST_PRICE);
  return ladder;
}

/** Compute units of what a swap does before its first step. */
function unitsBefore(
  state: WhirlpoolState,
  starts: readonly number[],
  arrays: readonly (TickArray | null)[],
): number {
  let rewards = 0;
  for (const reward of state.rewards) if (reward.initialized) rewards += 1;
  let units = startUnits(state, state.oracle !== null, rewards);
  for (let i = 0; i < starts.length; i++) {
    // One that is not known may be absent, which is dearer than one that is there.
    if (!arrays[i]) units += absentArrayUnits(addressTriesOf(state.addresses, starts[i]!));
  }
  return units;
}

/** Index of the first initialized tick on the way: at or below the current one going down, above it going up. */
function firstTick(array: TickArray | null | undefined, current: number, aToB: boolean): number {
  if (array === null || array === undefined) return 0;
  let above = 0;
  while (above < array.ticks.length && array.ticks[above]! <= current) above++;
  return aToB ? above - 1 : above;
}

/**
 * Index of the step in which a swap of `amountIn` base units ends, adding steps as needed; the number of steps when
 * it goes beyond the ladder's end.
 */
export function findStep(state: WhirlpoolState, ladder: Ladder, amountIn: bigint): number {
  const { totalIn } = ladder;
  if (totalIn.length > 0 && amountIn <= totalIn[0]!) return 0;
  while (totalIn.length === 0 || totalIn[totalIn.length - 1]! < amountIn) {
    if (ladder.end !== 'open') return totalIn.length;
    extendLadder(state, ladder);
  }
  let low = 0;
  let high = totalIn.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (totalIn[middle]! < amountIn) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @hot The bins that a swap goes through in one direction, worked out once per state and fee reference and only as
 * far as the largest amount asked for so far. Source: MeteoraAg/dlmm-sdk `commons/src/quote.rs`. A swap leaves a bin
 * when more than the bin takes is left after the fee, and takes the whole of it then; otherwise it ends there, with
 * all of what is left.
 */
import { type Refusal, refusal } from '../../core/outcome.ts';
import { readU128 } from '../../core/u128.ts';
import { U64_MAX } from '../../core/units.ts';
import { binAmountIn, priceOfBin } from '../../math/bin-price.ts';
import type { QuoteRefusal } from '../venue.ts';
import { BIN, BINS_PER_ARRAY, type BinArray, binOffset, firstBinOf } from './bin-array.ts';
import type { Reach } from './bitmap.ts';
import { PASSED_BIN_UNITS, payingBinUnits, startUnits } from './compute.ts';
import {
  accumulatorAt,
  type FeeReference,
  feeOnTop,
  feeWithin,
  mostBeforeFee,
  type ReferenceMode,
  referenceAt,
  totalFeeRate,
} from './fee.ts';
import { MAX_BIN_ID, MIN_BIN_ID } from './layout.ts';
import type { DlmmState } from './state.ts';

/** One bin that pays in this direction. Base units: `out` before, `take` without the fee. */
export interface Step {
  readonly id: number;
  readonly array: BinArray;
  /** Where the bin's bytes begin in its array. */
  readonly offset: number;
  readonly price: bigint;
  readonly feeRate: bigint;
  readonly accumulator: number;
  /** The three layers in the order they are taken: market makers, orders being filled, open orders. */
  readonly makersOut: bigint;
  readonly makersTake: bigint;
  readonly processingOut: bigint;
  readonly processingTake: bigint;
  readonly openOut: bigint;
  readonly openTake: bigint;
}

export interface Ladder {
  readonly ok: true;
  readonly aToB: boolean;
  /** True when the fee is taken from what comes in, false when from what goes out. */
  readonly feeOnInput: boolean;
  readonly reference: FeeReference;
  readonly reach: Reach;
  readonly steps: Step[];
  /** Base units in, fee included, from the start to the end of each step. */
  readonly totalIn: bigint[];
  /** The largest amount that still ends in each step: its end, and what the fee's rounding lets pass. */
  readonly limits: bigint[];
  /** Base units out, after a fee on the output, from the start to the end of each step. */
  readonly totalOut: bigint[];
  /** Compute units of a swap that ends in each step. */
  readonly units: number[];
  /** The same of all bins looked at so far. */
  unitsSoFar: number;
  /** Why no step follows; undefined while there may be one. */
  refusal: Refusal<QuoteRefusal> | undefined;
  /** The next bin to look at: where in the reach its array stands, and its id. */
  arrayAt: number;
  nextId: number;
  /** The fee rate at the accumulator last met. */
  accumulator: number;
  feeRate: bigint;
}

const MISSING_ARRAY = refusal<QuoteRefusal>('missing-account', 'bin array not known');
const GONE_ARRAY = refusal<QuoteRefusal>(
  'missing-account',
  'the bitmap names a bin array that does not exist',
);
const TORN = refusal<QuoteRefusal>('missing-account', 'a bin array is older than the active bin');
const MISSING_EXTENSION = refusal<QuoteRefusal>('missing-account', 'bitmap extension not known');
const NO_EXTENSION = refusal<QuoteRefusal>('no-liquidity', 'no bin arrays left, and no bitmap extension');
const NOTHING_LEFT = refusal<QuoteRefusal>('no-liquidity', 'no bin arrays left');
const ARRAYS_EXHAUSTED = refusal<QuoteRefusal>('no-liquidity', 'five bin arrays hold too little');
const BIN_OVERFLOW = refusal<QuoteRefusal>('amount-overflow', 'a bin takes more than u64');
const NO_PRICE = refusal<QuoteRefusal>('no-liquidity', 'a bin beyond the prices that exist');
const REFERENCE_OVERFLOW = refusal<QuoteRefusal>('amount-overflow', 'the decayed volatility overflows');

/** An empty ladder from the active bin. `mode` says how the clock moves the fee's reference. */
export function createLadder(
  state: DlmmState,
  aToB: boolean,
  mode: ReferenceMode,
): Ladder | Refusal<QuoteRefusal> {
  const reference = referenceAt(state.fee, state.volatility, mode, state.activeId);
  if (reference === undefined) return REFERENCE_OVERFLOW;
  const reach = aToB ? state.window.down : state.window.up;
  return {
    ok: true,
    aToB,
    feeOnInput: !state.feeOnB || !aToB,
    reference,
    reach,
    steps: [],
    totalIn: [],
    limits: [],
    totalOut: [],
    units: [],
    unitsSoFar: startUnits(state, reach.indexes.length, state.window.usesExtension),
    refusal: undefined,
    arrayAt: 0,
    nextId: state.activeId,
    accumulator: -1,
    feeRate: 0n,
  };
}

/**
 * Index of the step in which a swap of `amountIn` base units ends, adding steps as needed; the number of steps when
 * it goes beyond the last, and then `ladder.refusal` says why there is no more.
 */
export function findStep(state: DlmmState, ladder: Ladder, amountIn: bigint): number {
  const { limits } = ladder;
  if (limits.length > 0 && amountIn <= limits[0]!) return 0;
  while (limits.length === 0 || limits[limits.length - 1]! < amountIn) {
    if (ladder.refusal !== undefined) return limits.length;
    extendLadder(state, ladder);
  }
  let low = 0;
  let high = limits.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (limits[middle]! < amountIn) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds the next bin that pays, or ends the ladder. Looks at no more bins than the reach's arrays have. */
export function extendLadder(state: DlmmState, ladder: Ladder): void {
  const { aToB, reach } = ladder;
  for (; ladder.arrayAt < reach.indexes.length; ladder.arrayAt++) {
    const index = reach.indexes[ladder.arrayAt]!;
    const array = state.arrays.get(index);
    if (array === undefined || array === null) {
      ladder.refusal = array === null ? GONE_ARRAY : MISSING_ARRAY;
      return;
    }
    const first = firstBinOf(index);
    const last = first + BINS_PER_ARRAY - 1;
    // Over a gap the search goes on at the near end of the next array.
    let id = aToB ? Math.min(ladder.nextId, last) : Math.max(ladder.nextId, first);
    for (; aToB ? id >= first : id <= last; id += aToB ? -1 : 1) {
      ladder.unitsSoFar += PASSED_BIN_UNITS;
      if (takeBin(state, ladder, array, id)) {
        ladder.nextId = aToB ? id - 1 : id + 1;
        return;
      }
    }
    ladder.nextId = aToB ? first - 1 : last + 1;
  }
  ladder.refusal = endOf(reach);
}

function endOf(reach: Reach): Refusal<QuoteRefusal> {
  switch (reach.end) {
    case 'more':
      return ARRAYS_EXHAUSTED;
    case 'nothing':
      return NOTHING_LEFT;
    case 'extension-absent':
      return NO_EXTENSION;
    case 'extension-unknown':
      return MISSING_EXTENSION;
  }
}

/** Adds the step of one bin if it pays anything; true when the ladder grew or ended. */
function takeBin(state: DlmmState, ladder: Ladder, array: BinArray, id: number): boolean {
  const { aToB } = ladder;
  const { view } = array;
  const at = binOffset(array.index, id);
  // Below the active bin there is only B, above it only A: else the array is not of the pool's moment.
  if (id !== state.activeId && !isZero(view, at + (aToB ? BIN.amountA : BIN.amountB))) {
    ladder.refusal = TORN;
    return true;
  }
  const makersAt = at + (aToB ? BIN.amountB : BIN.amountA);
  const makersOut = isZero(view, makersAt) ? 0n : view.getBigUint64(makersAt, true);
  let processingOut = 0n;
  let openOut = 0n;
  if (state.takesLimitOrders && (view.getUint8(at + BIN.orderSide) === 0) === aToB) {
    if (!isZero(view, at + BIN.processingRest))
      processingOut = view.getBigUint64(at + BIN.processingRest, true);
    if (!isZero(view, at + BIN.openOrders)) openOut = view.getBigUint64(at + BIN.openOrders, true);
  }
  if (makersOut === 0n && processingOut === 0n && openOut === 0n) return false;
  let price: bigint | undefined = readU128(view, at + BIN.price);
  ladder.unitsSoFar += payingBinUnits(openOut !== 0n, price !== 0n);
  if (price === 0n) price = priceOfBin(id, state.binStep);
  if (price === undefined || id < MIN_BIN_ID || id > MAX_BIN_ID) {
    ladder.refusal = NO_PRICE;
    return true;
  }
  addStep(state, ladder, { id, array, offset: at, price, makersOut, processingOut, openOut });
  return true;
}

function addStep(
  state: DlmmState,
  ladder: Ladder,
  bin: Pick<Step, 'id' | 'array' | 'offset' | 'price' | 'makersOut' | 'processingOut' | 'openOut'>,
): void {
  const { aToB, feeOnInput } = ladder;
  const { price } = bin;
  const accumulator = accumulatorAt(state.fee, ladder.reference, bin.id);
  if (accumulator !== ladder.accumulator) {
    ladder.accumulator = accumulator;
    ladder.feeRate = totalFeeRate(state.fee, accumulator);
  }
  const { feeRate } = ladder;
  const makersTake = binAmountIn(bin.makersOut, price, aToB);
  let { processingOut, openOut } = bin;
  let processingTake = binAmountIn(processingOut, price, aToB);
  let openTake = binAmountIn(openOut, price, aToB);
  // The program works a layer's input out when it comes to it, and fails when that is beyond u64.
  if (makersTake > U64_MAX || processingTake > U64_MAX || openTake > U64_MAX) ladder.refusal = BIN_OVERFLOW;
  if (makersTake > U64_MAX) return;
  if (processingTake > U64_MAX) {
    processingOut = 0n;
    processingTake = 0n;
    openOut = 0n;
    openTake = 0n;
  } else if (openTake > U64_MAX) {
    openOut = 0n;
    openTake = 0n;
  }
  const take = makersTake + processingTake + openTake;
  const out = bin.makersOut + processingOut + openOut;
  if (take === 0n) return;
  const at = ladder.steps.length;
  const before = at === 0 ? 0n : ladder.totalIn[at - 1]!;
  ladder.totalIn.push(before + take + (feeOnInput ? feeOnTop(take, feeRate) : 0n));
  ladder.limits.push(before + (feeOnInput ? mostBeforeFee(take, feeRate) : take));
  const paid = feeOnInput ? out : out - feeWithin(out, feeRate);
  ladder.units.push(ladder.unitsSoFar);
  ladder.totalOut.push((at === 0 ? 0n : ladder.totalOut[at - 1]!) + paid);
  ladder.steps.push({
    id: bin.id,
    array: bin.array,
    offset: bin.offset,
    price,
    feeRate,
    accumulator,
    makersOut: bin.makersOut,
    makersTake,
    processingOut,
    processingTake,
    openOut,
    openTake,
  });
}

function isZero(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0;
}

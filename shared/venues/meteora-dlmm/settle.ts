import type { ChainClock } from '../../core/clock.ts';
import { readU128, writeU128 } from '../../core/u128.ts';
import { binAmountOut } from '../../math/bin-price.ts';
import { mulDivDown, mulDivUp } from '../../math/mul-div.ts';
import type { Settled } from '../venue.ts';
import { BIN, type BinArray, copyOfArray } from './bin-array.ts';
import { feeOnTop, feeWithin } from './fee.ts';
import { findStep, type Ladder, type Step } from './ladder.ts';
import { amountReaching, ladderAt, paid } from './quote.ts';
import { type DlmmState, followPrice } from './state.ts';

const BPS = 10_000n;
/** What limit orders keep of the fee on their part; the rest is the protocol's. */
const LIMIT_ORDER_SHARE_BPS = 5_000n;

/** What one bin gave and took. Base units, `take` without the fee. */
interface Fill {
  readonly makersOut: bigint;
  readonly makersTake: bigint;
  readonly processingOut: bigint;
  readonly openOut: bigint;
  readonly take: bigint;
  /** In the mint that the fee is taken in. */
  readonly fee: bigint;
}

/**
 * What the program pays for `amountIn`, with the state it leaves: active bin, volatility, protocol fee, vault amounts
 * and of each bin passed the amounts, fee growth and limit orders. Farming rewards and the price oracle, which no
 * quote reads, stay as they were. Source: MeteoraAg/dlmm-sdk `commons/src/quote.rs` for the split of amounts and
 * fees; what the deployed program writes for the rest.
 */
export function settle(
  state: DlmmState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Settled<DlmmState> {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const last = findStep(state, ladder, reaching);
  const end = ladder.steps[last];
  // Beyond the last step the refusal is always there: it is what ended the search.
  if (end === undefined) return ladder.refusal as NonNullable<Ladder['refusal']>;
  const before = last === 0 ? 0n : ladder.totalIn[last - 1]!;
  const endFill = partFill(ladder, end, reaching - before);
  const out = (last === 0 ? 0n : ladder.totalOut[last - 1]!) + outAfterFee(ladder, endFill);
  const result = paid(state, aToB, clock, amountIn, reaching, out, ladder.units[last]!);
  if (!result.ok) return result;

  const arrays = new Map<number, BinArray>();
  let protocolFee = 0n;
  for (let i = 0; i < last; i++) {
    const step = ladder.steps[i]!;
    protocolFee += takeFrom(state, ladder, step, wholeFill(ladder, step), arrays);
  }
  protocolFee += takeFrom(state, ladder, end, endFill, arrays);
  const settled = settledState(state, ladder, end, { reaching, out, protocolFee, arrays }, clock);
  return { ...result, state: settled, withheldOut: out - result.amountOut };
}

function wholeFill(ladder: Ladder, step: Step): Fill {
  const { makersOut, makersTake, processingOut, openOut } = step;
  const take = makersTake + step.processingTake + step.openTake;
  const out = makersOut + processingOut + openOut;
  const fee = ladder.feeOnInput ? feeOnTop(take, step.feeRate) : feeWithin(out, step.feeRate);
  return { makersOut, makersTake, processingOut, openOut, take, fee };
}

/** What the bin in which a swap ends gives for the `left` base units that come to it, fee included. */
function partFill(ladder: Ladder, step: Step, left: bigint): Fill {
  const { aToB, feeOnInput } = ladder;
  const feeIn = feeOnInput ? feeWithin(left, step.feeRate) : 0n;
  const amount = left - feeIn;
  let rest = amount;
  const fill = (take: bigint, out: bigint): bigint => {
    const whole = rest >= take;
    const given = whole ? out : binAmountOut(rest, step.price, aToB);
    rest = whole ? rest - take : 0n;
    return given;
  };
  const makersOut = fill(step.makersTake, step.makersOut);
  const makersTake = amount - rest;
  const processingOut = rest === 0n ? 0n : fill(step.processingTake, step.processingOut);
  const openOut = rest === 0n ? 0n : fill(step.openTake, step.openOut);
  const fee = feeOnInput ? feeIn : feeWithin(makersOut + processingOut + openOut, step.feeRate);
  return { makersOut, makersTake, processingOut, openOut, take: amount - rest, fee };
}

function outAfterFee(ladder: Ladder, fill: Fill): bigint {
  const out = fill.makersOut + fill.processingOut + fill.openOut;
  return ladder.feeOnInput ? out : out - fill.fee;
}

/**
 * Takes a fill out of its bin; gives the protocol's part of the fee. Roundings: the market makers' part of the fee
 * up, the limit orders' and the protocol's parts of theirs down (`split_fee`); growth per liquidity down. A last unit
 * that is all fee goes to the protocol.
 */
function takeFrom(
  state: DlmmState,
  ladder: Ladder,
  step: Step,
  fill: Fill,
  arrays: Map<number, BinArray>,
): bigint {
  let array = arrays.get(step.array.index);
  if (array === undefined) {
    array = copyOfArray(step.array);
    arrays.set(array.index, array);
  }
  const { view } = array;
  const at = step.offset;
  const { aToB } = ladder;
  add(view, at + (aToB ? BIN.amountA : BIN.amountB), fill.makersTake);
  add(view, at + (aToB ? BIN.amountB : BIN.amountA), -fill.makersOut);
  writeU128(view, at + BIN.price, step.price);
  const makersFee = fill.take === 0n ? 0n : mulDivUp(fill.fee, fill.makersTake, fill.take);
  const makersProtocolFee = mulDivDown(makersFee, BigInt(state.fee.protocolShareBps), BPS);
  const ordersTotalFee = fill.fee - makersFee;
  const ordersFee = mulDivDown(ordersTotalFee, LIMIT_ORDER_SHARE_BPS, BPS);
  growFees(view, at, feeInA(ladder), makersFee - makersProtocolFee);
  if (fill.processingOut + fill.openOut > 0n) fillOrders(view, at, aToB, fill, ordersFee);
  return makersProtocolFee + ordersTotalFee - ordersFee;
}

function feeInA(ladder: Ladder): boolean {
  return ladder.feeOnInput === ladder.aToB;
}

/** Fee per liquidity, Q64.64 base units for each whole unit of the bin's Q64.64 liquidity; wraps at 2^128. */
function growFees(view: DataView, at: number, inA: boolean, fee: bigint): void {
  const liquidity = readU128(view, at + BIN.liquidity) >> 64n;
  if (fee === 0n || liquidity === 0n) return;
  const field = at + (inA ? BIN.feeGrowthA : BIN.feeGrowthB);
  writeU128(view, field, readU128(view, field) + (fee << 64n) / liquidity);
}

/** Orders that open orders are first taken from become the ones being filled, and the bin's orders an age older. */
function fillOrders(view: DataView, at: number, aToB: boolean, fill: Fill, fee: bigint): void {
  add(view, at + BIN.processingRest, -fill.processingOut);
  if (fill.openOut > 0n) {
    const open = view.getBigUint64(at + BIN.openOrders, true);
    view.setBigUint64(at + BIN.processingTotal, open, true);
    view.setBigUint64(at + BIN.processingRest, open - fill.openOut, true);
    view.setBigUint64(at + BIN.openOrders, 0n, true);
    view.setUint32(at + BIN.orderAge, view.getUint32(at + BIN.orderAge, true) + 1, true);
  }
  add(view, at + (aToB ? BIN.fulfilledB : BIN.fulfilledA), fill.processingOut + fill.openOut);
  add(view, at + (aToB ? BIN.bidFee : BIN.askFee), fee);
}

function add(view: DataView, at: number, delta: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, view.getBigUint64(at, true) + delta), true);
}

function settledState(
  state: DlmmState,
  ladder: Ladder,
  end: Step,
  moved: {
    readonly reaching: bigint;
    readonly out: bigint;
    readonly protocolFee: bigint;
    readonly arrays: ReadonlyMap<number, BinArray>;
  },
  clock: ChainClock,
): DlmmState {
  const { aToB, reference } = ladder;
  const { reaching, out, protocolFee, arrays } = moved;
  const inA = feeInA(ladder);
  const settled: DlmmState = {
    ...state,
    activeId: end.id,
    volatility: {
      accumulator: end.accumulator,
      reference: reference.volatility,
      indexReference: reference.index,
      updatedAt: end.id === state.activeId ? state.volatility.updatedAt : BigInt(clock.unixTimestamp),
    },
    protocolFeeA: inA ? BigInt.asUintN(64, state.protocolFeeA + protocolFee) : state.protocolFeeA,
    protocolFeeB: inA ? state.protocolFeeB : BigInt.asUintN(64, state.protocolFeeB + protocolFee),
    vaultAmountA: aToB ? state.vaultAmountA + reaching : state.vaultAmountA - out,
    vaultAmountB: aToB ? state.vaultAmountB - out : state.vaultAmountB + reaching,
    arrays: new Map(state.arrays),
    ladders: [],
    touched: new Set([...state.touched, ...arrays.keys()]),
    refused: new Set(),
  };
  for (const [index, array] of arrays) settled.arrays.set(index, array);
  followPrice(settled, false);
  return settled;
}

import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { readI128, readU128, writeU128 } from '../../core/u128.ts';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';
import { TICKS_PER_ARRAY } from './bitmap.ts';
import { hasKeyAt, isZero, sameBytes, startsWith, viewOf } from './bytes.ts';
import { CLMM_PROGRAM } from './layout.ts';
import type { Reward } from './rewards.ts';

/** Tick array accounts: 60 ticks a spacing apart. Layout: raydium-io/raydium-clmm `states/tick_array.rs`. */
export const TICK_ARRAY_BYTES = 10_240;
export const DISCRIMINATOR = Uint8Array.of(0xc0, 0x9b, 0x55, 0xcd, 0x31, 0xf9, 0x81, 0x2a);
export const POOL_OFFSET = 8;
export const START_OFFSET = 40;
export const TICKS_OFFSET = 44;
export const TICK_BYTES = 168;
export const COUNT_OFFSET = TICKS_OFFSET + TICK_BYTES * TICKS_PER_ARRAY;
const EPOCH_OFFSET = COUNT_OFFSET + 1;

/** From a tick's first byte to its fields. */
export const NET_AT = 4;
export const GROSS_AT = 20;
const GROWTH_A_AT = 36;
const GROWTH_B_AT = 52;
const REWARDS_AT = 68;
const ORDER_PHASE_AT = 116;
export const ORDERS_AT = 124;
const PART_FILLED_AT = 132;
const UNFILLED_RATIO_AT = 140;
const Q64 = 1n << 64n;

/** One tick array: its bytes, and of each initialized tick (ascending) what a quote needs. */
export interface TickArray {
  readonly start: number;
  readonly data: Uint8Array;
  readonly ticks: readonly number[];
  /** Where each tick's bytes begin. */
  readonly offsets: readonly number[];
  /** Liquidity that joins when the price crosses upwards. */
  readonly nets: readonly bigint[];
  /** False where only limit orders stand: such a tick is passed without being crossed. */
  readonly bounds: readonly boolean[];
  /** Base units of the token a swap arriving there gets that limit orders still offer. */
  readonly orders: readonly bigint[];
  /** Square-root price (Q64.64) at each tick. */
  readonly prices: readonly bigint[];
}

/** What a tick array must agree with to belong to its pool and place. */
export interface TickArrayPlace {
  readonly poolBytes: Uint8Array;
  readonly tickSpacing: number;
  readonly start: number;
  /** Square-root price at a tick; memoised by the pool. */
  readonly priceAt: (tick: number) => bigint;
}

/** Decodes a tick array. `previous` spares the work when only growths changed. Never throws. */
export function decodeTickArray(
  account: AccountBytes,
  place: TickArrayPlace,
  previous: TickArray | undefined,
): Outcome<TickArray, LoadRefusal> {
  const { data } = account;
  if (account.owner !== CLMM_PROGRAM) return refusal('not-this-venue', `owned by ${account.owner}`);
  if (!startsWith(data, DISCRIMINATOR)) return refusal('wrong-discriminator', 'no tick array');
  // The program tells its accounts apart by their length.
  if (data.length !== TICK_ARRAY_BYTES) return refusal('wrong-length', `tick array of ${data.length} bytes`);
  const start = viewOf(data).getInt32(START_OFFSET, true);
  if (start !== place.start) {
    return refusal('inconsistent-accounts', `tick array of ${start} where ${place.start} belongs`);
  }
  if (!hasKeyAt(data, POOL_OFFSET, place.poolBytes)) {
    return refusal('inconsistent-accounts', `tick array ${start} of another pool`);
  }
  if (previous !== undefined && sameTicks(previous.data, data)) return success({ ...previous, data });
  return readTicks(data, place);
}

function sameTicks(before: Uint8Array, data: Uint8Array): boolean {
  if (before[COUNT_OFFSET] !== data[COUNT_OFFSET]) return false;
  for (let at = TICKS_OFFSET; at < COUNT_OFFSET; at += TICK_BYTES) {
    if (!sameBytes(before, data, at, at + GROWTH_A_AT)) return false;
    if (!sameBytes(before, data, at + ORDERS_AT, at + UNFILLED_RATIO_AT)) return false;
  }
  return true;
}

/** The ticks of a tick array whose place was checked. */
export function readTicks(data: Uint8Array, place: TickArrayPlace): Outcome<TickArray, LoadRefusal> {
  const view = viewOf(data);
  const ticks: number[] = [];
  const offsets: number[] = [];
  const nets: bigint[] = [];
  const bounds: boolean[] = [];
  const orders: bigint[] = [];
  const prices: bigint[] = [];
  let anyOrders = false;
  for (let i = 0; i < TICKS_PER_ARRAY; i++) {
    const at = TICKS_OFFSET + i * TICK_BYTES;
    const bound = !isZero(data, at + GROSS_AT, at + GROWTH_A_AT);
    const ordered = !isZero(data, at + ORDERS_AT, at + UNFILLED_RATIO_AT);
    if (!bound && !ordered) continue;
    const tick = place.start + i * place.tickSpacing;
    if (tick < MIN_TICK || tick > MAX_TICK || view.getInt32(at, true) !== tick) {
      return refusal('inconsistent-accounts', `initialized tick ${view.getInt32(at, true)} at ${tick}`);
    }
    ticks.push(tick);
    offsets.push(at);
    nets.push(readI128(view, at + NET_AT));
    bounds.push(bound);
    const offered = view.getBigUint64(at + ORDERS_AT, true) + view.getBigUint64(at + PART_FILLED_AT, true);
    if (offered >= Q64) return refusal('inconsistent-accounts', `orders at ${tick} beyond u64`);
    orders.push(offered);
    anyOrders ||= ordered;
    prices.push(place.priceAt(tick));
  }
  // The count decides when filled orders empty an array; where there are none it is never read.
  if (anyOrders && data[COUNT_OFFSET]! < ticks.length) {
    return refusal('inconsistent-accounts', `count of ${data[COUNT_OFFSET]} for ${ticks.length} ticks`);
  }
  return success({ start: place.start, data, ticks, offsets, nets, bounds, orders, prices });
}

/** Turns a crossed tick's "outside" growths over, in place; all wrap at 2^128. */
export function crossTick(
  data: Uint8Array,
  offset: number,
  feeGrowthA: bigint,
  feeGrowthB: bigint,
  rewards: readonly Reward[],
): void {
  const view = viewOf(data);
  turnOver(view, offset + GROWTH_A_AT, feeGrowthA);
  turnOver(view, offset + GROWTH_B_AT, feeGrowthB);
  for (const [i, reward] of rewards.entries()) {
    if (reward.initialized) turnOver(view, offset + REWARDS_AT + 16 * i, reward.growth);
  }
}

function turnOver(view: DataView, at: number, growth: bigint): void {
  writeU128(view, at, growth - readU128(view, at));
}

/**
 * Takes `filled` base units from a tick's limit orders, in place: first from those partly filled, then from the
 * others, which thereby become a new, partly filled lot. The share left of a lot is rounded down.
 */
export function fillOrders(data: Uint8Array, offset: number, filled: bigint): void {
  const view = viewOf(data);
  const partFilled = view.getBigUint64(offset + PART_FILLED_AT, true);
  const first = filled < partFilled ? filled : partFilled;
  if (first > 0n) {
    const ratio = readU128(view, offset + UNFILLED_RATIO_AT);
    writeU128(view, offset + UNFILLED_RATIO_AT, (ratio * (partFilled - first)) / partFilled);
    view.setBigUint64(offset + PART_FILLED_AT, partFilled - first, true);
  }
  const rest = filled - first;
  if (rest === 0n) return;
  const fresh = view.getBigUint64(offset + ORDERS_AT, true);
  const phase = view.getBigUint64(offset + ORDER_PHASE_AT, true);
  view.setBigUint64(offset + ORDER_PHASE_AT, phase === Q64 - 1n ? phase : phase + 1n, true);
  writeU128(view, offset + UNFILLED_RATIO_AT, (Q64 * (fresh - rest)) / fresh);
  view.setBigUint64(offset + PART_FILLED_AT, fresh - rest, true);
  view.setBigUint64(offset + ORDERS_AT, 0n, true);
}

/** Notes the epoch of a tick's change, in place. */
export function stampEpoch(data: Uint8Array, epoch: number): void {
  viewOf(data).setBigUint64(EPOCH_OFFSET, BigInt(epoch), true);
}

/** One initialized tick fewer, in place; true when none is left. */
export function dropTick(data: Uint8Array): boolean {
  const count = Math.max(data[COUNT_OFFSET]! - 1, 0);
  data[COUNT_OFFSET] = count;
  return count === 0;
}

import type { AccountBytes } from '../../core/account.ts';
import { SYSTEM_PROGRAM } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { readI128, readU128, writeU128 } from '../../core/u128.ts';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';
import { type Reward, sameBytes, startsWith, viewOf, WHIRLPOOL_PROGRAM } from './layout.ts';

/**
 * Tick array accounts: 88 ticks a spacing apart. Layouts: orca-so/whirlpools `state/fixed_tick_array.rs` (every
 * tick takes 113 bytes) and `state/dynamic_tick_array.rs` (an uninitialized tick takes one).
 */
export const TICKS_PER_ARRAY = 88;
export const FIXED_BYTES = 9_988;
export const FIXED_DISCRIMINATOR = Uint8Array.of(0x45, 0x61, 0xbd, 0xbe, 0x6e, 0x07, 0x42, 0xbb);
export const DYNAMIC_DISCRIMINATOR = Uint8Array.of(0x11, 0xd8, 0xf6, 0x8e, 0xe1, 0xc7, 0xda, 0x38);
export const START_OFFSET = 8;
export const TICK_BYTES = 113;
export const FIXED_TICKS_OFFSET = 12;
export const FIXED_POOL_OFFSET = FIXED_TICKS_OFFSET + TICK_BYTES * TICKS_PER_ARRAY;
export const DYNAMIC_POOL_OFFSET = 12;
export const BITMAP_OFFSET = 44;
export const DYNAMIC_TICKS_OFFSET = 60;
const DYNAMIC_MIN_BYTES = DYNAMIC_TICKS_OFFSET + TICKS_PER_ARRAY;

/** From a tick's first byte (initialized or not) to its fields; the same in both layouts. */
export const NET_AT = 1;
export const GROSS_AT = 17;
const GROWTH_A_AT = 33;
const GROWTH_B_AT = 49;
const REWARDS_AT = 65;

/** One tick array: its bytes, and of each initialized tick (ascending) what a quote needs. */
export interface TickArray {
  readonly start: number;
  readonly data: Uint8Array;
  readonly ticks: readonly number[];
  /** Where each tick's bytes begin. */
  readonly offsets: readonly number[];
  /** Liquidity that joins when the price crosses upwards. */
  readonly nets: readonly bigint[];
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

/** True when the program treats the account as a tick array of 88 uninitialized ticks. */
export function isAbsent(account: AccountBytes | null): account is null {
  return account === null || (account.owner === SYSTEM_PROGRAM && account.data.length === 0);
}

/** Decodes either layout. `previous` spares the work when only fee growth changed. Never throws. */
export function decodeTickArray(
  account: AccountBytes,
  place: TickArrayPlace,
  previous: TickArray | null | undefined,
): Outcome<TickArray, LoadRefusal> {
  const { data } = account;
  if (account.owner !== WHIRLPOOL_PROGRAM) return refusal('not-this-venue', `owned by ${account.owner}`);
  if (startsWith(data, FIXED_DISCRIMINATOR)) {
    if (data.length !== FIXED_BYTES)
      return refusal('wrong-length', `fixed tick array of ${data.length} bytes`);
    const wrong = misplaced(data, place, FIXED_POOL_OFFSET);
    if (wrong !== undefined) return refusal('inconsistent-accounts', wrong);
    if (previous && sameFixedTicks(previous, data)) return success({ ...previous, data });
    return readTicks(data, place, fixedOffsets(data));
  }
  if (!startsWith(data, DYNAMIC_DISCRIMINATOR)) return refusal('wrong-discriminator', 'no tick array');
  if (data.length < DYNAMIC_MIN_BYTES) return refusal('wrong-length', `tick array of ${data.length} bytes`);
  const wrong = misplaced(data, place, DYNAMIC_POOL_OFFSET);
  if (wrong !== undefined) return refusal('inconsistent-accounts', wrong);
  if (previous && sameDynamicTicks(previous, data)) return success({ ...previous, data });
  const offsets = dynamicOffsets(data);
  return typeof offsets === 'string' ? refusal('wrong-length', offsets) : readTicks(data, place, offsets);
}

function misplaced(data: Uint8Array, place: TickArrayPlace, poolOffset: number): string | undefined {
  const start = viewOf(data).getInt32(START_OFFSET, true);
  if (start !== place.start) return `tick array of ${start} where ${place.start} belongs`;
  for (let i = 0; i < 32; i++) {
    if (data[poolOffset + i] !== place.poolBytes[i]) return `tick array ${start} of another pool`;
  }
  return undefined;
}

/** Byte offset of each initialized tick by its index in the array; -1 for the others. */
function fixedOffsets(data: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let i = 0; i < TICKS_PER_ARRAY; i++) {
    const at = FIXED_TICKS_OFFSET + i * TICK_BYTES;
    offsets.push(data[at] === 0 ? -1 : at);
  }
  return offsets;
}

function dynamicOffsets(data: Uint8Array): number[] | string {
  const bitmap = readU128(viewOf(data), BITMAP_OFFSET);
  const offsets: number[] = [];
  let at = DYNAMIC_TICKS_OFFSET;
  for (let i = 0; i < TICKS_PER_ARRAY; i++) {
    const initialized = ((bitmap >> BigInt(i)) & 1n) === 1n;
    const length = initialized ? TICK_BYTES : 1;
    if (at + length > data.length) return `dynamic tick array ends inside tick ${i}`;
    if (data[at] !== (initialized ? 1 : 0)) return `tick ${i} disagrees with the bitmap`;
    offsets.push(initialized ? at : -1);
    at += length;
  }
  return offsets;
}

function readTicks(
  data: Uint8Array,
  place: TickArrayPlace,
  byIndex: readonly number[],
): Outcome<TickArray, LoadRefusal> {
  const view = viewOf(data);
  const ticks: number[] = [];
  const offsets: number[] = [];
  const nets: bigint[] = [];
  const prices: bigint[] = [];
  for (const [i, at] of byIndex.entries()) {
    if (at < 0) continue;
    const tick = place.start + i * place.tickSpacing;
    if (tick < MIN_TICK || tick > MAX_TICK)
      return refusal('inconsistent-accounts', `tick ${tick} initialized`);
    ticks.push(tick);
    offsets.push(at);
    nets.push(readI128(view, at + NET_AT));
    prices.push(place.priceAt(tick));
  }
  return success({ start: place.start, data, ticks, offsets, nets, prices });
}

function sameFixedTicks(previous: TickArray, data: Uint8Array): boolean {
  const before = previous.data;
  if (before.length !== data.length || before[0] !== data[0]) return false;
  for (let at = FIXED_TICKS_OFFSET; at < FIXED_POOL_OFFSET; at += TICK_BYTES) {
    if (before[at] !== data[at]) return false;
  }
  return sameNets(previous, data);
}

function sameDynamicTicks(previous: TickArray, data: Uint8Array): boolean {
  const before = previous.data;
  if (before.length !== data.length || before[0] !== data[0]) return false;
  return sameBytes(before, data, BITMAP_OFFSET, DYNAMIC_TICKS_OFFSET) && sameNets(previous, data);
}

function sameNets(previous: TickArray, data: Uint8Array): boolean {
  const { offsets, data: before } = previous;
  for (let i = 0; i < offsets.length; i++) {
    const at = offsets[i]!;
    if (!sameBytes(before, data, at, at + GROSS_AT)) return false;
  }
  return true;
}

/** Turns a crossed tick's "outside" growths over, in place (`manager/tick_manager.rs`); all wrap at 2^128. */
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

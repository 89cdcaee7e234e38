import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import {
  arrayStart,
  oracleAddress,
  swapArrayStarts,
  tickArrayAddress,
  watchedArrayStarts,
} from './accounts.ts';

const POOL = 'HJPjoWUrhoZzkNfRpHuieeFk9WcZWjwy6PBjZ81ngndJ' as Address;

describe('addresses', () => {
  test('of a tick array and of an oracle are those on chain', () => {
    expect(tickArrayAddress(POOL, -11_264)).toBe('81T5kNuPRkyVzhwbe2RpKR7wmQpGJ7RBkGPdTqyfa5vq');
    expect(oracleAddress(POOL)).toBe('4GkRbcYg1VKsZropgai4dMf2Nj2PkXNLf43knFpavrSi');
  });
});

describe('the arrays of a swap', () => {
  const width = 88 * 64;

  test('begin with the one that holds the tick and go the way the price goes', () => {
    expect(swapArrayStarts(-32_101, 64, true)).toEqual([-33_792, -39_424, -45_056]);
    expect(swapArrayStarts(-32_101, 64, false)).toEqual([-33_792, -28_160, -22_528]);
  });

  test('begin one further on the way up from within the last spacing of an array', () => {
    const lastTick = width - 64;
    expect(swapArrayStarts(lastTick - 1, 64, false)).toEqual([0, width, 2 * width]);
    expect(swapArrayStarts(lastTick, 64, false)).toEqual([width, 2 * width, 3 * width]);
    expect(swapArrayStarts(lastTick, 64, true)).toEqual([0, -width, -2 * width]);
  });

  test('end where prices end', () => {
    expect(swapArrayStarts(MIN_TICK, 64, true)).toEqual([-444_928]);
    expect(swapArrayStarts(MIN_TICK - 1, 64, false)).toEqual([-444_928, -439_296, -433_664]);
    expect(swapArrayStarts(MAX_TICK - 6_000, 64, false)).toEqual([433_664, 439_296]);
    expect(swapArrayStarts(444_900, 64, false)).toEqual([]);
    expect(swapArrayStarts(0, 32_768, true)).toEqual([0, -88 * 32_768]);
  });

  test('are all watched, three to each side', () => {
    const base = arrayStart(-32_101, 64);
    expect(watchedArrayStarts(base, 64)).toEqual([-3, -2, -1, 0, 1, 2, 3].map((i) => base + i * width));
    expect(watchedArrayStarts(arrayStart(MIN_TICK, 64), 64)[0]).toBe(-444_928);
  });
});

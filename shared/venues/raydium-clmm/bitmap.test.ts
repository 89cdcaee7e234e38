import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressAt } from '../../core/address.ts';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import { arrayOf, type Bitmaps, canExtend, checkExtension, findArray, flipBit, isInPool } from './bitmap.ts';
import { CLMM_PROGRAM } from './layout.ts';
import { emptyExtension } from './local/encode-arrays.ts';

const KEY = new Uint8Array(32).fill(7);

function bitmapsOf(arrays: Iterable<number>, tickSpacing: number): Bitmaps {
  let bitmaps: Bitmaps = {
    bitmap: new Uint8Array(128),
    extension: canExtend(tickSpacing) ? emptyExtension(KEY) : null,
  };
  for (const array of arrays) bitmaps = flipBit(bitmaps, array);
  return bitmaps;
}

describe('the search for the next tick array', () => {
  test('finds the nearest one either way, through pool and extension alike', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 10, 14, 15, 60),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (tickSpacing, places, place, down) => {
          const least = arrayOf(MIN_TICK, tickSpacing);
          const most = arrayOf(MAX_TICK, tickSpacing);
          const at = (part: number) => least + Math.floor(part * (most - least));
          const arrays = new Set(places.map(at));
          const from = at(place);
          const that = [...arrays].filter((array) => (down ? array <= from : array >= from));
          const nearest = that.length === 0 ? undefined : down ? Math.max(...that) : Math.min(...that);
          const found = findArray(bitmapsOf(arrays, tickSpacing), from, down, tickSpacing);
          expect(found.array).toBe(nearest);
          if (nearest !== undefined) expect(found.extended).toBe(!isInPool(from) || !isInPool(nearest));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('without the extension ends where the pool ends, and says that it would have gone on', () => {
    const { bitmap } = bitmapsOf([-3], 1);
    for (const extension of [null, undefined]) {
      expect(findArray({ bitmap, extension }, 0, true, 1)).toEqual({ array: -3, extended: false });
      expect(findArray({ bitmap, extension }, 0, false, 1)).toEqual({ array: undefined, extended: true });
      expect(findArray({ bitmap, extension }, 0, false, 60)).toEqual({ array: undefined, extended: false });
    }
  });
});

describe('the bitmap extension account', () => {
  test('is taken at its length, for its pool, from its program', () => {
    const account = { owner: CLMM_PROGRAM, lamports: 1n, data: emptyExtension(KEY) };
    expect(checkExtension(account, KEY).ok).toBe(true);
    expect(checkExtension(account, new Uint8Array(32).fill(8)).ok).toBe(false);
    expect(checkExtension({ ...account, owner: addressAt(KEY) }, KEY).ok).toBe(false);
    expect(checkExtension({ ...account, data: account.data.slice(0, 1_831) }, KEY).ok).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARRAY_MAX, ARRAY_MIN, decodeExtension, INNER_MAX, INNER_MIN, reachFrom } from './bitmap.ts';
import { DLMM_PROGRAM } from './layout.ts';
import { encodeExtension } from './local/encode-arrays.ts';

const POOL = new Uint8Array(32).fill(3);
/** Where one bitmap ends and the other begins. */
const seams = fc.constantFrom(-514, -513, -512, -511, 510, 511, 512, 513);
const indexes = fc.uniqueArray(
  fc.oneof(seams, fc.integer({ min: ARRAY_MIN, max: ARRAY_MAX }), fc.integer({ min: -520, max: 520 })),
  { maxLength: 40 },
);

function split(all: readonly number[]) {
  const ascending = [...all].sort((a, b) => a - b);
  const isInner = (index: number) => index >= INNER_MIN && index <= INNER_MAX;
  return {
    inner: ascending.filter(isInner),
    outer: ascending.filter((index) => !isInner(index)),
  };
}

describe('the arrays in reach', () => {
  test('are the next ones with a bit in either bitmap', () => {
    fc.assert(
      fc.property(
        indexes,
        fc.oneof(seams, fc.integer({ min: -600, max: 600 })),
        fc.boolean(),
        (all, from, down) => {
          const { inner, outer } = split(all);
          const { indexes: found, end } = reachFrom(inner, outer, from, down, 4);
          const wanted = all
            .filter((index) => (down ? index <= from : index >= from))
            .sort((a, b) => (down ? b - a : a - b))
            .slice(0, 4);
          expect(found).toEqual(wanted);
          expect(end).toBe(wanted.length === 4 ? 'more' : 'nothing');
        },
      ),
    );
  });

  test('end where the extension would have to be read and is absent or unknown', () => {
    expect(reachFrom([1, 3], null, 2, false, 3)).toEqual({
      indexes: [3],
      end: 'extension-absent',
      usesExtension: true,
    });
    expect(reachFrom([1, 3], undefined, 2, true, 3).end).toBe('extension-unknown');
    expect(reachFrom([1, 2, 3], undefined, 0, false, 3)).toEqual({
      indexes: [1, 2, 3],
      end: 'more',
      usesExtension: false,
    });
  });
});

test('an extension account reads back the arrays beyond the pool and no others', () => {
  fc.assert(
    fc.property(indexes, (all) => {
      const account = { owner: DLMM_PROGRAM, lamports: 1n, data: encodeExtension(POOL, all) };
      expect(decodeExtension(account, POOL)).toEqual({ ok: true, value: split(all).outer });
      expect(decodeExtension(account, new Uint8Array(32))).toMatchObject({ reason: 'inconsistent-accounts' });
    }),
  );
});

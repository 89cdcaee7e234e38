import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readI128, readU128, writeU128 } from './u128.ts';

const view = new DataView(new ArrayBuffer(24));

describe('128-bit integers', () => {
  it('read back what was written, unsigned and signed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 127n), max: (1n << 127n) - 1n }), (value) => {
        writeU128(view, 3, value);
        expect(readI128(view, 3)).toBe(value);
        expect(readU128(view, 3)).toBe(BigInt.asUintN(128, value));
      }),
    );
  });

  it('are little-endian', () => {
    writeU128(view, 0, 0x0102n);
    expect([view.getUint8(0), view.getUint8(1), view.getUint8(15)]).toEqual([2, 1, 0]);
  });
});

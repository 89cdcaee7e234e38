import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOnCurve } from './address.ts';

/** Whether the curve library makes a point of them. */
function decodes(bytes: Uint8Array): boolean {
  try {
    ed25519.Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

const P = (1n << 255n) - 19n;
const SIGN = 1n << 255n;

describe('whether 32 bytes are a point of ed25519', () => {
  it('is as the curve library has it, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(isOnCurve(bytes)).toBe(decodes(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('is as the curve library has it at the ends of the field, with either sign', () => {
    for (let near = 0n; near < 40n; near++) {
      for (const y of [near, P - 20n + near, (1n << 255n) - 1n - near]) {
        for (const value of [y, y | SIGN]) {
          expect([value, isOnCurve(littleEndian(value))]).toEqual([value, decodes(littleEndian(value))]);
        }
      }
    }
  });

  it('is false of fewer or more bytes', () => {
    expect(isOnCurve(new Uint8Array(31))).toBe(false);
    expect(isOnCurve(new Uint8Array(33))).toBe(false);
  });
});

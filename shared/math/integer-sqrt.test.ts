import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integerSqrt } from './integer-sqrt.ts';

test('an integer square root is the largest whose square fits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (value) => {
      const root = integerSqrt(value);
      expect(root * root).toBeLessThanOrEqual(value);
      expect((root + 1n) * (root + 1n)).toBeGreaterThan(value);
    }),
  );
});

test('an integer square root is exact at and just below squares', () => {
  for (let root = 0n; root < 300n; root++) {
    expect(integerSqrt(root * root)).toBe(root);
    if (root > 0n) expect(integerSqrt(root * root - 1n)).toBe(root - 1n);
  }
});

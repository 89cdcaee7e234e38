import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatUnits } from '../../../shared/core/units.ts';

interface Format {
  amountText(raw: string, decimals: number, signed?: boolean): { head: string; zeros: string; sign: number };
  microsText(micros: number): string;
  ageText(ms: number): string;
  durationText(ms: number): string;
  percentText(part: number, whole: number): string;
  solText(sol: number, digits: number): string;
  venueText(id: string): string;
}

// The page's own code, as the browser loads it.
const format = (await import(String(new URL('./page/format.js', import.meta.url)))) as Format;

describe('amounts', () => {
  test('every amount is shown exactly, with as many decimals as the token has', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(1n << 128n), max: 1n << 128n }),
        fc.integer({ min: 0, max: 18 }),
        (raw, decimals) => {
          const { head, zeros } = format.amountText(String(raw), decimals);
          const plain = (head + zeros).replace(/,/g, '').replace('−', '-');
          expect(plain.split('.')[1]?.length ?? 0).toBe(decimals);
          expect(BigInt(plain.replace('.', ''))).toBe(raw);
          expect(head.replace(/,/g, '').replace('−', '-')).toBe(formatUnits(raw, decimals));
        },
      ),
    );
  });

  test.each([
    ['1234567000000', 6, false, '1,234,567', '.000000', 1],
    ['-15000', 9, true, '−0.000015', '000', -1],
    ['15000', 9, true, '+0.000015', '000', 1],
    ['0', 9, true, '0', '.000000000', 0],
    ['-0', 2, true, '0', '.00', 0],
    ['42', 0, false, '42', '', 1],
  ] as const)('%s with %i decimals', (raw, decimals, signed, head, zeros, sign) => {
    expect(format.amountText(raw, decimals, signed)).toEqual({ head, zeros, sign });
  });
});

test.each([
  [0, '0 µs'],
  [0.31, '0.3 µs'],
  [84.4, '84 µs'],
  [1_240, '1.24 ms'],
  [61_500, '61.5 ms'],
  [2_000_000, '2.00 s'],
])('%d microseconds are %s', (micros, text) => expect(format.microsText(micros)).toBe(text));

test('times and shares read as people write them', () => {
  expect([300, 12_000, 180_000, 7_200_000].map(format.ageText)).toEqual(['0.3 s', '12 s', '3 min', '2 h']);
  expect([0, 247_000, 3_847_000, 176_640_000].map(format.durationText)).toEqual([
    '00:00',
    '04:07',
    '1:04:07',
    '2 d 01:04',
  ]);
  expect(format.percentText(0, 0)).toBe('–');
  expect(format.percentText(1, 100_000)).toBe('< 0.1%');
  expect(format.percentText(99_999, 100_000)).toBe('> 99.9%');
  expect(format.percentText(2, 3)).toBe('66.7%');
});

test('a figure that rounds to zero has no sign', () => {
  expect(format.solText(-0.000_000_1, 4)).toBe('0.0000');
  expect(format.solText(-0.5, 1)).toBe('−0.5');
});

test('venue ids read as names', () => {
  expect(['orca-whirlpool', 'raydium-cpmm', 'meteora-damm-v2'].map(format.venueText)).toEqual([
    'Orca Whirlpool',
    'Raydium CPMM',
    'Meteora DAMM V2',
  ]);
});

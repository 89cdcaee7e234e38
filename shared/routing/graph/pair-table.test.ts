import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairTable } from './pair-table.ts';

test('finds every pair that was added and no other', () => {
  const mint = fc.integer({ min: 0, max: 70 });
  fc.assert(
    fc.property(fc.array(fc.tuple(mint, mint), { maxLength: 800 }), (added) => {
      const table = new PairTable();
      const known = new Map<string, number>();
      for (const [from, to] of added) {
        const key = `${from} ${to}`;
        if (known.has(key)) continue;
        table.add(from, to, known.size);
        known.set(key, known.size);
      }
      for (let from = 0; from <= 70; from++)
        for (let to = 0; to <= 70; to++) expect(table.get(from, to)).toBe(known.get(`${from} ${to}`) ?? -1);
    }),
    { numRuns: 20 },
  );
});

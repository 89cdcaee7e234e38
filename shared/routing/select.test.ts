import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Choice, EXACT_CHOICES, selectBest } from './select.ts';

const POOLS = 8;
const choices = fc.array(
  fc.record({
    value: fc.integer({ min: 1, max: 1_000 }),
    pools: fc.uniqueArray(fc.integer({ min: 0, max: POOLS - 1 }), { minLength: 1, maxLength: 3 }),
    mint: fc.integer({ min: 0, max: 1 }),
    amount: fc.integer({ min: 1, max: 100 }),
  }),
  { maxLength: 9 },
);

function worth(set: readonly Choice[]): number {
  return set.reduce((sum, { value }) => sum + value, 0);
}

function isAllowed(set: readonly Choice[], capital: number, maxChosen: number): boolean {
  const pools = set.flatMap((choice) => choice.pools);
  const spent = [0, 1].map((mint) =>
    set.reduce((sum, choice) => sum + (choice.mint === mint ? choice.amount : 0), 0),
  );
  return set.length <= maxChosen && new Set(pools).size === pools.length && Math.max(...spent) <= capital;
}

/** Pools 0 and 1, 2 and 3, … stand over the same accounts. */
const sharesAccounts = (pool: number, other: number): boolean => pool >> 1 === other >> 1;

describe('selectBest', () => {
  it('never chooses two trades whose pools stand over the same accounts, and the best set of the others', () => {
    fc.assert(
      fc.property(choices, (all) => {
        const sorted = all.toSorted((a, b) => b.value - a.value);
        const chosen = selectBest({ choices: sorted, capitalOf: () => 1e9, maxChosen: 4, sharesAccounts });
        // Each pair of pools is one pool to the choice.
        const merged = (set: readonly Choice[]): readonly Choice[] =>
          set.map((each) => ({ ...each, pools: [...new Set(each.pools.map((pool) => pool >> 1))] }));
        expect(isAllowed(merged(chosen), 1e9, 4)).toBe(true);
        const best = selectBest({ choices: merged(sorted), capitalOf: () => 1e9, maxChosen: 4 });
        expect(worth(chosen)).toBe(worth(best));
      }),
    );
  });

  it('chooses what the best of all sets is worth, and never a set that is not allowed', () => {
    fc.assert(
      fc.property(
        choices,
        fc.integer({ min: 1, max: 250 }),
        fc.integer({ min: 1, max: 4 }),
        (all, capital, most) => {
          const sorted = all.toSorted((a, b) => b.value - a.value);
          const chosen = selectBest({ choices: sorted, capitalOf: () => capital, maxChosen: most });
          expect(isAllowed(chosen, capital, most)).toBe(true);
          let best = 0;
          for (let mask = 0; mask < 1 << all.length; mask++) {
            const set = all.filter((_, i) => (mask >> i) & 1);
            if (isAllowed(set, capital, most)) best = Math.max(best, worth(set));
          }
          expect(worth(chosen)).toBe(best);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('prefers two that fit together to the best one that conflicts with both', () => {
    const choice = (value: number, pools: number[]): Choice => ({ value, pools, mint: 0, amount: 1 });
    const both = [choice(7, [1, 2]), choice(6, [3, 4])];
    expect(selectBest({ choices: [choice(10, [2, 3]), ...both], capitalOf: () => 9, maxChosen: 9 })).toEqual(
      both,
    );
  });

  it('goes on greedily beyond what it weighs exactly', () => {
    const many = Array.from({ length: EXACT_CHOICES + 5 }, (_, i) => ({
      value: 100 - i,
      pools: [i],
      mint: 0,
      amount: 1,
    }));
    expect(selectBest({ choices: many, capitalOf: () => 1_000, maxChosen: 1_000 })).toHaveLength(many.length);
  });
});

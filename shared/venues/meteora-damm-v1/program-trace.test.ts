import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool, UNMETERED_CLOCK } from '../contract.ts';
import { meteoraDammV1 as venue } from './index.ts';
import type { DammV1State } from './state.ts';

/**
 * What the program (sha256 4529bb15…, with the vault program e52970f5…) did with the pools that the contract cases
 * synthesize: it can sign for their vaults.
 */

const stateOf = (variant: number): DammV1State => contractPool(venue, CONTRACT_CASES[variant]!).state;

/** Constant product: amount in, what was paid, the greatest least output that the program let pass. */
const LEAST_OUTPUTS: readonly (readonly [boolean, bigint, bigint, bigint])[] = [
  [true, 1_000n, 141n, 142n],
  [true, 777_777n, 110_438n, 110_439n],
  [true, 123_456_789n, 17_529_706n, 17_529_707n],
  [true, 77_777_777_777n, 10_875_240_024n, 10_875_240_025n],
  [false, 1_000n, 7_002n, 7_002n],
  [false, 1_000_003n, 7_007_379n, 7_007_379n],
  [false, 77_777_777_777n, 491_448_479_721n, 491_448_479_721n],
];

/** Variant, amount in, and what two such swaps in one transaction paid together; null: the second failed. */
const REPEATED: readonly (readonly [number, boolean, bigint, bigint | null])[] = [
  [0, true, 10n ** 15n, 709_968_856_266n],
  [0, false, 4n * 10n ** 18n, 4_999_999_553_592n],
  [2, true, 10n ** 14n, 712_053_791_352n],
  [2, true, 10n ** 15n, 712_058_227_727n],
  [2, true, 10n ** 16n, 712_058_272_074n],
  [2, true, 10n ** 17n, null],
  [2, false, 10n ** 15n, 4_997_790_629_135n],
  [2, false, 10n ** 16n, null],
];

describe('the least output', () => {
  test.each(LEAST_OUTPUTS)(
    'is compared with what the program compared, a to b %s, %d in',
    (aToB, amountIn, paid, compared) => {
      const settled = venue.settle(stateOf(0), aToB, amountIn, CONTRACT_CLOCK);
      expect(settled).toMatchObject({ ok: true, amountOut: paid, comparedOut: compared });
    },
  );

  test('that `minimumFor` gives lets no swap pay less than was asked for, whatever the vaults are worth', () => {
    const amounts = fc.bigInt(1n, 10n ** 13n);
    const worth = fc.record({ profit: amounts, shares: amounts, freed: fc.integer({ min: 0, max: 30_000 }) });
    fc.assert(
      fc.property(fc.boolean(), amounts, worth, worth, (aToB, amountIn, ofA, ofB) => {
        const state = stateOf(0);
        for (const [side, { profit, shares }] of [
          [state.sideA, ofA],
          [state.sideB, ofB],
        ] as const) {
          const { figures } = side;
          side.figures = {
            ...figures,
            totalAmount: figures.totalAmount + profit,
            lockedProfit: profit,
            lastReport: BigInt(CONTRACT_CLOCK.unixTimestamp - ofA.freed),
          };
          side.lpSupply += shares;
        }
        const settled = venue.settle(state, aToB, amountIn, CONTRACT_CLOCK);
        if (!settled.ok) return;
        const { amountOut, comparedOut = amountOut } = settled;
        expect(comparedOut).toBeGreaterThanOrEqual(amountOut);
        // The program lets this pass: what is paid is no less than it stands for. One more it does not let pass.
        for (const least of [comparedOut - 1n, comparedOut]) {
          const minimum = venue.minimumFor?.(state, aToB, least) ?? least;
          if (minimum <= comparedOut) expect(amountOut).toBeGreaterThanOrEqual(least);
        }
        expect(venue.minimumFor?.(state, aToB, amountOut + 1n)).toBeGreaterThan(comparedOut);
      }),
    );
  });
});

test.each(REPEATED)(
  'a repeated swap, variant %d, a to b %s, %d in, pays what the program paid',
  (variant, aToB, amountIn, paid) => {
    // Some of these took the program more compute units than a transaction has: it was given them.
    const first = venue.settle(stateOf(variant), aToB, amountIn, UNMETERED_CLOCK);
    if (!first.ok) throw new Error(first.reason);
    const second = venue.quote(first.state, aToB, amountIn, UNMETERED_CLOCK);
    expect(second.ok ? first.amountOut + second.amountOut : null).toBe(paid);
  },
);

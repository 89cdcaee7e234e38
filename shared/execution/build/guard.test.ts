import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrderTerms } from '../../risk/approve.ts';
import type { Leg } from '../../routing/opportunity.ts';
import { guardOf } from './guard.ts';
import { numbered } from './test-instructions.ts';

const COSTS = 50n;

/** Hops of legs as [amount in, amount out]; `consumed` is what the first hop takes of what it is offered. */
function terms(hops: readonly (readonly (readonly [bigint, bigint])[])[], consumed?: bigint): OrderTerms {
  const legs: Leg[] = hops.flatMap((hop, i) =>
    hop.map(([amountIn, amountOut], j) => ({
      hop: i,
      venue: 'any',
      pool: numbered(10 * i + j),
      aToB: true,
      mintIn: numbered(500 + i),
      mintOut: numbered(500 + ((i + 1) % hops.length)),
      amountIn,
      amountOut,
    })),
  );
  const offered = legs.filter(({ hop }) => hop === 0).reduce((sum, { amountIn }) => sum + amountIn, 0n);
  const amountIn = consumed ?? offered;
  const opportunity = { legs, amountIn } as unknown as OrderTerms['opportunity'];
  return { opportunity, minAmountOut: amountIn + COSTS } as OrderTerms;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n);

describe('the least outputs of an order', () => {
  test('are what the next leg is offered, and at last the input and the costs', () => {
    const guard = guardOf(terms([[[1_000n, 500n]], [[500n, 800n]], [[790n, 1_200n]]]));
    expect(guard).toEqual({ ok: true, value: { least: [500n, 790n, 1_050n], assertions: [] } });
  });

  test('of a split hop come to what is needed together, and none is above what its leg is to pay', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 15n });
    const hop = fc.array(amount, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hop, hop, fc.nat(10_000), (first, last, spareBps) => {
        const paid = sum(first);
        // The second hop is offered what the first pays, split as evenly as it goes.
        const each = last.map(
          (_, i) => paid / BigInt(last.length) + (i === 0 ? paid % BigInt(last.length) : 0n),
        );
        if (each.some((one) => one === 0n)) return;
        const input = sum(last) - COSTS - (sum(last) * BigInt(spareBps)) / 20_000n;
        if (input < 1n) return;
        const inputs = first.map((_, i) => (i === 0 ? input - BigInt(first.length - 1) : 1n));
        if (inputs[0]! < 1n) return;
        const order = terms([
          first.map((out, i) => [inputs[i]!, out] as const),
          each.map((one, i) => [one, last[i]!] as const),
        ]);
        const guard = guardOf(order);
        if (!guard.ok) throw new Error(guard.detail);
        const { least } = guard.value;
        expect(sum(least.slice(0, first.length))).toBeGreaterThanOrEqual(paid);
        expect(sum(least.slice(first.length))).toBeGreaterThanOrEqual(input + COSTS);
        order.opportunity.legs.forEach(({ amountOut }, i) => {
          expect(least[i]!).toBeGreaterThan(0n);
          expect(least[i]!).toBeLessThanOrEqual(amountOut);
        });
      }),
      { seed: 16 },
    );
  });

  test('count all that the first hop is offered, also what its pool is to leave: it may take it after all', () => {
    const guard = guardOf(terms([[[1_000n, 500n]], [[500n, 1_200n]]], 900n));
    expect(guard.ok && guard.value.least).toEqual([500n, 1_050n]);
    expect(guardOf(terms([[[1_000n, 500n]], [[500n, 1_020n]]], 900n))).toEqual({
      ok: false,
      reason: 'guard-beyond-output',
      detail: 'hop 2 pays 1020, and must pay 1050',
    });
  });
});

describe('an asserted sum', () => {
  const held = (mayBeCredited: bigint | undefined) => () => ({ amount: 7_000n, mayBeCredited });

  test('is what is held, what may be credited, and the costs or what the next hop is offered', () => {
    const order = terms([
      [
        [500n, 300n],
        [500n, 250n],
      ],
      [[540n, 1_200n]],
    ]);
    const guard = guardOf(order, held(20n));
    expect(guard.ok && guard.value).toEqual({
      least: [1n, 1n, 1_050n],
      assertions: [{ afterLeg: 1, mint: numbered(501), atLeast: 7_000n + 20n + 540n }],
    });
    const last = guardOf(
      terms([
        [[1_000n, 540n]],
        [
          [300n, 700n],
          [240n, 500n],
        ],
      ]),
      held(0n),
    );
    expect(last.ok && last.value).toEqual({
      least: [540n, 1n, 1n],
      assertions: [{ afterLeg: 2, mint: numbered(500), atLeast: 7_000n + COSTS }],
    });
  });

  test('is not loosened by any credit up to what may be credited', () => {
    const split = terms([
      [[1_000n, 540n]],
      [
        [300n, 700n],
        [240n, 500n],
      ],
    ]);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 500n }),
        fc.bigInt({ min: 0n, max: 500n }),
        fc.bigInt({ min: 0n, max: 2_000n }),
        (bound, drawn, paid) => {
          const credited = (bound * drawn) / 500n;
          const guard = guardOf(split, () => ({ amount: 7_000n, mayBeCredited: bound }));
          if (!guard.ok) throw new Error(guard.reason);
          const after = 7_000n + credited - 1_000n + paid;
          const passes = after >= guard.value.assertions[0]!.atLeast;
          if (passes) expect(paid).toBeGreaterThanOrEqual(1_000n + COSTS);
        },
      ),
    );
  });

  test('serves where the first hop is to leave some of its input', () => {
    const guard = guardOf(terms([[[1_000n, 500n]], [[500n, 1_020n]]], 900n), held(0n));
    expect(guard.ok && guard.value.assertions).toEqual([
      { afterLeg: 1, mint: numbered(500), atLeast: 7_000n + COSTS },
    ]);
  });

  test('is refused where what may be credited has no bound, or nobody knows what is held', () => {
    const split = terms([
      [[1_000n, 540n]],
      [
        [300n, 700n],
        [240n, 500n],
      ],
    ]);
    expect(guardOf(split, held(undefined))).toMatchObject({ ok: false, reason: 'assertion-unsized' });
    expect(guardOf(split, () => undefined)).toMatchObject({ ok: false, reason: 'assertion-unsized' });
    const most = () => ({ amount: (1n << 64n) - 1n, mayBeCredited: 0n });
    expect(guardOf(split, most)).toMatchObject({ ok: false, reason: 'assertion-unsized' });
  });
});

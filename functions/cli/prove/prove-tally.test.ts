import { describe, expect, test } from 'vitest';
import { mismatchOf, type Outturn, type Prediction, predictionOf } from './prove-compare.ts';
import { createProofTally, totalOf } from './prove-tally.ts';

const ATTEMPT = { check: 'swap', aToB: true, amountIn: 100n } as const;
const PREDICTED: Prediction = { ok: true, change: { a: -100n, b: 99n }, computeUnits: 100 };
const REFUSED: Prediction = { ok: false, reason: 'no-liquidity' };
const FAILED: Outturn = { ok: false, error: 'Overflow (6001)' };

function did(a: bigint, b: bigint, computeUnits = 1): Outturn {
  return { ok: true, change: { a, b }, computeUnits };
}

describe('a swap of a proof', () => {
  test('is predicted as a change of the wallet, in either direction', () => {
    const quote = { ok: true, amountOut: 7n, consumedIn: 9n, computeUnits: 1 } as const;
    expect(predictionOf(quote, true)).toEqual({ ok: true, change: { a: -9n, b: 7n }, computeUnits: 1 });
    expect(predictionOf(quote, false)).toEqual({ ok: true, change: { a: 7n, b: -9n }, computeUnits: 1 });
    const refusal = { ok: false, reason: 'no-liquidity', detail: 'empty' } as const;
    expect(predictionOf(refusal, true)).toEqual({
      ok: false,
      reason: 'no-liquidity (empty)',
      isBeyondCompute: false,
    });
  });

  test.each([
    ['does what was predicted', PREDICTED, did(-100n, 99n)],
    ['is refused by both', REFUSED, FAILED],
  ])('is equal when it %s', (_, predicted, outturn) => {
    expect(mismatchOf(ATTEMPT, predicted, outturn)).toBeUndefined();
  });

  test.each([
    ['pays a unit less', PREDICTED, did(-100n, 98n), { a: '-100', b: '99' }, { a: '-100', b: '98' }],
    ['takes a unit less', PREDICTED, did(-99n, 99n), { a: '-100', b: '99' }, { a: '-99', b: '99' }],
    ['fails unforeseen', PREDICTED, FAILED, { a: '-100', b: '99' }, null],
    ['pays what we refuse', REFUSED, did(-100n, 99n), null, { a: '-100', b: '99' }],
  ])('differs when it %s', (_, outlook, outturn, predicted, executed) => {
    expect(mismatchOf(ATTEMPT, outlook, outturn)).toMatchObject({
      check: 'swap',
      amountIn: '100',
      predicted,
      executed,
    });
  });
});

describe('compute units', () => {
  const LACKING: Prediction = { ok: false, reason: 'compute', isBeyondCompute: true };

  test('that are counted too few are a difference, whatever was paid', () => {
    expect(mismatchOf(ATTEMPT, PREDICTED, did(-100n, 99n, 100))).toBeUndefined();
    expect(mismatchOf(ATTEMPT, PREDICTED, did(-100n, 99n, 101))).toMatchObject({
      error: 'it takes 101 compute units, counted as 100',
    });
  });

  test('that are counted too many refuse a swap that would run: equal, and counted by itself', () => {
    const tally = createProofTally('venue', 'pool');
    tally.add(ATTEMPT, LACKING, did(-100n, 99n));
    tally.add(ATTEMPT, LACKING, FAILED);
    expect(tally.result()).toMatchObject({ swaps: 2, equal: 2, paid: 0, cautious: 1, mismatches: [] });
  });
});

describe('the tally of a pool', () => {
  test('counts each check by itself, and refusals by both reasons', () => {
    const tally = createProofTally('venue', 'pool');
    tally.add(ATTEMPT, PREDICTED, did(-100n, 99n, 40));
    tally.add(ATTEMPT, PREDICTED, did(-100n, 99n, 30));
    tally.add(ATTEMPT, REFUSED, FAILED);
    tally.add(ATTEMPT, REFUSED, FAILED);
    tally.add({ ...ATTEMPT, check: 'second-swap' }, PREDICTED, FAILED);
    tally.add({ ...ATTEMPT, check: 'min-out' }, REFUSED, FAILED);
    tally.noteSlack(1n);
    tally.noteSlack(0n);
    const proof = tally.result();
    expect(proof).toMatchObject({
      swaps: 4,
      equal: 4,
      paid: 2,
      secondSwaps: { checked: 1, equal: 0 },
      minOut: { checked: 1, equal: 1 },
      minOutSlack: 1,
      maxComputeUnits: 40,
      refusals: [{ refused: 'no-liquidity', error: 'Overflow (6001)', swaps: 2 }],
      mismatches: [{ check: 'second-swap', error: 'Overflow (6001)' }],
    });
    expect(totalOf(proof)).toEqual({ checked: 6, equal: 5 });
  });

  test('shows the first ten mismatches and counts them all', () => {
    const tally = createProofTally('venue', 'pool');
    for (let i = 0n; i < 12n; i++) tally.add({ ...ATTEMPT, amountIn: i }, PREDICTED, FAILED);
    const { mismatches, swaps, equal } = tally.result();
    expect([mismatches.length, swaps, equal]).toEqual([10, 12, 0]);
    expect(mismatches[9]?.amountIn).toBe('9');
  });
});

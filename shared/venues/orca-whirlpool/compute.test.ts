import { describe, expect, test } from 'vitest';
import { unitsForSwaps } from '../../core/compute.ts';
import { CONTRACT_CLOCK, contractCases, contractPool, loadOrThrow } from '../contract.ts';
import { stopUnits } from './compute.ts';
import { orcaWhirlpool } from './index.ts';
import { encodeOracle } from './local/encode.ts';
import { decodeOracle } from './oracle.ts';
import { ladderAt, quote, quoteByIntegers } from './quote.ts';
import { settle } from './settle.ts';
import type { WhirlpoolState } from './state.ts';

const ADAPTIVE = contractCases(orcaWhirlpool).find(({ variant }) => variant === 1)!;

/** A pool with an adaptive fee that changes every so many ticks. */
function adaptivePool(tickGroupSize: number): WhirlpoolState {
  const { address, accounts, state } = contractPool(orcaWhirlpool, { ...ADAPTIVE, feeBps: 4 });
  const at = state.addresses.oracle!;
  const before = accounts.get(at)!;
  const oracle = decodeOracle(before, state.poolBytes);
  if (!oracle.ok) throw new Error(oracle.reason);
  const constants = { ...oracle.value.constants, tickGroupSize, maxAccumulator: 10_000_000 };
  const data = encodeOracle(state.poolBytes, { ...oracle.value, constants });
  const held = new Map(accounts).set(at, { ...before, data });
  return loadOrThrow(orcaWhirlpool, address, (key) => held.get(key) ?? null);
}

describe('a swap through many tick groups', () => {
  test('is refused from where a transaction runs out of compute units, and only from there', () => {
    const state = adaptivePool(1);
    for (const aToB of [true, false]) {
      let low = 1n;
      let high = 1n << 62n;
      while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if (quote(state, aToB, middle, CONTRACT_CLOCK).ok) low = middle;
        else high = middle;
      }
      const last = quote(state, aToB, low, CONTRACT_CLOCK);
      expect(last.ok && last.computeUnits).toBeGreaterThan(1_380_000);
      for (const one of [quote, quoteByIntegers, settle]) {
        expect(one(state, aToB, high, CONTRACT_CLOCK)).toMatchObject({ ok: false, reason: 'compute' });
      }
      const ladder = ladderAt(state, aToB, CONTRACT_CLOCK);
      const steps = ladder.ok ? ladder.units.filter((units) => units <= unitsForSwaps(CONTRACT_CLOCK)) : [];
      // The real program runs out after about 150 of them.
      expect(steps.length).toBeGreaterThan(90);
      expect(steps.length).toBeLessThan(250);
    }
  });

  test('costs more the more of them there are: the same amount through groups of four ticks is cheaper', () => {
    const one = quote(adaptivePool(1), true, 10n ** 11n, CONTRACT_CLOCK);
    const four = quote(adaptivePool(4), true, 10n ** 11n, CONTRACT_CLOCK);
    expect(one.ok && four.ok && one.computeUnits > four.computeUnits).toBe(true);
  });
});

test('a price costs by the bits of its tick, more above tick 0 than below it', () => {
  expect(stopUnits(0b10_0000)).toBeLessThan(stopUnits(0b11_0110));
  expect(stopUnits(-0b11_0110)).toBeLessThan(stopUnits(0b11_0110));
});

import { describe, expect, test } from 'vitest';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool } from '../contract.ts';
import { raydiumClmm } from './index.ts';
import { findStep, type Ladder } from './ladder.ts';
import { ladderAt, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { ClmmState } from './state.ts';

/** Fee on token B, and dynamic fee on token A; both with limit orders around the price. */
const POOLS = [CONTRACT_CASES[2]!, CONTRACT_CASES[3]!].map((pool) => [pool.name, pool] as const);

function ladderOf(state: ClmmState, aToB: boolean): { ladder: Ladder; at: number } {
  const ladder = ladderAt(state, aToB, CONTRACT_CLOCK);
  if (!ladder.ok) throw new Error(ladder.reason);
  findStep(state, ladder, 10n ** 15n);
  const at = ladder.steps.findIndex((step) => step.offered > 0n);
  if (at < 0) throw new Error('no limit orders on the way');
  return { ladder, at };
}

function ordersLeft(state: ClmmState, start: number, tick: number): bigint {
  const array = state.tickArrays.get(start)!;
  const at = array.ticks.indexOf(tick);
  return at < 0 ? 0n : array.orders[at]!;
}

describe.each(POOLS)('limit orders on the way, %s', (_, pool) => {
  const { state } = contractPool(raydiumClmm, pool);

  test.each([true, false])('are filled from their first unit to their last (A to B: %s)', (aToB) => {
    const { ladder, at } = ladderOf(state, aToB);
    const step = ladder.steps[at]!;
    const before = ladder.totalIn[at - 1]!;
    const settled = (amount: bigint) => {
      const result = settle(state, aToB, amount, CONTRACT_CLOCK);
      if (!result.ok) throw new Error(result.reason);
      expect(quote(state, aToB, amount, CONTRACT_CLOCK)).toMatchObject({ amountOut: result.amountOut });
      return result.state;
    };
    const left = (after: ClmmState) => ordersLeft(after, step.array.start, step.stopTick);

    const arrived = settled(before);
    expect(arrived.sqrtPrice).toBe(step.to);
    expect(left(arrived)).toBe(step.offered);
    expect(arrived.tickIndex).toBe(aToB ? step.stopTick : step.stopTick - 1);

    const half = settled((before + ladder.totalIn[at]!) / 2n);
    expect(half.sqrtPrice).toBe(step.to);
    expect(Number(left(half)) / Number(step.offered)).toBeCloseTo(0.5, 4);

    const filled = settled(ladder.totalIn[at]!);
    expect(left(filled)).toBe(0n);
    expect(filled.tickIndex).toBe(aToB ? step.stopTick - 1 : step.stopTick);
    const further = settled(ladder.reach[at]! + 1n);
    expect(left(further)).toBe(0n);
    expect(further.liquidity).toBe(filled.liquidity);
  });

  test('pay no worse in two swaps than the fees and roundings of the second cost', () => {
    const { ladder, at } = ladderOf(state, true);
    const whole = ladder.totalIn[at]! + 1_000_000n;
    const first = settle(state, true, ladder.totalIn[at]! - 5_000n, CONTRACT_CLOCK);
    const once = quote(state, true, whole, CONTRACT_CLOCK);
    if (!first.ok || !once.ok) throw new Error('refused');
    const second = quote(first.state, true, whole - first.consumedIn, CONTRACT_CLOCK);
    if (!second.ok) throw new Error(second.reason);
    const twice = first.amountOut + second.amountOut;
    expect(Number(once.amountOut - twice) / Number(once.amountOut)).toBeLessThan(1e-6);
  });
});

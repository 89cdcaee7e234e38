import { describe, expect, test } from 'vitest';
import { CONTRACT_CLOCK, contractCases, contractPool, loadOrThrow } from '../contract.ts';
import { decodeTokenAccount, withTokenAmount } from '../token/token.ts';
import { meteoraDammV1 } from './index.ts';
import { quote } from './quote.ts';
import { settle } from './settle.ts';
import type { DammV1State } from './state.ts';

const STABLE = contractCases(meteoraDammV1).find(({ variant }) => variant === 2)!;

/** A stable pool of which the shares of A and of B are divided so. */
function stablePool(dividedA: bigint, dividedB: bigint): DammV1State {
  const { address, accounts, state } = contractPool(meteoraDammV1, { ...STABLE, price: 1 });
  const held = new Map(accounts);
  for (const [shares, by] of [
    [state.sideA.poolLp, dividedA],
    [state.sideB.poolLp, dividedB],
  ] as const) {
    const account = held.get(shares)!;
    const decoded = decodeTokenAccount(account);
    if (!decoded.ok) throw new Error(decoded.reason);
    held.set(shares, withTokenAmount(account, decoded.value.amount / by));
  }
  return loadOrThrow(meteoraDammV1, address, (key) => held.get(key) ?? null);
}

describe('a stable pool whose invariant does not settle', () => {
  test('is refused: the 256 steps that the program then takes are more than a transaction has units for', () => {
    let found = 0;
    for (let by = 10n ** 6n; by < 10n ** 12n; by *= 3n) {
      const state = stablePool(1n, by);
      const answer = quote(state, true, 1_000_000n, CONTRACT_CLOCK);
      const stuck = (state.moment?.stepsAToB ?? 0) === 256;
      if (!stuck) continue;
      found += 1;
      expect(answer).toMatchObject({ ok: false, reason: 'compute' });
      expect(settle(state, true, 1_000_000n, CONTRACT_CLOCK)).toMatchObject({ ok: false, reason: 'compute' });
    }
    expect(found).toBeGreaterThan(0);
  });

  test('where it settles each step is counted', () => {
    const near = quote(stablePool(1n, 1n), true, 1_000_000n, CONTRACT_CLOCK);
    const far = quote(stablePool(1n, 5_000n), true, 1_000_000n, CONTRACT_CLOCK);
    expect(near.ok && far.ok && far.computeUnits > near.computeUnits).toBe(true);
  });
});

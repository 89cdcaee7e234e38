import { describe, expect, test } from 'vitest';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../../contract.ts';
import { localHalf } from '../../local-registry.ts';
import { phoenixV1 } from '../index.ts';
import { viewOf } from '../layout.ts';
import type { PhoenixState } from '../state.ts';
import { traderOffset } from '../views.ts';
import { BASE_FREE, BASE_LOCKED, QUOTE_FREE, QUOTE_LOCKED } from './match-bytes.ts';
import { requote } from './requote.ts';

/** Lots that all seats hold. */
function seatLots({ data, facts }: PhoenixState) {
  const view = viewOf(data);
  let quote = 0n;
  let base = 0n;
  for (let seat = 1; seat <= facts.traders.capacity; seat++) {
    const at = traderOffset(facts, seat);
    quote += view.getBigUint64(at + QUOTE_LOCKED, true) + view.getBigUint64(at + QUOTE_FREE, true);
    base += view.getBigUint64(at + BASE_LOCKED, true) + view.getBigUint64(at + BASE_FREE, true);
  }
  return { quote, base };
}

describe('makers that place their orders anew', () => {
  const cases = CONTRACT_CASES.slice(0, 4).map((spec) => [spec.name, spec] as const);

  test.each(cases)('on %s stand where asked, and pay the vaults for what they lock', (_, spec) => {
    const pool = contractPool(phoenixV1, spec);
    const opening = pool.state;
    const settled = phoenixV1.settle(opening, false, 10n ** 11n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    const [taken] = localHalf(phoenixV1).write(settled.state, chainOf(pool.accounts));
    const accounts = new Map(pool.accounts).set(pool.address, taken!.account);
    const before = loadOrThrow(phoenixV1, pool.address, chainOf(accounts));
    for (const factor of [1, 1.013, 0.97]) {
      const moved = requote(opening, factor, chainOf(accounts))!;
      const after = loadOrThrow(
        phoenixV1,
        pool.address,
        chainOf(new Map(accounts).set(pool.address, moved.writes[0]!.account)),
      );
      expect([...after.bids.ticks]).toEqual(
        [...opening.bids.ticks].map((t) => Math.max(1, Math.floor(t * factor))),
      );
      expect([...after.asks.ticks]).toEqual([...opening.asks.ticks].map((t) => Math.ceil(t * factor)));
      expect([...after.bids.lots]).toEqual([...opening.bids.lots]);
      expect([...after.asks.lots]).toEqual([...opening.asks.lots]);
      const { baseLotSize, quoteLotSize } = opening.facts;
      const held = seatLots(after);
      const was = seatLots(before);
      expect((held.base - was.base) * baseLotSize).toBe(moved.paidInA);
      expect((held.quote - was.quote) * quoteLotSize).toBe(moved.paidInB);
      // Every order is backed: taking what a huge swap takes leaves no seat short.
      for (const aToB of [true, false]) {
        const all = phoenixV1.settle(after, aToB, 10n ** 13n, CONTRACT_CLOCK);
        if (!all.ok) throw new Error(all.reason);
        expect(() => localHalf(phoenixV1).write(all.state, chainOf(accounts))).not.toThrow();
      }
    }
  });

  test('do nothing where the market is not to be had', () => {
    const pool = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    expect(requote(pool.state, 1, () => null)).toBeUndefined();
    expect(requote(pool.state, 1, () => undefined)).toBeUndefined();
  });
});

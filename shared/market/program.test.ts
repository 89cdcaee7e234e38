import { expect, test } from 'vitest';
import type { Address } from '../core/address.ts';
import { CONTRACT_CLOCK, contractCases, contractPool } from '../venues/contract.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { createMarket } from './market.ts';
import { isQuotable } from './pool-entry.ts';

/** A pool with a creator fee, on a chain of which nobody has told yet which program it runs. */
function liveMarket() {
  const pool = contractPool(raydiumCpmm, contractCases(raydiumCpmm)[1]!);
  const market = createMarket();
  const entry = market.addPool(raydiumCpmm, pool.address);
  const slot = CONTRACT_CLOCK.slot;
  for (let { watch } = market.takeSubscriptions(); watch.length > 0; { watch } = market.takeSubscriptions()) {
    for (const address of watch)
      market.apply({ address, slot, account: pool.accounts.get(address as Address) ?? null });
  }
  market.setLive(true);
  market.beginSlot(slot + 1, slot);
  expect(isQuotable(entry)).toBe(true);
  const quote = () => entry.venue.quote(entry.state!, true, 1_000_000n, CONTRACT_CLOCK);
  return { market, entry, quote };
}

test('a pool is quoted by the rules of the program that the market was told of, from then on', () => {
  const { market, entry, quote } = liveMarket();
  expect(quote()).toMatchObject({ ok: false, reason: 'program-unproven' });
  expect(market.setRules('raydium-cpmm', 'creator-fee').changed).toEqual([entry]);
  const taking = quote();
  expect(market.setRules('raydium-cpmm', 'no-creator-fee').changed).toEqual([entry]);
  const before = quote();
  if (!taking.ok || !before.ok) throw new Error('refused');
  expect(before.amountOut).toBeGreaterThan(taking.amountOut);
  expect(market.setRules('raydium-cpmm', 'no-creator-fee').changed).toEqual([]);
  expect(market.setRules('orca-whirlpool', 'none').changed).toEqual([]);
  market.setRules('raydium-cpmm', undefined);
  expect(quote()).toMatchObject({ ok: false, reason: 'program-unproven' });
  expect(market.takeSubscriptions()).toEqual({ watch: [], unwatch: [] });
});

import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { CONTRACT_CLOCK, contractCases, contractPool, vaultAmount } from '../venues/contract.ts';
import { meteoraDammV1 } from '../venues/meteora-damm-v1/index.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { withTokenAmount } from '../venues/token/token.ts';
import type { Venue } from '../venues/venue.ts';
import { createMarket } from './market.ts';
import { isQuotable } from './pool-entry.ts';

const SLOT = CONTRACT_CLOCK.slot;

function liveMarket(venue: Venue) {
  const pool = contractPool(venue, contractCases(venue)[0]!);
  const market = createMarket();
  const entry = market.addPool(venue, pool.address);
  const tell = (address: Address, account: AccountBytes | null, slot: number) =>
    market.apply({ address, slot, account });
  market.setLive(true);
  market.beginSlot(SLOT, SLOT - 1);
  for (let { watch } = market.takeSubscriptions(); watch.length > 0; { watch } = market.takeSubscriptions())
    for (const address of watch) tell(address, pool.accounts.get(address) ?? null, SLOT - 1);
  market.beginSlot(SLOT + 1, SLOT);
  expect(isQuotable(entry)).toBe(true);
  const moved = (vault: Address, by: bigint) => {
    const account = pool.accounts.get(vault)!;
    return withTokenAmount(account, vaultAmount(pool.accounts, vault) + by);
  };
  return { pool, entry, market, tell, moved };
}

describe('a pool whose accounts stand at several slots', () => {
  test('is quotable at the end of every slot, though others use its vault in each', () => {
    const { pool, entry, market, tell, moved } = liveMarket(meteoraDammV1);
    const { vaultA } = pool.state;
    for (let i = 1; i <= 200; i++) {
      const slot = SLOT + i;
      tell(vaultA, moved(vaultA, BigInt(i)), slot);
      const { changed } = market.beginSlot(slot + 1, slot);
      expect(changed).toEqual([entry]);
      expect(isQuotable(entry)).toBe(true);
    }
  });

  test('is not quotable while the slot of its newest one is open, nor while skipped slots leave it open', () => {
    const { pool, entry, market, tell, moved } = liveMarket(raydiumCpmm);
    const { vaultA } = pool.state;
    tell(vaultA, moved(vaultA, 7n), SLOT + 1);
    expect(isQuotable(entry)).toBe(false);
    // Slots were skipped: what has been told ends before the slot of the vault.
    market.beginSlot(SLOT + 4, SLOT);
    expect(isQuotable(entry)).toBe(false);
    market.beginSlot(SLOT + 5, SLOT + 4);
    expect(isQuotable(entry)).toBe(true);
  });

  test('waits for the next slot when a change of a slot that was over comes late', () => {
    const { pool, entry, market, tell, moved } = liveMarket(raydiumCpmm);
    const { vaultA, vaultB } = pool.state;
    market.beginSlot(SLOT + 3, SLOT + 2);
    tell(vaultA, moved(vaultA, 7n), SLOT + 1);
    expect(isQuotable(entry)).toBe(false);
    tell(vaultB, moved(vaultB, -7n), SLOT + 1);
    expect(isQuotable(entry)).toBe(false);
    expect(market.beginSlot(SLOT + 4, SLOT + 3).changed).toEqual([entry]);
  });

  test('does not wait on a chain that counts from lower slots after an outage', () => {
    const { pool, entry, market, tell, moved } = liveMarket(raydiumCpmm);
    const { vaultA } = pool.state;
    tell(vaultA, moved(vaultA, 7n), SLOT);
    market.setLive(false);
    for (const [address, account] of pool.accounts) tell(address, account, 10);
    tell(vaultA, moved(vaultA, 9n), 11);
    market.setLive(true);
    market.beginSlot(12, 11);
    expect(isQuotable(entry)).toBe(true);
  });
});

import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../core/account.ts';
import { type Address, addressAt, CLOCK_SYSVAR } from '../core/address.ts';
import { ASSUMED_CHAIN } from '../core/chain-parameters.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool, vaultAmount } from '../venues/contract.ts';
import { orcaWhirlpool } from '../venues/orca-whirlpool/index.ts';
import { withTokenAmount } from '../venues/token/token.ts';
import { clockAccount } from './chain-clock.ts';
import { createMarket } from './market.ts';

const SLOT = CONTRACT_CLOCK.slot;
const STATE_OFFSET = 108;
const SUPPLY_OFFSET = 36;

/** A market of one Whirlpool, live and asked for a quote as a search would. */
function liveMarket() {
  const pool = contractPool(orcaWhirlpool, CONTRACT_CASES[0]!);
  const market = createMarket();
  const entry = market.addPool(orcaWhirlpool, pool.address);
  const tell = (address: Address, account: AccountBytes | null, slot = SLOT) =>
    market.apply({ address, slot, account });
  market.setLive(true);
  for (let round = 0; round < 3; round++) {
    for (const address of market.takeSubscriptions().watch) tell(address, pool.accounts.get(address) ?? null);
  }
  expect(entry).toMatchObject({ status: 'live', coherent: true });
  const amountIn = vaultAmount(pool.accounts, pool.state.vaultA) / 100n;
  const quote = orcaWhirlpool.quote(pool.state, true, amountIn, CONTRACT_CLOCK);
  expect(quote.ok).toBe(true);
  expect(orcaWhirlpool.quote(entry.state as typeof pool.state, true, amountIn, CONTRACT_CLOCK)).toEqual(
    quote,
  );
  return { market, pool, entry, tell };
}

describe('a chain that changes what a transaction may hold', () => {
  test('has every quotable pool looked at again, and none where the limits stay', () => {
    const { market, entry, tell } = liveMarket();
    tell(CLOCK_SYSVAR, clockAccount(CONTRACT_CLOCK));
    expect(market.setChain({ ...ASSUMED_CHAIN, slotMicros: 300_000 }).changed).toEqual([]);
    expect(market.setChain({ ...ASSUMED_CHAIN, transactionUnits: 700_000 }).changed).toEqual([entry]);
    expect(market.clock?.transactionUnits).toBe(700_000);
    const limits = { transactionUnits: 700_000, transactionAccounts: 128 };
    expect(market.setChain({ ...ASSUMED_CHAIN, ...limits }).changed).toEqual([entry]);
    expect(market.setChain({ ...ASSUMED_CHAIN, ...limits }).changed).toEqual([]);
  });
});

describe('a pool whose vaults only limit what it pays', () => {
  test('is not reported as changed by a swap’s other vault frames, nor made to wait for them', () => {
    const { pool, entry, tell } = liveMarket();
    const { vaultA, vaultB } = pool.state;
    for (const vault of [vaultA, vaultB]) {
      const account = pool.accounts.get(vault)!;
      const moved = withTokenAmount(account, vaultAmount(pool.accounts, vault) + 5n);
      const applied = tell(vault, moved, SLOT + 1);
      expect(applied.taken).toBe('changed');
      expect(applied.changed).toEqual([]);
      expect(entry.coherent).toBe(true);
    }
  });

  test('is reported when a vault falls below what was quoted out of it', () => {
    const { pool, entry, tell } = liveMarket();
    const { vaultB } = pool.state;
    const applied = tell(vaultB, withTokenAmount(pool.accounts.get(vaultB)!, 3n), SLOT + 1);
    expect(applied.changed).toEqual([entry]);
  });

  test('is excluded with the reason once a vault is frozen, and comes back with it', () => {
    const { pool, entry, tell } = liveMarket();
    const { vaultA } = pool.state;
    const good = pool.accounts.get(vaultA)!;
    const data = good.data.slice();
    data[STATE_OFFSET] = 2;
    tell(vaultA, { ...good, data }, SLOT + 1);
    expect(entry).toMatchObject({ status: 'excluded', reason: 'vault-unusable: frozen', coherent: false });
    expect(tell(vaultA, good, SLOT + 2).changed).toEqual([entry]);
    expect(entry).toMatchObject({ status: 'live', coherent: true });
  });

  test('is not reported when all that changed of a mint is its supply', () => {
    const { pool, tell } = liveMarket();
    const mint = pool.accounts.get(pool.state.mintB)!;
    const data = mint.data.slice();
    data[SUPPLY_OFFSET] = data[SUPPLY_OFFSET]! ^ 1;
    const applied = tell(pool.state.mintB, { ...mint, data }, SLOT + 1);
    expect(applied.taken).toBe('changed');
    expect(applied.changed).toEqual([]);
  });
});

describe('the bytes that an update replaced', () => {
  test('are let go of once every pool that read them stands on the new ones', () => {
    const { pool, tell } = liveMarket();
    const { vaultA } = pool.state;
    const first = pool.accounts.get(vaultA)!;
    const second = withTokenAmount(first, vaultAmount(pool.accounts, vaultA) + 5n);
    expect(tell(vaultA, second, SLOT + 1).released).toBe(first.data);
    // The same again, an older one, and one that nobody asked for.
    expect(tell(vaultA, { ...second, data: second.data.slice() }, SLOT + 2).released).toBeUndefined();
    expect(tell(vaultA, first, SLOT).released).toBeUndefined();
    expect(tell(addressAt(new Uint8Array(32).fill(9)), first, SLOT + 3).released).toBeUndefined();
    expect(tell(vaultA, first, SLOT + 4).released).toBe(second.data);
  });

  test('are kept where the pool refused the new ones', () => {
    const { pool, tell } = liveMarket();
    const { vaultA } = pool.state;
    const good = pool.accounts.get(vaultA)!;
    const frozen = good.data.slice();
    frozen[STATE_OFFSET] = 2;
    expect(tell(vaultA, { ...good, data: frozen }, SLOT + 1).released).toBeUndefined();
    expect(tell(vaultA, good, SLOT + 2).released).toBe(frozen);
  });
});

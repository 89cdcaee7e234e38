import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { type MarketSnapshot, readMarketSnapshot } from '../../platform/files/snapshot-file.ts';
import { createWorld } from '../world.ts';
import { createBuiltinMarket } from './builtin-market.ts';
import { createSnapshotMarket } from './snapshot-market.ts';

const builtin = createBuiltinMarket('snapshot');
const snapshot: MarketSnapshot = builtin;

describe('a snapshot market', () => {
  it('takes every pool that loads and finds the dollar prices by walking the pools', () => {
    const market = createSnapshotMarket(snapshot);
    expect(market.skipped).toEqual([]);
    expect(market.pools).toEqual(builtin.pools);
    expect(market.mints.length).toBe(builtin.mints.length);
    for (const mint of market.mints) {
      const known = builtin.mints.find(({ address }) => address === mint.address)!;
      expect(Math.abs(mint.referencePriceUsd / known.referencePriceUsd - 1)).toBeLessThan(0.01);
    }
  });

  it('names each pool it leaves out, and why', () => {
    const [first, second, third] = snapshot.pools;
    const market = createSnapshotMarket({
      ...snapshot,
      pools: [{ ...first!, venue: 'some-dex' }, ...snapshot.pools.slice(1)],
      accounts: snapshot.accounts.map((write) =>
        write.address === second!.address
          ? { ...write, account: { ...write.account, data: write.account.data.subarray(0, 100) } }
          : write,
      ),
    });
    expect(market.skipped).toEqual([
      { pool: first!.address, venue: 'some-dex', reason: 'venue-not-built' },
      { pool: second!.address, venue: second!.venue, reason: expect.stringMatching(/^wrong-length/) },
    ]);
    expect(market.pools[0]).toEqual(third);
  });

  it('names the accounts that the file lacks', () => {
    const pool = snapshot.pools[0]!;
    const only = snapshot.accounts.filter(({ address }) => address === pool.address);
    const market = createSnapshotMarket({ ...snapshot, pools: [pool], accounts: only });
    expect(market.skipped[0]?.reason).toMatch(/^missing-account: \w{32,44}/);
    expect(market.pools).toEqual([]);
  });

  it('trades a pool that lies far from its peers round its own price, not theirs', () => {
    const world = createWorld({ market: snapshot, seed: 'own' });
    const { desk, fair } = world.traders;
    const start = desk.pools.map((pool) => desk.price(pool)!.mid);
    expect(desk.pools.map((pool) => fair.fair(pool)!)).toEqual(start);
    for (let slot = 0; slot < 500; slot++) world.step();
    for (const [i, pool] of desk.pools.entries()) {
      expect(Math.abs(desk.price(pool)!.mid - start[i]!)).toBeLessThan(0.06);
    }
  });

  const file = join(process.env.ARB_VECTORS ?? '/nowhere', '..', 'market-mainnet.json');
  const why = existsSync(file) ? '' : ' (skipped: ARB_VECTORS names no vectors beside a market-mainnet.json)';
  it.runIf(why === '')(`loads real captured pools and trades on their bytes${why}`, () => {
    const real = readMarketSnapshot(file);
    const world = createWorld({ market: real, seed: 1 });
    const { market, traders } = world;
    expect(market.pools.length + market.skipped.length).toBe(real.pools.length);
    expect(market.pools.length).toBeGreaterThan(0);
    expect(market.mints.some((mint) => mint.address === WSOL_MINT || mint.address === USDC_MINT)).toBe(true);
    let changed = 0;
    for (let slot = 0; slot < 300; slot++) changed += world.step().changed.length;
    expect(changed).toBeGreaterThan(600);
    for (const pool of traders.desk.pools) {
      expect(pool.venue.load(pool.address, (address) => world.bank.get(address)).ok).toBe(true);
    }
  });
});

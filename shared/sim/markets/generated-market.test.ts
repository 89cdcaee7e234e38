import { describe, expect, it } from 'vitest';
import { TOKEN_PROGRAM } from '../../core/address.ts';
import { createMarket } from '../../market/market.ts';
import { isQuotable } from '../../market/pool-entry.ts';
import type { Route } from '../../routing/graph/route.ts';
import { createRouteIndex } from '../../routing/graph/route-index.ts';
import { VENUES, venueById } from '../../venues/registry.ts';
import { LOCAL_RULES, loadLocally } from '../chain/local-rules.ts';
import { createGeneratedMarket } from './generated-market.ts';
import { createGeneratedTrades } from './generated-trades.ts';
import { createStillSimMarket } from './still-sim-market.ts';

const PARAMS = { pools: 120, mints: 30, seed: 'test' };
const sim = createGeneratedMarket(PARAMS);
const market = createStillSimMarket(sim);
const mints = new Map(sim.mints.map((mint) => [mint.address, mint]));

/** Base units worth about `usd`. */
function worth(usd: number, address: (typeof sim.mints)[number]['address']): bigint {
  const { referencePriceUsd, decimals } = mints.get(address)!;
  return BigInt(Math.ceil((usd / referencePriceUsd) * 10 ** decimals));
}

/** Base units back per one put in, at size zero. */
function marginalProduct({ hops }: Route): number {
  return hops.reduce(
    (product, { pool, aToB }) => product * pool.venue.marginalPrice(pool.state!, aToB, sim.clock),
    1,
  );
}

describe('a generated market', () => {
  it('has as many pools and mints as asked for, at addresses of their own, on every venue', () => {
    expect(new Set(sim.pools.map(({ address }) => address)).size).toBe(PARAMS.pools);
    expect(new Set(sim.accounts.map(({ address }) => address)).size).toBe(sim.accounts.length);
    expect(new Set(sim.pools.map(({ venue }) => venue))).toEqual(new Set(VENUES.map(({ id }) => id)));
    expect(sim.mints.length).toBe(PARAMS.mints);
    const traded = new Set(market.pools.flatMap(({ state }) => [state!.mintA, state!.mintB]));
    expect(traded.size).toBe(PARAMS.mints);
  });

  it('has every pool load and pay for five dollars in both directions', () => {
    for (const pool of market.pools) {
      expect(`${pool.status} ${pool.reason}`).toBe('live ');
      expect(isQuotable(pool)).toBe(true);
      for (const aToB of [true, false]) {
        const amount = worth(5, aToB ? pool.state!.mintA : pool.state!.mintB);
        expect(pool.venue.quote(pool.state!, aToB, amount, sim.clock)).toMatchObject({ ok: true });
      }
    }
  });

  it('gives Token-2022 mints, some with a transfer fee, to venues that move them only', () => {
    const large = createGeneratedMarket({ pools: 250, mints: 120, seed: 3 });
    const programs = new Map(large.mints.map((mint) => [mint.address, mint.tokenProgram]));
    const own = large.mints.filter(({ tokenProgram }) => tokenProgram !== TOKEN_PROGRAM);
    expect(own.length).toBeGreaterThan(2);
    expect(own.some((mint) => 'transferFeeBps' in mint && mint.transferFeeBps !== 0)).toBe(true);
    for (const { venue, state } of createStillSimMarket(large).pools) {
      if (venue.splTokenOnly !== true) continue;
      expect([programs.get(state!.mintA), programs.get(state!.mintB)]).toEqual([
        TOKEN_PROGRAM,
        TOKEN_PROGRAM,
      ]);
    }
  });

  it('has hubs with many parallel pools and a tail of pairs with one', () => {
    const pairs = new Map<string, number>();
    for (const { state } of market.pools) {
      const pair = [state!.mintA, state!.mintB].sort().join();
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const counts = [...pairs.values()].sort((a, b) => b - a);
    expect(counts[0]).toBeGreaterThan(8);
    expect(counts.filter((count) => count === 1).length).toBeGreaterThan(10);
  });

  it('has cycles, a few of which pay at the margin', () => {
    const { all } = createRouteIndex({ market, startMints: [sim.mints[0]!.address], maxLegs: 3 });
    const paying = all.filter((route) => marginalProduct(route) > 1).length;
    expect(all.length).toBeGreaterThan(500);
    expect(paying).toBeGreaterThan(0);
    expect(paying).toBeLessThan(all.length / 4);
  });

  it('has a cycle of wSOL at every size, from two pools on', () => {
    for (const [pools, count] of [
      [2, 2],
      [4, 3],
      [5, 5],
      [12, 6],
    ] as const) {
      const tiny = createGeneratedMarket({ pools, mints: count, seed: `tiny ${pools}`, gaps: 0.5 });
      const index = createRouteIndex({
        market: createStillSimMarket(tiny),
        startMints: [tiny.mints[0]!.address],
        maxLegs: 3,
      });
      expect(index.all.length).toBeGreaterThan(0);
    }
  });

  it('has the same bytes for the same seed and others for another', () => {
    expect(createGeneratedMarket(PARAMS)).toEqual(sim);
    expect(createGeneratedMarket({ ...PARAMS, seed: 'other' }).pools).not.toEqual(sim.pools);
  });

  it('refuses sizes that make no market', () => {
    for (const bad of [
      { pools: 5, mints: 6 },
      { pools: 0, mints: 0 },
      { pools: 3.5, mints: 2 },
      { pools: Number.NaN, mints: 2 },
      { pools: 5, mints: 3, gaps: -1 },
    ]) {
      expect(() => createGeneratedMarket({ ...bad, seed: 1 })).toThrow('cannot be made');
    }
  });
});

describe('strangers on a generated market', () => {
  it('leave the accounts that a market fed by their updates holds, every pool loaded and quoted alike', () => {
    const trades = createGeneratedTrades({ market: sim, seed: 1, swapsPerSlot: 60 });
    const fed = createMarket({ rules: LOCAL_RULES });
    for (const { venue, address } of sim.pools) fed.addPool(venueById(venue)!, address);
    const bytes = new Map(sim.accounts.map(({ address, account }) => [address, account]));
    const answer = (slot: number): void => {
      for (let { watch } = fed.takeSubscriptions(); watch.length > 0; { watch } = fed.takeSubscriptions()) {
        for (const address of watch) fed.apply({ address, slot, account: bytes.get(address) ?? null });
      }
    };
    answer(sim.clock.slot);
    fed.setLive(true);
    let swaps = 0;
    let slot = sim.clock.slot;
    for (let i = 0; i < 12; i++) {
      const told = trades.nextSlot();
      slot = told.slot;
      swaps += told.swaps;
      for (const update of told.updates) {
        bytes.set(update.address, update.account!);
        fed.apply(update);
      }
      answer(slot);
      fed.beginSlot(slot + 1);
    }
    fed.beginSlot(slot + 3);
    expect(swaps).toBeGreaterThan(400);
    const clock = fed.clock!;
    expect(clock.slot).toBe(slot);
    for (const pool of fed.pools) {
      const loaded = loadLocally(pool.venue, pool.address, trades.source);
      if (!loaded.ok) throw new Error(`${pool.venue.id} does not load`);
      expect(isQuotable(pool)).toBe(true);
      for (const aToB of [true, false]) {
        const amount = worth(5, aToB ? pool.state!.mintA : pool.state!.mintB);
        expect(pool.venue.quote(pool.state!, aToB, amount, clock)).toEqual(
          pool.venue.quote(loaded.state, aToB, amount, clock),
        );
      }
    }
  });

  it('trade the same for the same seed', () => {
    const told = (seed: number) => {
      const trades = createGeneratedTrades({ market: sim, seed, swapsPerSlot: 20 });
      return [trades.nextSlot(), trades.nextSlot()];
    };
    expect(told(5)).toEqual(told(5));
    expect(told(6)).not.toEqual(told(5));
  });
});

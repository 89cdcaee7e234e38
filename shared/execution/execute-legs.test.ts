import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import { openGate } from '../routing/candidates.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { createTally } from '../routing/reason.ts';
import { CLOCK, createOpenSearch, createStill, type StillPool } from '../routing/test-market.ts';
import type { Venue } from '../venues/venue.ts';
import { executeLegs } from './execute-legs.ts';

const POOL: StillPool = {
  venue: 'raydium-cpmm',
  a: WSOL_MINT,
  b: USDC_MINT,
  gap: 1,
  depthUsd: 1e5,
  feeBps: 25,
  variant: 0,
};
/** Two that sell dear and two that sell cheap: both hops are split. */
const POOLS = [{ ...POOL, gap: 1.1 }, { ...POOL, gap: 1.09 }, POOL, { ...POOL, gap: 1.01 }];

function splitTrade(): Opportunity {
  const market = createStill(POOLS);
  const search = createOpenSearch(market, { startMints: [WSOL_MINT], maxLegs: 2, maxSwaps: 4 });
  const trade = search.run(market.pools, CLOCK, openGate(10n ** 12n), createTally()).best[0]!;
  expect(trade.legs.map(({ hop }) => hop)).toEqual([0, 0, 1, 1]);
  return trade;
}

/** The market with the pool of the second leg moved. */
function movedBy(factor: number, trade: Opportunity) {
  const at = createStill(POOLS).pools.findIndex(({ address }) => address === trade.legs[1]!.pool);
  return createStill(POOLS.map((pool, i) => (i === at ? { ...pool, gap: pool.gap * factor } : pool)));
}

describe('executeLegs on a split trade', () => {
  it('comes to what was decided on the state it was decided on, and leaves nothing over', () => {
    const trade = splitTrade();
    expect(executeLegs(trade, trade.grossProfit, createStill(POOLS))).toEqual({
      ok: true,
      amountIn: trade.amountIn,
      amountOut: trade.amountOut,
      leftovers: [],
    });
  });

  it('reverts all of it when one part of a hop pays less than the next hop is offered', () => {
    const trade = splitTrade();
    expect(executeLegs(trade, 0n, movedBy(0.999, trade))).toEqual({ ok: false, reason: 'leg-short' });
  });

  it('counts what a part pays beyond that as left over, and not as profit', () => {
    const trade = splitTrade();
    const market = movedBy(1.001, trade);
    const { pool, aToB, amountIn, amountOut } = trade.legs[1]!;
    const { venue, state } = market.poolAt(pool)!;
    const quote = venue.quote(state!, aToB, amountIn, CLOCK);
    const beyond = quote.ok ? quote.amountOut - amountOut : 0n;
    expect(beyond).toBeGreaterThan(0n);
    expect(executeLegs(trade, trade.grossProfit, market)).toEqual({
      ok: true,
      amountIn: trade.amountIn,
      amountOut: trade.amountOut,
      leftovers: [{ mint: USDC_MINT, amount: beyond }],
    });
  });
});

describe('executeLegs', () => {
  const trade = splitTrade();
  const market = createStill(POOLS);

  it('reverts a trade that comes to a unit less than the profit that its transaction guards', () => {
    const { grossProfit } = trade;
    expect(executeLegs(trade, grossProfit, market)).toMatchObject({ ok: true });
    expect(executeLegs(trade, grossProfit + 1n, market)).toEqual({ ok: false, reason: 'below-minimum-out' });
  });

  it('says that nobody knows where the feed is down, there is no clock, or a pool is not there to be quoted', () => {
    const unknown = { ok: false, reason: 'state-unknown' };
    const now = { ...market, clock: CLOCK, live: true };
    expect(executeLegs(trade, 0n, { ...now, live: false })).toEqual(unknown);
    expect(executeLegs(trade, 0n, { ...now, clock: undefined })).toEqual(unknown);
    const { pool } = trade.legs[2]!;
    const entry = market.poolAt(pool)!;
    const instead = (one: PoolEntry | undefined): Market => ({
      ...now,
      poolAt: (address) => (address === pool ? one : market.poolAt(address)),
    });
    for (const one of [undefined, { ...entry, state: undefined }, { ...entry, coherent: false }])
      expect(executeLegs(trade, 0n, instead(one))).toEqual(unknown);
  });

  it('reverts where a pool refuses the swap, by the reason of the pool', () => {
    const { pool } = trade.legs[1]!;
    const entry = market.poolAt(pool)!;
    const venue: Venue = { ...entry.venue, settle: () => ({ ok: false, reason: 'no-liquidity' }) };
    const poolAt = (address: string) =>
      address === pool ? { ...entry, venue } : market.poolAt(address as never);
    expect(executeLegs(trade, 0n, { ...market, clock: CLOCK, live: true, poolAt })).toEqual({
      ok: false,
      reason: 'leg-no-liquidity',
    });
  });

  it('runs each leg on what the ones before it have left of its pool', () => {
    const [first, , third] = trade.legs;
    const half = { ...first!, amountIn: first!.amountIn / 2n };
    const { venue, state } = market.poolAt(half.pool)!;
    const one = venue.settle(state!, half.aToB, half.amountIn, CLOCK);
    if (!one.ok) throw new Error(one.reason);
    const two = venue.settle(one.state, half.aToB, half.amountIn, CLOCK);
    if (!two.ok) throw new Error(two.reason);
    const paid = one.amountOut + two.amountOut;
    const legs = (amountIn: bigint) => ({ ...trade, legs: [half, half, { ...third!, amountIn }] });
    expect(executeLegs(legs(paid), -(10n ** 18n), market)).toMatchObject({ ok: true, leftovers: [] });
    expect(executeLegs(legs(paid + 1n), -(10n ** 18n), market)).toEqual({ ok: false, reason: 'leg-short' });
  });
});

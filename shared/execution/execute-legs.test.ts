import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { openGate } from '../routing/candidates.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { createTally } from '../routing/reason.ts';
import { CLOCK, createOpenSearch, createStill, type StillPool } from '../routing/test-market.ts';
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

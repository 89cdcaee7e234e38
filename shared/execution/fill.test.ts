import { describe, expect, it } from 'vitest';
import { USDC_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { referencePrice, unitsToLamports } from '../market/reference-price.ts';
import type { OrderTerms } from '../risk/approve.ts';
import { createTestDoor, SPLIT_POOLS } from '../risk/test-door.ts';
import { CLOCK } from '../routing/test-market.ts';
import { type EndEvent, fillOf } from './fill.ts';
import { untold } from './order-event.ts';

const { market, opportunity } = createTestDoor(SPLIT_POOLS, USDC_MINT);
const { amountIn, amountOut, costs, costUnits, grossProfit, netLamports } = opportunity;
const terms: OrderTerms = {
  ...{ id: 'a', opportunity, slot: 1, expiresAfterSlot: 9, minAmountOut: 1n, maxCostLamports: 1n },
};
const end = (state: EndEvent['state'], more: Partial<EndEvent> = {}): EndEvent => ({
  ...untold('a', 0),
  ...{ state, reason: `is ${state}`, slot: 3, source: 'test' },
  ...more,
});
const landed = end('landed', { amountIn, amountOut, costLamports: costs.totalLamports });
const none = { ...market.referencePrices, of: () => undefined };
const priceless: Market = { ...market, referencePrices: none, clock: CLOCK, live: true };

describe('what the end of an order comes to', () => {
  it('is what came out less what went in and what was really spent, in both units, when it landed', () => {
    const leftovers = [{ mint: USDC_MINT, amount: 3n }];
    expect(fillOf(terms, { ...landed, leftovers }, market)).toEqual({
      ...{ terms, opportunity, state: 'landed', outcome: 'filled', reason: 'is landed', slot: 3 },
      ...{ amountOut, leftovers, grossProfit, costLamports: costs.totalLamports },
      netProfit: grossProfit - costUnits,
      netLamports: unitsToLamports(grossProfit, referencePrice(market, USDC_MINT)!) - costs.totalLamports,
      ...{ corrects: undefined, revision: 0 },
    });
  });

  it.each([
    ['failed', 'reverted'],
    ['expired', 'not-landed'],
  ] as const)('is what was spent when it %s: %s', (state, outcome) => {
    const costLamports = costs.totalLamports / 2n;
    const fill = fillOf(terms, end(state, { costLamports, amountOut: 5n, amountIn: 3n }), market);
    // Half the costs in base units of the start mint, rounded up.
    const paid = (costUnits * costLamports + costs.totalLamports - 1n) / costs.totalLamports;
    const nothing = { amountOut: 0n, leftovers: [], grossProfit: 0n };
    expect(fill).toMatchObject({ outcome, state, reason: `is ${state}`, slot: 3, costLamports, ...nothing });
    expect(fill).toMatchObject({ netProfit: -paid, netLamports: -costLamports });
    expect(paid * 2n - costUnits).toBeLessThanOrEqual(1n);
  });

  it('costs nothing where nothing costs anything', () => {
    const free = { ...opportunity, costs: { ...costs, totalLamports: 0n }, costUnits: 0n };
    expect(fillOf({ ...terms, opportunity: free }, { ...landed, costLamports: 0n }, market).netProfit).toBe(
      grossProfit,
    );
  });

  it('is valued at the price that it was decided at where its mint has none now', () => {
    const { netLamports: now } = fillOf(terms, landed, priceless);
    expect(now - netLamports).toBeGreaterThanOrEqual(-1n);
    expect(now - netLamports).toBeLessThanOrEqual(1n);
    const half = fillOf(terms, { ...landed, amountOut: amountIn + grossProfit / 2n }, priceless).netLamports;
    const gross = netLamports + costs.totalLamports;
    expect(half + costs.totalLamports).toBe(((grossProfit / 2n) * gross) / grossProfit);
  });

  it('corrects what was believed before, counts how often, and keeps nothing older', () => {
    const first = fillOf(terms, end('expired'), market);
    const second = fillOf(terms, landed, market, first);
    expect(second).toMatchObject({ corrects: { state: 'expired', revision: 0 }, revision: 1 });
    const third = fillOf(terms, end('failed'), market, second);
    expect(third).toMatchObject({ corrects: { state: 'landed', corrects: undefined }, revision: 2 });
  });
});

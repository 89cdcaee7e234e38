import { describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { toldOrders } from '../execution/orders.ts';
import { type Opportunity, offeredIn } from '../routing/opportunity.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestOverrides, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const SOL_PAIR: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];
const MEME_PAIR: readonly TestPool[] = [
  { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 2_000 },
  { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 3_000 },
];
const BIG_GAP = 30_000_000_000n;
/** What five thousand for a signature, a thousand a swap and a tip of ten thousand come to for three swaps. */
const MOST_COSTS = 18_000n;
const RENT = 2_039_280n;

/** The first decision on a gap that a stranger opens on the first pool. */
function firstTrade(pools: readonly TestPool[], overrides: TestOverrides) {
  const market = createTestMarket(pools, { orders: () => toldOrders, ...overrides });
  const { decisions } = market.trade(market.pools[0]!, USDC_MINT, BIG_GAP, NEXT);
  return { market, decision: decisions[0]!, opportunity: decisions[0]!.opportunity };
}

const holding = (sol: bigint, usdc: bigint): ReadonlyMap<Address, bigint> =>
  new Map([
    [WSOL_MINT, sol],
    [USDC_MINT, usdc],
  ]);

/** A size is found to a few units, never above what it may be. */
function expectNearly(opportunity: Opportunity, most: bigint): void {
  expect(offeredIn(opportunity)).toBeLessThanOrEqual(most);
  expect(offeredIn(opportunity)).toBeGreaterThan(most - 1_000n);
}

describe('what a trade may put in', () => {
  it('is no more than the limit of its mint, where the wallet has more', () => {
    const limits = { maxTradeIn: new Map([[WSOL_MINT, 1_000_000_000n]]) };
    expectNearly(firstTrade(SOL_PAIR, { limits }).opportunity, 1_000_000_000n);
  });

  it('leaves the costs of every order that may still be placed, in SOL', () => {
    const sol = 1_000_000_000n;
    const { opportunity, decision } = firstTrade(SOL_PAIR, { balances: holding(sol, 0n) });
    expect(decision.outcome).toBe('approved');
    expectNearly(opportunity, sol - 4n * MOST_COSTS);
  });

  it('leaves the costs of those beside the ones on their way', () => {
    const sol = 2_000_000_000n;
    const limits = { maxPending: 2, maxTradeIn: new Map([[WSOL_MINT, 1_000_000_000n]]) };
    const overrides = { balances: holding(sol, 0n), limits };
    const { market, opportunity } = firstTrade([...SOL_PAIR, ...MEME_PAIR], overrides);
    const left = sol - offeredIn(opportunity) - opportunity.costs.totalLamports;
    const second = market.trade(market.pools[2]!, MEME_MINT, 20_000_000_000n, NEXT).decisions[0]!;
    expect(second.outcome).toBe('approved');
    expectNearly(second.opportunity, left - MOST_COSTS);
  });

  it('is all that there is of another mint', () => {
    const usdc = 100_000_000n;
    const overrides = {
      balances: holding(1_000_000_000n, usdc),
      startMints: [USDC_MINT],
    };
    const { opportunity } = firstTrade(SOL_PAIR, overrides);
    expect(opportunity.startMint).toBe(USDC_MINT);
    expectNearly(opportunity, usdc);
  });

  it('leaves the rent of accounts too where they are made by the trades', () => {
    const sol = 1_000_000_000n;
    const balances = new Map([[WSOL_MINT, sol]]);
    const { opportunity } = firstTrade(SOL_PAIR, { balances, payRent: true });
    expectNearly(opportunity, sol - 4n * (MOST_COSTS + 2n * RENT));
    expect(opportunity.costs.rentLamports).toBe(RENT);
  });

  it('pays no rent for an account that is there, nor where accounts are made ahead', () => {
    const there = firstTrade(SOL_PAIR, { balances: holding(1_000_000_000n, 0n), payRent: true });
    expect(there.opportunity.costs.rentLamports).toBe(0n);
    const ahead = firstTrade(SOL_PAIR, { balances: new Map([[WSOL_MINT, 1_000_000_000n]]) });
    expect(ahead.opportunity.costs.rentLamports).toBe(0n);
  });

  it('pays no rent again for an account that a trade has made', () => {
    const balances = new Map([[WSOL_MINT, 100_000_000_000n]]);
    const { market, opportunity } = firstTrade(SOL_PAIR, { balances, payRent: true });
    const { engine } = market;
    expect(engine.balances.has(USDC_MINT)).toBe(false);
    const { id, amountIn, amountOut, costs } = opportunity;
    engine.process({
      ...{ kind: 'order', atMicros: 0, id, state: 'landed', reason: '', slot: NEXT, leftovers: [] },
      ...{ amountIn, amountOut, costLamports: costs.totalLamports, source: 'test' },
    });
    expect(engine.balances.has(USDC_MINT)).toBe(true);
  });
});

describe('orders that may be on their way at once', () => {
  it('are so many and no more: the next one is refused, and goes when one has ended', () => {
    const pools = [...SOL_PAIR, ...MEME_PAIR];
    const { market } = firstTrade(pools, { limits: { maxPending: 1 } });
    const { engine } = market;
    const refused = market.trade(market.pools[2]!, MEME_MINT, 20_000_000_000n, NEXT);
    expect(refused.decisions.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['refused', 'max-pending'],
    ]);
    expect(engine.pending).toHaveLength(1);
    expect(engine.refused.of('max-pending')).toBe(1);
    const { id } = engine.pending[0]!.terms;
    engine.process({
      ...{ kind: 'order', atMicros: 0, id, state: 'expired', reason: '', slot: NEXT, leftovers: [] },
      ...{ amountIn: 0n, amountOut: 0n, costLamports: 0n, source: 'test' },
    });
    const next = market.trade(market.pools[2]!, MEME_MINT, 1_000_000n, NEXT);
    expect(next.decisions[0]?.outcome).toBe('approved');
  });
});

import { expect, it } from 'vitest';
import { addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { openGate } from './candidates.ts';
import type { Opportunity } from './opportunity.ts';
import { createTally, type Tally } from './reason.ts';
import { CLOCK, createOpenSearch, createStill, type StillPool } from './test-market.ts';

const POOL = { a: WSOL_MINT, b: USDC_MINT, depthUsd: 3e5, feeBps: 4, variant: 0 };
/** A trade over all of them is worth most. */
const SPECS: readonly StillPool[] = [
  { ...POOL, venue: 'orca-whirlpool', gap: 1 },
  { ...POOL, venue: 'raydium-clmm', gap: 1.0004 },
  { ...POOL, venue: 'meteora-dlmm', gap: 1.03 },
  { ...POOL, venue: 'raydium-cpmm', gap: 1.031 },
];
/** The budget's, the tip's and the comparison's programs, and the account that is tipped. */
const BESIDE = 4;

function bestWith(market: Market, accounts: number, tally: Tally = createTally()): Opportunity | undefined {
  market.setChain({ ...market.chain, transactionAccounts: accounts });
  const search = createOpenSearch(market, { startMints: [USDC_MINT], maxLegs: 2, maxSwaps: 4 });
  return search.run(market.pools, CLOCK, openGate(10n ** 12n), tally, { maxChosen: 1 }).best[0];
}

/** Distinct accounts of a transaction of these swaps. */
function accountsOf(market: Market, { legs }: Opportunity): number {
  const mints = [WSOL_MINT, USDC_MINT];
  const wallet = (mint: (typeof mints)[number]) =>
    addressAt(new Uint8Array(32).fill(200 + mints.indexOf(mint)));
  const named = legs.flatMap(({ pool, aToB, amountIn }) => {
    const { venue, state } = market.poolAt(pool)!;
    const tokens = { tokenA: wallet(state!.mintA), tokenB: wallet(state!.mintB) };
    const owner = addressAt(new Uint8Array(32).fill(199));
    const swap = venue.swap(state!, { owner, ...tokens, aToB, amountIn, minAmountOut: 0n });
    return [swap.programId, ...swap.accounts.map(({ address }) => address)];
  });
  return BESIDE + new Set(named).size;
}

it('takes the best trade whose accounts one transaction may lock, by the limit that the chain has', () => {
  const market = createStill(SPECS);
  const whole = bestWith(market, 1_000)!;
  expect(whole.legs).toHaveLength(4);
  const needed = accountsOf(market, whole);
  // An account that several swaps name counts once: that is what lets the whole trade through.
  expect(bestWith(market, needed)).toMatchObject({ routeId: whole.routeId, amountIn: whole.amountIn });
  let before = whole.grossProfit;
  const legs = new Set<number>();
  for (let limit = needed - 1; limit >= 20; limit -= 3) {
    const found = bestWith(market, limit);
    if (found === undefined) break;
    expect(accountsOf(market, found), `limit ${limit}`).toBeLessThanOrEqual(limit);
    expect(found.grossProfit).toBeLessThanOrEqual(before);
    before = found.grossProfit;
    legs.add(found.legs.length);
  }
  expect([...legs].sort()).toEqual([2, 3]);
});

it('refuses, with a reason of its own, what no transaction has room for', () => {
  const tally = createTally();
  expect(bestWith(createStill(SPECS), 15, tally)).toBeUndefined();
  expect(tally.of('beyond-accounts')).toBe(1);
});

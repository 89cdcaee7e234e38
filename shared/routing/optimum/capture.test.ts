import { expect, test } from 'vitest';
import { WSOL_MINT } from '../../core/address.ts';
import { openGate } from '../candidates.ts';
import { createTally } from '../reason.ts';
import { createOpenSearch } from '../test-market.ts';
import { captureMarket } from './capture.bench.ts';
import { solveOneTransaction } from './one-transaction.ts';

const MAX_IN = 100_000_000_000n;
const MAX_SWAPS = 4;

/** Markets on which the best amount ends where a pool's bins do: prices stand still up to there, and fall at once. */
const KINKED = [544, 968];

test('finds the best division where a pool pays the same up to where its price falls at once', () => {
  const short: string[] = [];
  for (const seed of KINKED) {
    const { market, clock } = captureMarket(seed);
    const { profit } = solveOneTransaction({
      pools: market.pools,
      clock,
      startMint: WSOL_MINT,
      maxIn: MAX_IN,
      maxSwaps: MAX_SWAPS,
    });
    const search = createOpenSearch(market, {
      startMints: [WSOL_MINT],
      maxLegs: MAX_SWAPS,
      maxSwaps: MAX_SWAPS,
    });
    const { best } = search.run(market.pools, clock, openGate(MAX_IN), createTally(), { maxChosen: 1 });
    const found = Number(best[0]?.grossProfit ?? 0n);
    if (found < Number(profit) * 0.99) short.push(`market ${seed}: ${found} of ${profit}`);
  }
  expect(short).toEqual([]);
}, 60_000);

import { expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { openGate } from './candidates.ts';
import { createTally } from './reason.ts';
import { CLOCK, createOpenSearch, createStill } from './test-market.ts';

const POOL = { venue: 'raydium-cpmm', a: WSOL_MINT, b: USDC_MINT, depthUsd: 1e5, feeBps: 25, variant: 0 };
const GATE = openGate(10n ** 11n);

/** The middle pool pays best, the last one a little less. */
const specs = [1, 1.05, 1.03].map((gap) => ({ ...POOL, gap }));

it('a pool that cannot be quoted any more, without having changed, hides no trade over the others', () => {
  const market = createStill(specs);
  const search = createOpenSearch(market, { startMints: [WSOL_MINT] });
  for (const pool of market.pools) search.refresh(pool, CLOCK);
  const [base, lapsed, other] = market.pools;

  market.lose([lapsed!.state!.vaultA]);
  const { best } = search.run([base!], CLOCK, GATE, createTally());

  expect(best.map(({ legs }) => legs.map(({ pool }) => pool).sort())).toEqual([
    [base!.address, other!.address].sort(),
  ]);
});

it('says once that a pool cannot be quoted, and finds no cycle through it until it is refreshed', () => {
  const market = createStill(specs.slice(0, 2));
  const search = createOpenSearch(market, { startMints: [WSOL_MINT] });
  for (const pool of market.pools) search.refresh(pool, CLOCK);
  const [base, lapsed] = market.pools;
  market.lose([lapsed!.state!.vaultA]);

  const first = createTally();
  expect(search.run([base!], CLOCK, GATE, first).best).toHaveLength(0);
  expect(first.of('pool-not-quotable')).toBe(1);
  expect(search.hasMarginalProfit(base!, true) || search.hasMarginalProfit(base!, false)).toBe(false);

  lapsed!.coherent = true;
  search.refresh(lapsed!, CLOCK);
  expect(search.run([base!], CLOCK, GATE, createTally()).best).toHaveLength(1);
});

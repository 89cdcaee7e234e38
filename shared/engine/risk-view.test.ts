import { expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createOpenOrders } from '../execution/open-orders.ts';
import { createBalances } from '../risk/balances.ts';
import { createSpentEdges } from '../risk/spent-edges.ts';
import { createTestDoor } from '../risk/test-door.ts';
import { CLOCK } from '../routing/test-market.ts';
import { createRiskView } from './risk-view.ts';

/** The search prunes by the same: that approval is told so too can be seen here only. */
it('tells approval what is so at the moment of deciding', () => {
  const { market, costs, opportunity, view } = createTestDoor();
  const [busy, spentPool] = market.pools;
  const [open, spent, balances] = [
    createOpenOrders(),
    createSpentEdges(),
    createBalances(new Map([[WSOL_MINT, 7n]])),
  ];
  const switches = { paused: false, halted: false };
  const now = { ...market, slot: CLOCK.slot + 2, clock: CLOCK as typeof market.clock };
  const told = createRiskView({
    ...{ market: now, costs, accountsOf: view.accountsOf, maxSlotLag: 2, open, spent, balances, switches },
    hasAccount: (mint) => mint === USDC_MINT,
  });
  const said = () => [told.paused, told.halted, told.feedStale, told.pending, told.free(WSOL_MINT)];
  expect(said()).toEqual([false, false, false, 0, 7n]);
  expect([told.isPoolBusy(busy!), told.isSpent(spentPool!, true)]).toEqual([false, false]);
  expect([told.hasAccount(USDC_MINT), told.hasAccount(WSOL_MINT)]).toEqual([true, false]);
  expect([told.market, told.costs, told.accountsOf]).toEqual([now, costs, view.accountsOf]);

  const rest = { slot: 1, expiresAfterSlot: 2, minAmountOut: 1n, maxCostLamports: 1n };
  open.place({ id: 'a', opportunity, ...rest }, [busy!], 0);
  spent.spend(spentPool!, true, 1_000n, CLOCK);
  balances.lock(WSOL_MINT, 5n);
  switches.halted = true;
  now.slot += 1;
  expect(said()).toEqual([false, true, true, 1, 2n]);
  switches.paused = true;
  expect(told.paused).toBe(true);
  expect([told.isPoolBusy(busy!), told.isPoolBusy(spentPool!)]).toEqual([true, false]);
  expect([told.isSpent(spentPool!, true), told.isSpent(spentPool!, false)]).toEqual([true, false]);
  now.slot = CLOCK.slot;
  now.clock = undefined;
  expect(told.feedStale).toBe(true);
});

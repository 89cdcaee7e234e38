import { expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createTestMarket, START_SLOT } from '../../../shared/engine/test-market.ts';
import { type OrderEvent, untold } from '../../../shared/execution/order-event.ts';
import { toldOrders } from '../../../shared/execution/orders.ts';
import type { TradeRow } from '../../../shared/platform/store/store.ts';
import type { StoreWriter } from '../../../shared/platform/store/writer.ts';
import { termsOf } from '../../../shared/risk/approve.ts';
import { createJournal } from './journal.ts';

const STAMPS = { arrivedMicros: 0, startedMicros: 0, decidedMicros: 0 };

it('gives each correction of an end a row of its own, and the rows of an order add up to what it came to', () => {
  const pool = { a: WSOL_MINT, b: USDC_MINT, price: 150 };
  const pools = [
    { ...pool, depth: 2_000 },
    { ...pool, depth: 3_000 },
  ];
  const { engine, trade, pools: addresses } = createTestMarket(pools, { orders: () => toldOrders });
  const rows: TradeRow[] = [];
  const writer = { addTrade: (row: TradeRow) => rows.push(row) } as unknown as StoreWriter;
  const journal = createJournal({ writer, engine, clock: createManualClock(5), runId: 'r', mode: 'live' });
  const terms = termsOf(trade(addresses[0]!, USDC_MINT, 9_000_000_000n, START_SLOT + 1).orders[0]!);
  const { amountIn, amountOut, costs } = terms.opportunity;
  const tell = (state: OrderEvent['state'], more: Partial<OrderEvent>): void => {
    const reason = `is ${state}`;
    const event = { ...untold(terms.id, 0), state, reason, slot: START_SLOT, source: 'test', ...more };
    journal.observe(event, engine.process(event), STAMPS);
  };
  tell('failed', { costLamports: 7_000n });
  tell('landed', { amountIn, amountOut, costLamports: costs.totalLamports });
  tell('failed', { costLamports: 6_000n });
  expect(rows.map(({ tradeId, status, reason }) => [tradeId, status, reason])).toEqual([
    [`r-${terms.id}`, 'reverted', 'is failed'],
    [`r-${terms.id}~1`, 'filled', 'is landed (was reverted)'],
    [`r-${terms.id}~2`, 'reverted', 'is failed (was filled)'],
  ]);
  const sum = (of: (row: TradeRow) => bigint): bigint => rows.reduce((all, row) => all + of(row), 0n);
  expect(sum(({ netLamports }) => netLamports)).toBe(engine.ledger.netLamports);
  expect(sum(({ netProfit }) => netProfit)).toBe(-6_000n);
  expect(sum(({ costLamports }) => costLamports)).toBe(6_000n);
  expect(sum(({ grossProfit }) => grossProfit)).toBe(0n);
});

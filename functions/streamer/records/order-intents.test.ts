import { expect, it, vi } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import { createTestMarket, START_SLOT } from '../../../shared/engine/test-market.ts';
import type { Intent, IntentJournal } from '../../../shared/execution/intent-journal.ts';
import { type OrderEvent, type OrderState, untold } from '../../../shared/execution/order-event.ts';
import type { OrderResolver } from '../../../shared/execution/order-resolver.ts';
import { toldOrders } from '../../../shared/execution/orders.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { termsOf } from '../../../shared/risk/approve.ts';
import { createOrderIntents } from './order-intents.ts';

const NEXT = START_SLOT + 1;
const STAMPS = { arrivedMicros: 0, startedMicros: 0, decidedMicros: 0 };

/** A journal that refuses the first `refusals` steps, and one with orders left open by earlier runs. */
function createJournal(refusals = 0, left: readonly Intent[] = []) {
  const steps: Intent[] = [];
  let refused = 0;
  const never = (): never => {
    throw new Error('unexpected');
  };
  const journal: IntentJournal = {
    async append(intent) {
      if (refused++ < refusals) throw new ArbError('intents-unusable', 'the disk is full');
      steps.push(intent);
    },
    sync: never,
    open: async () => left,
    steps: never,
    netLamports: never,
    prune: async () => {},
    close: never,
  };
  return { journal, steps };
}

function intentsOver(journal: IntentJournal, resolver?: OrderResolver) {
  let logged = '';
  const resolved: Intent[] = [];
  const clock = createManualClock(5_000);
  const log = createLogger({ stream: { write: (text: string) => (logged += text) }, clock });
  const intents = createOrderIntents({
    ...{ journal, clock, log, runId: 'r', scope: 'live/test', keepDays: 1 },
    ...(resolver === undefined ? {} : { resolver }),
    onResolved: (end) => resolved.push(end),
  });
  return { intents, resolved, logged: () => logged };
}

async function until(holds: () => boolean): Promise<void> {
  const started = performance.now();
  while (!holds() && performance.now() - started < 15_000)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

const leftOpen = (more: Partial<Intent> = {}): Intent => ({
  orderId: 'before-1',
  runId: 'before',
  scope: 'live/test',
  state: 'submitted',
  reason: '',
  atMs: 1,
  slot: 1,
  expiresAfterSlot: 151,
  startMint: WSOL_MINT,
  amountIn: 1n,
  minAmountOut: 2n,
  maxCostLamports: 3n,
  revision: 0,
  netLamports: 0n,
  ...more,
});

/** A paper trade from its approval to its end. */
async function tradeOver(refusals: number) {
  const { journal, steps } = createJournal(refusals);
  const { intents, logged } = intentsOver(journal);
  const pool = { a: WSOL_MINT, b: USDC_MINT, price: 150 };
  const market = createTestMarket([
    { ...pool, depth: 2_000 },
    { ...pool, depth: 3_000 },
  ]);
  const { engine } = market;
  const told = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
  intents.observe({ kind: 'feed', atMicros: 0, live: true, reason: '' }, told, STAMPS);
  for (const slot of [NEXT + 1, NEXT + 2]) {
    const event = { kind: 'slot', atMicros: 0, slot, parent: slot - 1 } as const;
    intents.observe(event, engine.process(event), STAMPS);
  }
  await until(() => steps.length >= 3);
  return { steps, engine, logged, left: await intents.drain(10) };
}

it('writes every step of an order, what its end came to last', async () => {
  const { steps, engine, left } = await tradeOver(0);
  expect(left).toBe(0);
  expect(new Set(steps.map(({ orderId }) => orderId)).size).toBe(1);
  expect(steps[0]).toMatchObject({ runId: 'r', scope: 'live/test', slot: NEXT, startMint: WSOL_MINT });
  expect(steps[0]!.orderId).toMatch(/^r-/);
  expect(steps.map(({ state }) => state)).toEqual(['approved', 'submitted', 'landed']);
  expect(steps.map(({ netLamports }) => netLamports)).toEqual([0n, 0n, engine.ledger.netLamports]);
  expect(engine.ledger.netLamports).toBeGreaterThan(0n);
});

it('drops no step that the journal refuses: it is written again, in its place, and the trouble told once', async () => {
  const { steps, logged } = await tradeOver(2);
  expect(steps.map(({ state }) => state)).toEqual(['approved', 'submitted', 'landed']);
  expect(logged().match(/orders\.not-journaled/g)).toHaveLength(1);
});

/** An engine whose orders somebody else executes, with one on its way, all of it written to a journal. */
function withOrder() {
  const { journal, steps } = createJournal();
  const { intents } = intentsOver(journal);
  const pool = { a: WSOL_MINT, b: USDC_MINT, price: 150 };
  const pools = [
    { ...pool, depth: 2_000 },
    { ...pool, depth: 3_000 },
  ];
  const market = createTestMarket(pools, { orders: () => toldOrders });
  const { engine } = market;
  const start: MarketEvent = { kind: 'feed', atMicros: 0, live: true, reason: '' };
  const approved = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
  intents.observe(start, approved, STAMPS);
  const terms = termsOf(approved.orders[0]!);
  const process = (event: MarketEvent): void => intents.observe(event, engine.process(event), STAMPS);
  const begin = (slot: number): void => process({ kind: 'slot', atMicros: 0, slot, parent: slot - 1 });
  const tell = (state: OrderState, more: Partial<OrderEvent> = {}): void =>
    process({ ...untold(terms.id, 0), state, reason: '', slot: engine.market.slot, source: 'test', ...more });
  return { engine, terms, begin, tell, steps, intents };
}

it('writes that an order is unknown by time, and its end however late that is told', async () => {
  const { engine, terms, begin, tell, steps, intents } = withOrder();
  for (let slot = NEXT + 1; slot <= terms.slot + 1_000; slot++) begin(slot);
  tell('failed', { costLamports: 7_000n });
  await until(() => steps.length >= 3);
  expect(await intents.drain(10)).toBe(0);
  expect(steps.map(({ state, slot }) => [state, slot])).toEqual([
    ['approved', NEXT],
    ['unknown', terms.expiresAfterSlot + 1],
    ['failed', terms.slot + 1_000],
  ]);
  expect(steps[2]!.netLamports).toBe(-7_000n);
  expect(engine.pending).toEqual([]);
});

it('writes an end that corrects another one as what it differs by, with the terms of the order', async () => {
  const { engine, terms, tell, steps, intents } = withOrder();
  const { amountIn, amountOut, costs } = terms.opportunity;
  const costLamports = costs.totalLamports;
  tell('failed', { costLamports: 7_000n });
  tell('landed', { amountIn, amountOut, costLamports });
  tell('failed', { costLamports: 5_000n });
  tell('failed', { costLamports: 6_000n });
  await until(() => steps.length >= 4);
  expect(await intents.drain(10)).toBe(0);
  expect(steps.map(({ state, revision }) => [state, revision])).toEqual([
    ['approved', 0],
    ['failed', 0],
    ['landed', 1],
    ['failed', 2],
  ]);
  expect(steps.reduce((sum, { netLamports }) => sum + netLamports, 0n)).toBe(-5_000n);
  expect(engine.ledger.netLamports).toBe(-5_000n);
  for (const step of steps) expect(step).toMatchObject({ orderId: `r-${terms.id}`, amountIn });
});

it('ends the paper orders of runs that are no more, and says which', async () => {
  const open = leftOpen({ scope: 'paper/test' });
  const { journal, steps } = createJournal(0, [open]);
  const { intents, resolved, logged } = intentsOver(journal);
  await intents.reconcile();
  expect(steps).toEqual([{ ...open, state: 'expired', reason: 'its process ended first', atMs: 5_000 }]);
  expect(logged()).toMatch(/orders\.resolved.*before-1/);
  expect(intents.unresolved).toEqual([]);
  // Of another scope than this run's.
  expect(resolved).toEqual([]);
});

it('leaves a live order of a run that is no more unknown, where nobody can say what became of it', async () => {
  const open = leftOpen();
  const { journal, steps } = createJournal(0, [open, leftOpen({ orderId: 'before-2', state: 'unknown' })]);
  const { intents, logged } = intentsOver(journal);
  await intents.reconcile();
  const reason = 'its process ended first, and nobody knows what became of it';
  const unknown = { ...open, state: 'unknown', reason, atMs: 5_000 };
  expect(steps).toEqual([unknown]);
  expect(intents.unresolved.map(({ orderId, state }) => [orderId, state])).toEqual([
    ['before-1', 'unknown'],
    ['before-2', 'unknown'],
  ]);
  expect(logged()).toMatch(/orders\.unresolved.*before-1.*before-2/);
  await intents.drain(0);
});

it('asks about a live order until there is evidence, and has what it came to counted in this run', async () => {
  vi.useFakeTimers();
  const { journal, steps } = createJournal(0, [leftOpen()]);
  let asked = 0;
  const landed = { state: 'landed', reason: 'seen on chain', slot: 77, netLamports: -9n } as const;
  const { intents, resolved, logged } = intentsOver(journal, {
    async resolve({ orderId }) {
      expect(orderId).toBe('before-1');
      asked += 1;
      if (asked === 2) throw new Error('no endpoint answers');
      return asked === 3 ? landed : undefined;
    },
  });
  await intents.reconcile();
  expect(intents.unresolved).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(2);
  expect(logged()).toMatch(/orders\.not-resolved.*no endpoint answers/);
  expect(intents.unresolved).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(intents.unresolved).toEqual([]);
  expect(steps.map(({ state }) => state)).toEqual(['unknown', 'landed']);
  expect(steps[1]).toMatchObject({ ...landed, orderId: 'before-1', runId: 'r' });
  expect(resolved).toEqual([steps[1]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
  vi.useRealTimers();
});

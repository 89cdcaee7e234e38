import { expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createTestMarket, START_SLOT } from '../../../shared/engine/test-market.ts';
import type { Intent, IntentJournal } from '../../../shared/execution/intent-journal.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
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

function intentsOver(journal: IntentJournal) {
  let logged = '';
  const clock = createManualClock(5_000);
  const log = createLogger({ stream: { write: (text: string) => (logged += text) }, clock });
  const intents = createOrderIntents({ journal, clock, log, runId: 'r', scope: 'paper/test', keepDays: 1 });
  return { intents, logged: () => logged };
}

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
  const started = performance.now();
  while (steps.length < 3 && performance.now() - started < 15_000)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return { steps, engine, logged, left: await intents.drain(10) };
}

it('writes every step of an order, what its end came to last', async () => {
  const { steps, engine, left } = await tradeOver(0);
  expect(left).toBe(0);
  expect(new Set(steps.map(({ orderId }) => orderId)).size).toBe(1);
  expect(steps[0]).toMatchObject({ runId: 'r', scope: 'paper/test', slot: NEXT, startMint: WSOL_MINT });
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

it('ends the paper orders of runs that are no more, and says which', async () => {
  const open: Intent = {
    orderId: 'before-1',
    runId: 'before',
    scope: 'paper/test',
    state: 'submitted',
    reason: '',
    atMs: 1,
    slot: 1,
    expiresAfterSlot: 151,
    startMint: WSOL_MINT,
    amountIn: 1n,
    minAmountOut: 2n,
    maxCostLamports: 3n,
    netLamports: 0n,
  };
  const { journal, steps } = createJournal(0, [open]);
  const { intents, logged } = intentsOver(journal);
  await intents.reconcile();
  expect(steps).toEqual([{ ...open, state: 'expired', reason: 'its process ended first', atMs: 5_000 }]);
  expect(logged()).toMatch(/orders\.reconciled.*before-1/);
});

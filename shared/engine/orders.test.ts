import { describe, expect, it } from 'vitest';
import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { BY_TIME, type OrderEvent, type OrderState } from '../execution/order-event.ts';
import { toldOrders } from '../execution/orders.ts';
import { type Approved, termsOf } from '../risk/approve.ts';
import { offeredIn } from '../routing/opportunity.ts';
import { createTestMarket, START_SLOT, type TestOverrides, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const START_SOL = 100_000_000_000n;
/** Two pools for one pair, at one price. */
const EVEN: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];

/** An engine whose orders somebody else executes, with one on its way. */
function withOrder(overrides: TestOverrides = {}) {
  const taken: Approved[] = [];
  const market = createTestMarket(EVEN, {
    orders: () => ({ ...toldOrders, take: (order) => taken.push(order) }),
    ...overrides,
  });
  const { orders } = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
  const order = orders[0]!;
  const terms = termsOf(order);
  const { opportunity } = terms;
  const event = (state: OrderState, more: Partial<OrderEvent> = {}): OrderEvent => ({
    kind: 'order',
    atMicros: 0,
    id: terms.id,
    state,
    reason: state,
    slot: NEXT + 1,
    amountIn: 0n,
    amountOut: 0n,
    leftovers: [],
    costLamports: 0n,
    source: 'test',
    ...more,
  });
  const landed = (more: Partial<OrderEvent> = {}): OrderEvent =>
    event('landed', {
      amountIn: opportunity.amountIn,
      amountOut: opportunity.amountOut,
      costLamports: opportunity.costs.totalLamports,
      ...more,
    });
  return { ...market, taken, orders, order, terms, opportunity, event, landed };
}

describe('orders that somebody else executes', () => {
  it('go out in the record, as values that may be kept, and to the port', () => {
    const { engine, orders, order, taken, opportunity, begin } = withOrder();
    expect(orders).toHaveLength(1);
    expect(taken).toEqual([order]);
    begin(NEXT + 1);
    expect(orders).toEqual([order]);
    expect(termsOf(order).opportunity).toBe(opportunity);
    expect(engine.pending.map(({ state }) => state)).toEqual(['approved']);
    expect(begin(NEXT + 2).orders).toEqual([]);
  });

  it('are booked when they are told to have landed, at the amounts told, and not before', () => {
    const { engine, event, landed, opportunity, begin } = withOrder();
    const free = START_SOL - offeredIn(opportunity) - opportunity.costs.totalLamports;
    expect(engine.balances.free(WSOL_MINT)).toBe(free);
    for (const state of ['journaled', 'submitted', 'unknown'] as const) {
      expect(engine.process(event(state))).toMatchObject({ dropped: '', fills: [] });
      expect(engine.pending.map((order) => [order.state, order.reason])).toEqual([[state, state]]);
    }
    begin(NEXT + 1);
    begin(NEXT + 2);
    expect(engine.balances.free(WSOL_MINT)).toBe(free);
    const amountOut = opportunity.amountOut + 5n;
    const leftovers = [{ mint: USDC_MINT, amount: 7n }];
    const { fills } = engine.process(landed({ amountOut, leftovers }));
    expect(fills).toHaveLength(1);
    expect(fills[0]).toMatchObject({
      outcome: 'filled',
      slot: NEXT + 1,
      amountOut,
      grossProfit: opportunity.grossProfit + 5n,
      netProfit: opportunity.netProfit + 5n,
      netLamports: opportunity.netLamports + 5n,
    });
    expect(engine.pending).toEqual([]);
    expect(engine.balances.free(WSOL_MINT)).toBe(START_SOL + opportunity.netProfit + 5n);
    expect(engine.balances.free(USDC_MINT)).toBe(10_000_000_007n);
    expect(engine.ledger.filled).toBe(1);
  });

  it('give back what they held when they fail or expire, and cost what is told', () => {
    const failed = withOrder();
    const { fills } = failed.engine.process(failed.event('failed', { costLamports: 7_000n }));
    expect(fills[0]).toMatchObject({ outcome: 'reverted', reason: 'failed', netLamports: -7_000n });
    expect(fills[0]!.netProfit).toBe(-7_000n);
    expect(failed.engine.balances.free(WSOL_MINT)).toBe(START_SOL - 7_000n);
    const expired = withOrder();
    expired.engine.process(expired.event('expired'));
    expect(expired.engine.balances.free(WSOL_MINT)).toBe(START_SOL);
    expect(expired.engine.ledger.notLanded).toBe(1);
  });

  it('are booked once, however often their end is told, and never for one that is not ours', () => {
    const { engine, landed, event } = withOrder();
    engine.process(landed());
    const net = engine.ledger.netLamports;
    for (const state of ['landed', 'expired', 'submitted', 'unknown'] as const) {
      expect(engine.process(event(state, { costLamports: 1n }))).toMatchObject({
        dropped: 'order-ended',
        fills: [],
      });
    }
    expect(engine.process(landed({ id: 'stranger' }))).toMatchObject({ dropped: 'unknown-order', fills: [] });
    expect(engine.ledger.netLamports).toBe(net);
    expect(engine.ledger.filled).toBe(1);
  });

  it('count where they landed after they were given up, in place of what was believed, and free nothing twice', () => {
    const { engine, landed, event, opportunity } = withOrder();
    engine.process(event('expired'));
    const { fills } = engine.process(landed());
    expect(fills).toHaveLength(1);
    expect(fills[0]).toMatchObject({ outcome: 'filled', corrects: { outcome: 'not-landed' }, revision: 1 });
    expect(engine.ledger).toMatchObject({
      filled: 1,
      notLanded: 0,
      corrected: { filled: 0, reverted: 0, 'not-landed': 1 },
      netLamports: opportunity.netLamports,
      costLamports: opportunity.costs.totalLamports,
    });
    expect(engine.balances.free(WSOL_MINT)).toBe(START_SOL + opportunity.netProfit);
    expect(engine.process(landed()).dropped).toBe('order-ended');
  });

  it('that failed and are seen to have landed cost what they really cost, and nothing of the failure', () => {
    const { engine, landed, event, opportunity } = withOrder();
    engine.process(event('failed', { costLamports: 7_000n }));
    expect(engine.ledger.netLamports).toBe(-7_000n);
    const leftovers = [{ mint: USDC_MINT, amount: 7n }];
    expect(engine.process(landed({ leftovers }))).toMatchObject({ dropped: '' });
    const { ledger, balances } = engine;
    expect(ledger).toMatchObject({ filled: 1, reverted: 0, corrected: { reverted: 1 } });
    expect(ledger.netLamports).toBe(opportunity.netLamports);
    expect(ledger.costLamports).toBe(opportunity.costs.totalLamports);
    expect(balances.free(WSOL_MINT)).toBe(START_SOL + opportunity.netProfit);
    expect(balances.free(USDC_MINT)).toBe(10_000_000_007n);
    expect([...ledger.byMint()]).toEqual([
      [WSOL_MINT, opportunity.netProfit],
      [USDC_MINT, 7n],
    ]);
    const { netLamports, grossProfit: gross } = opportunity;
    expect([...ledger.byStartMint()]).toEqual([[WSOL_MINT, { trades: 1, gross, netLamports }]]);
  });

  it('that landed in a slot which a fork undid take their profit back, leftovers too, and lose it against the limit', () => {
    const { engine, landed, event, terms } = withOrder({ limits: { maxLossLamports: 6_000n } });
    engine.process(landed({ leftovers: [{ mint: USDC_MINT, amount: 7n }] }));
    expect(engine.status).toBe('running');
    const { fills } = engine.process(event('failed', { costLamports: 6_000n }));
    expect(fills[0]).toMatchObject({ outcome: 'reverted', corrects: { outcome: 'filled' }, revision: 1 });
    expect(engine.status).toBe('halted');
    expect(engine.ledger.netLamports).toBe(-6_000n);
    expect(engine.balances.free(WSOL_MINT)).toBe(START_SOL - 6_000n);
    expect(engine.balances.free(USDC_MINT)).toBe(10_000_000_000n);
    // Not there any more, and cannot come back: nothing was paid at all.
    const gone = event('expired', { slot: terms.expiresAfterSlot + 1 });
    expect(engine.process(gone).fills[0]).toMatchObject({ corrects: { outcome: 'reverted' }, revision: 2 });
    expect(engine.ledger).toMatchObject({
      filled: 0,
      reverted: 0,
      notLanded: 1,
      netLamports: 0n,
      corrected: { filled: 1, reverted: 1, 'not-landed': 0 },
    });
    // A person has the word on whether it trades again.
    expect(engine.status).toBe('halted');
  });

  it('are unknown once nobody may send them any more, are told to be, and hold their pools and their funds', () => {
    const { engine, terms, begin, trade, pools, event } = withOrder();
    begin(terms.expiresAfterSlot);
    expect(engine.pending[0]!.state).toBe('approved');
    const { told } = begin(terms.expiresAfterSlot + 1);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      kind: 'order',
      id: terms.id,
      state: 'unknown',
      slot: terms.expiresAfterSlot + 1,
      source: BY_TIME,
    });
    expect(engine.pending[0]!.state).toBe('unknown');
    expect(begin(terms.expiresAfterSlot + 2).told).toEqual([]);
    const again = trade(pools[0]!, USDC_MINT, 1_000_000n, terms.expiresAfterSlot + 2);
    expect(again.refused.of('pool-busy')).toBe(1);
    expect(engine.balances.free(WSOL_MINT)).toBeLessThan(START_SOL);
    engine.process(event('expired'));
    expect(engine.balances.free(WSOL_MINT)).toBe(START_SOL);
    const free = trade(pools[0]!, USDC_MINT, 1_000_000n, terms.expiresAfterSlot + 2);
    expect(free.decisions[0]?.outcome).toBe('approved');
  });

  it('mark no edge as spent where they move the market itself', () => {
    const { engine, landed, trade, pools } = withOrder();
    engine.process(landed());
    expect(trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT).decisions[0]?.outcome).toBe('approved');
  });

  it('mark no edge as spent where they took nothing, and those that they went through where they did', () => {
    const orders = () => ({ ...toldOrders, movesMarket: false });
    const failed = withOrder({ orders });
    failed.engine.process(failed.event('failed'));
    const again = failed.trade(failed.pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(again.decisions[0]?.outcome).toBe('approved');
    const filled = withOrder({ orders });
    filled.engine.process(filled.landed());
    expect(filled.trade(filled.pools[0]!, USDC_MINT, 1_000_000n, NEXT).refused.of('edge-spent')).toBe(1);
  });

  it('halt trading when one cost more, or brought less, than it was approved for', () => {
    const same = withOrder();
    const { costs, costUnits, amountIn, amountOut } = same.opportunity;
    same.engine.process(same.landed({ amountOut: amountIn + costUnits }));
    expect(same.engine.status).toBe('running');
    const dear = withOrder();
    dear.engine.process(dear.landed({ costLamports: costs.totalLamports + 1n }));
    expect(dear.engine.status).toBe('halted');
    const short = withOrder();
    short.engine.process(short.landed({ amountIn: amountOut - costUnits + 1n }));
    expect(short.engine.status).toBe('halted');
  });
});

describe('balances that are told', () => {
  const account: Address = addressAt(new Uint8Array(32).fill(7));
  const told = (amount: bigint, slot: number) =>
    ({ kind: 'balance', atMicros: 0, mint: WSOL_MINT, amount, exists: true, slot, source: account }) as const;

  it('are known, and count only where the engine is to count with them', () => {
    const paper = createTestMarket(EVEN);
    paper.engine.process(told(5n, NEXT));
    expect(paper.engine.balances.told.get(account)).toMatchObject({
      mint: WSOL_MINT,
      amount: 5n,
      slot: NEXT,
    });
    expect(paper.engine.balances.free(WSOL_MINT)).toBe(START_SOL);
    const live = createTestMarket(EVEN, { countsWallet: true });
    live.engine.process(told(5n, NEXT));
    expect(live.engine.balances.free(WSOL_MINT)).toBe(5n);
  });

  it('take the place of what a trade was told to have brought, once they are as young', () => {
    const { engine, landed, opportunity } = withOrder({ countsWallet: true });
    engine.process(told(START_SOL, NEXT));
    engine.process(landed());
    const after = START_SOL + opportunity.netProfit;
    expect(engine.balances.free(WSOL_MINT)).toBe(after);
    engine.process(told(after, NEXT + 1));
    expect(engine.balances.free(WSOL_MINT)).toBe(after);
  });
});

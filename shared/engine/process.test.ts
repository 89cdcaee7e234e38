import { describe, expect, it } from 'vitest';
import { CLOCK_SYSVAR, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import { createEstimatedCosts, createStaticCosts } from '../costs/costs.ts';
import { toldOrders } from '../execution/orders.ts';
import { raydiumCpmm } from '../venues/raydium-cpmm/index.ts';
import { createEngine } from './engine.ts';
import type { MarketEvent } from './event.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const EVEN: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];
const GAP = 9_000_000_000n;
const FIGURES = { baseFeeLamports: 5_000n, priorityFeeLamports: 1_000n, tipLamports: 10_000n };

const control = (command: 'pause' | 'resume'): MarketEvent => ({
  ...{ kind: 'control', atMicros: 0, command, by: 'test' },
});
const feed = (live: boolean): MarketEvent => ({ kind: 'feed', atMicros: 0, live, reason: 'test' });
const slotEvent = (slot: number): MarketEvent => ({ kind: 'slot', atMicros: 0, slot, parent: slot - 1 });

/** An engine that was told what `keeps` lets through of what a live one hears. */
function toldOnly(keeps: (event: MarketEvent) => boolean) {
  const events: MarketEvent[] = [];
  const { pools, trade } = createTestMarket(EVEN, {}, (event) => events.push(event));
  trade(pools[0]!, USDC_MINT, GAP, NEXT);
  const engine = createEngine({
    clock: { nowMs: () => 0, monotonicMicros: () => 0 },
    pools: pools.map((address) => ({ venue: raydiumCpmm, address })),
    startMints: [WSOL_MINT],
    maxLegs: 2,
    maxQuotesPerUpdate: 2_000,
    costs: createStaticCosts(FIGURES),
    limits: {
      maxTradeIn: new Map([[WSOL_MINT, 50_000_000_000n]]),
      ...{ minNetProfitLamports: 1n, maxPending: 4, maxLossLamports: 1n, maxSlotLag: 2 },
    },
    balances: new Map([[WSOL_MINT, 100_000_000_000n]]),
    orders: () => toldOrders,
  });
  const outcomes = events.filter(keeps).flatMap((event) => {
    const { decisions } = engine.process(event);
    return decisions.map(({ outcome, reason }) => [outcome, reason]);
  });
  return { engine, outcomes };
}

describe('an engine', () => {
  it('is starting until the feed is live, down when it no longer is, and decides nothing then', () => {
    const { engine } = toldOnly(() => false);
    expect([engine.status, engine.halted]).toEqual(['starting', false]);
    engine.process(feed(false));
    expect(engine.status).toBe('starting');
    engine.process(feed(true));
    expect(engine.status).toBe('running');
    engine.process(feed(false));
    expect(engine.status).toBe('feed-down');
  });

  it('decides where everything was told, and nothing where the clock of the chain or the slot is missing', () => {
    expect(toldOnly(() => true).outcomes).toEqual([['approved', 'approved']]);
    const isClock = (event: MarketEvent) => event.kind === 'account' && event.update.address === CLOCK_SYSVAR;
    expect(toldOnly((event) => !isClock(event)).outcomes).toEqual([]);
    expect(toldOnly((event) => event.kind !== 'slot').outcomes).toEqual([]);
    expect(toldOnly((event) => event.kind !== 'feed' || !event.live).outcomes).toEqual([]);
  });

  it('counts the events it took, and says of each anew what it came to', () => {
    const { engine, accounts, pools, tell } = createTestMarket(EVEN);
    const first = engine.process(control('pause')).sequence;
    expect(engine.process(control('resume')).sequence).toBe(first + 1);
    expect(tell(pools[0]!, accounts.get(pools[0]!)!, START_SLOT).dropped).toBe('duplicate');
    const { dropped, decisions, orders, told, fills } = engine.process(control('resume'));
    expect({ dropped, decisions, orders, told, fills }).toEqual({
      ...{ dropped: '', decisions: [], orders: [], told: [], fills: [] },
    });
  });

  it('lets go of the bytes that an account update replaced, counts what it loaded, and of no other event', () => {
    const { engine, accounts, pools, trade } = createTestMarket(EVEN);
    const { vaultB } = engine.market.poolAt(pools[0]!)!.state!;
    const before = accounts.get(vaultB)!.data;
    const changed = trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(changed.released).toBe(before);
    expect([changed.dropped, changed.loads, changed.changedPools]).toEqual(['', 0, 1]);
    expect(engine.process(slotEvent(NEXT + 1))).toMatchObject({ released: undefined, loads: 0 });
    expect(engine.process(control('pause'))).toMatchObject({
      released: undefined,
      loads: 0,
      changedPools: 0,
    });
    const account = accounts.get(pools[0]!)!;
    const tellPool = (data: Uint8Array, slot: number) => {
      const update = { address: pools[0]!, slot, account: { ...account, data } };
      return engine.process({ kind: 'account', atMicros: 0, update });
    };
    tellPool(account.data.subarray(0, 100), NEXT + 1);
    expect(tellPool(account.data, NEXT + 2).loads).toBe(1);
    expect(engine.process(slotEvent(NEXT + 3)).loads).toBe(0);
  });

  it('adds up what it refused since its start', () => {
    const { engine, trade, pools } = createTestMarket(EVEN);
    const before = engine.refused.of('no-marginal-profit');
    const refused = trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT).refused.of('no-marginal-profit');
    trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(refused).toBe(2);
    expect(engine.refused.of('no-marginal-profit')).toBe(before + 4);
  });

  it('measures how long each of its stages took, and none that did not run', () => {
    let micros = 0;
    const clock: Clock = { nowMs: () => 0, monotonicMicros: () => (micros += 10) };
    const market = createTestMarket(EVEN, { clock });
    const nothing = market.trade(market.pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(nothing.stages).toEqual({ applyMicros: 10, searchMicros: 10, approveMicros: 0 });
    const approved = market.trade(market.pools[0]!, USDC_MINT, GAP, NEXT);
    expect(approved.stages).toEqual({ applyMicros: 10, searchMicros: 10, approveMicros: 10 });
    const { stages } = market.engine.process(control('pause'));
    expect(stages).toEqual({ applyMicros: 10, searchMicros: 0, approveMicros: 0 });
  });

  it('records the best of what else paid when several pools changed at once', () => {
    const market = createTestMarket([
      ...EVEN,
      { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 2_000 },
      { a: USDC_MINT, b: MEME_MINT, price: 1_000 / 150, depth: 300_000 },
    ]);
    market.engine.process(feed(false));
    for (const at of [0, 3]) market.trade(market.pools[at]!, USDC_MINT, GAP, NEXT);
    for (const [address, account] of market.accounts) market.tell(address, account, NEXT);
    market.engine.process(feed(true));
    const { decisions } = market.begin(NEXT + 2);
    expect(decisions.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['approved', 'approved'],
      ['refused', 'conflicting'],
    ]);
    const [made, passed] = decisions.map(({ opportunity }) => opportunity.id);
    expect(passed).not.toBe(made);
  });
});

describe('a slot', () => {
  it('that was told before is told to nobody again', () => {
    const begun: number[] = [];
    const orders = () => ({
      ...toldOrders,
      beginSlot: (slot: number) => {
        begun.push(slot);
        return [];
      },
    });
    const { engine } = createTestMarket(EVEN, { orders });
    engine.process(slotEvent(NEXT + 1));
    expect(engine.process(slotEvent(NEXT + 1)).dropped).not.toBe('');
    engine.process(slotEvent(NEXT + 2));
    expect(begun).toEqual([NEXT, NEXT + 1, NEXT + 2]);
  });

  it.each([
    [2, 'approved'],
    [3, 'feed-stale'],
  ])('that is %i ahead of the clock of the accounts, where it may be two: %s', (ahead, reason) => {
    const { engine, trade, pools } = createTestMarket(EVEN);
    engine.process(slotEvent(START_SLOT + ahead));
    const { decisions } = trade(pools[0]!, USDC_MINT, GAP, START_SLOT + ahead);
    expect(decisions[0]?.reason).toBe(reason);
  });
});

describe('a person', () => {
  it('who pauses what is halted has not resumed it', () => {
    const { engine } = createTestMarket(EVEN);
    engine.process({ kind: 'loss', atMicros: 0, lamports: 0n, halted: true, by: 'test' });
    engine.process(control('pause'));
    expect([engine.halted, engine.status]).toEqual([true, 'halted']);
    engine.process(control('resume'));
    expect([engine.halted, engine.status]).toEqual([false, 'running']);
  });
});

describe('a fee estimate', () => {
  it('is forgotten at once with a lost feed, and not when the feed says again that it is live', () => {
    const costs = createEstimatedCosts({ ...FIGURES, unitsPerLeg: 100_000, maxPriorityFeeLamports: 9_000n });
    const { engine } = createTestMarket(EVEN, { costs });
    const tell = () => engine.process({ kind: 'fee', atMicros: 0, microLamportsPerUnit: 7n, source: 'test' });
    tell();
    engine.process(feed(true));
    expect(engine.costs.unitPriceMicroLamports).toBe(7n);
    engine.process(feed(false));
    expect(engine.costs.unitPriceMicroLamports).toBeUndefined();
  });
});

describe('what a venue is said to be', () => {
  it('keeps its pools from trading while it is quarantined, and sets the rules they are quoted by', () => {
    const { engine, pools, trade } = createTestMarket(EVEN);
    const quarantine = (why: string) =>
      engine.process({ kind: 'venue', atMicros: 0, venue: 'raydium-cpmm', quarantine: why });
    quarantine('redeployed');
    expect(engine.market.poolAt(pools[0]!)!.quarantine).toBe('redeployed');
    expect(trade(pools[0]!, USDC_MINT, GAP, NEXT).decisions).toEqual([]);
    expect(quarantine('').decisions[0]?.outcome).toBe('approved');
  });

  it('hands the rules of its program to the market, or that they are not known', () => {
    const set: (string | undefined)[] = [];
    const { engine } = createTestMarket(EVEN);
    const { setRules } = engine.market;
    engine.market.setRules = (venue, rules) => {
      set.push(rules);
      return setRules(venue, rules);
    };
    for (const rules of ['of-2026', ''])
      engine.process({ kind: 'program', atMicros: 0, venue: 'raydium-clmm', programHash: '', rules });
    expect(set).toEqual(['of-2026', undefined]);
  });

  it('names a venue that is not built by its id', () => {
    const { engine, pools } = createTestMarket(EVEN);
    const wanted = [{ venue: 'nowhere', address: pools[0]! }];
    expect(() => engine.process({ kind: 'universe', atMicros: 0, pools: wanted, offMints: [] })).toThrow(
      expect.objectContaining({ code: 'venue-unknown', context: { id: 'nowhere' } }),
    );
  });
});

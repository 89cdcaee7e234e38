import { describe, expect, it } from 'vitest';
import { CLOCK_SYSVAR, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { CpmmState } from '../venues/raydium-cpmm/state.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
/** Two pools for one pair, at one price. */
const EVEN: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];

/** A market where a stranger's purchase on the first pool has just opened a gap of some percent. */
function withGap(...overrides: Parameters<typeof createTestMarket>[1][]) {
  const market = createTestMarket(EVEN, overrides[0]);
  const record = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
  return { ...market, record };
}

describe('engine', () => {
  it('loads pools from account updates alone and knows what they join', () => {
    const { engine } = createTestMarket(EVEN);
    expect(engine.market.pools.map((pool) => pool.status)).toEqual(['live', 'live']);
    expect(engine.status).toBe('running');
    engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'again' });
    expect(engine.graph).toEqual({ mints: 2, edges: 4, pairs: 2 });
  });

  it('approves nothing while prices agree, and says why', () => {
    const market = createTestMarket(EVEN);
    const record = market.trade(market.pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(record.decisions).toEqual([]);
    expect(record.refused.of('no-marginal-profit')).toBe(2);
  });

  it('approves the gap that a trade opens, with legs that chain and costs inside the net', () => {
    const { record } = withGap();
    expect(record.decisions).toHaveLength(1);
    const { outcome, opportunity } = record.decisions[0]!;
    expect(outcome).toBe('approved');
    expect(opportunity.legs).toHaveLength(2);
    expect(opportunity.legs[1]!.amountIn).toBe(opportunity.legs[0]!.amountOut);
    expect(opportunity.grossProfit).toBe(opportunity.amountOut - opportunity.amountIn);
    expect(opportunity.netProfit).toBe(opportunity.grossProfit - 17_000n);
    expect(opportunity.netLamports).toBe(opportunity.netProfit);
  });

  it('decides nothing before a slot is told, and then on every pool', () => {
    const market = createTestMarket(EVEN);
    const { engine, pools } = market;
    engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'lost' });
    market.trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
    for (const [address, account] of market.accounts) market.tell(address, account, NEXT);
    const live = engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'snapshot' });
    // How old the snapshot is nobody knows, nor in which slot an order would be placed.
    expect(live.decisions).toEqual([]);
    expect(market.begin(NEXT + 2).decisions[0]?.outcome).toBe('approved');
    market.begin(NEXT + 3);
    expect(engine.pending.map(({ reason }) => reason)).toEqual([`lands in slot ${NEXT + 3}`]);
  });

  it('looks at no state between two frames of one swap', () => {
    const market = createTestMarket(EVEN);
    const before = new Map(market.accounts);
    market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
    const pool = market.pools[1]!;
    const state = market.engine.market.poolAt(pool)!.state!;
    // The same two vaults as the swap left them, but the pool account is still to come.
    const other = createTestMarket(EVEN);
    const half = other.tell(
      state.vaultA,
      { ...before.get(state.vaultA)!, data: bumped(before.get(state.vaultA)!.data) },
      NEXT,
    );
    expect(half.changedPools).toBe(0);
    expect(half.decisions).toEqual([]);
    expect(other.engine.market.poolAt(pool)!.coherent).toBe(false);
    // Once the slot is over all that belongs to it has been told: a lone vault change was a donation.
    expect(other.begin(NEXT + 1).changedPools).toBe(1);
    expect(other.engine.market.poolAt(pool)!.coherent).toBe(true);
  });

  it('fills a paper trade at the state of the landing slot, and books what it paid there', () => {
    const { engine, begin, record } = withGap();
    const { opportunity } = record.decisions[0]!;
    // What goes in, and the SOL that its costs are paid from.
    expect(engine.balances.free(WSOL_MINT)).toBe(
      100_000_000_000n - opportunity.legs[0]!.amountIn - opportunity.costs.totalLamports,
    );
    // Decided in slot NEXT, lands in NEXT + 1, whose end is known when NEXT + 2 begins.
    expect(begin(NEXT + 1).fills).toEqual([]);
    const landed = begin(NEXT + 2);
    expect(landed.fills).toHaveLength(1);
    const fill = landed.fills[0]!;
    expect(fill).toMatchObject({ outcome: 'filled', slot: NEXT + 1, amountOut: opportunity.amountOut });
    expect(engine.ledger.netLamports).toBe(opportunity.netLamports);
    expect(engine.balances.free(WSOL_MINT)).toBe(100_000_000_000n + opportunity.grossProfit - 17_000n);
  });

  it('reverts a paper trade whose gap was closed before it landed, and books the fees it cost', () => {
    const { engine, begin, trade, pools } = withGap();
    begin(NEXT + 1);
    trade(pools[0]!, WSOL_MINT, 58_000_000_000n, NEXT + 1);
    const [fill] = begin(NEXT + 2).fills;
    expect(fill).toMatchObject({
      outcome: 'reverted',
      reason: 'leg-short',
      costLamports: 7_000n,
      amountOut: 0n,
    });
    expect(engine.ledger.netLamports).toBe(-7_000n);
    expect(engine.balances.free(WSOL_MINT)).toBe(100_000_000_000n - 7_000n);
  });

  it('has taken no gap with a paper trade that reverted: the next one there is as good as any', () => {
    const { begin, trade, pools } = withGap();
    begin(NEXT + 1);
    trade(pools[0]!, WSOL_MINT, 58_000_000_000n, NEXT + 1);
    expect(begin(NEXT + 2).fills[0]?.outcome).toBe('reverted');
    const again = trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + 2);
    expect(again.refused.of('edge-spent')).toBe(0);
    expect(again.decisions[0]?.outcome).toBe('approved');
  });

  it('never lands an order that chance keeps out, at no cost', () => {
    const { begin, engine } = withGap({ paper: { latencySlots: 1, landingOdds: 0 } });
    begin(NEXT + 1);
    expect(begin(NEXT + 2).fills[0]).toMatchObject({
      outcome: 'not-landed',
      costLamports: 0n,
      netLamports: 0n,
    });
    expect(engine.ledger.netLamports).toBe(0n);
    expect([...engine.ledger.byMint()]).toEqual([]);
  });

  it('takes one gap once: the edge stays spent until the market was seen without it', () => {
    const { engine, begin, trade, pools } = withGap();
    begin(NEXT + 1);
    begin(NEXT + 2);
    expect(engine.ledger.filled).toBe(1);
    const again = trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT + 2);
    expect(again.decisions).toEqual([]);
    expect(again.refused.of('edge-spent')).toBe(1);
    // Somebody closes the gap, and later another one opens.
    trade(pools[0]!, WSOL_MINT, 58_000_000_000n, NEXT + 3);
    begin(NEXT + 4);
    const fresh = trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + 4);
    expect(fresh.decisions[0]?.outcome).toBe('approved');
  });

  it('has one order on a pool at a time', () => {
    const { trade, pools } = withGap();
    const second = trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(second.refused.of('pool-busy')).toBe(1);
    expect(second.decisions).toEqual([]);
  });

  it('refuses everything while paused, and goes on when resumed', () => {
    const market = createTestMarket(EVEN);
    market.engine.process({ kind: 'control', atMicros: 0, command: 'pause', by: 'test' });
    expect(market.engine.status).toBe('paused');
    const refused = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
    expect(refused.decisions[0]).toMatchObject({ outcome: 'refused', reason: 'paused' });
    expect(refused.refused.of('paused')).toBe(1);
    market.engine.process({ kind: 'control', atMicros: 0, command: 'resume', by: 'test' });
    const approved = market.trade(market.pools[0]!, USDC_MINT, 1_000_000n, NEXT);
    expect(approved.decisions[0]?.outcome).toBe('approved');
  });

  it('halts at the loss limit until a person resumes it', () => {
    const { engine, begin, trade, pools } = withGap({
      limits: {
        maxTradeIn: new Map([[WSOL_MINT, 50_000_000_000n]]),
        minNetProfitLamports: 1n,
        maxPending: 4,
        maxLossLamports: 7_000n,
        maxSlotLag: 2,
      },
    });
    trade(pools[0]!, WSOL_MINT, 58_000_000_000n, NEXT);
    begin(NEXT + 1);
    expect(engine.status).toBe('running');
    begin(NEXT + 2);
    expect(engine.status).toBe('halted');
    const refused = trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + 2);
    expect(refused.decisions[0]).toMatchObject({ outcome: 'refused', reason: 'halted' });
    engine.process({ kind: 'control', atMicros: 0, command: 'resume', by: 'test' });
    expect(engine.status).toBe('running');
    // The limit counts from the resumption: a trade that pays does not halt it again.
    trade(pools[0]!, USDC_MINT, 1_000_000n, NEXT + 3);
    expect(begin(NEXT + 4).fills.map((fill) => fill.outcome)).toEqual(['filled']);
    expect(engine.status).toBe('running');
  });

  it('counts what was lost before it was made, and stays halted where that was', () => {
    const lost = (lamports: bigint, halted: boolean) => {
      const { engine } = withGap();
      engine.process({ kind: 'loss', atMicros: 0, lamports, halted, by: 'an earlier run' });
      return engine;
    };
    const limit = 1_000_000_000n;
    expect(lost(limit - 1n, false).status).toBe('running');
    expect(lost(limit, false).status).toBe('halted');
    const engine = lost(0n, true);
    expect([engine.status, engine.halted]).toEqual(['halted', true]);
    engine.process({ kind: 'control', atMicros: 0, command: 'resume', by: 'test' });
    expect([engine.status, engine.halted]).toEqual(['running', false]);
  });

  it('decides nothing between losing the feed and a complete new snapshot', () => {
    const market = withGap();
    const { engine, accounts, trade, pools, tell } = market;
    engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'socket closed' });
    expect(engine.status).toBe('feed-down');
    expect(trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT).decisions).toEqual([]);
    // Only one pool has been told again when the feed calls itself live.
    const live = engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'snapshot' });
    expect(live.changedPools).toBe(0);
    expect(live.decisions).toEqual([]);
    for (const [address, account] of accounts) tell(address, account, NEXT - 5);
    expect(engine.market.pools.every((pool) => pool.coherent)).toBe(true);
  });

  it('trades no pool of which one account was not told again after the feed was lost', () => {
    const { engine, accounts, trade, pools, tell } = createTestMarket(EVEN);
    engine.process({ kind: 'feed', atMicros: 0, live: false, reason: 'socket closed' });
    const { config } = engine.market.poolAt(pools[0]!)!.state as CpmmState;
    for (const [address, account] of accounts) if (address !== config) tell(address, account, NEXT);
    engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'snapshot' });
    expect(engine.market.poolAt(pools[0]!)!.coherent).toBe(false);
    const record = trade(pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + 1);
    expect(record.decisions).toEqual([]);
    tell(config, accounts.get(config)!, NEXT + 1);
    expect(engine.market.poolAt(pools[0]!)!.coherent).toBe(true);
  });

  it('keeps the pools that read a lost account from trading until each was told again, and no others', () => {
    const market = createTestMarket([
      ...EVEN,
      { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 4_000 },
      { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 5_000 },
    ]);
    const { engine, accounts, trade, pools, tell, begin } = market;
    const { vaultA, vaultB } = engine.market.poolAt(pools[0]!)!.state!;
    const addresses = [vaultA, vaultB];
    const lost = engine.process({ kind: 'lost', atMicros: 0, addresses, reason: 'behind' });
    expect(lost.dropped).toBe('');
    expect(engine.status).toBe('running');
    expect(pools.map((pool) => engine.market.poolAt(pool)!.coherent)).toEqual([false, true, true, true]);
    // The others trade on, and time alone does not bring the lost one back.
    const decided = trade(pools[1]!, USDC_MINT, 9_000_000_000n, NEXT).decisions;
    expect(decided[0]?.outcome).toBe('approved');
    expect(decided[0]?.opportunity.legs.some(({ pool }) => pool === pools[0])).toBe(false);
    for (let slot = NEXT + 1; slot < NEXT + 6; slot++) begin(slot);
    expect(engine.market.poolAt(pools[0]!)!.coherent).toBe(false);
    // Told again at a slot before the one that was held (the chain forked): taken.
    expect(tell(vaultA, accounts.get(vaultA)!, START_SLOT - 1).dropped).toBe('');
    expect(engine.market.poolAt(pools[0]!)!.coherent).toBe(false);
    expect(tell(vaultB, accounts.get(vaultB)!, NEXT + 3).changedPools).toBe(1);
    expect(engine.market.poolAt(pools[0]!)!.coherent).toBe(true);
  });

  it('takes a lost account that it never held for what it is', () => {
    const { engine } = createTestMarket(EVEN);
    engine.process({ kind: 'lost', atMicros: 0, addresses: [MEME_MINT], reason: 'closed' });
    expect(engine.market.pools.every((pool) => pool.coherent)).toBe(true);
  });

  it('refuses to decide when the account feed lags behind the slot stream', () => {
    const market = createTestMarket(EVEN);
    market.engine.process({ kind: 'slot', atMicros: 0, slot: NEXT + 10, parent: NEXT + 9 });
    const record = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT + 10);
    expect(record.decisions[0]).toMatchObject({ outcome: 'refused', reason: 'feed-stale' });
  });

  it('drops late, repeated and unknown accounts by name and changes nothing', () => {
    const { engine, accounts, pools, tell } = createTestMarket(EVEN);
    const pool = pools[0]!;
    const account = accounts.get(pool)!;
    expect(tell(pool, account, START_SLOT).dropped).toBe('duplicate');
    expect(tell(pool, account, START_SLOT - 1).dropped).toBe('late-slot');
    expect(tell(MEME_MINT, null, START_SLOT).dropped).toBe('unknown-account');
    expect(engine.market.slot).toBe(NEXT);
  });

  it('excludes a pool whose bytes are foreign or truncated, with the reason, and takes it back when they heal', () => {
    const { engine, accounts, pools, tell } = createTestMarket(EVEN);
    const pool = pools[0]!;
    const good = accounts.get(pool)!;
    tell(pool, { ...good, data: good.data.subarray(0, 100) }, NEXT);
    const entry = engine.market.poolAt(pool)!;
    expect(entry.status).toBe('excluded');
    expect(entry.reason).toMatch(/wrong-length/);
    tell(pool, good, NEXT + 1);
    expect(entry.status).toBe('live');
  });

  it('finds a triangle over three pools', () => {
    const market = createTestMarket([
      { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 5_000 },
      { a: WSOL_MINT, b: MEME_MINT, price: 1_000, depth: 5_000 },
      { a: USDC_MINT, b: MEME_MINT, price: 1_000 / 150, depth: 700_000 },
    ]);
    const record = market.trade(market.pools[2]!, USDC_MINT, 20_000_000_000n, NEXT);
    expect(record.decisions[0]?.opportunity.legs).toHaveLength(3);
    expect(record.decisions[0]?.opportunity.startMint).toBe(WSOL_MINT);
  });

  it('gives the same records for the same events', () => {
    const run = () => {
      const market = createTestMarket(EVEN, { paper: { latencySlots: 1, landingOdds: 0.5 } });
      const lines: string[] = [];
      for (let i = 0; i < 200; i++) {
        const slot = NEXT + i;
        const mint = i % 3 === 0 ? USDC_MINT : WSOL_MINT;
        const size = mint === USDC_MINT ? 7_500_000_000n : 24_000_000_000n;
        const record = market.trade(market.pools[i % 2]!, mint, size, slot);
        const ids = record.decisions.map((d) => `${d.reason}${d.opportunity.netLamports}`);
        const fills = market.begin(slot + 1).fills.map((f) => `${f.outcome}${f.netLamports}`);
        lines.push([...ids, ...fills].join());
      }
      return lines.join('\n');
    };
    expect(run()).toBe(run());
    expect(run()).toMatch(/filled/);
  });

  it('keeps its clock account to itself when foreign bytes come under its name', () => {
    const { engine, tell } = createTestMarket(EVEN);
    const before = engine.market.clock;
    tell(CLOCK_SYSVAR, { owner: WSOL_MINT, lamports: 1n, data: new Uint8Array(40) }, NEXT + 1);
    expect(engine.market.clock).toBe(before);
  });
});

function bumped(data: Uint8Array): Uint8Array {
  const copy = data.slice();
  copy[64] = copy[64]! ^ 1;
  return copy;
}

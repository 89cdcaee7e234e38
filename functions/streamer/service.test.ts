import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isQuotable } from '../../shared/market/pool-entry.ts';
import { loadConfig } from '../../shared/platform/config/load.ts';
import { createLogger } from '../../shared/platform/process/log.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { createSqliteStore } from '../../shared/platform/store/sqlite-store.ts';
import { createLocalMarket, type LocalMarket } from '../../shared/run/local-market.ts';
import { deployProgram } from '../../shared/sim/chain/program-accounts.ts';
import { type LocalNode, startLocalNode } from '../../shared/sim/wire/node.ts';
import { raydiumCpmm } from '../../shared/venues/raydium-cpmm/index.ts';
import type { DashboardState } from './dashboard/view/view.ts';
import { venueControl } from './inputs/program-guard.ts';
import { type Service, startService } from './main.ts';

/** Ten times the speed of a chain, so that a test sees a minute of market in six seconds. */
const SLOT_MS = 40;

let dir: string;
let node: LocalNode;
let market: LocalMarket;
let service: Service | undefined;
let logged: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'arb-service-'));
  logged = '';
  market = createLocalMarket('built-in', 7);
  node = await startNode();
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await node.stop();
  rmSync(dir, { recursive: true, force: true });
});

function startNode(ports: { port?: number; wsPort?: number } = {}): Promise<LocalNode> {
  const { world } = market;
  return startLocalNode({
    bank: world.bank,
    slotMs: SLOT_MS,
    onSlotStart: () => world.traders.trade(),
    ...ports,
  });
}

async function start(flags: Record<string, string> = {}): Promise<Service> {
  const clock = createSystemClock();
  // Slots of a tenth of the real length: a trade is as many of them under way, not as long.
  const paced = { 'risk-max-slot-lag': '50', 'paper-latency-ms': '0' };
  const given = { port: '0', 'store-dir': dir, ...paced, ...flags };
  const { config } = loadConfig({ env: {}, flags: given, cwd: dir });
  const { pools, skipped, symbols } = market;
  service = await startService({
    config,
    feed: {
      pools,
      skipped,
      symbols,
      endpoints: [{ name: 'local', provider: 'generic', url: node.rpcUrl, wsUrl: node.wsUrl }],
    },
    clock,
    log: createLogger({ stream: { write: (text: string) => (logged += text) }, clock }),
    version: 'test',
    fallbackPorts: false,
  });
  return service;
}

async function stateOf({ url }: Service): Promise<DashboardState> {
  return (await (await fetch(`${url}api/state`)).json()) as DashboardState;
}

async function until<T>(
  what: string,
  read: () => Promise<T | undefined> | T | undefined,
  ms = 15_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}\n${logged}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Requests by provider and method, out of the metrics page. */
function requestsIn(metrics: string): ReadonlyMap<string, number> {
  const line = /^arb_api_requests_total\{provider="([^"]+)",method="([^"]+)"\} (\d+)$/gm;
  return new Map(
    [...metrics.matchAll(line)].map(([, provider, method, n]) => [`${provider} ${method}`, Number(n)]),
  );
}

describe('the streaming service over real sockets', () => {
  it('loads every pool, paper-trades, shows it and writes it down', async () => {
    const running = await start();
    const { pools } = running.run.engine.market;
    await until('every pool', () => (pools.every((pool) => pool.status === 'live') ? true : undefined));
    const state = await until('a filled trade', async () => {
      const now = await stateOf(running);
      return now.tally.filled > 0 ? now : undefined;
    });
    expect(state.status).toBe('running');
    expect(new Set(state.venues.map(({ venue }) => venue))).toEqual(
      new Set(market.pools.map((pool) => pool.venue.id)),
    );
    // In the middle of a slot a pool may be half told.
    await until('every venue live at once', async () => {
      const { venues } = await stateOf(running);
      return venues.every((venue) => venue.state === 'live') ? true : undefined;
    });
    expect(state.trades[0]).toMatchObject({ start: { symbol: expect.stringMatching(/SOL|USDC/) } });
    expect(state.refusals.some(({ reason }) => reason === 'no-marginal-profit')).toBe(true);
    const metrics = await (await fetch(`${running.url}metrics`)).text();
    expect(metrics).toMatch(/^arb_trades_total\{outcome="filled"\} [1-9]/m);
    expect(metrics).toMatch(/^arb_trades_corrected_total\{outcome="reverted"\} 0$/m);
    for (const state of ['unknown', 'earlier'])
      expect(metrics).toMatch(new RegExp(`^arb_open_orders\\{state="${state}"\\} 0$`, 'm'));
    expect(metrics).toMatch(/^arb_unknown_order_age_seconds 0$/m);
    expect(metrics).toMatch(/^arb_stage_seconds_bucket\{le="0.001",stage="total"\} [1-9]/m);
    expect((await fetch(`${running.url}readyz`)).status).toBe(200);

    const book = await until('fills of an order book', async () => {
      const { books, bookFeed } = await stateOf(running);
      expect(bookFeed.state).not.toBe('off');
      return books.find(({ fills }) => fills.length > 1);
    });
    expect(book.bids[0]!.price).toBeLessThan(book.asks[0]!.price);
    expect(book.fills.map(({ slot }) => slot)).toEqual(
      book.fills.map(({ slot }) => slot).sort((a, b) => b - a),
    );
    const answer = await fetch(`${running.url}api/book?pool=${book.pool}`);
    const whole = (await answer.json()) as typeof book;
    expect(whole.bidOrders.length).toBeGreaterThan(book.bidOrders.length);
    const ids = new Set(whole.fills.map(({ id }) => id));
    expect(ids.size).toBe(whole.fills.length);
    expect(book.fills.every(({ id }) => ids.has(id))).toBe(true);

    const asked = requestsIn(await (await fetch(`${running.url}metrics`)).text());
    expect(asked.get('generic getMultipleAccounts')).toBeGreaterThan(0);
    const summary = await running.stop();
    expect(summary.pools).toBe(market.pools.length);
    expect(summary.excluded).toEqual([]);
    const store = createSqliteStore({ dir });
    const { runId } = summary;
    const trades = await store.trades({ runId, limit: 1_000 });
    const { filled, reverted, notLanded } = summary.attempts;
    expect(trades).toHaveLength(filled + reverted + notLanded);
    const net = trades.reduce((sum, trade) => sum + trade.netLamports, 0n);
    expect(String(net)).toBe(summary.netLamports);
    expect((await store.runs({ limit: 1 }))[0]).toMatchObject({
      runId,
      summary: { netLamports: summary.netLamports },
    });
    expect((await store.decisionCounts({ runId })).length).toBeGreaterThan(0);
    expect((await store.balances({ runId })).length).toBeGreaterThanOrEqual(2);
    const stored = new Map<string, number>();
    for (const { provider, method, requests } of await store.apiCosts({ runId, fromMs: 0, untilMs: 1e13 })) {
      const name = `${provider} ${method}`;
      stored.set(name, (stored.get(name) ?? 0) + requests);
    }
    // At least what was asked before the stop.
    for (const [name, requests] of asked) {
      expect([name, stored.get(name)]).toEqual([name, expect.toSatisfy((count) => count >= requests)]);
    }
    await store.close();
  }, 40_000);

  it('stops trading when the node goes away, says so, and trades again only after a new snapshot', async () => {
    const running = await start();
    const { pools } = running.run.engine.market;
    await until('every pool', () => (pools.every((pool) => pool.status === 'live') ? true : undefined));
    const { port } = new URL(node.rpcUrl);
    await node.stop();
    await until('the loss to be noticed', () =>
      running.run.engine.status === 'feed-down' ? true : undefined,
    );
    expect((await stateOf(running)).status).toBe('feed-down');
    expect((await stateOf(running)).venues.every(({ state }) => state === 'down')).toBe(true);
    expect((await fetch(`${running.url}readyz`)).status).toBe(503);
    expect((await fetch(`${running.url}healthz`)).status).toBe(200);
    const before = running.run.opportunities();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(running.run.opportunities()).toBe(before);

    node = await startNode({ port: Number(port) });
    await until('the feed to come back', () => (running.run.engine.status === 'running' ? true : undefined));
    await until('every pool', () => (pools.every((pool) => pool.status === 'live') ? true : undefined));
    await until('trading to go on', () => (running.run.opportunities() > before ? true : undefined));
  }, 60_000);

  it('pauses at once, keeps the pause over a restart, and resumes', async () => {
    const first = await start();
    await until('a live feed', () => (first.run.engine.status === 'running' ? true : undefined));
    const page = await (await fetch(first.url)).text();
    const token = /name="[a-z-]*token" content="([^"]+)"/.exec(page)?.[1];
    expect(token).toBeDefined();
    const answer = await fetch(`${first.url}api/control`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-control-token': token!,
        origin: first.url.slice(0, -1),
      },
      body: JSON.stringify({ command: 'pause', reason: 'lunch' }),
    });
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true, message: 'trading is paused' }]);
    expect(first.run.engine.status).toBe('paused');
    await first.stop();

    const second = await start();
    await until('a live feed', () => (second.run.engine.market.live ? true : undefined));
    const state = await stateOf(second);
    expect([state.status, state.statusReason]).toEqual(['paused', expect.stringContaining('lunch')]);
    await until('a refusal for the pause', () =>
      second.run.engine.refused.of('paused') > 0 ? true : undefined,
    );
    expect(second.run.engine.ledger.filled).toBe(0);
  }, 60_000);

  it('quarantines a venue whose program is redeployed, until an operator overrides that very binary', async () => {
    const running = await start();
    const { pools } = running.run.engine.market;
    await until('every pool', () => (pools.every((pool) => pool.status === 'live') ? true : undefined));
    deployProgram(market.world.bank, raydiumCpmm.programId, 'another build');
    const quarantined = await until('the quarantine', async () => {
      const venue = (await stateOf(running)).venues.find(({ venue: id }) => id === raydiumCpmm.id);
      return venue?.state === 'quarantined' ? venue : undefined;
    });
    expect(quarantined.note).toMatch(/redeployed in slot \d+/);
    const cpmm = pools.filter((pool) => pool.venue.id === raydiumCpmm.id);
    expect(cpmm.some(isQuotable)).toBe(false);
    expect(pools.filter((pool) => pool.venue.id === 'orca-whirlpool').some(isQuotable)).toBe(true);

    const store = createSqliteStore({ dir });
    const name = venueControl(raydiumCpmm.id);
    const row = await until('the hash in the store', async () =>
      (await store.controls()).find(
        (control) => control.name === name && /^[0-9a-f]{64} /.test(control.reason),
      ),
    );
    const other = {
      name,
      value: 'running',
      by: 'test',
      reason: `${'0'.repeat(64)} wrong binary`,
      atMs: 1,
    } as const;
    await store.setControl(other);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(cpmm.some(isQuotable)).toBe(false);
    await store.setControl({ ...other, reason: `${row.reason.slice(0, 64)} looked at by hand` });
    await until('the release', () => (cpmm.every((pool) => pool.quarantine === '') ? true : undefined));
    await store.close();
  }, 60_000);

  it('leaves nothing running when the port is taken', async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const other = mkdtempSync(join(tmpdir(), 'arb-service-'));
    await expect(start({ port, 'store-dir': other })).rejects.toMatchObject({ code: 'port-in-use' });
    rmSync(other, { recursive: true, force: true });
  }, 40_000);
});

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../shared/core/address.ts';
import { poolPrice, referencePrice } from '../../shared/market/reference-price.ts';
import { createSqliteStore } from '../../shared/platform/store/sqlite-store.ts';
import { STORE_FILE } from '../../shared/platform/store/store-file.ts';
import type { LocalMarket } from '../../shared/run/local-market.ts';
import { createChainMarket } from '../../shared/sim/apis/chain-market.ts';
import { deployProgram } from '../../shared/sim/chain/program-accounts.ts';
import { raydiumCpmm } from '../../shared/venues/raydium-cpmm/index.ts';
import type { DashboardState } from './dashboard/view/view.ts';
import type { DependencyId } from './health/degradation.ts';
import type { ControlResult } from './inputs/control-command.ts';
import { startTestRun, type TestRun, type TestRunParams } from './test-run.ts';

let run: TestRun;

const opportunities = () => run.service.run.opportunities();
const engine = () => run.service.run.engine;

async function state(): Promise<DashboardState> {
  return (await (await fetch(`${run.service.url}api/state`)).json()) as DashboardState;
}

async function ready(): Promise<{ status: number; message: string }> {
  const answer = await fetch(`${run.service.url}readyz`);
  return { status: answer.status, message: await answer.text() };
}

async function dependency(id: DependencyId) {
  return (await state()).outside.dependencies.find((one) => one.id === id)!;
}

/** Everything but `id` that is used is up. */
async function alone(id: DependencyId): Promise<void> {
  const { dependencies } = (await state()).outside;
  const down = dependencies.filter((one) => one.state === 'down' || one.state === 'trying');
  expect(down.map((one) => one.id)).toEqual([id]);
  const metrics = await (await fetch(`${run.service.url}metrics`)).text();
  expect(metrics).toContain(`arb_dependency_up{dependency="${id}"} 0`);
}

async function tradingGoesOn(): Promise<void> {
  const before = opportunities();
  const trades = (): number => {
    const { filled, reverted, notLanded } = engine().ledger;
    return filled + reverted + notLanded;
  };
  const traded = trades();
  await run.until('decisions to go on', () => opportunities() > before);
  await run.until('trades to go on', () => trades() > traded);
  expect(engine().status).toBe('running');
}

async function start(params: TestRunParams = {}): Promise<void> {
  run = await startTestRun(params);
  const { pools } = engine().market;
  await run.until('every pool', () => pools.every(({ status }) => status === 'live'));
  await run.until('a fill', () => engine().ledger.filled > 0);
}

const isDown = (id: DependencyId) => async () => (await dependency(id)).state === 'down';
const isUp = (id: DependencyId) => async () => (await dependency(id)).state === 'up';

async function command(name: 'pause' | 'resume'): Promise<ControlResult> {
  const { url } = run.service;
  const page = await (await fetch(url)).text();
  const token = /name="control-token" content="([^"]+)"/.exec(page)![1]!;
  const answer = await fetch(`${url}api/control`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-control-token': token, origin: url.slice(0, -1) },
    body: JSON.stringify({ command: name, reason: 'test' }),
  });
  return (await answer.json()) as ControlResult;
}

describe('what works while something is down, one thing after the other in one run', () => {
  const threads: Worker[] = [];
  const seen = (worker: Worker): void => void threads.push(worker);

  beforeAll(async () => {
    process.on('worker', seen);
    await start();
  }, 60_000);

  afterAll(async () => {
    process.off('worker', seen);
    await run?.stop();
  });

  it('every WebSocket: trading stops, page and controls work, and a fresh snapshot brings it back', async () => {
    const [{ socket, http }] = run.endpoints as [(typeof run.endpoints)[number]];
    await socket.set('refused');
    await run.until('the loss', () => engine().status === 'feed-down');
    const before = opportunities();
    expect(await ready()).toMatchObject({
      status: 503,
      message: expect.stringContaining('every WebSocket down, off: trading'),
    });
    await alone('websockets');
    expect((await fetch(run.service.url)).status).toBe(200);
    expect(await command('pause')).toMatchObject({ ok: true });
    expect(await command('resume')).toMatchObject({ ok: true });
    // The chain goes on, and nothing of it is decided on.
    const { bank } = run.market.world;
    const slot = bank.slotAt('processed');
    await run.until('slots that nobody heard of', () => bank.slotAt('processed') > slot + 5);
    expect(opportunities()).toBe(before);
    expect(http.fault).toBeUndefined();

    await socket.set(undefined);
    await run.until('the feed', () => engine().status === 'running');
    await tradingGoesOn();
    expect((await ready()).status).toBe(200);
    expect(await dependency('websockets')).toMatchObject({ state: 'up' });
  }, 90_000);

  it('every RPC: what is streamed is traded on, but no gap is closed and no new program is seen', async () => {
    const [{ socket, http }] = run.endpoints as [(typeof run.endpoints)[number]];
    await http.set('refused');
    await run.until('the loss', isDown('rpc'));
    await alone('rpc');
    expect(await ready()).toMatchObject({
      status: 200,
      message: expect.stringContaining(
        'every RPC down, off: new snapshots, the watch for redeployed programs',
      ),
    });
    deployProgram(run.market.world.bank, raydiumCpmm.programId, 'another build');
    await tradingGoesOn();
    const cpmm = engine().market.pools.filter(({ venue }) => venue === raydiumCpmm);
    expect(cpmm.map(({ quarantine }) => quarantine)).toEqual(cpmm.map(() => ''));

    // A gap: the stream is cut and comes back, and nothing can be fetched to make up for what was missed.
    await socket.set('refused');
    await run.until('the gap', () => engine().status === 'feed-down');
    const { accepted } = socket;
    await socket.set(undefined);
    await run.until('the stream', async () => {
      const [connection] = (await state()).feed.connections;
      return socket.accepted > accepted && /snapshot|subscribing/.test(connection!.state);
    });
    const before = opportunities();
    const { bank } = run.market.world;
    const slot = bank.slotAt('processed');
    await run.until('slots without a snapshot', () => bank.slotAt('processed') > slot + 5);
    expect([engine().status, opportunities()]).toEqual(['feed-down', before]);

    await http.set(undefined);
    await run.until('the feed', () => engine().status === 'running');
    await run.until('the new program to be seen', () =>
      cpmm.every(({ quarantine }) => /redeployed/.test(quarantine)),
    );
    await run.until('the RPC to count as up', isUp('rpc'));
    await tradingGoesOn();
  }, 90_000);

  it('Jupiter: nothing is compared, trading goes on', async () => {
    const compared = async () => (await state()).outside.totals.compared;
    await run.until('a comparison', async () => (await compared()) > 0);
    // Every start mint has pools that price it: before they had loaded was no time to ask for prices.
    expect(run.logged()).not.toContain('price.from-jupiter');
    run.jupiter.setFault('failing');
    await run.until('the loss', isDown('jupiter'));
    const before = await compared();
    await tradingGoesOn();
    expect(await compared()).toBe(before);
    expect((await dependency('jupiter')).off).toBe(
      'quotes compared with Jupiter’s, fallback prices, backup routing',
    );
    await run.until('the breaker to be open again', isDown('jupiter'));
    expect(await ready()).toMatchObject({
      status: 200,
      message: expect.stringContaining('Jupiter down, off: quotes compared with Jupiter’s'),
    });
    run.jupiter.setFault('none');
    await run.until('comparisons again', async () => (await compared()) > before);
    await run.until('Jupiter to count as up', isUp('jupiter'));
    expect((await ready()).message).toMatch(/^running(?!.*Jupiter)/);
  }, 90_000);

  it('Helius: the configured priority fee counts, trading goes on', async () => {
    const fee = async () => (await state()).outside.fee;
    await run.until('an estimate', async () => (await fee()).source === 'helius');
    run.helius.setFault('silent');
    await run.until('the loss', isDown('helius'));
    expect(await ready()).toMatchObject({
      status: 200,
      message: expect.stringContaining('Helius down, off: estimated priority fees'),
    });
    await run.until('the last estimate to be too old', async () => (await fee()).source === 'configured');
    expect(await fee()).toEqual({
      source: 'configured',
      lamportsPerLeg: '20000',
      microLamportsPerUnit: null,
    });
    await tradingGoesOn();
    run.helius.setFault('none');
    await run.until('estimates again', async () => (await fee()).source === 'helius');
    await run.until('Helius to count as up', isUp('helius'));
    await tradingGoesOn();
  }, 90_000);

  it('the store: rows wait and are written later, and so is a pause, which works at once', async () => {
    const other = new DatabaseSync(join(run.storeDir, STORE_FILE), { timeout: 5_000 });
    other.exec('BEGIN IMMEDIATE');
    await run.until('the loss', isDown('store'));
    await alone('store');
    expect(await ready()).toMatchObject({
      status: 200,
      message: expect.stringContaining('the store down, off: records on disk'),
    });
    await tradingGoesOn();
    const { queued, written } = (await state()).store;
    expect(queued).toBeGreaterThan(0);
    expect(await command('pause')).toMatchObject({
      ok: false,
      message: expect.stringContaining('not stored'),
    });
    expect(engine().status).toBe('paused');

    other.exec('ROLLBACK');
    const control = other.prepare("SELECT value FROM controls WHERE name = 'trading'");
    await run.until('the pause to be written down', () => control.get()?.value === 'paused');
    await run.until('the store to count as up', isUp('store'));
    await run.until('what waited', async () => (await state()).store.written >= written + queued);
    await command('resume');
    await tradingGoesOn();
    other.close();
  }, 90_000);

  it('the store, its thread dead: the file is opened again, and no trade is lost', async () => {
    await threads[0]!.terminate();
    const { written } = (await state()).store;
    await tradingGoesOn();
    await run.until('rows by another thread', async () => (await state()).store.written > written);
    expect(threads.length).toBeGreaterThan(1);
    await everyTradeIsStored();
  }, 90_000);
});

describe('what works while something is down, in runs of their own', () => {
  afterEach(() => run?.stop());

  it('one endpoint of several: nothing stops, and its accounts come from the other', async () => {
    await start({ endpoints: 2 });
    const [one] = run.endpoints;
    const carried = await run.until('accounts on both', async () => {
      const { connections } = (await state()).feed;
      return connections.length === 2 && connections.every(({ accounts }) => accounts > 0) && connections;
    });
    expect(await dependency('endpoint')).toMatchObject({ state: 'up' });
    const name = carried[0]!.name;
    await one!.http.set('refused');
    await one!.socket.set('refused');
    await run.until('the endpoint to be missed', async () => {
      const { state: now, reason } = await dependency('endpoint');
      return now === 'down' && /node-1: [^;]+; node-1: [^;]+/.test(reason);
    });
    await run.until('every account from the other', async () => {
      const { feed } = await state();
      return feed.confirmed === feed.accounts && feed.freshPools === feed.pools;
    });
    await tradingGoesOn();
    await alone('endpoint');
    expect(await ready()).toMatchObject({
      status: 200,
      message: expect.stringMatching(/one endpoint of several down \(node-1.*off: nothing/),
    });

    await one!.http.set(undefined);
    await one!.socket.set(undefined);
    await run.until('its return', isUp('endpoint'));
    const back = (await state()).feed.connections.find((connection) => connection.name === name);
    expect(back?.state).toMatch(/live|idle|subscribing|snapshot/);
    await tradingGoesOn();
  }, 90_000);

  it('Jupiter, with a start mint that no pool prices: it is traded until its last price is too old', async () => {
    const maxAgeSlots = 100;
    await start({ flags: { 'risk-max-estimate-age-slots': String(maxAgeSlots) }, pools: withoutUsdcForSol });
    const { market, refused } = engine();
    const startsInUsdc = () =>
      run.service.run.recent.decisions.filter(({ item }) => item.opportunity.startMint === USDC_MINT);
    await run.until('a cycle valued by Jupiter’s price', () => startsInUsdc().length > 0);
    expect(poolPrice(market, USDC_MINT)).toBeUndefined();
    expect(run.logged().match(/price\.from-jupiter/g)).toHaveLength(1);
    run.jupiter.setFault('failing');
    await run.until('the loss', isDown('jupiter'));
    await run.until('the last price to be too old', () => referencePrice(market, USDC_MINT) === undefined);
    const { slot } = market;
    const unpriced = refused.of('no-reference-price');
    await run.until('cycles refused for it', () => refused.of('no-reference-price') > unpriced);
    await tradingGoesOn();
    expect(startsInUsdc().filter(({ item }) => item.opportunity.slot > slot)).toEqual([]);
    run.jupiter.setFault('none');
    await run.until('a price again', () => referencePrice(market, USDC_MINT) !== undefined);
    await run.until('cycles again', () => startsInUsdc().some(({ item }) => item.opportunity.slot > slot));
  }, 90_000);
});

function withoutUsdcForSol({ pools, world: { bank } }: LocalMarket): LocalMarket['pools'] {
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  const { market } = createChainMarket(bank, named).now();
  return pools.filter(({ address }) => {
    const { mintA, mintB } = market.poolAt(address)!.state!;
    return ![mintA, mintB].includes(WSOL_MINT) || ![mintA, mintB].includes(USDC_MINT);
  });
}

/** Ends the run and reads the file again. */
async function everyTradeIsStored(): Promise<void> {
  const { runId, attempts } = await run.service.stop();
  const store = createSqliteStore({ dir: run.storeDir });
  const trades = await store.trades({ runId, limit: 100_000 });
  await store.close();
  expect(trades).toHaveLength(attempts.filled + attempts.reverted + attempts.notLanded);
}

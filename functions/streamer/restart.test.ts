import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../shared/platform/config/load.ts';
import { createLogger } from '../../shared/platform/process/log.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { sampleRun, sampleTrade } from '../../shared/platform/store/contract.ts';
import { lockDirectory } from '../../shared/platform/store/directory-lock.ts';
import { createSqliteStore } from '../../shared/platform/store/sqlite-store.ts';
import type { ControlRow } from '../../shared/platform/store/store.ts';
import { STORE_FILE } from '../../shared/platform/store/store-file.ts';
import { createLocalMarket, type LocalMarket } from '../../shared/run/local-market.ts';
import { type LocalNode, startLocalNode } from '../../shared/sim/wire/node.ts';
import { type Service, startService } from './main.ts';

const SOL = 1_000_000_000n;

let dir: string;
let market: LocalMarket;
let node: LocalNode;
let services: Service[];
let seen: string[];
let logged: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'arb-restart-'));
  logged = '';
  seen = [];
  services = [];
  market = createLocalMarket('built-in', 7);
  node = await startLocalNode({ bank: market.world.bank, slotMs: 40 });
});

afterEach(async () => {
  for (const service of services) await service.stop();
  await node.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function start(flags: Record<string, string> = {}): Promise<Service> {
  const clock = createSystemClock();
  const { config } = loadConfig({ env: {}, flags: { port: '0', 'store-dir': dir, ...flags }, cwd: dir });
  const { pools, skipped, symbols } = market;
  const service = await startService({
    config,
    feed: {
      pools: pools.slice(0, 3),
      skipped,
      symbols,
      endpoints: [{ name: 'local', provider: 'generic', url: node.rpcUrl, wsUrl: node.wsUrl }],
    },
    clock,
    log: createLogger({ stream: { write: (text: string) => (logged += text) }, clock }),
    version: 'test',
    fallbackPorts: false,
    observer: ({ kind }) => void seen.push(kind),
  });
  services.push(service);
  return service;
}

async function live(service: Service): Promise<string> {
  const end = Date.now() + 30_000;
  while (!service.run.engine.market.live) {
    if (Date.now() > end) throw new Error(`no feed\n${logged}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return service.run.engine.status;
}

async function control(service: Service, command: 'pause' | 'resume'): Promise<void> {
  const page = await (await fetch(service.url)).text();
  const token = /name="[a-z-]*token" content="([^"]+)"/.exec(page)?.[1] ?? '';
  const answer = await fetch(`${service.url}api/control`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-control-token': token,
      origin: service.url.slice(0, -1),
    },
    body: JSON.stringify({ command }),
  });
  expect(answer.status).toBe(200);
}

const inStore = async <T>(work: (store: ReturnType<typeof createSqliteStore>) => Promise<T>): Promise<T> => {
  const store = createSqliteStore({ dir });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** A run that died and had lost so much. */
const diedWith = (runId: string, netLamports: bigint, startedAtMs: number) =>
  inStore(async (store) => {
    await store.startRun(sampleRun({ runId, startedAtMs }));
    const trade = sampleTrade({ tradeId: runId, runId, netLamports, landedAtMs: startedAtMs + 5 });
    await store.write({ batchId: runId, trades: [trade] });
  });

describe('a run that follows another', () => {
  it('stays halted at the loss limit, until a person resumes it', async () => {
    const row: ControlRow = { name: 'loss-limit', value: 'paused', by: 'service', reason: '', atMs: 1 };
    await inStore((store) => store.setControl(row));
    const first = await start();
    // Who only looks on is told of what was taken over too.
    expect(seen[0]).toBe('loss');
    expect(await live(first)).toBe('halted');
    await first.stop();
    const second = await start();
    expect(await live(second)).toBe('halted');
    const state = (await (await fetch(`${second.url}api/state`)).json()) as { statusReason: string };
    expect(state.statusReason).toMatch(/loss limit was reached in an earlier run/);
    await control(second, 'resume');
    expect(second.run.engine.status).toBe('running');
    await second.stop();
    expect(await live(await start())).toBe('running');
  }, 60_000);

  it('takes over what runs that were killed had lost, however often they were, and halts at the limit', async () => {
    await diedWith('dead-1', -SOL / 2n, 1_000);
    const first = await start();
    expect(await live(first)).toBe('running');
    expect(logged).toMatch(/control\.loss-restored.*"lamports":"500000000".*dead-1/);
    const { runId } = first.run;
    await first.stop();
    // As if the first had been killed after it had lost nearly as much again.
    await inStore(async (store) => {
      const [run] = await store.runs({ limit: 1 });
      const dead = sampleTrade({
        tradeId: 'more',
        runId: 'dead-2',
        netLamports: -SOL / 2n,
        landedAtMs: Date.now(),
      });
      await store.startRun(sampleRun({ runId: 'dead-2', startedAtMs: run!.startedAtMs + 1 }));
      await store.write({ batchId: 'dead-2', trades: [dead] });
      const carried = (await store.controls()).find(({ name }) => name === 'carried-loss');
      expect(carried?.reason).toBe(`${runId} 500000000`);
      await store.setControl({ ...carried!, reason: 'dead-2 500000000', atMs: Date.now() });
    });
    const second = await start();
    expect(await live(second)).toBe('halted');
    await second.stop();
    expect(await live(await start())).toBe('halted');
  }, 60_000);

  it('closes the run that was killed, and does not count what it lost before a person resumed', async () => {
    await diedWith('dead', -5n * SOL, 1_000);
    const resumed: ControlRow = { name: 'trading', value: 'running', by: 'me', reason: '', atMs: 2_000 };
    await inStore((store) => store.setControl(resumed));
    expect(await live(await start())).toBe('running');
    const runs = await inStore((store) => store.runs({ limit: 9 }));
    expect(runs.find(({ runId }) => runId === 'dead')).toMatchObject({
      endedAtMs: 1_005,
      summary: { status: 'killed' },
    });
    expect(logged).toMatch(/run\.closed-as-killed/);
  }, 60_000);

  it('is paused although the store was deleted or emptied, and says that it is gone', async () => {
    const first = await start();
    await live(first);
    await control(first, 'pause');
    await first.stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dir, STORE_FILE + suffix), { force: true });
    const second = await start();
    expect(await live(second)).toBe('paused');
    expect(logged).toMatch(/store\.lost/);
  }, 60_000);

  it('begins paused when the store is gone and its copy of the controls is damaged: a person may have paused it', async () => {
    const first = await start();
    expect(await live(first)).toBe('running');
    await control(first, 'pause');
    await first.stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dir, STORE_FILE + suffix), { force: true });
    writeFileSync(join(dir, 'controls.json'), '[{"name": "trad');
    const second = await start();
    expect(await live(second)).toBe('paused');
    expect(logged).toMatch(/controls\.json is damaged/);
    await second.stop();
    expect(await live(await start())).toBe('paused');
  }, 60_000);

  it('obeys a pause that only the copy beside the store could take, and otherwise the store', async () => {
    const row: ControlRow = { name: 'trading', value: 'running', by: 'me', reason: '', atMs: 9 };
    await inStore((store) => store.setControl(row));
    const copy = { ...row, value: 'paused', atMs: 10 };
    writeFileSync(join(dir, 'controls.json'), JSON.stringify([{ ...copy, stored: true }]));
    const first = await start();
    expect(await live(first)).toBe('running');
    await first.stop();
    writeFileSync(join(dir, 'controls.json'), JSON.stringify([{ ...copy, stored: false }]));
    expect(await live(await start())).toBe('paused');
  }, 60_000);

  it('says that a data directory is new, and begins paused there when it is told to', async () => {
    const first = await start();
    expect(await live(first)).toBe('running');
    expect(logged).toMatch(/store\.new-directory.*nothing is known of an earlier run/);
    await first.stop();
    logged = '';
    const known = await start({ 'store-when-new': 'pause' });
    expect(await live(known)).toBe('running');
    expect(logged).not.toMatch(/new-directory/);
    await known.stop();
    const elsewhere = join(dir, 'elsewhere');
    const flags = { 'store-when-new': 'pause', 'store-dir': elsewhere };
    const second = await start(flags);
    expect(await live(second)).toBe('paused');
    await second.stop();
    expect(await live(await start(flags))).toBe('paused');
  }, 60_000);

  it('is refused while another has the data directory, and named that one', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'store-in-use',
      message: expect.stringMatching(new RegExp(`process ${process.pid}, run ${first.run.runId}, since 20`)),
    });
    await first.stop();
    await (await start()).stop();
  }, 60_000);
});

it('a data directory keeps its files to their owner, and a holder that cannot be read does not matter', () => {
  const lock = lockDirectory(dir, { pid: 1, runId: 'a', since: 'now' });
  expect(statSync(join(dir, 'arb.lock')).mode & 0o777).toBe(0o600);
  expect(() => lockDirectory(dir, { pid: 2, runId: 'b', since: 'now' })).toThrow(/process 1, run a/);
  rmSync(join(dir, 'arb.lock.json'));
  expect(() => lockDirectory(dir, { pid: 2, runId: 'b', since: 'now' })).toThrow(/in use by another run/);
  lock.release();
  lock.release();
  lockDirectory(dir, { pid: 2, runId: 'b', since: 'now' }).release();
});

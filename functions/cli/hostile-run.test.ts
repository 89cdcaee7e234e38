import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleep } from '../../shared/platform/process/backoff.ts';
import { NODE_MEMORY_FLAGS, withMallocSettings } from '../../shared/platform/process/memory-settings.ts';
import { createLocalMarket } from '../../shared/run/local-market.ts';
import { openProviderProxy, type ProviderProxy } from '../../shared/sim/providers/provider-proxy.ts';
import { PROVIDER_ROWS } from '../../shared/sim/providers/rows.ts';
import { startLocalNode } from '../../shared/sim/wire/node.ts';
import { startLocalApis } from '../streamer/local/local-apis.ts';

const COMMAND = fileURLToPath(new URL('./arb.ts', import.meta.url));
const MEMORY_MIB = 512;
/** Of that for the store, which Cloud Run keeps in memory, and for what the kernel holds of the sockets. */
const NOT_ITS_OWN_MIB = 96;
/** What Node takes for its heap by itself in a container of that size. */
const HEAP_MIB = 256;
const START_MS = 90_000;
const ROW_MS = 90_000;
const LOOK_MS = 200;
/** Long enough for what has no bound to fill the memory: an endless answer is read for as long as a call may take. */
const LASTS_MS = 6_000;
/** Enough for both endpoints to hold several hostile answers at once; one that drips holds each for seconds. */
const RPC_ASKED = 12;

/** The service as the container starts it, against two endpoints, a Jupiter and a Helius, and its exit code once it has one. */
interface Run {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
  readonly ended: () => boolean;
}

let rpcs: readonly ProviderProxy[];
let apis: readonly ProviderProxy[];
let run: Run;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  const market = createLocalMarket('built-in', 1);
  const { world, pools } = market;
  const node = await startLocalNode({ bank: world.bank, onSlotStart: () => world.traders.trade() });
  stops.push(() => node.stop());
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  const local = await startLocalApis({ bank: world.bank, pools: named });
  stops.push(() => local.stop());
  const { rpcUrl: url, wsUrl } = node;
  rpcs = await Promise.all([openProviderProxy({ url, wsUrl }), openProviderProxy({ url, wsUrl })]);
  const [jupiter, helius] = await Promise.all([
    openProviderProxy({ url: local.jupiterUrl }),
    openProviderProxy({ url: local.heliusUrl.slice(0, -1) }),
  ]);
  apis = [jupiter, helius];
  for (const proxy of [...rpcs, ...apis]) stops.push(() => proxy.close());
  const endpoints = rpcs.map(({ url, wsUrl }, i) => ({ name: `e${i}`, provider: 'generic', url, wsUrl }));
  run = await start({
    'rpc-endpoints': JSON.stringify(endpoints),
    'universe-pools': named.map(({ venue, address }) => `${venue}:${address}`).join(','),
    'jupiter-url': jupiter.url,
    'jupiter-compare-seconds': '1',
    'helius-url': `${helius.url}/`,
    'helius-refresh-seconds': '1',
  });
  await until('ready', isReady, START_MS);
}, START_MS + 30_000);

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function start(flags: Readonly<Record<string, string>>): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'arb-hostile-'));
  stops.push(() => rmSync(dir, { recursive: true, force: true }));
  const port = await freePort();
  const args = [...NODE_MEMORY_FLAGS, `--max-old-space-size=${HEAP_MIB}`, COMMAND, 'run', '--market', 'live'];
  args.push('--port', String(port), '--store-dir', dir, '--json');
  for (const [name, value] of Object.entries(flags)) args.push(`--${name}`, value);
  const env = { ...withMallocSettings(process.env), ARB_HELIUS_API_KEY: 'local' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  stops.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4_000);
  });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    ended: () => child.exitCode !== null || child.signalCode !== null,
  };
}

async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (run.ended()) throw new Error(`the process died before: ${what}\n${run.output()}`);
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}\n${run.output()}`);
    await sleep(LOOK_MS);
  }
}

async function isReady(): Promise<boolean> {
  return (await statusOf('readyz')) === 200;
}

async function statusOf(path: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${run.url}/${path}`, { signal: AbortSignal.timeout(5_000) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}

const asked = (proxies: readonly ProviderProxy[]): number =>
  proxies.reduce((sum, { requests }) => sum + requests, 0);

/** The most that was ever resident of it. */
function peakMib(): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${run.child.pid}/status`, 'utf8'))?.[1];
  return Number(peak) / 1_024;
}

const ROWS = [
  'endless',
  'endless-blank',
  'endless-refusal',
  'drip',
  'deep',
  'wide',
  'bomb-gzip',
  'bomb-br',
  'bomb-deflate',
];

describe.runIf(process.platform === 'linux')('a run of 512 MiB whose providers are all hostile', () => {
  it.each(ROWS)(
    'stays up and is whole again after: %s',
    async (name) => {
      const row = PROVIDER_ROWS.find((one) => one.name === name);
      try {
        for (const proxy of [...rpcs, ...apis]) {
          proxy.set(row);
          proxy.cut();
        }
        await until('the endpoints were asked', () => asked(rpcs) >= RPC_ASKED, ROW_MS / 3);
        await sleep(LASTS_MS);
        expect(await statusOf('livez')).toBe(200);
      } finally {
        for (const proxy of [...rpcs, ...apis]) {
          proxy.set(undefined);
          proxy.cut();
        }
      }
      await until('ready again', isReady, ROW_MS / 3);
      process.stderr.write(`${name}: ${Math.round(peakMib())} MiB at most so far\n`);
      expect(peakMib()).toBeLessThan(MEMORY_MIB - NOT_ITS_OWN_MIB);
    },
    ROW_MS + 10_000,
  );

  it('and ends in time when it is told to', async () => {
    run.child.kill('SIGTERM');
    await until('ended', run.ended, 30_000).catch((error: Error) => {
      if (!run.ended()) throw error;
    });
    expect(run.child.exitCode).toBe(0);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../shared/core/random.ts';
import { loadConfig } from '../../shared/platform/config/load.ts';
import { createLogger } from '../../shared/platform/process/log.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { createLocalMarket, type LocalMarket } from '../../shared/run/local-market.ts';
import type { ApiServer } from '../../shared/sim/apis/api-server.ts';
import { startHeliusServer } from '../../shared/sim/apis/helius-server.ts';
import { startJupiterServer } from '../../shared/sim/apis/jupiter-server.ts';
import { type FaultProxy, openFaultProxy } from '../../shared/sim/fault-proxy/fault-proxy.ts';
import { startLocalNode } from '../../shared/sim/wire/node.ts';
import type { FeedSource } from './feed-source.ts';
import { type Service, startService } from './main.ts';

/** Ten times the speed of a chain. */
const SLOT_MS = 40;
const KEY = 'local';
const WAIT_MS = 30_000;
const LOOK_MS = 25;

export interface TestRunParams {
  /** Endpoints in front of the one node: both wires of each pass its own proxy. Default one. */
  readonly endpoints?: number;
  readonly flags?: Readonly<Record<string, string>>;
  /** Of the built-in market; all by default. */
  readonly pools?: (market: LocalMarket) => LocalMarket['pools'];
}

/** An endpoint of the service under test, whose HTTP and WebSocket can fail apart. */
export interface TestEndpoint {
  readonly name: string;
  readonly http: FaultProxy;
  readonly socket: FaultProxy;
}

/** The service over real sockets, and everything that it depends on with a switch for its faults. */
export interface TestRun {
  readonly service: Service;
  readonly market: LocalMarket;
  readonly endpoints: readonly TestEndpoint[];
  readonly jupiter: ApiServer;
  readonly helius: ApiServer;
  readonly storeDir: string;
  /** JSON lines of the service's log so far. */
  readonly logged: () => string;
  /** Waits for what `read` finds; throws with the log when it does not come. */
  until<T>(what: string, read: () => Promise<T | undefined | false> | T | undefined | false): Promise<T>;
  stop(): Promise<void>;
}

/** Starts node, proxies, outside APIs and the service; rejects with what any of them is refused with. */
export async function startTestRun(params: TestRunParams = {}): Promise<TestRun> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  let logged = '';
  try {
    const storeDir = mkdtempSync(join(tmpdir(), 'arb-run-'));
    stops.push(async () => rmSync(storeDir, { recursive: true, force: true }));
    const market = createLocalMarket('built-in', 7);
    const { world, symbols, skipped } = market;
    const { bank } = world;
    const node = await startLocalNode({ bank, slotMs: SLOT_MS, onSlotStart: () => world.traders.trade() });
    stops.push(() => node.stop());
    const named = market.pools.map(({ venue, address }) => ({ venue: venue.id, address }));
    const jupiter = await startJupiterServer({ bank, pools: named });
    stops.push(() => jupiter.stop());
    const helius = await startHeliusServer({ bank, apiKey: KEY });
    stops.push(() => helius.stop());

    const endpoints: TestEndpoint[] = [];
    for (let i = 1; i <= (params.endpoints ?? 1); i++) {
      const { rpcUrl, wsUrl } = node;
      const [http, socket] = await Promise.all(
        ['http', 'socket'].map((wire) =>
          openFaultProxy({ rpcUrl, wsUrl, random: createRandom(`${wire} ${i}`) }),
        ),
      );
      stops.push(
        () => http!.close(),
        () => socket!.close(),
      );
      endpoints.push({ name: `node-${i}`, http: http!, socket: socket! });
    }
    const feed: FeedSource = {
      pools: params.pools?.(market) ?? market.pools,
      skipped,
      symbols,
      endpoints: endpoints.map(({ name, http, socket }) => ({
        name,
        provider: 'generic',
        url: http.rpcUrl,
        wsUrl: socket.wsUrl,
      })),
      apis: { jupiterUrl: jupiter.url, heliusUrl: `${helius.url}/`, heliusKey: KEY },
    };
    const clock = createSystemClock();
    const { config } = loadConfig({
      env: {},
      cwd: storeDir,
      flags: {
        port: '0',
        'store-dir': storeDir,
        // A busy machine is late by itself; these tests are about what is gone, not about what is late.
        'risk-max-slot-lag': '50',
        // Slots are a tenth of the real length here: a trade is as many of them under way, not as long.
        'paper-latency-ms': '0',
        'feed-max-lag-ms': '5000',
        'jupiter-compare-seconds': '1',
        'jupiter-requests-per-second': '100',
        'helius-refresh-seconds': '0.4',
        ...params.flags,
      },
    });
    const service = await startService({
      config,
      feed,
      clock,
      log: createLogger({ stream: { write: (text: string) => (logged += text) }, clock }),
      version: 'test',
      fallbackPorts: false,
      timing: { storeBusyMs: 50, breaker: { failures: 2, openMs: 300, maxOpenMs: 600 } },
    });
    stops.push(() => service.stop());
    return {
      service,
      market,
      endpoints,
      jupiter,
      helius,
      storeDir,
      logged: () => logged,
      async until(what, read) {
        const end = Date.now() + WAIT_MS;
        for (;;) {
          const value = await read();
          if (value !== undefined && value !== false) return value;
          if (Date.now() > end) throw new Error(`waited ${WAIT_MS} ms for ${what}\n${logged}`);
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../shared/core/clock.ts';
import { createRandom } from '../../../shared/core/random.ts';
import { isQuotable } from '../../../shared/market/pool-entry.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { createLocalMarket, type LocalMarket } from '../../../shared/run/local-market.ts';
import { openProviderProxy, type ProviderProxy } from '../../../shared/sim/providers/provider-proxy.ts';
import type { ProviderRow } from '../../../shared/sim/providers/provider-row.ts';
import { type LocalNode, startLocalNode } from '../../../shared/sim/wire/node.ts';
import { type LocalApis, startLocalApis } from '../../streamer/local/local-apis.ts';
import { type Service, startService } from '../../streamer/main.ts';
import { createTruth, type Truth, type Verdict } from './chaos-truth.ts';

export interface ProviderChaosParams {
  readonly config: Config;
  readonly seed: number;
  /** In the order in which they come. */
  readonly rows: readonly ProviderRow[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** What became of the service while a provider behaved as one row says. */
export interface ProviderRowRun {
  readonly row: string;
  readonly does: string;
  /** Whether everything was whole again within the row's bound, and after how many milliseconds. */
  readonly whole: boolean;
  readonly wholeAfterMs: number;
  /** What was not, at the end of the bound; '' when it was whole. */
  readonly problem: string;
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  /** Looks at readiness, and how many said ready though nothing could be traded. */
  readonly looks: number;
  readonly readyInVain: number;
  /** Looks at which an endpoint was quarantined as one that lies: of these none does. */
  readonly quarantined: number;
  /** HTTP requests and handshakes that the provider saw meanwhile. */
  readonly requests: number;
  readonly handshakes: number;
  /** The row's words were seen on the page; undefined where it has none, or was not asked. */
  readonly said: boolean | undefined;
}

export interface ProviderChaosRun {
  readonly seed: number;
  readonly rows: readonly ProviderRowRun[];
  readonly peakRssBytes: number;
}

const LOOK_MS = 50;
const START_MS = 60_000;
/** Pools go out and come back while a gap is closed; readiness waits for that, and so does this. */
const NOTHING_QUOTABLE_MS = 7_000;

/** One seeded run: built-in market, two endpoints and the APIs behind provider proxies, the whole service, real sockets. */
export async function runProviderChaos(params: ProviderChaosParams): Promise<ProviderChaosRun> {
  const { config, seed, rows, clock, log, version, signal } = params;
  const market = createLocalMarket('built-in', seed);
  const { world } = market;
  const dir = mkdtempSync(join(tmpdir(), 'arb-providers-'));
  const stops: (() => Promise<unknown>)[] = [];
  let service: Service | undefined;
  let truth: Truth | undefined;
  let tally = createTally();
  let peakRssBytes = 0;
  try {
    const node = await startLocalNode({ bank: world.bank, onSlotStart: () => world.traders.trade() });
    stops.push(() => node.stop());
    const apis = await startLocalApis({
      bank: world.bank,
      pools: market.pools.map(({ venue, address }) => ({ venue: venue.id, address })),
    });
    stops.push(() => apis.stop());
    const proxies = await openProxies(node, apis);
    stops.push(() => Promise.all(Object.values(proxies).map((proxy) => proxy.close())));
    service = await startService({
      config: chaosConfig(config, seed, dir),
      feed: feedOf(market, proxies, apis),
      clock,
      log,
      version,
      fallbackPorts: true,
      signal,
      timing: { breaker: { failures: 2, openMs: 500, maxOpenMs: 2_000 } },
      observer(_, record) {
        for (const { opportunity } of record.decisions) tally.decision(truth?.judge(opportunity) ?? 'fresh');
      },
    });
    const { engine } = service.run;
    truth = createTruth({ bank: world.bank, market: engine.market, window: config.risk.maxSlotLag + 1 });
    await untilWhole(service, START_MS, signal);
    const random = createRandom(`chaos providers ${seed}`);
    const runs: ProviderRowRun[] = [];
    for (const row of rows) {
      if (signal.aborted) break;
      tally = createTally();
      runs.push(
        await runRow(service, row, affected(row, proxies, random.below(2)), () => tally.figures(), signal),
      );
      peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
    }
    return { seed, rows: runs, peakRssBytes };
  } finally {
    truth?.stop();
    await service?.stop();
    for (const stop of stops.reverse()) await stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Proxies = Readonly<Record<'a' | 'b' | 'jupiter' | 'helius', ProviderProxy>>;

async function openProxies(node: LocalNode, { jupiterUrl, heliusUrl }: LocalApis): Promise<Proxies> {
  const { rpcUrl: url, wsUrl } = node;
  const [a, b, jupiter, helius] = await Promise.all([
    openProviderProxy({ url, wsUrl }),
    openProviderProxy({ url, wsUrl }),
    openProviderProxy({ url: jupiterUrl }),
    openProviderProxy({ url: heliusUrl }),
  ]);
  return { a, b, jupiter, helius };
}

function affected({ service, who }: ProviderRow, proxies: Proxies, one: number): readonly ProviderProxy[] {
  if (service !== 'rpc') return [proxies[service]];
  return who === 'all' ? [proxies.a, proxies.b] : [one === 0 ? proxies.a : proxies.b];
}

async function runRow(
  service: Service,
  row: ProviderRow,
  bad: readonly ProviderProxy[],
  figures: () => TallyFigures,
  signal: AbortSignal,
): Promise<ProviderRowRun> {
  const watch = watchReadiness(service, row.says);
  for (const proxy of bad) {
    proxy.set(row);
    // As when a provider restarts: what was streamed must be had again, and read over HTTP, while it behaves so.
    proxy.cut();
  }
  await sleep(row.lastsMs, signal);
  const sum = (of: (proxy: ProviderProxy) => number) => bad.reduce((total, proxy) => total + of(proxy), 0);
  const requests = sum((proxy) => proxy.requests);
  const handshakes = sum((proxy) => proxy.handshakes);
  for (const proxy of bad) {
    proxy.set(undefined);
    // What hangs or drips ends with the behaviour that began it.
    if (row.ws === undefined) proxy.cut();
  }
  const { problem, tookMs } = await untilWhole(service, row.wholeWithinMs, signal);
  const { looks, readyInVain, quarantined, said } = await watch.stop();
  return {
    row: row.name,
    does: row.does,
    whole: problem === '',
    wholeAfterMs: Math.round(tookMs),
    problem,
    ...figures(),
    looks,
    readyInVain,
    quarantined,
    requests,
    handshakes,
    said: row.says === undefined || requests === 0 ? undefined : said,
  };
}

/** Looks at what the service says of itself, and at whether it could trade, until it is stopped. */
function watchReadiness(service: Service, says: RegExp | undefined) {
  const { market } = service.run.engine;
  let looks = 0;
  let readyInVain = 0;
  let quarantined = 0;
  let said = false;
  let over = false;
  let quotableMs = performance.now();

  const canTrade = (): boolean => {
    if (!market.live) return false;
    if (market.pools.some(isQuotable)) quotableMs = performance.now();
    return performance.now() - quotableMs < NOTHING_QUOTABLE_MS;
  };

  async function look(): Promise<void> {
    const before = canTrade();
    const ready = await pageOf(service, 'readyz');
    if (ready !== undefined) looks++;
    if (service.feedStatus().quarantined.length > 0) quarantined++;
    // It may have changed while the answer was on its way; in vain is what was so before and after.
    if (ready?.status === 200 && !before && !canTrade()) readyInVain++;
    if (says !== undefined && !said) said = says.test((await pageOf(service, 'api/state'))?.text ?? '');
  }

  const looking = (async () => {
    while (!over) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return {
    async stop() {
      over = true;
      await looking;
      return { looks, readyInVain, quarantined, said };
    },
  };
}

/** Until every account is confirmed, the engine may trade and nothing is down; `problem` is what was not in time. */
async function untilWhole(
  service: Service,
  withinMs: number,
  signal: AbortSignal,
): Promise<{ readonly problem: string; readonly tookMs: number }> {
  const { engine } = service.run;
  const fromMs = performance.now();
  for (;;) {
    const { state, reason, accounts, confirmed } = service.feedStatus();
    const isLive = state === 'live' && accounts === confirmed && engine.status === 'running';
    const down = isLive ? await whatIsDown(service) : '';
    const tookMs = performance.now() - fromMs;
    if (isLive && down === '') return { problem: '', tookMs };
    if (tookMs > withinMs || signal.aborted) {
      const feed = `feed ${state}${reason === '' ? '' : ` (${reason})`}, ${confirmed} of ${accounts} accounts, ${engine.status}`;
      const said = (await pageOf(service, 'readyz'))?.text.trim() ?? 'no answer of its own page';
      return { problem: `${isLive ? down : feed}: ${said}`, tookMs };
    }
    await sleep(LOOK_MS, signal);
  }
}

/** By the gauges of the metrics page; '' when nothing is. */
async function whatIsDown(service: Service): Promise<string> {
  const page = await pageOf(service, 'metrics');
  if (page === undefined) return 'no answer of its own page';
  const down = page.text.match(/^arb_(?:rpc_up|dependency_up)\{[^}]*\} 0$/gm) ?? [];
  return down.join(', ');
}

/** A page of the service; undefined where its connection was lost: the next look has another. */
async function pageOf(
  service: Service,
  path: string,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(`${service.url}${path}`);
    return { status: response.status, text: await response.text() };
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

function feedOf(market: LocalMarket, { a, b, jupiter, helius }: Proxies, { heliusKey }: LocalApis) {
  const { pools, skipped, symbols } = market;
  const endpoints = Object.entries({ a, b }).map(([name, { url, wsUrl }]) => {
    return { name, provider: 'generic' as const, url, wsUrl };
  });
  const apis = { jupiterUrl: jupiter.url, heliusUrl: `${helius.url}/`, heliusKey };
  return { pools, skipped, symbols, endpoints, apis };
}

/** Nothing costs anything, so that as much as can be is decided; what stands outside is asked often. */
function chaosConfig(config: Config, seed: number, dir: string): Config {
  return {
    ...config,
    seed,
    market: 'built-in',
    feed: { ...config.feed, redundancy: seed % 2 === 0 ? 2 : 1 },
    costs: { ...config.costs, baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n },
    risk: { ...config.risk, minNetProfitLamports: 1n, maxPending: 1_000 },
    jupiter: { ...config.jupiter, compareSeconds: 1, requestsPerSecond: 100 },
    helius: { ...config.helius, refreshSeconds: 0.4, requestsPerSecond: 100 },
    server: { ...config.server, port: 0 },
    store: { ...config.store, dir },
  };
}

interface TallyFigures {
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
}

function createTally() {
  const decided: Record<Verdict, number> = { fresh: 0, stale: 0, false: 0 };
  return {
    decision: (verdict: Verdict) => void decided[verdict]++,
    figures: (): TallyFigures => ({
      decisions: decided.fresh + decided.stale + decided.false,
      staleDecisions: decided.stale,
      falseDecisions: decided.false,
    }),
  };
}

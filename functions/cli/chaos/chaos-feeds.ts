import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../shared/core/clock.ts';
import { createRandom, type Random } from '../../../shared/core/random.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { createLocalMarket, type LocalMarket } from '../../../shared/run/local-market.ts';
import { type FaultKind, scheduleFaults } from '../../../shared/sim/fault-proxy/fault.ts';
import { type FaultProxy, openFaultProxy } from '../../../shared/sim/fault-proxy/fault-proxy.ts';
import { startLocalNode } from '../../../shared/sim/wire/node.ts';
import { type Service, startService } from '../../streamer/main.ts';
import { watchStalls } from './chaos-stalls.ts';
import { createTruth, type Truth, type Verdict } from './chaos-truth.ts';

export interface FeedChaosParams {
  readonly config: Config;
  readonly seed: number;
  /** How long things go wrong. */
  readonly seconds: number;
  /** Both endpoints are gone at once for this long, once. */
  readonly outageSeconds: number;
  readonly redundancy: 1 | 2;
  /** What may go wrong; everything by default. */
  readonly kinds?: readonly FaultKind[] | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** What a service came to while the wire to its two endpoints failed in every way. */
export interface FeedChaosRun {
  readonly seed: number;
  readonly redundancy: 1 | 2;
  /** How often each kind of fault was made. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Messages and answers that a proxy changed or kept back. */
  readonly messagesTouched: number;
  /** Whether the feed was whole again at the end, every account confirmed. */
  readonly live: boolean;
  readonly reason: string;
  /** Sized candidates, those of them that were approved, and how they stood to the chain's own state. */
  readonly decisions: number;
  readonly approved: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  /** Looks at every quotable pool, one a slot, and how many found one that was not as the chain had it. */
  readonly stateChecks: number;
  readonly staleStates: number;
  readonly falseStates: number;
  /** The first of those looks. */
  readonly wrongLooks: readonly WrongLook[];
  /** From the end of a fault to a whole feed; milliseconds, in order. */
  readonly recoveriesMs: readonly number[];
  /** What the feed itself counted. */
  readonly lostAccounts: number;
  readonly contradictions: number;
  readonly lies: number;
  /** Endpoints that were quarantined though they had not lied so far. */
  readonly wronglyQuarantined: number;
  readonly forks: number;
  readonly peakRssBytes: number;
}

/** A look that found a quotable pool not as the chain had it, with what there was at that time. */
export interface WrongLook {
  readonly verdict: Verdict;
  readonly venue: string | undefined;
  readonly pool: string | undefined;
  /** The slot that the service had heard of, the one that the chain was in, and the one that it believed the pool of. */
  readonly slot: number;
  readonly chainSlot: number;
  readonly ofSlot: number | undefined;
  /** Faults that were on, or were until five seconds before: kind, endpoint, and milliseconds since its end. */
  readonly faults: readonly string[];
  /** Whether the whole process, node and service, had not got its turn shortly before. */
  readonly stalled: boolean;
}

const WRONG_LOOKS_KEPT = 20;
const RECENT_FAULT_MS = 5_000;
const NAMES = ['a', 'b'];
const LIES: readonly FaultKind[] = ['stale-slot', 'wrong-bytes'];
const POLL_MS = 10;
const WHOLE_WITHIN_MS = 60_000;
/** What lies between faults is too short to recover in, now and then, on purpose. */
const BACK_TO_BACK_MS = 150;

/** One seeded run: built-in market, two endpoints behind fault proxies, the whole service, real sockets. */
export async function runFeedChaos(params: FeedChaosParams): Promise<FeedChaosRun> {
  const { seed, seconds, outageSeconds, redundancy, clock, log, version, signal } = params;
  const random = createRandom(`chaos feeds ${seed}`);
  const market = createLocalMarket('built-in', seed);
  const { world } = market;
  const node = await startLocalNode({ bank: world.bank, onSlotStart: () => world.traders.trade() });
  const proxies = await openProxies(node, random);
  const dir = mkdtempSync(join(tmpdir(), 'arb-chaos-'));
  let service: Service | undefined;
  let truth: Truth | undefined;
  const tally = createVerdicts(clock);
  const stalls = watchStalls(clock);
  const accused = new Set<string>();
  const watching = setInterval(() => {
    tally.memory();
    for (const { endpoint } of service?.feedStatus().quarantined ?? []) {
      if (!tally.liars.has(endpoint)) accused.add(endpoint);
    }
  }, 200);
  try {
    const config = chaosConfig(params, dir);
    service = await startService({
      config,
      feed: feedOf(market, proxies),
      clock,
      log,
      version,
      fallbackPorts: true,
      observer(event, record) {
        for (const { outcome, opportunity } of record.decisions) {
          tally.decision(outcome === 'approved', truth?.judge(opportunity) ?? 'fresh');
        }
        if (event.kind !== 'slot' || truth === undefined) return;
        const stalled = stalls.isLeftOut();
        const { verdict, venue, pool, ofSlot } = truth.judgePools();
        const chainSlot = world.bank.slot;
        const at = { slot: event.slot, chainSlot, ofSlot, faults: tally.recentFaults(), stalled };
        tally.look(verdict, () => ({ verdict, venue, pool, ...at }));
        stalls.onSlot(true);
      },
    });
    const { engine } = service.run;
    truth = createTruth({ bank: world.bank, market: engine.market, window: config.risk.maxSlotLag + 1 });
    await untilWhole(service, clock, signal);
    const lengthMs = seconds * 1_000;
    const plan = scheduleFaults({
      random: random.fork('plan'),
      endpoints: proxies.length,
      lengthMs,
      ...(params.kinds === undefined ? {} : { kinds: params.kinds }),
      outageMs: Math.min(outageSeconds * 1_000, lengthMs),
    });
    let at = 0;
    for (const stage of stages(plan)) {
      if (signal.aborted) break;
      if (stage.fromMs - at > BACK_TO_BACK_MS && at > 0) {
        const tookMs = await untilWhole(service, clock, signal);
        if (tookMs !== undefined) tally.recoveries.push(tookMs);
      }
      await sleep(stage.fromMs - at, signal);
      for (const { kind, endpoint } of stage.faults) {
        tally.fault(kind, NAMES[endpoint]!);
        if (LIES.includes(kind)) tally.liars.add(NAMES[endpoint]!);
        await proxies[endpoint]!.set(kind);
      }
      await sleep(stage.toMs - stage.fromMs, signal);
      for (const { kind, endpoint } of stage.faults) {
        await proxies[endpoint]!.set(undefined);
        tally.faultOver(kind, NAMES[endpoint]!);
      }
      at = stage.toMs;
    }
    const tookMs = await untilWhole(service, clock, signal);
    if (tookMs !== undefined) tally.recoveries.push(tookMs);
    const { reason, lostAccounts, contradictions, lies, forks } = service.feedStatus();
    return {
      seed,
      redundancy,
      live: tookMs !== undefined,
      reason,
      lostAccounts,
      contradictions,
      lies,
      wronglyQuarantined: accused.size,
      forks,
      messagesTouched: proxies.reduce((sum, proxy) => sum + proxy.touched, 0),
      ...tally.figures(),
    };
  } finally {
    clearInterval(watching);
    stalls.stop();
    // What is looked at from here on is held against nothing.
    truth?.stop();
    truth = undefined;
    for (const proxy of proxies) await proxy.set(undefined);
    await service?.stop();
    for (const proxy of proxies) await proxy.close();
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function openProxies(
  node: { readonly rpcUrl: string; readonly wsUrl: string },
  random: Random,
): Promise<readonly FaultProxy[]> {
  const { rpcUrl, wsUrl } = node;
  return await Promise.all(
    NAMES.map((name) =>
      openFaultProxy({ rpcUrl, wsUrl, random: random.fork(name), host: `endpoint-${name}.invalid` }),
    ),
  );
}

function feedOf(market: LocalMarket, proxies: readonly FaultProxy[]) {
  const { pools, skipped, symbols } = market;
  const endpoints = proxies.map(({ rpcUrl, wsUrl }, i) => {
    return { name: NAMES[i]!, provider: 'generic' as const, url: rpcUrl, wsUrl };
  });
  return { pools, skipped, symbols, endpoints };
}

/** Nothing costs anything, so that as much as can be is decided. */
function chaosConfig({ config, redundancy, seed }: FeedChaosParams, dir: string): Config {
  return {
    ...config,
    seed,
    market: 'built-in',
    feed: { ...config.feed, redundancy },
    costs: { ...config.costs, baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n },
    risk: { ...config.risk, minNetProfitLamports: 1n, maxPending: 1_000 },
    server: { ...config.server, port: 0 },
    store: { ...config.store, dir },
  };
}

interface Stage {
  readonly fromMs: number;
  readonly toMs: number;
  readonly faults: { readonly kind: FaultKind; readonly endpoint: number }[];
}

/** Faults that begin together, together. */
function stages(plan: ReturnType<typeof scheduleFaults>): readonly Stage[] {
  const found: Stage[] = [];
  for (const { kind, endpoint, fromMs, toMs } of plan) {
    const last = found.at(-1);
    if (last !== undefined && last.fromMs === fromMs) last.faults.push({ kind, endpoint });
    else found.push({ fromMs, toMs, faults: [{ kind, endpoint }] });
  }
  return found;
}

/** Milliseconds until every account is confirmed and the engine may trade; undefined when that takes too long. */
async function untilWhole(service: Service, clock: Clock, signal: AbortSignal): Promise<number | undefined> {
  const { engine } = service.run;
  const fromMicros = clock.monotonicMicros();
  for (;;) {
    const { state, accounts, confirmed } = service.feedStatus();
    const tookMs = (clock.monotonicMicros() - fromMicros) / 1_000;
    if (state === 'live' && accounts === confirmed && engine.status === 'running') return tookMs;
    if (tookMs > WHOLE_WITHIN_MS || signal.aborted) return undefined;
    await sleep(POLL_MS, signal);
  }
}

function createVerdicts(clock: Clock) {
  const faults: Partial<Record<FaultKind, number>> = {};
  const recoveries: number[] = [];
  const liars = new Set<string>();
  const decided: Record<Verdict, number> = { fresh: 0, stale: 0, false: 0 };
  const seen: Record<Verdict, number> = { fresh: 0, stale: 0, false: 0 };
  const wrongLooks: WrongLook[] = [];
  /** What was on, and since when it is over. */
  const made = new Map<string, number | undefined>();
  let approved = 0;
  let peakRssBytes = 0;
  const nowMs = (): number => clock.monotonicMicros() / 1_000;
  return {
    recoveries,
    liars,
    memory: () => {
      peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
    },
    fault: (kind: FaultKind, endpoint: string) => {
      faults[kind] = (faults[kind] ?? 0) + 1;
      made.set(`${kind} of ${endpoint}`, undefined);
    },
    faultOver: (kind: FaultKind, endpoint: string) => void made.set(`${kind} of ${endpoint}`, nowMs()),
    recentFaults: (): readonly string[] =>
      [...made].flatMap(([fault, overMs]) => {
        if (overMs === undefined) return [fault];
        const ago = nowMs() - overMs;
        return ago > RECENT_FAULT_MS ? [] : [`${fault} until ${Math.round(ago)} ms ago`];
      }),
    decision(wasApproved: boolean, verdict: Verdict) {
      if (wasApproved) approved++;
      decided[verdict]++;
    },
    look(verdict: Verdict, wrong: () => WrongLook) {
      seen[verdict]++;
      if (verdict !== 'fresh' && wrongLooks.length < WRONG_LOOKS_KEPT) wrongLooks.push(wrong());
    },
    figures: () => ({
      faults,
      decisions: decided.fresh + decided.stale + decided.false,
      approved,
      staleDecisions: decided.stale,
      falseDecisions: decided.false,
      stateChecks: seen.fresh + seen.stale + seen.false,
      staleStates: seen.stale,
      falseStates: seen.false,
      wrongLooks: [...wrongLooks],
      recoveriesMs: recoveries.map((ms) => Math.round(ms)).sort((a, b) => a - b),
      peakRssBytes,
    }),
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCensusCounts } from '../../../shared/census/counts.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { V1_PREFIX } from '../../../shared/execution/build/encode-v1.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { composeCensus } from '../../../shared/run/census.ts';
import { createLocalMarket } from '../../../shared/run/local-market.ts';
import type { ChainRules } from '../../../shared/sim/chain/chain-rules.ts';
import { startLocalNode } from '../../../shared/sim/wire/node.ts';
import { type Service, startService } from '../../streamer/main.ts';
import { type ChainChaosReport, type ChainChaosStage, chainFaults } from './chaos-chain-report.ts';
import { watchStalls } from './chaos-stalls.ts';
import { createTruth, type Truth, type Verdict } from './chaos-truth.ts';

export interface ChainChaosParams {
  readonly config: Config;
  readonly seed: number;
  /** How long the chain stays what it is at each stage. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly signal: AbortSignal;
}

const STAGES: readonly { readonly name: string; readonly change: Partial<ChainRules> }[] = [
  { name: '400 ms', change: {} },
  { name: '300 ms', change: { slotMs: 300 } },
  { name: 'rent step', change: { rentLamportsPerByte: 696n } },
  { name: '200 ms', change: { slotMs: 200 } },
  { name: 'migration', change: { consensus: 'migrating' } },
  { name: 'Alpenglow', change: { consensus: 'alpenglow' } },
  { name: 'two blocks in a slot', change: { secondBlockEvery: 5 } },
];
const REFRESH_MS = 1_000;
const RECENT_SLOTS = 16;
const WHOLE_WITHIN_MS = 60_000;
/** The whole service on a chain that becomes another one in mid-run, six times, over real sockets. */
export async function runChainChaos(params: ChainChaosParams): Promise<ChainChaosReport> {
  const { seed, seconds, clock, log, version, signal } = params;
  const market = createLocalMarket('built-in', seed, params.config.sim);
  const { bank, traders } = market.world;
  let version1 = 0;
  bank.onTransaction(({ transaction: { wire } }) => {
    if (wire?.[0] === V1_PREFIX) version1 += 1;
  });
  const node = await startLocalNode({ bank, onSlotStart: () => traders.trade() });
  const dir = mkdtempSync(join(tmpdir(), 'arb-chaos-'));
  const config = chaosConfig(params, dir);
  const counts = createCensusCounts([0, 1, 2, 3], 1);
  const census = composeCensus(config, counts, market.pools);
  const stalls = watchStalls(clock);
  const stages: ChainChaosStage[] = [];
  let service: Service | undefined;
  let truth: Truth | undefined;
  let stage = createStage('starting');
  let chainMs = 0;
  /** When each slot really began. */
  const begun = new Map<number, number>();
  const beganAt = (slot: number): number => begun.get(slot) ?? Number.NaN;
  const firstHeard = bank.slot + 1;
  const stopSlots = bank.onSlot(({ slot }) => begun.set(slot, clock.monotonicMicros() / 1_000));
  try {
    const { pools, skipped, symbols } = market;
    const endpoints = [{ name: 'local', provider: 'generic' as const, url: node.rpcUrl, wsUrl: node.wsUrl }];
    service = await startService({
      config,
      feed: { pools, skipped, symbols, endpoints },
      clock,
      log,
      version,
      fallbackPorts: true,
      timing: { chainRefreshMs: REFRESH_MS },
      observer(event, record) {
        const { usableSlots } = counts.coverage;
        census.process(event);
        census.takeSubscriptions();
        const used = counts.coverage.usableSlots - usableSlots;
        if (event.kind === 'slot' && used > 0) chainMs += beganAt(event.slot) - beganAt(event.slot - used);
        if (truth === undefined || service === undefined) return;
        const stalled = stalls.isLeftOut();
        if (!stalled)
          for (const { opportunity } of record.decisions) stage.decision(truth.judge(opportunity));
        if (event.kind !== 'slot') return;
        const isTrading = trades(service, config);
        stage.slot(isTrading, stalled);
        if (!stalled) stage.look(truth.judgePools().verdict);
        stalls.onSlot(isTrading);
      },
    });
    const { engine } = service.run;
    if (!(await untilTrading(service, config, clock, signal))) {
      const { state, accounts, confirmed } = service.feedStatus();
      const { slot, clock: told } = engine.market;
      const how = `${engine.status}, feed ${state}, ${confirmed} of ${accounts} accounts confirmed, slot ${slot}, clock ${told?.slot}`;
      throw new ArbError('chaos-not-trading', `the service never traded: ${how}`);
    }
    truth = createTruth({ bank, market: engine.market, window: config.risk.maxSlotLag + 1 });
    for (const { name, change } of STAGES) {
      if (signal.aborted) break;
      bank.change(change);
      stage = createStage(name);
      await sleep(seconds * 1_000, signal);
      const from = Math.max(firstHeard, bank.slot - RECENT_SLOTS);
      const actualMs = (beganAt(bank.slot) - beganAt(from)) / Math.max(1, bank.slot - from);
      stages.push(stage.figures(engine.market.chain.slotMicros / 1_000, bank.rules.slotMs, actualMs));
    }
    census.end();
    const books = await bookTransactions(service.url);
    const { rentLamportsPerByte, alpenglow } = engine.market.chain;
    const found = {
      seed,
      stages,
      tokenAccountRent: {
        told: String(rentLamportsPerByte * 293n),
        chain: String(bank.rent(165)),
      },
      alpenglow,
      transactions: { version1, ...books },
      census: { usableSeconds: counts.coverage.usableMicros / 1e6, chainSeconds: chainMs / 1_000 },
    };
    const faults = signal.aborted ? ['stopped before its end'] : chainFaults(found);
    return { ok: faults.length === 0, faults, ...found };
  } finally {
    stalls.stop();
    stopSlots();
    truth?.stop();
    await service?.stop();
    await node.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Nothing costs anything, so that as much as can be is decided. */
function chaosConfig({ config, seed }: ChainChaosParams, dir: string): Config {
  return {
    ...config,
    seed,
    market: 'built-in',
    costs: { ...config.costs, baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n },
    risk: { ...config.risk, minNetProfitLamports: 1n, maxPending: 1_000 },
    server: { ...config.server, port: 0 },
    store: { ...config.store, dir },
  };
}

function trades(service: Service, config: Config): boolean {
  const { engine } = service.run;
  const { market } = engine;
  const lag = market.slot - (market.clock?.slot ?? 0);
  return (
    engine.status === 'running' && service.feedStatus().state === 'live' && lag <= config.risk.maxSlotLag
  );
}

async function untilTrading(
  service: Service,
  config: Config,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = clock.nowMs() + WHOLE_WITHIN_MS;
  while (!signal.aborted && clock.nowMs() < untilMs) {
    const { accounts, confirmed } = service.feedStatus();
    if (trades(service, config) && accounts === confirmed) return true;
    await sleep(10, signal);
  }
  return signal.aborted;
}

function createStage(name: string) {
  const decided: Record<Verdict, number> = { fresh: 0, stale: 0, false: 0 };
  const seen: Record<Verdict, number> = { fresh: 0, stale: 0, false: 0 };
  let slots = 0;
  let falseStaleSlots = 0;
  let stalledSlots = 0;
  return {
    decision: (verdict: Verdict) => void decided[verdict]++,
    look: (verdict: Verdict) => void seen[verdict]++,
    slot(trading: boolean, stalled: boolean) {
      slots += 1;
      if (stalled) stalledSlots += 1;
      else if (!trading) falseStaleSlots += 1;
    },
    figures: (measuredSlotMs: number, slotMs: number, actualSlotMs: number): ChainChaosStage => ({
      name,
      slots,
      falseStaleSlots,
      stalledSlots,
      decisions: decided.fresh + decided.stale + decided.false,
      staleDecisions: decided.stale,
      falseDecisions: decided.false,
      staleStates: seen.stale,
      falseStates: seen.false,
      measuredSlotMs,
      slotMs,
      actualSlotMs,
    }),
  };
}

/** What the service's own metrics say of order-book transactions. */
async function bookTransactions(url: string): Promise<{ readonly told: number; readonly unread: number }> {
  const text = await (await fetch(new URL('metrics', url))).text();
  const of = (outcome: string): number => {
    const found = new RegExp(`^arb_book_transactions_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(
      text,
    );
    return Number(found?.[1] ?? 0);
  };
  return { told: of('told'), unread: of('unreadable') + of('version-too-new') + of('dropped') };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCensusCounts } from '../../shared/census/counts.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { ArbError } from '../../shared/core/errors.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { ChainRules } from '../../shared/sim/chain-rules.ts';
import { startLocalNode } from '../../shared/sim/node.ts';
import { V1_PREFIX } from '../../shared/sim/wire-v1.ts';
import { composeCensus } from '../streamer/census.ts';
import { createLocalMarket } from '../streamer/local-market.ts';
import { type Service, startService } from '../streamer/main.ts';
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

/** What one stage of the chain came to. */
export interface ChainChaosStage {
  readonly name: string;
  readonly slots: number;
  /** Slots at whose beginning the service did not trade, though every slot before had been told in time. */
  readonly falseStaleSlots: number;
  /**
   * Slots left out: the two that follow a stall of this machine, node and service alike, and those in which the service
   * has not come back from it, for a second at most.
   */
  readonly stalledSlots: number;
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  readonly staleStates: number;
  readonly falseStates: number;
  /** What the service took a slot to last at the end, what one should and what one really lasted on the wall clock. */
  readonly measuredSlotMs: number;
  readonly slotMs: number;
  readonly actualSlotMs: number;
}

export interface ChainChaosReport {
  readonly ok: boolean;
  /** Why not, each in a sentence. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly stages: readonly ChainChaosStage[];
  readonly tokenAccountRent: { readonly told: string; readonly chain: string };
  readonly alpenglow: boolean;
  /** Transactions on order books: of version 1 on the chain, and what the service came to. */
  readonly transactions: { readonly version1: number; readonly told: number; readonly unread: number };
  /** Usable time by the census, by the chain itself, in seconds. */
  readonly census: { readonly usableSeconds: number; readonly chainSeconds: number };
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
/** Longer between two turns of this process is a stall of the machine, and not the service's doing. */
const STALL_MS = 100;
/** Looks, one a slot, until what is believed is of after the stall; where it is not by then, it has a second for it. */
const LOOKS_AFTER_STALL = 2;
const AFTER_STALL_MS = 1_000;
/** Where more slots were left out, too little was looked at to say anything. */
const LEFT_OUT_MOST = 0.15;
const WHOLE_WITHIN_MS = 60_000;
/** The slot time and the hour may be so far off: the newest slots are all that is known of a change. */
const TOLERANCE = 0.05;

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
    const { engine } = service.parts;
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

/** Why a run is not as it should be, each in a sentence; nothing where all is. */
export function chainFaults(found: Omit<ChainChaosReport, 'ok' | 'faults'>): readonly string[] {
  const { stages, tokenAccountRent, alpenglow, transactions, census } = found;
  const faults: string[] = [];
  for (const one of stages) {
    const { name, falseStaleSlots, staleDecisions, falseDecisions, staleStates, falseStates } = one;
    if (falseStaleSlots > 0) faults.push(`${name}: ${falseStaleSlots} slots counted as stale that were not`);
    if (staleDecisions + falseDecisions > 0) {
      faults.push(`${name}: ${staleDecisions} decisions on states that were over, ${falseDecisions} on none`);
    }
    if (staleStates + falseStates > 0) {
      faults.push(
        `${name}: pools quotable on states that were over (${staleStates}) or never were (${falseStates})`,
      );
    }
    if (one.slots === 0) faults.push(`${name}: no slot was heard`);
    else if (!isNear(one)) {
      faults.push(`${name}: a slot of ${one.slotMs} ms was taken for ${one.measuredSlotMs.toFixed(1)} ms`);
    }
  }
  const slots = stages.reduce((sum, one) => sum + one.slots, 0);
  const leftOut = stages.reduce((sum, one) => sum + one.stalledSlots, 0);
  if (leftOut > slots * LEFT_OUT_MOST) {
    faults.push(
      `this machine stalled: ${leftOut} of ${slots} slots were left out, so that not enough was looked at; run it beside less`,
    );
  }
  if (tokenAccountRent.told !== tokenAccountRent.chain) {
    faults.push(`rent: ${tokenAccountRent.told} lamports where the chain asks ${tokenAccountRent.chain}`);
  }
  if (!alpenglow) faults.push('Alpenglow was not noticed');
  if (transactions.version1 === 0) faults.push('no transaction of version 1 was made');
  if (transactions.told === 0 || transactions.unread > 0) {
    faults.push(`transactions: ${transactions.told} read, ${transactions.unread} not`);
  }
  if (!(Math.abs(census.usableSeconds / census.chainSeconds - 1) <= TOLERANCE)) {
    faults.push(
      `census: ${census.usableSeconds.toFixed(1)} s of use where the chain had ${census.chainSeconds.toFixed(1)} s: its hour is off`,
    );
  }
  return faults;
}

/** On a machine that stalls, slots are longer than they should be, and rightly taken for it. */
function isNear({ measuredSlotMs, slotMs, actualSlotMs }: ChainChaosStage): boolean {
  const least = Math.min(slotMs, actualSlotMs) * (1 - TOLERANCE);
  const most = Math.max(slotMs, actualSlotMs) * (1 + TOLERANCE);
  return measuredSlotMs >= least && measuredSlotMs <= most;
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
  const { engine } = service.parts;
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

/** Notices when this process did not get its turn. */
function watchStalls(clock: Clock) {
  let last = clock.monotonicMicros();
  let stalledAt = Number.NEGATIVE_INFINITY;
  let left = 0;
  const look = (): void => {
    const now = clock.monotonicMicros();
    if (now - last > STALL_MS * 1_000) {
      stalledAt = now;
      left = LOOKS_AFTER_STALL;
    }
    last = now;
  };
  const timer = setInterval(look, 10);
  return {
    isLeftOut() {
      look();
      return left > 0;
    },
    onSlot(isTrading: boolean) {
      const isLong = clock.monotonicMicros() - stalledAt >= AFTER_STALL_MS * 1_000;
      if (left > 1 || isTrading || isLong) left = Math.max(0, left - 1);
    },
    stop: () => clearInterval(timer),
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

/** The report for people. */
export function chainChaosLines({
  stages,
  faults,
  census,
  transactions,
}: ChainChaosReport): readonly string[] {
  return [
    ...stages.map(
      (one) =>
        `${one.name}: ${one.slots} slots of ${one.slotMs} ms (really ${one.actualSlotMs.toFixed(1)}, taken for ${one.measuredSlotMs.toFixed(1)}), ` +
        `${one.decisions} decisions, ${one.staleDecisions + one.falseDecisions} stale or false, ` +
        `${one.falseStaleSlots} slots falsely stale, ${one.stalledSlots} while the machine stalled`,
    ),
    `order books: ${transactions.told} transactions read, ${transactions.unread} not; ${transactions.version1} of version 1 made`,
    `census: ${census.usableSeconds.toFixed(1)} s usable, by the chain ${census.chainSeconds.toFixed(1)} s`,
    ...faults.map((fault) => `NOT OK: ${fault}`),
  ];
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

import { type CensusRun, createCensusRun } from '../census/census-run.ts';
import type { CensusCounts } from '../census/counts.ts';
import type { Address } from '../core/address.ts';
import { createEstimatedCosts } from '../costs/costs.ts';
import type { Config } from '../platform/config/schema.ts';
import { type RecordedRun, readRun } from '../platform/recording/recording.ts';
import type { Damage } from '../platform/recording/segment-reader.ts';
import type { Gap } from '../platform/recording/segment-text.ts';
import { untoldPrograms } from '../platform/recording/untold-programs.ts';
import { amountsByMint } from './compose.ts';
import type { LocalMarket } from './local-market.ts';
import { createSimulatedFeed } from './simulated-feed.ts';
import { selectPools, type UniversePool } from './universe.ts';

/** A census as a configuration describes it: its routes, capital and costs, without its tip and its landing odds. */
export function composeCensus(
  config: Config,
  counts: CensusCounts,
  pools: readonly UniversePool[],
): CensusRun {
  const { routing, risk, costs } = config;
  const balances = amountsByMint(config.paper.balances);
  const capital = new Map<Address, bigint>();
  for (const [mint, most] of amountsByMint(risk.maxTradeIn)) {
    const held = balances.get(mint) ?? 0n;
    capital.set(mint, held < most ? held : most);
  }
  return createCensusRun({
    counts,
    pools,
    startMints: routing.startMints,
    maxLegs: routing.maxLegs,
    maxSwaps: routing.maxSwaps,
    maxQuotesPerUpdate: routing.maxQuotesPerUpdate,
    maxCandidatesPerUpdate: routing.maxCandidatesPerUpdate,
    maxPoolShareBps: risk.maxPoolShareBps,
    costs: createEstimatedCosts({ ...costs, tipLamports: 0n, landingOdds: 1, revertOdds: 0 }),
    capital,
    hasAccount: (mint) => costs.tokenAccounts !== 'at-trade' || balances.has(mint),
    maxSlotLag: risk.maxSlotLag,
    maxEstimateAgeSlots: risk.maxEstimateAgeSlots,
  });
}

export interface CensusTask {
  readonly config: Config;
  readonly counts: CensusCounts;
  readonly signal: AbortSignal;
  /** Called now and then, to show how far it is. */
  readonly onTurn: () => void;
}

/** How often the loop lets timers and signals in. */
const SLOTS_PER_TURN = 25;

/** Counts over a local market on its own clock. */
export async function takeMarketCensus(
  { config, counts, signal, onTurn }: CensusTask,
  market: LocalMarket,
  durationSeconds: number,
): Promise<CensusRun> {
  const census = composeCensus(config, counts, market.pools);
  const feed = createSimulatedFeed(market, (event) => {
    // Times decide nothing here, and a market of its own has none.
    census.process({ ...event, atMicros: 0 });
    const { watch, unwatch } = census.takeSubscriptions();
    if (watch.length > 0) feed.subscriptions.watch(watch);
    if (unwatch.length > 0) feed.subscriptions.unwatch(unwatch);
  });
  feed.start();
  const durationMs = durationSeconds * 1_000;
  for (let slot = 0; feed.elapsedMs < durationMs && !signal.aborted; slot++) {
    feed.step();
    if (slot % SLOTS_PER_TURN !== 0) continue;
    onTurn();
    await new Promise((resolve) => setImmediate(resolve));
  }
  census.end();
  return census;
}

/** What the recording of one run was like, beside what was counted in it. */
export interface RecordingCensus {
  readonly census: CensusRun;
  readonly gaps: readonly Gap[];
  readonly damages: readonly Damage[];
}

/**
 * Counts over one recorded run. Where events are missing, nothing of before them is trusted until the recorded feed
 * has told everything anew.
 */
export async function takeRecordingCensus(
  { config, counts, signal, onTurn }: CensusTask,
  recorded: RecordedRun,
): Promise<RecordingCensus> {
  const census = composeCensus(config, counts, selectPools(recorded.run.pools).pools);
  for (const event of untoldPrograms(recorded.run)) census.process(event);
  const gaps: Gap[] = [];
  const damages: Damage[] = [];
  for await (const piece of readRun(recorded)) {
    if (signal.aborted) break;
    if (piece.kind === 'events') {
      for (let event = piece.next(); event !== undefined; event = piece.next()) {
        census.process(event);
        // What was asked for is in the recording.
        census.takeSubscriptions();
      }
      onTurn();
    } else if (piece.kind === 'gap') {
      gaps.push(piece.gap);
      census.lose();
    } else if (piece.kind === 'damage') damages.push(piece.damage);
  }
  census.end();
  return { census, gaps, damages };
}

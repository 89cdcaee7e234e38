import { randomBytes } from 'node:crypto';
import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import { createRandom } from '../core/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { Config } from '../platform/config/schema.ts';
import { composeEngine } from './compose.ts';
import { createDecisionLog, type DecisionLog } from './decision-log.ts';
import { createPipeline, type Observer, type Pipeline } from './pipeline.ts';
import { createRecent, type Recent } from './recent.ts';
import { createStageLatency, type StageLatency } from './stage-latency.ts';
import { type RunSummary, summarise } from './summary.ts';
import { createTokenNames, type TokenNames } from './token-names.ts';
import type { Universe } from './universe.ts';
import { createVenueActivity, type VenueActivity } from './venue-activity.ts';

export interface CreateRunParams {
  readonly config: Config;
  readonly universe: Universe;
  readonly symbols: ReadonlyMap<Address, string>;
  readonly clock: Clock;
  /** Of a run that is replayed; without it a new one is made. */
  readonly runId?: string;
}

/**
 * The engine of one run, the line of events into it and everything that watches it: the same for the service, for
 * simulated time and for a replay, which differ only in who makes the events.
 */
export interface Run extends Pipeline {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly engine: Engine;
  readonly names: TokenNames;
  readonly recent: Recent;
  readonly latency: StageLatency;
  readonly activity: VenueActivity;
  readonly decisions: DecisionLog;
  /** Sized candidates so far, approved and refused. */
  readonly opportunities: () => number;
  summary(durationSeconds: number): RunSummary;
}

export function createRun(params: CreateRunParams): Run {
  const { config, universe, symbols, clock } = params;
  const startedAtMs = clock.nowMs();
  const runId = params.runId ?? newRunId(startedAtMs);
  const random = createRandom(config.seed).fork('engine');
  const engine = composeEngine({ config, pools: universe.pools, clock, random });
  const names = createTokenNames(engine, symbols);
  const recent = createRecent(
    clock,
    () => engine.ledger.netLamports,
    () => engine.market.chain,
  );
  const latency = createStageLatency();
  const activity = createVenueActivity(engine.market);
  const decisions = createDecisionLog();
  let opportunities = 0;
  let slots = 0;

  const count: Observer = (event, record) => {
    opportunities += record.decisions.length;
    if (event.kind === 'slot' && record.dropped === '') slots += 1;
  };

  const pipeline = createPipeline({ engine, clock });
  for (const observer of [count, decisions.observe, latency.observe, activity.observe, recent.observe]) {
    pipeline.observe(observer);
  }

  return {
    ...pipeline,
    runId,
    startedAtMs,
    engine,
    names,
    recent,
    latency,
    activity,
    decisions,
    opportunities: () => opportunities,
    summary: (durationSeconds) =>
      summarise({
        runId,
        mode: config.mode,
        market: config.market,
        seed: config.seed,
        durationSeconds,
        slots,
        updates: activity.updates,
        opportunities,
        engine,
        names,
        latency,
        decisions,
        skipped: universe.skipped,
      }),
  };
}

/** When the run began and 32 random bits: unique in a store, sortable, and short enough to read out. */
function newRunId(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${randomBytes(4).toString('hex')}`;
}

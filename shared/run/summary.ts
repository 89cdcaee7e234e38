import { formatUnits } from '../core/units.ts';
import type { Engine } from '../engine/engine.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import { REASONS } from '../routing/reason.ts';
import type { DecisionLog } from './decision-log.ts';
import { STAGES, type StageLatency } from './stage-latency.ts';
import type { TokenNames } from './token-names.ts';
import type { SkippedPool } from './universe.ts';

/** What a run came to: printed by `run --json`, kept with the run in the store. Amounts are decimal strings. */
export interface RunSummary {
  readonly runId: string;
  readonly mode: string;
  readonly market: string;
  readonly seed: number;
  /** How the run ended: `running` unless it was paused, halted or without a feed at its end. */
  readonly status: string;
  readonly durationSeconds: number;
  readonly slots: number;
  readonly updates: number;
  readonly opportunities: number;
  /** Filled on paper. */
  readonly trades: number;
  /** Every approved opportunity, by how it ended. */
  readonly attempts: {
    readonly filled: number;
    readonly reverted: number;
    readonly notLanded: number;
    /** Approved but not yet landed when the run ended. */
    readonly pending: number;
    /** Of those: nobody may send them any more, and nobody knows what became of them. */
    readonly unknown: number;
    /** Ends that the chain proved wrong: each counts as what it was corrected to. */
    readonly corrected: number;
  };
  /** Every attempt's profit less every cost, valued in lamports. */
  readonly netLamports: string;
  readonly costLamports: string;
  readonly netByMint: readonly {
    readonly mint: string;
    readonly symbol: string;
    readonly net: string;
    readonly netText: string;
  }[];
  readonly refused: Readonly<Record<string, number>>;
  readonly latencyMicros: Readonly<Record<string, { count: number; p50: number; p99: number; max: number }>>;
  readonly pools: number;
  readonly skipped: readonly SkippedPool[];
  readonly excluded: readonly SkippedPool[];
  readonly decisionsHash: string;
  /** Where the run was recorded, if it was. */
  readonly recording?: RecordingSummary;
}

/** What became of a run's recording. */
export interface RecordingSummary {
  readonly where: string;
  readonly events: number;
  /** Events that the run took and that are not in the recording. */
  readonly lostEvents: number;
  readonly segments: number;
  readonly storedBytes: number;
  readonly uploads: number;
  /** Segments that wait for the bucket: the next run uploads them. */
  readonly waitingUploads: number;
}

export interface SummaryParams {
  readonly runId: string;
  readonly mode: string;
  readonly market: string;
  readonly seed: number;
  readonly durationSeconds: number;
  readonly slots: number;
  readonly updates: number;
  readonly opportunities: number;
  readonly engine: Engine;
  readonly names: TokenNames;
  readonly latency: StageLatency;
  readonly decisions: DecisionLog;
  readonly skipped: readonly SkippedPool[];
}

export function summarise(params: SummaryParams): RunSummary {
  const { engine, names, latency, decisions, skipped } = params;
  const { ledger } = engine;
  return {
    runId: params.runId,
    mode: params.mode,
    market: params.market,
    seed: params.seed,
    status: engine.status,
    durationSeconds: params.durationSeconds,
    slots: params.slots,
    updates: params.updates,
    opportunities: params.opportunities,
    trades: ledger.filled,
    attempts: {
      filled: ledger.filled,
      reverted: ledger.reverted,
      notLanded: ledger.notLanded,
      pending: engine.pending.length,
      unknown: engine.pending.filter(({ state }) => state === 'unknown').length,
      corrected: Object.values(ledger.corrected).reduce((sum, count) => sum + count, 0),
    },
    netLamports: String(ledger.netLamports),
    costLamports: String(ledger.costLamports),
    netByMint: [...ledger.byMint()].map(([mint, net]) => {
      const { symbol, decimals } = names.of(mint);
      return { mint, symbol, net: String(net), netText: `${formatUnits(net, decimals)} ${symbol}` };
    }),
    refused: refusedByReason(engine),
    latencyMicros: latencyOf(latency),
    pools: engine.market.pools.filter((pool) => pool.status === 'live').length,
    skipped,
    excluded: excludedPools(engine),
    decisionsHash: decisions.hash(),
  };
}

/** Refusals since the start, largest first, without the reasons that never occurred. */
export function refusedByReason(engine: Engine): Readonly<Record<string, number>> {
  const counted = REASONS.map((reason) => [reason, engine.refused.of(reason)] as const);
  return Object.fromEntries(counted.filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]));
}

/** Pools that are watched but cannot be traded now, with the reason. */
export function excludedPools(engine: Pick<Engine, 'market'>): readonly SkippedPool[] {
  return engine.market.pools.flatMap((entry) => {
    const reason = whyNotTraded(entry);
    return reason === '' ? [] : [{ pool: entry.address, venue: entry.venue.id, reason }];
  });
}

function whyNotTraded({ status, reason, missing, quarantine, switchedOff }: PoolEntry): string {
  if (status === 'removed') return '';
  if (status === 'loading') return `waits for ${missing.size} accounts`;
  if (status === 'excluded') return reason;
  return quarantine === '' ? switchedOff : quarantine;
}

function latencyOf({ histograms }: StageLatency): RunSummary['latencyMicros'] {
  return Object.fromEntries(
    STAGES.map((stage) => {
      const histogram = histograms[stage];
      const { count, max } = histogram;
      return [stage, { count, p50: histogram.percentile(50), p99: histogram.percentile(99), max }];
    }),
  );
}

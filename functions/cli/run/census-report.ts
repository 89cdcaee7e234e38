import type { CensusCounts, Group } from '../../../shared/census/counts.ts';
import { OTHERS } from '../../../shared/census/counts.ts';
import { slotsOf, unusableShare } from '../../../shared/census/coverage.ts';
import type { Bucket } from '../../../shared/census/histogram.ts';
import { TIP_ASSUMPTIONS } from '../../../shared/census/tips.ts';
import { judge, perHour, usableSeconds, type Verdict } from '../../../shared/census/verdict.ts';
import type { Damage } from '../../../shared/platform/recording/segment-reader.ts';
import type { Gap } from '../../../shared/platform/recording/segment-text.ts';
import type { SkippedPool } from '../../../shared/run/universe.ts';

/** Where the events came from. */
export interface CensusSource {
  readonly kind: 'recording' | 'market';
  /** Files of the recordings, or the market. */
  readonly names: readonly string[];
  readonly runs: number;
  readonly seed?: number;
  readonly gaps: readonly Gap[];
  readonly damages: readonly Damage[];
  readonly skipped: readonly SkippedPool[];
}

/** What `arb census --json` prints. Amounts are lamports as decimal strings. */
export interface CensusReport {
  readonly source: {
    readonly kind: CensusSource['kind'];
    readonly names: readonly string[];
    readonly runs: number;
    readonly seed?: number;
    readonly events: number;
    readonly missingEvents: number;
    readonly damages: number;
  };
  readonly coverage: CensusCounts['coverage'] & {
    readonly slots: number;
    readonly usableSeconds: number;
    /** How long a usable slot lasted on average; 0 where there was none. */
    readonly slotMs: number;
    readonly unusablePercent: number;
  };
  readonly gaps: {
    readonly count: number;
    readonly sightings: number;
    readonly cutOff: number;
    readonly standing: number;
    readonly standingBestLamports: string;
  };
  readonly sizes: readonly BucketReport[];
  /** Of those whose end was seen. */
  readonly lifetimes: readonly BucketReport[];
  readonly value: readonly ValueReport[];
  readonly pairs: readonly GroupReport[];
  readonly venues: readonly GroupReport[];
  readonly lengths: readonly GroupReport[];
  readonly skipped: readonly SkippedPool[];
  readonly verdict: Omit<Verdict, 'netPerHourLamports' | 'laterNetPerHourLamports' | 'carryingHalf'> & {
    readonly netPerHourLamports: string;
    readonly laterNetPerHourLamports: string;
    readonly carryingHalf: number | null;
  };
}

export interface BucketReport {
  readonly from: string;
  /** Not included; null: no upper end. */
  readonly to: string | null;
  readonly count: number;
  readonly bestLamports: string;
}

/** What taking each gap once comes to at one latency. */
export interface ValueReport {
  readonly latencySlots: number;
  readonly tips: readonly {
    readonly tip: string;
    readonly tipLamports: string | null;
    readonly landed: number;
    readonly reverted: number;
    readonly unknown: number;
    readonly netLamports: string;
    readonly netPerHourLamports: string;
  }[];
}

export interface GroupReport {
  readonly name: string;
  readonly gaps: number;
  readonly bestLamports: string;
  readonly netLamports: string;
}

/** `named` says what a person calls a mint. */
export function censusReport(
  counts: CensusCounts,
  source: CensusSource,
  named: (mint: string) => string,
): CensusReport {
  const { coverage, latencySlots } = counts;
  const verdict = judge(counts);
  const { kind, names, runs, seed } = source;
  return {
    source: {
      kind,
      names,
      runs,
      ...(seed === undefined ? {} : { seed }),
      events: counts.events,
      missingEvents: source.gaps.reduce((sum, { events }) => sum + events, 0),
      damages: source.damages.length,
    },
    coverage: {
      slots: slotsOf(coverage),
      ...coverage,
      usableSeconds: Math.round(usableSeconds(coverage) * 10) / 10,
      slotMs: Math.round(coverage.usableMicros / Math.max(1, coverage.usableSlots)) / 1_000,
      unusablePercent: Math.round(unusableShare(coverage) * 1_000) / 10,
    },
    gaps: {
      count: counts.gaps,
      sightings: counts.sightings,
      cutOff: counts.cutOff,
      standing: counts.standing,
      standingBestLamports: String(counts.standingBestLamports),
    },
    sizes: counts.sizes.buckets().map(plainBucket),
    lifetimes: counts.lifetimes.buckets().map(plainBucket),
    value: latencySlots.map((slots, latency) => ({
      latencySlots: slots,
      tips: TIP_ASSUMPTIONS.map((assumption, tip) => {
        const { landed, reverted, unknown, netLamports } = counts.cells[latency]![tip]!;
        return {
          tip: assumption.name,
          tipLamports: assumption.kind === 'fixed' ? String(assumption.lamports) : null,
          landed,
          reverted,
          unknown,
          netLamports: String(netLamports),
          netPerHourLamports: String(perHour(netLamports, coverage)),
        };
      }),
    })),
    pairs: counts.pairs.rows().map((group) => ({ ...plainGroup(group), name: pairName(group, named) })),
    venues: counts.venues.rows().map(plainGroup),
    lengths: counts.lengths.rows().map(plainGroup),
    skipped: source.skipped,
    verdict: {
      ...verdict,
      netPerHourLamports: String(verdict.netPerHourLamports),
      laterNetPerHourLamports: String(verdict.laterNetPerHourLamports),
      carryingHalf: verdict.carryingHalf ?? null,
    },
  };
}

function plainBucket({ from, to, count, weight }: Bucket): BucketReport {
  return {
    from: String(from),
    to: to === undefined ? null : String(to),
    count,
    bestLamports: String(weight),
  };
}

function plainGroup({ name, gaps, bestLamports, netLamports }: Group): GroupReport {
  return { name, gaps, bestLamports: String(bestLamports), netLamports: String(netLamports) };
}

function pairName({ name }: Group, named: (mint: string) => string): string {
  return name === OTHERS ? name : name.split('/').map(named).join('/');
}

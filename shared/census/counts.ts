import type { Opportunity } from '../routing/opportunity.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { createHistogram, type Histogram, LIFETIME_BOUNDS, SIZE_BOUNDS } from './histogram.ts';
import { createLargest, type Largest } from './largest.ts';
import { TIP_ASSUMPTIONS, VERDICT_TIP } from './tips.ts';

/** What the gaps of one kind came to: of a pair, a venue, a length of route. */
export interface Group {
  readonly name: string;
  gaps: number;
  /** Sum of the best net of each before tip, lamports: what hindsight takes. */
  bestLamports: bigint;
  /** What the attempts came to in the case that the verdict rests on, lamports. */
  netLamports: bigint;
}

/** What the attempts came to at one latency and one tip. */
export interface Cell {
  landed: number;
  reverted: number;
  /** The state that they would have met was not seen. */
  unknown: number;
  netLamports: bigint;
}

/** Everything that a census counts, over one run or several. Its size does not grow with the time. */
export interface CensusCounts {
  readonly latencySlots: readonly number[];
  /** Index of the latency that the verdict rests on. */
  readonly verdictLatency: number;
  readonly coverage: Coverage;
  /** What was told of the market, the chain and the wallet. */
  events: number;
  /** Opportunities that the search gave; many of one gap. */
  sightings: number;
  gaps: number;
  /** Ended unseen: the feed was lost, or the run was over. */
  cutOff: number;
  /** Already there when their pools were first seen, so that nobody knows since when: counted here and nowhere else. */
  standing: number;
  standingBestLamports: bigint;
  readonly sizes: Histogram;
  readonly lifetimes: Histogram;
  /** By latency, then by tip. */
  readonly cells: readonly (readonly Cell[])[];
  readonly largest: Largest;
  readonly pairs: Groups;
  readonly venues: Groups;
  readonly lengths: Groups;
}

/** Of that many the size of each is kept, to say how few carry the result. */
const LARGEST_KEPT = 200;
/** Mint cycles by name; all others are counted as one. */
const MAX_PAIRS = 2_000;

/** Throws nothing; `verdictLatencySlots` stands for the nearest of the latencies that is not shorter, or the longest. */
export function createCensusCounts(
  latencySlots: readonly number[],
  verdictLatencySlots: number,
): CensusCounts {
  const fitting = latencySlots.findIndex((slots) => slots >= verdictLatencySlots);
  const cell = (): Cell => ({ landed: 0, reverted: 0, unknown: 0, netLamports: 0n });
  return {
    latencySlots,
    verdictLatency: fitting < 0 ? latencySlots.length - 1 : fitting,
    coverage: createCoverage(),
    events: 0,
    sightings: 0,
    gaps: 0,
    cutOff: 0,
    standing: 0,
    standingBestLamports: 0n,
    sizes: createHistogram(SIZE_BOUNDS),
    lifetimes: createHistogram(LIFETIME_BOUNDS),
    cells: latencySlots.map(() => TIP_ASSUMPTIONS.map(cell)),
    largest: createLargest(LARGEST_KEPT),
    pairs: createGroups(MAX_PAIRS),
    venues: createGroups(MAX_PAIRS),
    lengths: createGroups(MAX_PAIRS),
  };
}

/** True for the one latency and tip that the verdict rests on. */
export function isVerdictCase(counts: CensusCounts, latency: number, tip: number): boolean {
  return latency === counts.verdictLatency && tip === VERDICT_TIP;
}

/** Groups by name, so many at most; what comes later is counted under `others`. */
export interface Groups {
  of(name: string): Group;
  /** By net, then by gaps, largest first. */
  rows(): readonly Group[];
}

export const OTHERS = 'others';

function createGroups(most: number): Groups {
  const groups = new Map<string, Group>();
  const of = (name: string): Group => {
    const known = groups.get(name);
    if (known !== undefined) return known;
    if (groups.size >= most && name !== OTHERS) return of(OTHERS);
    const made: Group = { name, gaps: 0, bestLamports: 0n, netLamports: 0n };
    groups.set(name, made);
    return made;
  };
  return {
    of,
    rows: () =>
      [...groups.values()].sort((a, b) =>
        a.netLamports === b.netLamports
          ? b.gaps - a.gaps || (a.name < b.name ? -1 : 1)
          : a.netLamports > b.netLamports
            ? -1
            : 1,
      ),
  };
}

/**
 * The groups that an opportunity belongs to: the mints of its cycle, whatever way round and over whatever pools; each
 * of its venues; the number of its hops, split or not.
 */
export function groupsOf({ pairs, venues, lengths }: CensusCounts, { legs }: Opportunity): readonly Group[] {
  const mints = [...new Set(legs.map(({ mintIn }) => mintIn))].sort();
  const names = [...new Set(legs.map(({ venue }) => venue))];
  const hops = 1 + (legs.at(-1)?.hop ?? 0);
  return [
    pairs.of(mints.join('/')),
    ...names.map((name) => venues.of(name)),
    lengths.of(legs.length > hops ? `${hops} hops, split` : `${hops} hops`),
  ];
}

import type { Market } from '../market/market.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import { edgeOf } from '../routing/graph/graph.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import type { Attempts } from './attempts.ts';
import { type CensusCounts, type Group, groupsOf } from './counts.ts';

/** Prices that disagree, from when that was first seen until it no longer pays to say so. */
interface Gap {
  /** Pools in the direction that opened it: those that changed then. It is over when nothing pays through them. */
  readonly keys: readonly number[];
  readonly firstSlot: number;
  /** It was there before anybody looked. */
  readonly standing: boolean;
  readonly groups: readonly Group[];
  /** Pools with direction that it was last seen through, and its keys. */
  edges: readonly number[];
  bestLamports: bigint;
  /** One of its pools changed since the slot began. */
  touched: boolean;
  /** One of its pools could not be seen for a while: how long it lasted is not known. */
  interrupted: boolean;
  /** Others were taken for it because they share a pool with it. */
  absorbed: boolean;
  /** Tips that it has been taken with, as bits. */
  taken: number;
}

export interface GapsParams {
  readonly market: Market;
  readonly counts: CensusCounts;
  readonly attempts: Attempts;
  /** The best that goes through one pool now, or nothing. */
  readonly bestThrough: (pool: PoolEntry) => readonly Opportunity[];
}

/**
 * Tells gaps apart, so that each is counted once and not once an update. An opportunity that goes through a pool of an
 * open gap in the same direction is no other gap: whoever takes the one changes the other.
 */
export interface Gaps {
  /** `changed`: the pools that the search was told of. `standing`: the change was that they are seen at all. */
  sight(opportunity: Opportunity, changed: readonly PoolEntry[], standing: boolean): void;
  touch(changed: readonly PoolEntry[]): void;
  /** Nothing can be seen now: how long what is open lasts will not be known. */
  interrupt(): void;
  /** `ended` is over: whatever no longer pays at its end is counted. */
  endSlot(ended: number): void;
  /** The run is over. */
  end(): void;
}

/** A gap that several pools opened together is seen again where that many of them take part. */
const MAX_KEYS_NEEDED = 2;

export function createGaps({ market, counts, attempts, bestThrough }: GapsParams): Gaps {
  const open = new Set<Gap>();
  const holders = new Map<number, Gap[]>();

  const hold = (gap: Gap, edges: readonly number[]): void => {
    release(gap);
    gap.edges = edges;
    for (const edge of edges) {
      const list = holders.get(edge);
      if (list === undefined) holders.set(edge, [gap]);
      else list.push(gap);
    }
  };

  const release = (gap: Gap): void => {
    for (const edge of gap.edges) {
      const left = (holders.get(edge) ?? []).filter((other) => other !== gap);
      if (left.length === 0) holders.delete(edge);
      else holders.set(edge, left);
    }
  };

  const edgesOf = ({ legs }: Opportunity): number[] =>
    legs.map(({ pool, aToB }) => edgeOf(market.poolAt(pool)!, aToB));

  const isSeenIn = ({ keys }: Gap, edges: readonly number[]): boolean => {
    const met = keys.filter((key) => edges.includes(key)).length;
    return met >= Math.min(MAX_KEYS_NEEDED, keys.length);
  };

  /** The gap as it is now: its best so far, and the tips that it pays for the first time. */
  const see = (gap: Gap, opportunity: Opportunity, edges: readonly number[]): void => {
    hold(gap, [...new Set([...gap.keys, ...edges])]);
    if (opportunity.netLamports > gap.bestLamports) gap.bestLamports = opportunity.netLamports;
    if (!gap.standing) gap.taken = attempts.decide(opportunity, market.slot, gap.groups, gap.taken);
  };

  const sight = (opportunity: Opportunity, changed: readonly PoolEntry[], standing: boolean): void => {
    counts.sightings += 1;
    const edges = edgesOf(opportunity);
    const met = new Set<Gap>();
    for (const edge of edges) for (const gap of holders.get(edge) ?? []) met.add(gap);
    if (met.size === 0) {
      const keys = edges.filter((edge) => changed.some(({ index }) => index === edge >> 1));
      const gap: Gap = {
        keys,
        firstSlot: market.slot,
        standing,
        groups: groupsOf(counts, opportunity),
        edges: [],
        bestLamports: 0n,
        touched: false,
        interrupted: false,
        absorbed: false,
        taken: 0,
      };
      open.add(gap);
      see(gap, opportunity, edges);
      return;
    }
    let oldest: Gap | undefined;
    for (const gap of met) {
      if (!isSeenIn(gap, edges)) gap.absorbed = true;
      else if (oldest === undefined || gap.firstSlot < oldest.firstSlot) oldest = gap;
    }
    if (oldest !== undefined) see(oldest, opportunity, edges);
  };

  const close = (gap: Gap, lifetimeSlots: number | undefined): void => {
    open.delete(gap);
    release(gap);
    const { bestLamports } = gap;
    if (gap.standing) {
      counts.standing += 1;
      counts.standingBestLamports += bestLamports;
      return;
    }
    counts.gaps += 1;
    counts.sizes.add(bestLamports, bestLamports);
    if (lifetimeSlots === undefined || gap.interrupted) counts.cutOff += 1;
    else counts.lifetimes.add(BigInt(lifetimeSlots), bestLamports);
    for (const group of gap.groups) {
      group.gaps += 1;
      group.bestLamports += bestLamports;
    }
  };

  const poolsOf = (edges: readonly number[]): readonly PoolEntry[] =>
    [...new Set(edges.map((edge) => edge >> 1))].map((index) => market.pools[index]!);

  /** Looks whether something still pays through the gap's own pools. */
  const review = (gap: Gap, ended: number): void => {
    const pools = poolsOf(gap.keys);
    if (pools.some(({ status }) => status === 'removed')) {
      close(gap, undefined);
      return;
    }
    if (!poolsOf(gap.edges).every(isQuotable)) {
      gap.interrupted = true;
      gap.touched = true;
      return;
    }
    if (!gap.touched) return;
    gap.touched = false;
    for (const pool of pools) {
      for (const opportunity of bestThrough(pool)) {
        const edges = edgesOf(opportunity);
        if (!isSeenIn(gap, edges)) continue;
        see(gap, opportunity, edges);
        return;
      }
    }
    const { edges, standing, absorbed } = gap;
    close(gap, Math.max(0, ended - gap.firstSlot));
    if (!absorbed) return;
    // What was taken for this gap and is still there is one of its own.
    for (const pool of poolsOf(edges))
      for (const left of [...bestThrough(pool)]) sight(left, [pool], standing);
  };

  return {
    sight,
    touch(changed) {
      if (open.size === 0) return;
      for (const { index } of changed) {
        for (let edge = index * 2; edge <= index * 2 + 1; edge++)
          for (const gap of holders.get(edge) ?? []) gap.touched = true;
      }
    },
    interrupt() {
      for (const gap of open) {
        gap.interrupted = true;
        gap.touched = true;
      }
    },
    endSlot(ended) {
      for (const gap of [...open]) review(gap, ended);
    },
    end() {
      for (const gap of [...open]) close(gap, undefined);
    },
  };
}

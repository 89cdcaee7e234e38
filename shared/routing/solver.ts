import { goldenMaximum } from './concave.ts';
import { COARSE, type Curves, PLANNED } from './curves.ts';
import { bestSplit, type Split, splitOver } from './split.ts';

/** A cycle with the pools that its hops may use, best marginal price first. */
export interface Candidate {
  readonly hops: readonly (readonly number[])[];
  /** Sum of the best logarithms. */
  readonly log: number;
  /** Most that may go in, base units of the start mint. */
  readonly maxIn: number;
  /** What a transaction of so many swaps must earn to break even, base units of the start mint. */
  costOf(swaps: number): number;
}

/** Pools, shares and size for a cycle. Amounts are floats in base units of the start mint. */
export interface Plan {
  readonly splits: readonly Split[];
  readonly size: number;
  readonly profit: number;
  /** `profit` less the costs of so many swaps. */
  readonly net: number;
}

/** Sizes of a scan stand this far apart. */
const SCAN_RATIO = 2;
/** What floats between samples may be off, as a share of a profit. */
const SLACK = 1.05;
const SIZE_ROUNDS = 14;
const SIZE_REACH = 4;
const MAX_REPICKS = 4;

/**
 * An upper bound on what a cycle can earn with `swaps` swaps, from what it earns with one pool a hop. The flow of a split
 * route falls apart into one path, and one more for each further swap; none of them earns more than the best path alone.
 */
export function splitBound(single: number, hops: number, swaps: number): number {
  return single * SLACK * (1 + swaps - hops);
}

/** The same from a scan: by concavity no size between two that it tried earns more than SCAN_RATIO times the lower one. */
export function scanBound(scanned: number, hops: number, swaps: number): number {
  return SCAN_RATIO * splitBound(scanned, hops, swaps);
}

/** @hot What a size earns where each hop takes the pool that pays most for it: no single path earns more there. */
function envelopeProfit(curves: Curves, hops: readonly (readonly number[])[], size: number): number {
  let amount = size;
  for (let h = 0; h < hops.length; h++) {
    const edges = hops[h]!;
    let most = 0;
    for (let i = 0; i < edges.length; i++) {
      const output = curves.output(edges[i]!, amount, COARSE);
      if (output > most) most = output;
    }
    if (most === 0) return Number.NEGATIVE_INFINITY;
    amount = most;
  }
  return amount - size;
}

/** The best size of a scan. */
export interface Scan {
  readonly size: number;
  readonly profit: number;
}

/**
 * Tries sizes by doubling from the least that could pay its costs at the marginal price. Ends where it loses more than
 * the costs and ever more of its size: every single path is concave from zero, so that none of them pays beyond.
 */
export function scan(curves: Curves, { hops, log, maxIn, costOf }: Candidate): Scan {
  let best = { size: 0, profit: 0 };
  const cost = costOf(hops.length);
  let before = 0;
  let size = Math.max(1, Math.min(maxIn, cost / Math.expm1(log)));
  for (let last = false; !last; size *= SCAN_RATIO) {
    if (size >= maxIn) {
      size = maxIn;
      last = true;
    }
    const profit = envelopeProfit(curves, hops, size);
    if (profit > best.profit) best = { size, profit };
    // Roundings and lots cost the more the smaller the size: a loss that they make shrinks, one of the curves grows.
    if (cost > 0 && profit < -cost && profit / size < before / (size / SCAN_RATIO)) break;
    before = profit;
  }
  return best;
}

/** The most swaps that a candidate's pools and the transaction have room for. */
export function mostSwaps(hops: readonly (readonly number[])[], maxSwaps: number): number {
  let pools = 0;
  for (const edges of hops) pools += edges.length;
  return Math.max(hops.length, Math.min(maxSwaps, pools));
}

/** The best plan with up to `maxSwaps` swaps, at least as good as the `single` one it starts from. */
export function solveSplits(curves: Curves, candidate: Candidate, single: Plan, maxSwaps: number): Plan {
  let best = single;
  const hops = candidate.hops.length;
  for (const counts of allotments(hops, mostSwaps(candidate.hops, maxSwaps))) {
    const swaps = counts.reduce((sum, count) => sum + count, 0);
    if (splitBound(single.profit, hops, swaps) - candidate.costOf(swaps) <= best.net) continue;
    const plan = solveSplit(curves, candidate, counts, single.size);
    if (plan !== undefined && plan.net > best.net) best = plan;
  }
  return best;
}

/** One pool a hop: the pools that pay most at a size and the size that pays most with them, in turn until both stand. */
export function solveSingle(curves: Curves, candidate: Candidate, from: number): Plan {
  let size = from;
  let best: Plan | undefined;
  for (let i = 0; i < MAX_REPICKS; i++) {
    const picked = pick(curves, candidate.hops, onePerHop(candidate.hops.length), size);
    if (picked === undefined) break;
    if (best !== undefined && picked.every((split, h) => split.edges[0] === best!.splits[h]!.edges[0])) break;
    const plan = sized(curves, candidate, picked, size);
    if (best !== undefined && plan.profit <= best.profit) break;
    best = plan;
    size = plan.size;
  }
  return best ?? { splits: [], size: 0, profit: 0, net: Number.NEGATIVE_INFINITY };
}

function solveSplit(
  curves: Curves,
  candidate: Candidate,
  counts: readonly number[],
  from: number,
): Plan | undefined {
  const first = pick(curves, candidate.hops, counts, Math.min(candidate.maxIn, from * 1.4));
  if (first === undefined) return undefined;
  const plan = sized(curves, candidate, first, from * 1.4);
  const again = pick(curves, candidate.hops, counts, plan.size);
  if (again === undefined || again.every((split, h) => sameEdges(split.edges, plan.splits[h]!.edges)))
    return plan;
  const second = sized(curves, candidate, again, plan.size);
  return second.net > plan.net ? second : plan;
}

function sameEdges(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((edge) => b.includes(edge));
}

/** Pools for each hop at a size. */
function pick(
  curves: Curves,
  hops: readonly (readonly number[])[],
  counts: readonly number[],
  size: number,
): readonly Split[] | undefined {
  const splits: Split[] = [];
  let amount = size;
  for (let h = 0; h < hops.length; h++) {
    const split = bestSplit(curves, hops[h]!, counts[h]!, amount);
    if (split === undefined || split.output <= 0) return undefined;
    splits.push(split);
    amount = split.output;
  }
  return splits;
}

/** The size that pays most with these pools. */
function sized(curves: Curves, candidate: Candidate, picked: readonly Split[], from: number): Plan {
  const { maxIn, costOf } = candidate;
  const profitAt = (logSize: number): number => {
    const size = Math.exp(logSize);
    let amount = size;
    for (let h = 0; h < picked.length; h++) {
      const { edges } = picked[h]!;
      amount =
        edges.length === 1
          ? curves.output(edges[0]!, amount, PLANNED)
          : splitOver(curves, edges, amount).output;
    }
    return amount - size;
  };
  const high = Math.log(Math.min(maxIn, from * SIZE_REACH));
  const low = Math.min(high, Math.log(Math.max(1, from / SIZE_REACH)));
  const summit = goldenMaximum(profitAt, low, high, SIZE_ROUNDS);
  let size = Math.exp(summit.at);
  // Golden section comes near the end of its interval and never onto it.
  if (size > maxIn * 0.99) {
    const atMost = profitAt(Math.log(maxIn));
    if (atMost >= summit.height) size = maxIn;
  }
  const splits: Split[] = [];
  let amount = size;
  let swaps = 0;
  for (const { edges } of picked) {
    const split = splitOver(curves, edges, amount);
    splits.push(split);
    amount = split.output;
    swaps += edges.length;
  }
  const profit = amount - size;
  return { splits, size, profit, net: profit - costOf(swaps) };
}

function onePerHop(hops: number): readonly number[] {
  return SINGLES[hops]!;
}

const SINGLES = [0, 1, 2, 3, 4].map((hops) => Array<number>(hops).fill(1));
const ALLOTMENTS = new Map<number, readonly (readonly number[])[]>();

/** Every way to give hops more than `hops` swaps in all, up to `maxSwaps`, fewest first. */
function allotments(hops: number, maxSwaps: number): readonly (readonly number[])[] {
  const key = hops * 64 + maxSwaps;
  const known = ALLOTMENTS.get(key);
  if (known !== undefined) return known;
  const all: number[][] = [];
  const extend = (counts: readonly number[], left: number): void => {
    if (counts.length === hops) {
      if (counts.some((count) => count > 1)) all.push([...counts]);
      return;
    }
    for (let more = 0; more <= left; more++) extend([...counts, 1 + more], left - more);
  };
  extend([], Math.max(0, maxSwaps - hops));
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  all.sort((a, b) => total(a) - total(b));
  ALLOTMENTS.set(key, all);
  return all;
}

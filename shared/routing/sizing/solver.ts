import type { Graph } from '../graph/graph.ts';
import type { TransactionRoom } from '../transaction-room.ts';
import { COARSE, type Curves, PLANNED } from './curves.ts';
import { START_COSTS, UNITS_HIDDEN } from './cycle-bound.ts';
import { Flow } from './flow.ts';
import type { HopFlow } from './hop-flow.ts';
import { PoolSet } from './pool-set.ts';

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

/** An amount divided over pools of one pair. */
export interface Split {
  readonly edges: readonly number[];
  /** Sum to one. */
  readonly shares: readonly number[];
}

/** Pools, shares and size for a cycle. Amounts are floats in base units of the start mint. */
export interface Plan {
  readonly splits: readonly Split[];
  readonly size: number;
  readonly profit: number;
  /** `profit` less the costs of so many swaps. */
  readonly net: number;
}

/** What a cycle could earn if a transaction had room for every pool. */
export interface Relaxed {
  readonly profit: number;
  /** What so many pools as swaps are allowed come to at most on the same samples, */
  readonly most: number;
  /** and with what these hide: no plan earns more. */
  readonly bound: number;
  /** What a whole unit between two hops is worth at most, base units of the start mint. */
  readonly grain: number;
  /** True when some of the pools pay small amounts worse than their curves say. */
  readonly rises: boolean;
}

/** A solution over coarse samples is right to this share of its profit. */
const RELAXED_SLACK = 1.03;
/** A search for the size starts, without costs, at this part of the most that may go in. */
const START_SHARE = 1 / 256;

/** A pool that carries this share of its hop is not left out. */
const NEARLY_ALL = 0.9;
/** A pool whose first unit pays less than the last one of its hop by this share may join on finer samples. */
const NEAR = 1e-3;
/** A plan is taken for the best of its cycle when no other could earn more than so many times as much. */
const GROWTH_ROOM = 1.002;
/** So many pools more than a transaction has swaps for are left out one by one, each time with the others solved anew. */
const KEPT_TO_CHOOSE = 2;

/** Plans the best size, pools and shares of candidates. */
export interface Solver {
  /** Every pool at once, on coarse samples: cheap, and nothing earns more. */
  relax(candidate: Candidate, maxSwaps: number): Relaxed;
  /** The best plan of up to `maxSwaps` swaps that leaving pools out one by one meets. */
  plan(candidate: Candidate, maxSwaps: number): Plan;
  /**
   * The best plan that is built the other way, from the main pool of each hop by adding and exchanging pools. It meets
   * sets that leaving out passes over, and is dearer. Undefined when it meets none that is better than `than`, and where
   * `than` comes to as much on coarse samples as any set there, `most`.
   */
  grow(candidate: Candidate, than: Plan, most: number, maxSwaps: number): Plan | undefined;
}

const NOTHING: Plan = { splits: [], size: 0, profit: 0, net: Number.NEGATIVE_INFINITY };

export function createSolver(graph: Graph, curves: Curves, room: TransactionRoom): Solver {
  const flow = new Flow(graph, curves);
  const used: number[] = [];
  const spare: number[] = [];

  /** True when one transaction may lock the accounts of all pools that carry something. */
  const isHeld = (): boolean => {
    used.length = 0;
    for (let h = 0; h < flow.hopCount; h++) {
      const { count, edges, amounts } = flow.hops[h]!;
      for (let at = 0; at < count; at++) if (amounts[at]! > 0) used.push(edges[at]!);
    }
    return room.holds(used, used.length);
  };

  /** What the flow now is the solution of, over all pools. */
  let relaxed: Candidate | undefined;
  const relax = (candidate: Candidate): void => {
    const { log, maxIn } = candidate;
    const cost = candidate.costOf(candidate.hops.length);
    const start = cost > 0 ? (START_COSTS * cost) / Math.expm1(log) : maxIn * START_SHARE;
    flow.take(candidate.hops);
    flow.solve(start, maxIn, COARSE);
    relaxed = candidate;
  };

  return {
    relax(candidate, maxSwaps) {
      relax(candidate);
      const { profit } = flow;
      const grain = flow.grain();
      const most = profit - leastLoss(flow, maxSwaps, spare);
      const bound = RELAXED_SLACK * most + UNITS_HIDDEN * grain;
      return { profit, most, bound, grain, rises: flow.rises() };
    },
    plan(candidate, maxSwaps) {
      if (relaxed !== candidate) relax(candidate);
      relaxed = undefined;
      if (flow.dropIdle(NEAR)) {
        flow.solve(flow.size, candidate.maxIn, PLANNED);
        flow.dropIdle(0);
      }
      let best = NOTHING;
      for (;;) {
        if (flow.swaps <= maxSwaps) {
          flow.solve(flow.size, candidate.maxIn, PLANNED);
          const net = flow.profit - candidate.costOf(flow.swaps);
          if (flow.profit > 0 && net > best.net && isHeld()) best = planOf(flow, net);
        } else flow.solve(flow.size, candidate.maxIn, COARSE);
        // Far above what a transaction holds, those that are missed least go together.
        for (let spare = flow.swaps - maxSwaps - KEPT_TO_CHOOSE; spare > 1; spare--) dropLeast(flow);
        if (!dropLeast(flow)) return best;
      }
    },
    grow(candidate, than, most, maxSwaps) {
      relaxed = undefined;
      flow.take(than.splits.map(({ edges }) => edges));
      flow.solve(than.size, candidate.maxIn, COARSE);
      if (most <= GROWTH_ROOM * flow.profit) return undefined;
      const set = new PoolSet(flow, candidate, than);
      let best: Plan | undefined;
      while ((set.swaps < maxSwaps && set.widen()) || set.exchange()) {
        set.solve(PLANNED);
        const net = flow.profit - candidate.costOf(set.swaps);
        if (net > (best ?? than).net && isHeld()) best = planOf(flow, net);
      }
      return best;
    },
  };
}

/** Leaves out the pool that is missed least, of those that do not stand alone in their hop; false when all do. */
function dropLeast(flow: Flow): boolean {
  let least: HopFlow | undefined;
  let leastAt = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let h = 0; h < flow.hopCount; h++) {
    const hop = flow.hops[h]!;
    for (let at = 0; at < hop.count && hop.count > 1; at++) {
      // What it pays beyond the hop's last unit says little of a pool that carries nearly all: the others may have no room.
      if (hop.shareOf(at) > NEARLY_ALL) continue;
      const rent = flow.rent(h, at);
      if (rent >= lowest) continue;
      lowest = rent;
      least = hop;
      leastAt = at;
    }
  }
  least?.drop(leastAt);
  return least !== undefined;
}

/**
 * What the best `maxSwaps` pools lose at least against all of them. At the flow's own prices every pool has a rent, and
 * no flow over some of the pools earns more than what the others' rents leave. `spare` is room to work in.
 */
function leastLoss(flow: Flow, maxSwaps: number, spare: number[]): number {
  spare.length = 0;
  let lost = 0;
  for (let h = 0; h < flow.hopCount; h++) {
    const { count } = flow.hops[h]!;
    // Each hop keeps its best pool.
    let best = 0;
    for (let at = 0; at < count; at++) {
      const rent = flow.rent(h, at);
      if (!(rent > 0)) continue;
      const less = Math.min(best, rent);
      best = Math.max(best, rent);
      if (less === 0) continue;
      spare.push(less);
      lost += less;
    }
  }
  for (let kept = maxSwaps - flow.hopCount; kept > 0; kept--) {
    let most = 0;
    for (let i = 1; i < spare.length; i++) if (spare[i]! > spare[most]!) most = i;
    lost -= spare[most] ?? 0;
    spare[most] = 0;
  }
  return Math.max(0, lost);
}

function planOf(flow: Flow, net: number): Plan {
  const splits: Split[] = [];
  for (let h = 0; h < flow.hopCount; h++) {
    const hop = flow.hops[h]!;
    const edges: number[] = [];
    const amounts: number[] = [];
    let total = 0;
    for (let at = 0; at < hop.count; at++) {
      const amount = hop.amounts[at]!;
      if (amount <= 0) continue;
      edges.push(hop.edges[at]!);
      amounts.push(amount);
      total += amount;
    }
    splits.push({ edges, shares: amounts.map((amount) => amount / total) });
  }
  return { splits, size: flow.size, profit: flow.profit, net };
}

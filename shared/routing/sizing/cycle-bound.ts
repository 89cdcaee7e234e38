import { isQuotable } from '../../market/pool-entry.ts';
import { type Cycles, MAX_HOPS } from '../graph/cycles.ts';
import type { Graph } from '../graph/graph.ts';
import { type Curves, SURPLUS_SLACK } from './curves.ts';

/** What floats between samples may be off, as a share of a profit, */
const SLACK = 1.1;
/** and what floors on the way may hide of it, in units of the mint whose unit is worth most. */
export const UNITS_HIDDEN = 4;
/** A search for the size starts where the marginal profit would pay the costs so many times. */
export const START_COSTS = 4;
/** What is earned by so many units may be an accident of roundings. */
const NOISE = 256;
/** Hops of more pools are left aside while another one has fewer. */
const FEW_POOLS = 32;

/** Says what a cycle could earn at most, without solving for its size. */
export interface CycleBound {
  /**
   * No plan of the cycle earns more, base units of the start mint; anything up to `cost` where that is so. With `quotes`
   * pools that were not asked yet are quoted, as far as it takes to know whether it is more than `cost`. Without, what
   * they pay counts as unknown: infinity where nothing else bounds the cycle.
   *
   * Let every hop but one trade at its best price: nothing is earned there. The one hop earns what its pools pay beyond
   * the price that the others leave it, each pool by itself. That bounds all sizes and divisions, whichever hop is taken:
   * the least of them counts, and the first that is too little ends it.
   */
  of(cycle: number, cost: number, quotes: boolean): number;
}

/** @hot */
export function createCycleBound(graph: Graph, curves: Curves, cycles: Cycles): CycleBound {
  const before = new Float64Array(MAX_HOPS);

  /** What hop `h` earns when the others trade at their best prices. */
  const earnedIn = (
    at: number,
    h: number,
    log: number,
    near: number,
    quotes: boolean,
    enough: number,
  ): number => {
    const pair = cycles.pairs[at + h]!;
    const edges = graph.pairEdges[pair]!;
    const leastLog = graph.bestLog[pair]! - log;
    const least = Math.exp(leastLog);
    const size = near * Math.exp(before[h]!);
    const worth = Math.exp(log - before[h]! - graph.bestLog[pair]!);
    let surplus = 0;
    for (let i = 0; i < edges.length && graph.logPrice[edges[i]!]! > leastLog; i++) {
      if (!isQuotable(graph.poolOf(edges[i]!))) continue;
      surplus += curves.surplusAbove(edges[i]!, least, size, quotes, enough / worth - surplus);
      if (surplus === Number.POSITIVE_INFINITY) return surplus;
    }
    return surplus * worth;
  };

  return {
    of(cycle, cost, quotes) {
      const at = cycle * MAX_HOPS;
      const hops = cycles.hops[cycle]!;
      let log = 0;
      let fewest = Number.POSITIVE_INFINITY;
      for (let h = 0; h < hops; h++) {
        before[h] = log;
        const pair = cycles.pairs[at + h]!;
        log += graph.bestLog[pair]!;
        fewest = Math.min(fewest, graph.pairEdges[pair]!.length);
      }
      // Of one unit between two hops, the most that it is worth.
      let grain = 0;
      for (let h = 1; h < hops; h++) grain = Math.max(grain, Math.exp(log - before[h]!));
      const hidden = UNITS_HIDDEN * grain;
      // Well above what roundings come to.
      const near = (START_COSTS * Math.max(cost, NOISE * (1 + grain))) / Math.expm1(log);
      const most = Math.max(FEW_POOLS, fewest);
      let bound = Number.POSITIVE_INFINITY;
      for (let h = 0; h < hops && bound > cost; h++) {
        if (graph.pairEdges[cycles.pairs[at + h]!]!.length > most) continue;
        const enough = quotes ? cost / SLACK : Number.MAX_VALUE;
        const earned = earnedIn(at, h, log, near, quotes, enough);
        bound = Math.min(bound, SLACK * SURPLUS_SLACK * earned + hidden);
      }
      return bound;
    },
  };
}

import type { ChainClock } from '../../core/clock.ts';
import type { PayingCycle } from '../candidates.ts';
import type { TransactionRoom } from '../transaction-room.ts';
import { type Curves, PLANNED } from './curves.ts';
import type { ExactRoute } from './exact-route.ts';
import { sizeRoute } from './sizing.ts';
import type { Plan } from './solver.ts';

/** Finds plans where curves tell too little: whole units that are worth much, prices that rise with the amount. */
export interface Explorer {
  /** The best plan found by exact quotes, `plan` among those tried; undefined when none pays. */
  explore(candidate: PayingCycle, plan: Plan, clock: ChainClock): Plan | undefined;
}

/** Of each hop, so many pools of the best price are tried, and so many choices of one pool a hop at most. */
const POOLS_PER_HOP = 6;
const MAX_CHOICES = 64;
/** So many of them, those that look best on the curves, are sized exactly. */
const SIZED = 4;
/** A choice that looks worse than the best by more than this share is not. */
const WORTH_SIZING = 1;
/** Sizes tried on the curves stand this far apart, down to this part of the most that goes in. */
const SIZE_RATIO = Math.SQRT2;
const SMALLEST_SHARE = 2 ** -30;

/** One pool a hop, and the size that earns most on the curves as they are. */
interface Choice {
  readonly edges: readonly number[];
  readonly size: number;
  readonly profit: number;
}

export function createExplorer(curves: Curves, route: ExactRoute, room: TransactionRoom): Explorer {
  /** Over all sizes: with prices that rise, profits may have more tops than one. */
  const weigh = (edges: readonly number[], maxIn: number): Choice => {
    let best = { edges, size: maxIn, profit: Number.NEGATIVE_INFINITY };
    const smallest = Math.max(1, maxIn * SMALLEST_SHARE);
    for (let size = maxIn; size >= smallest; size /= SIZE_RATIO) {
      let amount = size;
      for (const edge of edges) {
        curves.readRaw(edge, Math.max(1, amount), PLANNED);
        amount = Math.floor(curves.out);
        if (amount === 0) break;
      }
      // Less than the least that some pool trades.
      if (amount === 0 && best.profit > Number.NEGATIVE_INFINITY) break;
      if (amount > 0 && amount - size > best.profit) best = { edges, size, profit: amount - size };
    }
    return best;
  };

  return {
    explore(candidate, plan, clock) {
      let best: Plan | undefined;
      const attempt = (splits: Plan['splits'], size: number): void => {
        if (!route.take(splits, clock) || !room.holds(route.edges, route.edges.length)) return;
        const sizing = sizeRoute(route, size, candidate.maxInUnits);
        if (!sizing.ok) return;
        const profit = Number(sizing.profit);
        const net = profit - candidate.costOf(route.edges.length);
        if (best !== undefined && net <= best.net) return;
        best = { splits: splitsOf(route), size: Number(sizing.offered), profit, net };
      };
      const choices = choicesOf(candidate.hops).map((edges) => weigh(edges, candidate.maxIn));
      choices.sort((a, b) => b.profit - a.profit);
      const most = choices[0]?.profit ?? 0;
      for (const { edges, size, profit } of choices.slice(0, SIZED)) {
        if (profit < most - WORTH_SIZING * Math.abs(most)) break;
        attempt(
          edges.map((edge) => ({ edges: [edge], shares: [1] })),
          size,
        );
      }
      if (plan.splits.some(({ edges }) => edges.length > 1)) attempt(plan.splits, plan.size);
      return best;
    },
  };
}

function choicesOf(hops: readonly (readonly number[])[]): readonly (readonly number[])[] {
  let perHop = POOLS_PER_HOP;
  const count = (): number => hops.reduce((product, edges) => product * Math.min(perHop, edges.length), 1);
  while (perHop > 1 && count() > MAX_CHOICES) perHop -= 1;
  let choices: readonly (readonly number[])[] = [[]];
  for (const edges of hops)
    choices = choices.flatMap((chosen) =>
      edges
        .slice(0, perHop)
        .filter((edge) => chosen.every((other) => other >> 1 !== edge >> 1))
        .map((edge) => [...chosen, edge]),
    );
  return choices;
}

/** The route's pools by hop, with the shares that its amounts have. */
function splitsOf(route: ExactRoute): Plan['splits'] {
  return Array.from({ length: route.hops }, (_, hop) => {
    const legs = route.edges.flatMap((_edge, leg) => (route.hopOf[leg] === hop ? [leg] : []));
    return {
      edges: legs.map((leg) => route.edges[leg]!),
      shares: legs.map((leg) => route.shares[leg]!),
    };
  });
}

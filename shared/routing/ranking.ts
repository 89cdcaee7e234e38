import type { CandidateMaker, PayingCycle } from './candidates.ts';
import type { Tally } from './reason.ts';
import type { Choice } from './select.ts';
import type { Curves, QuoteBudget } from './sizing/curves.ts';
import type { CycleBound } from './sizing/cycle-bound.ts';
import type { Plan, Solver } from './sizing/solver.ts';
import type { TransactionRoom } from './transaction-room.ts';

/** A cycle that may pay, whose pools are not chosen yet. */
export interface Weighed {
  readonly cycle: number;
  /** What it must earn at least, base units of the start mint. */
  readonly leastCost: number;
  readonly unitsPerLamport: number;
  /** No plan of it nets more, lamports. */
  readonly mostLamports: number;
}

/** A candidate with the pools, shares and size that earn most on the curves. */
export interface Planned extends Choice {
  readonly candidate: PayingCycle;
  readonly plan: Plan;
  /** What any plan of it comes to at most on coarse samples, before costs, base units of the start mint. */
  readonly most: number;
}

export interface PlanOptions {
  /** Only one of them can be taken: those that cannot be better than the best so far are left. */
  readonly onlyBest: boolean;
  /** What is over it is counted as capped. */
  readonly maxPlans: number;
  /** Pools that are left out. */
  readonly avoided?: ReadonlySet<number> | undefined;
}

/** Finds out which cycles are worth exact quotes: first what each could earn at most, then plans, best first. */
export interface Ranking {
  begin(): void;
  /** Undefined, and counted, when no size and no split of the cycle can pay its costs. */
  weigh(cycle: number, tally: Tally): Weighed | undefined;
  /** The plans that pay, best first; the others are counted. Sorts `weighed`, and leaves there what all pools together pay for. */
  plan(weighed: Weighed[], tally: Tally, options: PlanOptions): readonly Planned[];
  /** Since `begin`, the plan that its costs were too much for by least. */
  readonly nearest: Planned | undefined;
}

/** A whole unit between two hops that is worth this share of the profit is too much for smooth curves. */
const ROUGH_GRAIN = 0.01;

export function createRanking(deps: {
  readonly maker: CandidateMaker;
  readonly solver: Solver;
  readonly curves: Curves;
  readonly budget: QuoteBudget;
  readonly bound: CycleBound;
  readonly room: TransactionRoom;
  /** The best plan of a rough candidate by exact quotes, or undefined. */
  explore(candidate: PayingCycle, plan: Plan): Plan | undefined;
  readonly maxSwaps: number;
}): Ranking {
  const { maker, solver, curves, budget, bound, room, explore, maxSwaps } = deps;
  let nearest: Planned | undefined;
  return {
    get nearest() {
      return nearest;
    },
    begin() {
      nearest = undefined;
    },
    weigh(cycle, tally) {
      if (!maker.weigh(cycle)) {
        tally.add(maker.refusal);
        return undefined;
      }
      const { cost, most, unitsPerLamport } = maker.weight;
      return { cycle, leastCost: cost, unitsPerLamport, mostLamports: (most - cost) / unitsPerLamport };
    },
    plan(weighed, tally, { onlyBest, maxPlans, avoided }) {
      weighed.sort((a, b) => b.mostLamports - a.mostLamports);
      const paying: Planned[] = [];
      let solved = 0;
      let bestLamports = 0;
      let kept = 0;
      for (let i = 0; i < weighed.length; i++) {
        const each = weighed[i]!;
        if (onlyBest && each.mostLamports <= bestLamports) {
          tally.add('outranked', weighed.length - i);
          break;
        }
        if (budget.left <= budget.reserve) {
          tally.add('budget-exhausted');
          continue;
        }
        // As much as this must be beaten: costs, and what the best one nets.
        const least = each.leastCost + (onlyBest ? bestLamports * each.unitsPerLamport : 0);
        const most = bound.of(each.cycle, least, true);
        if (most <= least) {
          tally.add(most <= each.leastCost ? 'below-costs' : 'outranked');
          continue;
        }
        if (solved >= maxPlans) {
          tally.add('capped');
          continue;
        }
        const candidate = maker.make(each.cycle, avoided);
        if (typeof candidate === 'string') {
          tally.add(candidate);
          continue;
        }
        const cost = candidate.costOf(candidate.hops.length);
        if (Math.expm1(candidate.log) * candidate.maxIn <= cost) {
          tally.add('too-small');
          continue;
        }
        solved += 1;
        const { profit, most: relaxedMost, bound: relaxed, grain, rises } = solver.relax(candidate, maxSwaps);
        if (!(relaxed > cost)) {
          if (profit > 0) tally.add('below-costs');
          else tally.add(curves.complete ? 'no-exact-profit' : 'budget-exhausted');
          continue;
        }
        weighed[kept] = each;
        kept += 1;
        const isRough = rises || grain > ROUGH_GRAIN * Math.max(profit, cost);
        const boundLamports = (relaxed - cost) / candidate.unitsPerLamport;
        if (onlyBest && boundLamports <= bestLamports) {
          tally.add('outranked');
          continue;
        }
        room.refused = false;
        const plan = solver.plan(candidate, maxSwaps);
        const found = isRough ? explore(candidate, plan) : plan;
        if (room.refused && (found === undefined || found.splits.length === 0)) {
          tally.add('beyond-accounts');
          continue;
        }
        if (found === undefined) {
          tally.add(curves.complete ? 'no-exact-profit' : 'budget-exhausted');
          continue;
        }
        const planned = asChoice(candidate, found, relaxedMost);
        if (planned.value > 0) {
          bestLamports = Math.max(bestLamports, planned.value);
          paying.push(planned);
          continue;
        }
        tally.add(curves.complete ? 'below-costs' : 'budget-exhausted');
        if (nearest === undefined || planned.value > nearest.value) nearest = planned;
      }
      weighed.length = kept;
      return paying.sort((a, b) => b.value - a.value);
    },
  };
}

function asChoice(candidate: PayingCycle, plan: Plan, most: number): Planned {
  return {
    candidate,
    plan,
    most,
    value: plan.net / candidate.unitsPerLamport,
    pools: plan.splits.flatMap(({ edges }) => edges.map((edge) => edge >> 1)),
    mint: candidate.startId,
    amount: plan.size,
  };
}

import { COARSE } from './curves.ts';
import type { Flow } from './flow.ts';
import type { Candidate, Plan, Split } from './solver.ts';

/** What an exchange must add, as a share of the profit: below it the coarse samples decide nothing. */
const LEAST_GAIN = 1e-3;

/** Of a hop, so many pools of the best marginal price may join: on hub mints, dozens pay. */
const JOINERS_PER_HOP = 6;

/** Sizes that a set is tried at: sets are compared, not solved. */
const ROUNDS = 3;

type Hops = readonly (readonly number[])[];

/** The pools that a plan of a cycle uses, made better one pool at a time on coarse curves. */
export class PoolSet {
  #hops: Hops;
  #profit: number;
  readonly #flow: Flow;
  readonly #candidate: Candidate;
  /** A size near the best one, base units of the start mint. */
  readonly #size: number;

  /** Starts with the pool of each hop that carries most in `plan`. */
  constructor(flow: Flow, candidate: Candidate, plan: Plan) {
    this.#flow = flow;
    this.#candidate = candidate;
    this.#size = plan.size;
    this.#hops = plan.splits.map(mainPool);
    this.#profit = this.#profitOf(this.#hops);
  }

  get swaps(): number {
    return this.#hops.reduce((sum, edges) => sum + edges.length, 0);
  }

  /** Solves the flow over the pools for its best size. */
  solve(step: number): void {
    this.#flow.take(this.#hops);
    this.#flow.solve(this.#size, this.#candidate.maxIn, step);
  }

  /** Takes in the pool that adds most; false when none adds anything. */
  widen(): boolean {
    return this.#move([this.#hops]);
  }

  /** Puts another pool in the place of one, in whichever hop, where that adds most; false when it adds nothing. */
  exchange(): boolean {
    return this.#move(
      this.#hops.flatMap((edges, h) =>
        edges.map((out) =>
          this.#hops.map((kept, at) => (at === h ? kept.filter((edge) => edge !== out) : kept)),
        ),
      ),
    );
  }

  /** Goes to the best set that is one pool more than one of `bases`, if that is better than the present one. */
  #move(bases: readonly Hops[]): boolean {
    const { hops } = this.#candidate;
    let best: Hops | undefined;
    // More than the present one also where that loses: a set is never gone back to.
    let highest = this.#profit + LEAST_GAIN * Math.abs(this.#profit);
    for (const base of bases) {
      for (const { hop, edge } of this.#joiners(base)) {
        // Best marginal price first, as the candidate has them.
        const wider = hops[hop]!.filter((other) => other === edge || base[hop]!.includes(other));
        const trial = base.map((edges, at) => (at === hop ? wider : edges));
        const profit = this.#profitOf(trial);
        if (profit <= highest) continue;
        highest = profit;
        best = trial;
      }
    }
    if (best === undefined) return false;
    this.#hops = best;
    this.#profit = highest;
    return true;
  }

  /** The pools that could add something to `base`: their first unit pays more than the last one of their hop. */
  #joiners(base: Hops): readonly { readonly hop: number; readonly edge: number }[] {
    const { hops } = this.#candidate;
    const bare = base.findIndex((edges) => edges.length === 0);
    if (bare < 0) this.#profitOf(base);
    return hops.flatMap((edges, hop) =>
      edges
        .slice(0, JOINERS_PER_HOP)
        .filter((edge) => !this.#hops[hop]!.includes(edge))
        .filter((edge) => (bare < 0 ? this.#flow.hops[hop]!.isOutpaidBy(edge) : hop === bare))
        .map((edge) => ({ hop, edge })),
    );
  }

  #profitOf(hops: Hops): number {
    this.#flow.take(hops);
    this.#flow.solve(this.#size, this.#candidate.maxIn, COARSE, ROUNDS);
    return this.#flow.profit;
  }
}

function mainPool({ edges, shares }: Split): readonly number[] {
  return [edges[shares.indexOf(Math.max(...shares))]!];
}

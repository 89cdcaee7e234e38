import type { ChainClock } from '../../core/clock.ts';
import { unitsForSwaps } from '../../core/compute.ts';
import { isQuotable } from '../../market/pool-entry.ts';
import { type Swapped, sharesWrites, stateAfter } from '../../venues/shared-accounts.ts';
import type { PoolState } from '../../venues/venue.ts';
import type { Graph } from '../graph/graph.ts';
import type { Curves, QuoteBudget } from './curves.ts';

/** Why a run came to nothing. */
export type RunRefusal = 'quote-refused' | 'budget-exhausted' | 'beyond-compute';

/**
 * @hot
 * One plan quoted exactly, as the chain will do it: each hop's whole output is offered to the next hop, divided by the
 * hop's shares with floors and the rest to its last pool; what a venue leaves of its input counts as nothing, except in
 * the first hop, where it is not spent. A leg whose pool shares accounts with an earlier leg's meets them as that one
 * leaves them. One whose legs take more compute units than a transaction has is refused. The legs of the last run stay
 * readable.
 */
export class ExactRoute {
  /** Of each leg in execution order. */
  readonly edges: number[] = [];
  readonly hopOf: number[] = [];
  readonly shares: number[] = [];
  readonly amountsIn: bigint[] = [];
  readonly consumed: bigint[] = [];
  readonly amountsOut: bigint[] = [];
  /** Compute units of each leg. */
  readonly units: number[] = [];
  amountIn = 0n;
  amountOut = 0n;
  hops = 0;
  /** Why the last run came to nothing. */
  refusal: RunRefusal = 'quote-refused';
  readonly #graph: Graph;
  readonly #curves: Curves;
  readonly #budget: QuoteBudget;
  #clock: ChainClock = { slot: 0, unixTimestamp: 0, epoch: 0 };
  /** Whether any two legs' pools share accounts that swaps write. */
  #shares = false;
  /** Where they do: the state that each leg of the last run met, and what its legs left so far. */
  readonly #met: PoolState[] = [];
  readonly #left: Swapped[] = [];

  constructor(graph: Graph, curves: Curves, budget: QuoteBudget) {
    this.#graph = graph;
    this.#curves = curves;
    this.#budget = budget;
  }

  /** Takes a plan's pools and shares; false when one of them cannot be quoted now. */
  take(
    splits: readonly { edges: readonly number[]; shares: readonly number[] }[],
    clock: ChainClock,
  ): boolean {
    this.#clock = clock;
    this.hops = splits.length;
    this.edges.length = 0;
    this.hopOf.length = 0;
    this.shares.length = 0;
    for (let h = 0; h < splits.length; h++) {
      const { edges, shares } = splits[h]!;
      for (let i = 0; i < edges.length; i++) {
        if (!isQuotable(this.#graph.poolOf(edges[i]!))) return false;
        this.edges.push(edges[i]!);
        this.hopOf.push(h);
        this.shares.push(shares[i]!);
      }
    }
    this.#shares = this.#hasSharedAccounts();
    this.#met.length = 0;
    return splits.length > 0;
  }

  #hasSharedAccounts(): boolean {
    const { edges } = this;
    for (let later = 1; later < edges.length; later++) {
      const { venue, state } = this.#graph.poolOf(edges[later]!);
      if (venue.carry === undefined) continue;
      for (let leg = 0; leg < later; leg++) {
        const other = this.#graph.poolOf(edges[leg]!);
        if (other.venue === venue && sharesWrites({ venue, state: state! }, { venue, state: other.state! }))
          return true;
      }
    }
    return false;
  }

  /** True when legs leave accounts that later ones read: what one leg is offered moves what the others pay. */
  get sharesAccounts(): boolean {
    return this.#shares;
  }

  /** How often every leg may still be quoted. */
  get runsLeft(): number {
    return Math.floor(this.#budget.left / this.edges.length);
  }

  get profit(): bigint {
    return this.amountOut - this.amountIn;
  }

  /**
   * Quotes every leg for `offered`, or those of the first `hops` hops: the amounts out are of these then. False when one
   * refuses or the budget is spent.
   */
  run(offered: bigint, hops = this.hops): boolean {
    if (this.#budget.left < this.edges.length) {
      this.refusal = 'budget-exhausted';
      return false;
    }
    this.refusal = 'quote-refused';
    let total = offered;
    let taken = 0n;
    let leg = 0;
    if (this.#shares) this.#left.length = 0;
    for (let h = 0; h < hops; h++) {
      let output = 0n;
      let left = total;
      const size = Number(total);
      while (leg < this.edges.length && this.hopOf[leg] === h) {
        const isLast = this.hopOf[leg + 1] !== h;
        const floor = isLast ? left : BigInt(Math.floor(size * this.shares[leg]!));
        const amountIn = floor > left ? left : floor;
        left -= amountIn;
        if (this.#shares) this.#meet(leg);
        if (!this.quoteLeg(leg, amountIn)) return false;
        if (this.#shares && !this.#leave(leg)) return false;
        output += this.amountsOut[leg]!;
        if (h === 0) taken += this.consumed[leg]!;
        leg += 1;
      }
      total = output;
    }
    this.amountIn = taken;
    this.amountOut = total;
    if (hops < this.hops || this.isWithinCompute) return true;
    this.refusal = 'beyond-compute';
    return false;
  }

  /** True when one transaction has the compute units for all legs as last quoted. */
  get isWithinCompute(): boolean {
    return this.computeUnits <= unitsForSwaps(this.#clock);
  }

  /** Compute units of all legs as last quoted. */
  get computeUnits(): number {
    let sum = 0;
    for (let leg = 0; leg < this.edges.length; leg++) sum += this.units[leg]!;
    return sum;
  }

  /** What the legs before it in this run have left of the leg's pool. */
  #meet(leg: number): void {
    const { venue, state } = this.#graph.poolOf(this.edges[leg]!);
    this.#met[leg] = stateAfter(venue, state!, this.#left);
  }

  #leave(leg: number): boolean {
    const edge = this.edges[leg]!;
    const { venue } = this.#graph.poolOf(edge);
    if (venue.carry === undefined) return true;
    const settled = venue.settle(this.#met[leg]!, (edge & 1) === 0, this.amountsIn[leg]!, this.#clock);
    if (settled.ok) this.#left.push({ venue, state: settled.state });
    return settled.ok;
  }

  /** Quotes one leg for an amount, as the last run met its pool; false when it refuses or would take too large a share of the pool. */
  quoteLeg(leg: number, amountIn: bigint): boolean {
    if (this.#budget.left <= 0) {
      this.refusal = 'budget-exhausted';
      return false;
    }
    this.#budget.left -= 1;
    const edge = this.edges[leg]!;
    const pool = this.#graph.poolOf(edge);
    const state = this.#shares ? (this.#met[leg] ?? pool.state!) : pool.state!;
    const quote = pool.venue.quote(state, (edge & 1) === 0, amountIn, this.#clock);
    if (!quote.ok) {
      if (quote.reason === 'compute') {
        this.refusal = 'beyond-compute';
        this.units[leg] = Number.POSITIVE_INFINITY;
      }
      return false;
    }
    if (quote.amountOut === 0n) return false;
    if (!this.#curves.isWithinShare(edge, Number(quote.consumedIn), Number(quote.amountOut))) return false;
    this.amountsIn[leg] = amountIn;
    this.consumed[leg] = quote.consumedIn;
    this.amountsOut[leg] = quote.amountOut;
    this.units[leg] = quote.computeUnits;
    return true;
  }
}

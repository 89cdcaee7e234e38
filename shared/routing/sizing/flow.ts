import { MAX_HOPS } from '../graph/cycles.ts';
import type { Graph } from '../graph/graph.ts';
import type { Curves } from './curves.ts';
import { HopFlow } from './hop-flow.ts';

/** Most sizes that one solution may try. */
const MAX_ROUNDS = 14;
/** A size this near to the one before ends the search for it: profit is flat there. */
const SIZE_TOLERANCE = 0.004;
/** Where a size has come to rest, one that is larger by this factor is tried too. */
const LOOK_BEYOND = 1.25;
/** A size at which another unit brings back more than this is none to rest at. */
const STILL_PAYS = 1.01;
/** A size grows and shrinks by this factor at most from one round to the next. */
const STRIDE = 16;

/**
 * @hot
 * How much flows through each pool of a cycle, and what that earns. A chain of constant products is one, so its best size
 * has a closed form; as in each hop, a few rounds of reading and solving again come to rest at the curves' own best, kept
 * between sizes known to be too small and too large. Reused from candidate to candidate.
 */
export class Flow {
  /** Base units of the start mint that go in, and what they earn. */
  size = 0;
  profit = 0;
  hopCount = 0;
  /** The first `hopCount` are those of the cycle. */
  readonly hops: readonly HopFlow[];

  readonly #curves: Curves;

  constructor(graph: Graph, curves: Curves) {
    this.#curves = curves;
    this.hops = Array.from({ length: MAX_HOPS }, () => new HopFlow(graph, curves));
  }

  /** Takes the pools that each hop may use, best marginal price first. */
  take(hops: readonly (readonly number[])[]): void {
    this.hopCount = hops.length;
    for (let h = 0; h < hops.length; h++) this.hops[h]!.take(hops[h]!);
  }

  /** Pools in the flow. */
  get swaps(): number {
    let swaps = 0;
    for (let h = 0; h < this.hopCount; h++) swaps += this.hops[h]!.count;
    return swaps;
  }

  /**
   * Leaves out the pools that carry nothing, but for a hop's last one and those whose first unit pays as much as the last
   * one of their hop less the share `near`; true when any of these stay.
   */
  dropIdle(near: number): boolean {
    let stay = false;
    for (let h = 0; h < this.hopCount; h++) {
      const hop = this.hops[h]!;
      const least = hop.level * (1 - near);
      for (let at = hop.count - 1; at >= 0 && hop.count > 1; at--) {
        if (hop.amounts[at]! > 0) continue;
        if (near > 0 && this.#curves.bestPrice(hop.edges[at]!) > least) stay = true;
        else hop.drop(at);
      }
    }
    return stay;
  }

  /**
   * Finds the size up to `maxIn` that earns most over these pools, and its division, from a size near it. `profit` is
   * what the curves say of the best size tried: negative when none pays.
   */
  solve(from: number, maxIn: number, step: number, rounds = MAX_ROUNDS): void {
    let low = 0;
    let high = Number.POSITIVE_INFINITY;
    let size = Math.max(1, Math.min(maxIn, from));
    let tried = 0;
    this.profit = Number.NEGATIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const total = this.#pass(size, step);
      tried = size;
      if (total - size > this.profit) {
        this.profit = total - size;
        this.size = size;
      }
      const marginal = this.#marginal();
      // Nothing came out: less than the least that a pool trades.
      if (marginal > 1 || total === 0) low = size;
      else high = size;
      if (low >= maxIn) break;
      let next = Math.min(maxIn, nextSize(size, total, marginal, low, high));
      if (Math.abs(next - size) <= SIZE_TOLERANCE * size) {
        // A deeper pool may join just beyond, and carry what pays a little very far: one look there. Where a unit more
        // still pays clearly, floors have bent the curves, not depth: the size is looked for further on.
        const isOpen = high === Number.POSITIVE_INFINITY && marginal > STILL_PAYS;
        next = Math.min(maxIn, size * (isOpen ? STRIDE : LOOK_BEYOND));
        if (next >= high) break;
      }
      size = next;
    }
    if (tried !== this.size) this.profit = this.#pass(this.size, step) - this.size;
  }

  /** What a flow without this pool loses at least, base units of the start mint: its profit at the flow's own prices. */
  rent(hop: number, at: number): number {
    let worth = this.hops[hop]!.surplus(at);
    if (worth === 0) return 0;
    for (let h = hop + 1; h < this.hopCount; h++) worth *= this.hops[h]!.level;
    return worth;
  }

  /** What one whole unit between two hops is worth, where that is most: base units of the start mint. */
  grain(): number {
    let worth = 1;
    let most = 0;
    for (let h = this.hopCount - 1; h > 0; h--) {
      worth *= this.hops[h]!.level;
      if (worth > most) most = worth;
    }
    return most;
  }

  /**
   * True when some pool carries an amount that it pays worse than its curve says. Where all carry more, the curves are
   * true, and as they bound every smaller amount, nothing is better.
   */
  rises(): boolean {
    for (let h = 0; h < this.hopCount; h++) {
      const { count, edges, amounts } = this.hops[h]!;
      for (let at = 0; at < count; at++)
        if (amounts[at]! > 0 && amounts[at]! < this.#curves.topOf(edges[at]!)) return true;
    }
    return false;
  }

  /** Sends `size` around the cycle; what comes back. */
  #pass(size: number, step: number): number {
    let amount = size;
    for (let h = 0; h < this.hopCount && amount > 0; h++) amount = this.hops[h]!.through(amount, step);
    return amount;
  }

  /** What the last unit in brings out. */
  #marginal(): number {
    let marginal = 1;
    for (let h = 0; h < this.hopCount; h++) marginal *= this.hops[h]!.level;
    return marginal;
  }
}

/** The whole cycle taken for one constant product, and its best size, inside what brackets it. */
function nextSize(size: number, total: number, marginal: number, low: number, high: number): number {
  let next = size === low ? size * STRIDE : size / STRIDE;
  if (total > 0 && marginal > 0) {
    const alpha = (marginal * size * size) / (total * total);
    const beta = (size / total - alpha) / size;
    const best = (Math.sqrt(alpha) - alpha) / beta;
    if (beta > 0 && best > 0) next = Math.max(size / STRIDE, Math.min(size * STRIDE, best));
  }
  if (next > low && next < high) return next;
  return low > 0 ? Math.sqrt(low * high) : Math.max(1, high / STRIDE);
}

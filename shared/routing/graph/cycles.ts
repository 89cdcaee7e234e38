import { type Graph, NONE } from './graph.ts';

/** A margin for float error: a product this close to 1 pays nothing that integers would keep. */
export const MIN_LOG = 1e-9;
/** Most swaps in a row that a cycle may have. */
export const MAX_HOPS = 4;
/** The rank of a mint that no cycle may start from. */
export const NO_RANK = 255;

/**
 * @hot
 * The cycles of mints that pay at size zero, each as its pairs in order from its start mint. A cycle of mints stands for
 * every choice of pools along it: the sum of its best marginal prices bounds them all, so that parallel pools cost
 * nothing until a cycle is known to pay. Reused from update to update.
 */
export class Cycles {
  count = 0;
  /** Cycles looked at that cannot pay at any size. */
  unpaying = 0;
  /** Cycles with a hop that no pool can be quoted for. */
  unquotable = 0;
  /** MAX_HOPS entries a cycle. */
  pairs = new Int32Array(64 * MAX_HOPS);
  hops = new Uint8Array(64);
  /** The best sum of logarithms along the cycle. */
  logs = new Float64Array(64);
  readonly #graph: Graph;
  readonly #maxHops: number;
  readonly #path = new Int32Array(MAX_HOPS);
  /** By mint id: its place among the start mints, or NO_RANK. */
  #rank = new Uint8Array(0);
  #rankOf: (mint: number) => number;
  /** By pair id: cycles through it were found already in this search. */
  #done = new Uint8Array(256);
  #doneCount = 0;

  constructor(graph: Graph, maxHops: number, rankOf: (mint: number) => number) {
    this.#graph = graph;
    this.#maxHops = maxHops;
    this.#rankOf = rankOf;
  }

  clear(): void {
    this.count = 0;
    this.unpaying = 0;
    this.unquotable = 0;
    if (this.#doneCount > 0) this.#done.fill(0);
    this.#doneCount = 0;
  }

  /** From now on cycles through the pair count as found: a second changed pair on them does not find them again. */
  markDone(pair: number): void {
    if (pair >= this.#done.length) {
      const larger = new Uint8Array(Math.max(pair + 1, this.#done.length * 2));
      larger.set(this.#done);
      this.#done = larger;
    }
    this.#done[pair] = 1;
    this.#doneCount += 1;
  }

  isDone(pair: number): boolean {
    return this.#done[pair] === 1;
  }

  /** True when the list has the same cycle before: two of one pool's hops find a cycle of two both. */
  isRepeat(cycle: number): boolean {
    if (this.hops[cycle] !== 2) return false;
    const { pairs } = this;
    const at = cycle * MAX_HOPS;
    for (let i = 0; i < cycle; i++) {
      const other = i * MAX_HOPS;
      if (this.hops[i] === 2 && pairs[other] === pairs[at] && pairs[other + 1] === pairs[at + 1]) return true;
    }
    return false;
  }

  /** Adds the paying cycles through `pair` when that hop is worth `log`, all other hops being their best. */
  through(pair: number, log: number): void {
    const graph = this.#graph;
    const { outPairs, pairTo, bestLog } = graph;
    this.#learnRanks();
    const from = graph.pairFrom[pair]!;
    const to = pairTo[pair]!;
    const path = this.#path;
    path[0] = pair;
    const back = graph.pairBetween(to, from);
    if (back !== NONE) {
      path[1] = back;
      this.#meet(2, log + bestLog[back]!);
    }
    if (this.#maxHops < 3) return;
    const triangles = graph.trianglesOf(pair);
    for (let i = 0; i < triangles.length; i += 2) {
      const second = triangles[i]!;
      const closing = triangles[i + 1]!;
      path[1] = second;
      path[2] = closing;
      this.#meet(3, log + bestLog[second]! + bestLog[closing]!);
    }
    if (this.#maxHops < 4) return;
    const onward = outPairs[to]!;
    for (let i = 0; i < onward.length; i++) {
      const second = onward[i]!;
      const middle = pairTo[second]!;
      if (middle === from) continue;
      path[1] = second;
      this.#meetFours(from, to, middle, log + bestLog[second]!);
    }
  }

  #meetFours(from: number, to: number, middle: number, partial: number): void {
    const graph = this.#graph;
    const { pairTo, bestLog } = graph;
    const path = this.#path;
    const onward = graph.outPairs[middle]!;
    const homeward = graph.outPairs[from]!;
    // The last mint is a neighbour of both ends: it is looked for at the one that has fewer.
    const atHome = homeward.length < onward.length;
    const ways = atHome ? homeward : onward;
    for (let i = 0; i < ways.length; i++) {
      const last = pairTo[ways[i]!]!;
      if (last === from || last === to || last === middle) continue;
      const third = atHome ? graph.pairBetween(middle, last) : ways[i]!;
      const closing = graph.pairBetween(last, from);
      if (third === NONE || closing === NONE) continue;
      path[2] = third;
      path[3] = closing;
      this.#meet(4, partial + bestLog[third]! + bestLog[closing]!);
    }
  }

  #meet(hops: number, log: number): void {
    const path = this.#path;
    const { pairFrom } = this.#graph;
    let first = 0;
    let rank = NO_RANK;
    for (let i = 0; i < hops; i++) {
      const candidate = this.#rank[pairFrom[path[i]!]!]!;
      if (candidate < rank) {
        rank = candidate;
        first = i;
      }
    }
    if (rank === NO_RANK) return;
    if (this.#doneCount > 0) for (let i = 1; i < hops; i++) if (this.#done[path[i]!] === 1) return;
    if (!(log > MIN_LOG)) {
      if (log === Number.NEGATIVE_INFINITY) this.unquotable += 1;
      else this.unpaying += 1;
      return;
    }
    if (this.count === this.hops.length) this.#grow();
    const at = this.count * MAX_HOPS;
    for (let i = 0; i < hops; i++) this.pairs[at + i] = path[(first + i) % hops]!;
    this.hops[this.count] = hops;
    this.logs[this.count] = log;
    this.count += 1;
  }

  #learnRanks(): void {
    const mints = this.#graph.mints.length;
    if (this.#rank.length === mints) return;
    this.#rank = Uint8Array.from({ length: mints }, (_, mint) => this.#rankOf(mint));
  }

  #grow(): void {
    const size = this.hops.length * 2;
    const pairs = new Int32Array(size * MAX_HOPS);
    pairs.set(this.pairs);
    this.pairs = pairs;
    const hops = new Uint8Array(size);
    hops.set(this.hops);
    this.hops = hops;
    const logs = new Float64Array(size);
    logs.set(this.logs);
    this.logs = logs;
  }
}

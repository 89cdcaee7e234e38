import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import { PairTable } from './pair-table.ts';

/** No edge, no pair, or a price of nothing. */
export const NONE = -1;
const UNTRADABLE = Number.NEGATIVE_INFINITY;

/** The edge of a pool in one direction: the number that everything in routing knows it by. */
export function edgeOf(pool: PoolEntry, aToB: boolean): number {
  return pool.index * 2 + (aToB ? 0 : 1);
}

/**
 * @hot
 * The market as integers. An edge is one direction of one pool; a pair is an ordered pair of mints with every edge
 * that leads from one to the other, best price first. Prices are natural logarithms of the best that any amount is paid
 * on average, after fees, so that no size of a cycle pays unless its logarithms sum to more than zero; an edge that cannot
 * be quoted has minus infinity. Pools join when they are first refreshed and move within their pairs whenever they are again.
 */
export class Graph {
  /** By mint id. */
  readonly mints: Address[] = [];
  /** By mint id: the pairs that lead out of it. */
  readonly outPairs: number[][] = [];
  /** By pair id. */
  readonly pairFrom: number[] = [];
  readonly pairTo: number[] = [];
  readonly pairEdges: number[][] = [];
  /** By pair id: the logarithm of the best edge. */
  bestLog = new Float64Array(256);
  /** By edge id. */
  logPrice = new Float64Array(256).fill(UNTRADABLE);
  /** The same, not as a logarithm: base units out per base unit in, 0 where nothing is paid. */
  price = new Float64Array(256);
  edgePair = new Int32Array(256).fill(NONE);
  /** By edge id: moves whenever the edge's quotes may have changed. */
  revision = new Uint32Array(256);
  /** By pool index. */
  readonly pools: (PoolEntry | undefined)[] = [];
  readonly #mintIds = new Map<Address, number>();
  readonly #pairTable = new PairTable();
  /** By pair id, since pairs were added last: see `trianglesOf`. */
  #triangles: (Int32Array | undefined)[] = [];

  /** The mint's number, or NONE while no pool trades it. */
  mintId(mint: Address): number {
    return this.#mintIds.get(mint) ?? NONE;
  }

  /** The pair from one mint to another, or NONE. */
  pairBetween(from: number, to: number): number {
    return this.#pairTable.get(from, to);
  }

  /**
   * The ways back from the end of a pair to its beginning over one other mint: the two pairs of each in turn, the ways in
   * the order in which their first pairs were learned. Found over the mint with fewer neighbours, once for all updates.
   */
  trianglesOf(pair: number): Int32Array {
    const known = this.#triangles[pair];
    if (known !== undefined) return known;
    const from = this.pairFrom[pair]!;
    const to = this.pairTo[pair]!;
    const ways: number[] = [];
    const [few, many] = [this.outPairs[from]!, this.outPairs[to]!];
    if (few.length < many.length) {
      const seconds: number[] = [];
      for (const out of few) {
        const second = this.pairBetween(to, this.pairTo[out]!);
        if (second !== NONE) seconds.push(second);
      }
      seconds.sort((a, b) => a - b);
      for (const second of seconds) ways.push(second, this.pairBetween(this.pairTo[second]!, from));
    } else {
      for (const second of many) {
        const closing = this.pairBetween(this.pairTo[second]!, from);
        if (closing !== NONE) ways.push(second, closing);
      }
    }
    const triangles = Int32Array.from(ways);
    this.#triangles[pair] = triangles;
    return triangles;
  }

  poolOf(edge: number): PoolEntry {
    return this.pools[edge >> 1]!;
  }

  /** Takes the pool's present prices over: to be called whenever its quotes may have changed. */
  refresh(pool: PoolEntry, clock: ChainClock): void {
    const state = pool.state;
    const edge = pool.index * 2;
    if (this.pools[pool.index] !== pool) {
      if (state === undefined || state.mintA === state.mintB) return;
      this.#join(pool, state.mintA, state.mintB);
    }
    if (state === undefined || !isQuotable(pool)) {
      this.withdraw(pool);
      return;
    }
    this.#reprice(edge, bestPrice(pool.venue, state, true, clock));
    this.#reprice(edge + 1, bestPrice(pool.venue, state, false, clock));
  }

  /** The pool cannot be quoted (its accounts do not fit together for now) until it is refreshed again. */
  withdraw(pool: PoolEntry): void {
    this.#reprice(pool.index * 2, 0);
    this.#reprice(pool.index * 2 + 1, 0);
  }

  #reprice(edge: number, price: number): void {
    const isTradable = price > 0 && price < Number.POSITIVE_INFINITY;
    this.revision[edge] = this.revision[edge]! + 1;
    this.logPrice[edge] = isTradable ? Math.log(price) : UNTRADABLE;
    this.price[edge] = isTradable ? price : 0;
    const pair = this.edgePair[edge]!;
    const edges = this.pairEdges[pair]!;
    // One edge moved in a sorted list: it changes places with its neighbours until it stands right.
    let at = edges.indexOf(edge);
    while (at > 0 && this.#isBefore(edge, edges[at - 1]!)) {
      edges[at] = edges[at - 1]!;
      at -= 1;
    }
    while (at + 1 < edges.length && this.#isBefore(edges[at + 1]!, edge)) {
      edges[at] = edges[at + 1]!;
      at += 1;
    }
    edges[at] = edge;
    this.bestLog[pair] = this.logPrice[edges[0]!]!;
  }

  /** Equal prices stand by number, so that the order does not depend on the past. */
  #isBefore(a: number, b: number): boolean {
    const difference = this.logPrice[a]! - this.logPrice[b]!;
    return difference > 0 || (!(difference < 0) && a < b);
  }

  #join(pool: PoolEntry, mintA: Address, mintB: Address): void {
    this.pools[pool.index] = pool;
    const edge = pool.index * 2;
    if (edge + 1 >= this.logPrice.length) this.#growEdges(edge + 2);
    const a = this.#learnMint(mintA);
    const b = this.#learnMint(mintB);
    this.#addEdge(edge, this.#learnPair(a, b));
    this.#addEdge(edge + 1, this.#learnPair(b, a));
  }

  #addEdge(edge: number, pair: number): void {
    this.edgePair[edge] = pair;
    const edges = this.pairEdges[pair]!;
    if (!edges.includes(edge)) edges.push(edge);
  }

  #learnMint(mint: Address): number {
    const known = this.#mintIds.get(mint);
    if (known !== undefined) return known;
    const id = this.mints.length;
    this.#mintIds.set(mint, id);
    this.mints.push(mint);
    this.outPairs.push([]);
    return id;
  }

  #learnPair(from: number, to: number): number {
    const known = this.pairBetween(from, to);
    if (known !== NONE) return known;
    const pair = this.pairEdges.length;
    if (pair === this.bestLog.length) this.bestLog = grown(this.bestLog, pair * 2, UNTRADABLE);
    this.bestLog[pair] = UNTRADABLE;
    this.pairFrom.push(from);
    this.pairTo.push(to);
    this.pairEdges.push([]);
    this.outPairs[from]!.push(pair);
    this.#pairTable.add(from, to, pair);
    if (this.#triangles.length > 0) this.#triangles = [];
    return pair;
  }

  #growEdges(least: number): void {
    const size = Math.max(least, this.logPrice.length * 2);
    this.logPrice = grown(this.logPrice, size, UNTRADABLE);
    this.price = grown(this.price, size, 0);
    const edgePair = new Int32Array(size).fill(NONE);
    edgePair.set(this.edgePair);
    this.edgePair = edgePair;
    const revision = new Uint32Array(size);
    revision.set(this.revision);
    this.revision = revision;
  }
}

/** No amount is paid more a unit on average: base units out per base unit in, 0 when the direction is closed. */
function bestPrice(venue: Venue, state: PoolState, aToB: boolean, clock: ChainClock): number {
  return venue.bestPrice === undefined
    ? venue.marginalPrice(state, aToB, clock)
    : venue.bestPrice(state, aToB, clock);
}

function grown(array: Float64Array<ArrayBuffer>, size: number, filler: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size).fill(filler);
  larger.set(array);
  return larger;
}

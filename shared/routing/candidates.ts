import type { Address } from '../core/address.ts';
import { U64_MAX } from '../core/units.ts';
import type { CostBreakdown, CostModel } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import { type ReferencePrice, referencePrice } from '../market/reference-price.ts';
import { type Cycles, MAX_HOPS, MIN_LOG } from './graph/cycles.ts';
import type { Graph } from './graph/graph.ts';
import type { Reason } from './reason.ts';
import type { CycleBound } from './sizing/cycle-bound.ts';
import type { Candidate } from './sizing/solver.ts';

/** What the layers above say about a trade before any quote is spent on it. */
export interface SearchGate {
  /** A reason to leave a pool alone in one direction now, or undefined. */
  bars(pool: PoolEntry, aToB: boolean): Reason | undefined;
  /** Largest input of one trade from the start mint, base units; 0n when there is none. */
  maxIn(startMint: Address): bigint;
  /** What all trades of one moment may take of the start mint together. */
  free(startMint: Address): bigint;
  /** True when the wallet has a token account for the mint: another must be paid for. */
  hasAccount(mint: Address): boolean;
}

/**
 * A gate for a market that nobody trades on: up to `maxIn` a trade, every pool open, every account there.
 *
 * @example
 * ```ts
 * import { openGate, WSOL_MINT } from 'solana-dex-arbitrage/search';
 *
 * openGate(1_000_000_000n).maxIn(WSOL_MINT); // → 1_000_000_000n
 * ```
 */
export function openGate(maxIn: bigint): SearchGate {
  return { bars: () => undefined, maxIn: () => maxIn, free: () => U64_MAX, hasAccount: () => true };
}

/** A cycle of mints that pays at size zero, with everything needed to size it. */
export interface PayingCycle extends Candidate {
  /** Place in the list of cycles. */
  readonly cycle: number;
  readonly mints: readonly Address[];
  readonly startMint: Address;
  readonly startId: number;
  readonly maxInUnits: bigint;
  readonly price: ReferencePrice;
  readonly unitsPerLamport: number;
  breakdownOf(swaps: number, computeUnits?: number): CostBreakdown;
}

/** What a cycle could earn, by its best prices and what is known of its pools. Overwritten from cycle to cycle. */
export interface Weight {
  /** The least that a transaction of so many hops must earn, base units of the start mint. */
  cost: number;
  /** No plan earns more before costs, base units of the start mint. */
  most: number;
  unitsPerLamport: number;
}

export interface CandidateParams {
  readonly graph: Graph;
  readonly market: Market;
  readonly cycles: Cycles;
  readonly costs: CostModel;
  readonly bound: CycleBound;
}

/** Makes candidates of cycles: which of their pools may be used now, what goes in at most, and what it costs. */
export interface CandidateMaker {
  /** Forgets the prices of the search before. */
  begin(gate: SearchGate): void;
  /**
   * Looks at a cycle without choosing its pools: true when it may pay more than its costs, which `weight` tells then.
   * Else `refusal` says why not.
   */
  weigh(cycle: number): boolean;
  /** Of the last cycle that was weighed. */
  readonly weight: Weight;
  readonly refusal: Reason;
  /** The candidate, or why the cycle is none. Pools in `avoided` are left out. */
  make(cycle: number, avoided?: ReadonlySet<number>): PayingCycle | Reason;
}

/** A mint that cycles start from. */
interface Start {
  readonly maxInUnits: bigint;
  readonly price: ReferencePrice;
  readonly unitsPerLamport: number;
}

const SCALE = 2 ** 40;

export function createCandidateMaker(params: CandidateParams): CandidateMaker {
  const { graph, market, cycles, costs, bound } = params;
  /** By hops: what a transaction that needs no new account must earn, lamports. */
  const leastCosts: number[] = [];
  const starts = new Map<number, Start | Reason>();
  /** Pools met that can no longer be quoted. */
  const lapsed: PoolEntry[] = [];
  let gate: SearchGate;

  /** What is known of a start mint in this search, or why no cycle can start from it. */
  const startOf = (mint: number): Start | Reason => {
    let start = starts.get(mint);
    if (start === undefined) {
      start = lookUp(mint);
      starts.set(mint, start);
    }
    return start;
  };
  const lookUp = (mint: number): Start | Reason => {
    const maxInUnits = gate.maxIn(graph.mints[mint]!);
    if (maxInUnits <= 0n) return 'no-capital';
    const price = referencePrice(market, graph.mints[mint]!);
    if (price === undefined) return 'no-reference-price';
    return { maxInUnits, price, unitsPerLamport: Number(price.unitsPerLamportScaled) / SCALE };
  };

  /** The sum of a cycle's best logarithms. */
  const bestOf = (cycle: number): number => {
    const at = cycle * MAX_HOPS;
    let log = 0;
    for (let h = 0; h < cycles.hops[cycle]!; h++) log += graph.bestLog[cycles.pairs[at + h]!]!;
    return log;
  };

  const leastCostOf = (legs: number): number => {
    leastCosts[legs] ??= Number(costs.costsOf({ legs, newAccounts: 0 }).hurdleLamports);
    return leastCosts[legs];
  };

  const weight: Weight = { cost: 0, most: 0, unitsPerLamport: 1 };
  let refusal: Reason = 'too-small';
  const refuse = (reason: Reason): false => {
    refusal = reason;
    return false;
  };

  return {
    weight,
    get refusal() {
      return refusal;
    },
    begin(next) {
      gate = next;
      starts.clear();
      leastCosts.length = 0;
    },
    weigh(cycle) {
      const start = startOf(graph.pairFrom[cycles.pairs[cycle * MAX_HOPS]!]!);
      if (typeof start === 'string') return refuse(start);
      weight.unitsPerLamport = start.unitsPerLamport;
      weight.cost = leastCostOf(cycles.hops[cycle]!) * start.unitsPerLamport;
      const atAll = Math.expm1(bestOf(cycle)) * Number(start.maxInUnits);
      if (atAll <= weight.cost) return refuse('too-small');
      weight.most = Math.min(atAll, bound.of(cycle, weight.cost, false));
      return weight.most > weight.cost || refuse('below-costs');
    },
    make(cycle, avoided) {
      const count = cycles.hops[cycle]!;
      const at = cycle * MAX_HOPS;
      const startId = graph.pairFrom[cycles.pairs[at]!]!;
      const start = startOf(startId);
      if (typeof start === 'string') return start;
      const { maxInUnits, price, unitsPerLamport } = start;
      const sum = bestOf(cycle);
      const hops: number[][] = [];
      let log = 0;
      let barred: Reason | undefined;
      lapsed.length = 0;
      for (let h = 0; h < count; h++) {
        const pair = cycles.pairs[at + h]!;
        const edges = graph.pairEdges[pair]!;
        // The others at their best, this hop must make up what they lack of paying.
        const least = graph.bestLog[pair]! + MIN_LOG - sum;
        const usable: number[] = [];
        for (let i = 0; i < edges.length; i++) {
          const edge = edges[i]!;
          if (!(graph.logPrice[edge]! > least)) break;
          const pool = graph.poolOf(edge);
          if (!isQuotable(pool)) {
            lapsed.push(pool);
            barred ??= 'pool-not-quotable';
            continue;
          }
          if (avoided?.has(edge >> 1)) {
            barred ??= 'conflicting';
            continue;
          }
          const reason = gate.bars(pool, (edge & 1) === 0);
          if (reason === undefined) usable.push(edge);
          else barred ??= reason;
        }
        if (usable.length === 0) break;
        hops.push(usable);
        log += graph.logPrice[usable[0]!]!;
      }
      // Known from now on, so that the cycles of later searches are not found by what they paid.
      for (const pool of lapsed) graph.withdraw(pool);
      if (hops.length < count || !(log > MIN_LOG)) return barred ?? 'no-marginal-profit';
      for (let h = 0; h < count; h++) {
        // What could not be used has made the others' best worse.
        const usable = hops[h]!;
        const least = graph.logPrice[usable[0]!]! + MIN_LOG - log;
        while (!(graph.logPrice[usable.at(-1)!]! > least)) usable.pop();
      }
      const mints: Address[] = [];
      let newAccounts = 0;
      for (let h = 0; h < count; h++) {
        const mint = graph.mints[graph.pairFrom[cycles.pairs[at + h]!]!]!;
        mints.push(mint);
        if (h > 0 && !gate.hasAccount(mint)) newAccounts += 1;
      }
      const breakdownOf = (swaps: number, computeUnits?: number): CostBreakdown =>
        costs.costsOf(
          computeUnits === undefined
            ? { legs: swaps, newAccounts }
            : { legs: swaps, newAccounts, computeUnits },
        );
      return {
        cycle,
        hops,
        log,
        maxIn: Number(maxInUnits),
        costOf: (swaps) => Number(breakdownOf(swaps).hurdleLamports) * unitsPerLamport,
        mints,
        startMint: mints[0]!,
        startId,
        maxInUnits,
        price,
        unitsPerLamport,
        breakdownOf,
      };
    },
  };
}

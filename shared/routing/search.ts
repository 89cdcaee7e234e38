import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { CostModel } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import { areEntangled } from '../venues/shared-accounts.ts';
import { createCandidateMaker, type PayingCycle, type SearchGate } from './candidates.ts';
import { describeRoute } from './describe.ts';
import { Cycles, NO_RANK } from './graph/cycles.ts';
import { edgeOf, Graph, NONE } from './graph/graph.ts';
import type { Opportunity } from './opportunity.ts';
import { createRanking, type Planned, type Weighed } from './ranking.ts';
import type { Reason, Tally } from './reason.ts';
import { selectBest } from './select.ts';
import { Curves, type QuoteBudget } from './sizing/curves.ts';
import { createCycleBound } from './sizing/cycle-bound.ts';
import { ExactRoute } from './sizing/exact-route.ts';
import { createExplorer } from './sizing/explorer.ts';
import { sizeRoute } from './sizing/sizing.ts';
import { createSolver, type Plan } from './sizing/solver.ts';
import { TransactionRoom } from './transaction-room.ts';

export type { SearchGate } from './candidates.ts';

export interface SearchParams {
  readonly market: Market;
  /** In order of preference: a cycle over two of them is started from the first. */
  readonly startMints: readonly Address[];
  /** Most hops of a cycle, 2 to 4. */
  readonly maxLegs: number;
  /** Most swaps of one transaction: hops and the pools that they are split over. */
  readonly maxSwaps: number;
  readonly costs: CostModel;
  /** Exact quotes that one update may cost. */
  readonly maxQuotes: number;
  /** Cycles that one update may solve over their pools, the most promising first. */
  readonly maxCandidates: number;
  /** Most that one leg may take of a pool, as the share by which its average price falls below the marginal one. */
  readonly maxPoolShareBps: number;
}

/** A sized candidate that is not taken. */
export interface PassedOver {
  readonly opportunity: Opportunity;
  readonly reason: Reason;
}

/** What a search came to. The arrays are reused by the next one. */
export interface SearchResult {
  /** Trades that can be made together, best first. */
  readonly best: readonly Opportunity[];
  /** The nearest of those that are not: they share a pool with a better one, or do not quite pay. */
  readonly passedOver: readonly PassedOver[];
}

/** Finds the sized, costed opportunities that a change opens. */
export interface Search {
  /**
   * Examines every cycle through the changed pools. Refusals are added to `tally`: one for each cycle of mints, which
   * stands for all choices of pools along it.
   */
  run(
    changed: readonly PoolEntry[],
    clock: ChainClock,
    gate: SearchGate,
    tally: Tally,
    options?: RunOptions,
  ): SearchResult;
  /** Takes a pool's prices over without looking for anything. */
  refresh(pool: PoolEntry, clock: ChainClock): void;
  /** True while some cycle through the pool in that direction pays at size zero, before costs. */
  hasMarginalProfit(pool: PoolEntry, aToB: boolean): boolean;
  /** What the pool's swap instruction in that direction names, its program included; empty while it is not known. */
  accountsOf(pool: PoolEntry, aToB: boolean): ReadonlySet<Address>;
  /** Mints, pools in both directions and pairs known now. */
  readonly size: { readonly mints: number; readonly edges: number; readonly pairs: number };
}

export interface RunOptions {
  /** Trades that may be made now; no limit when absent. */
  readonly maxChosen?: number;
  /** Of a change of several pools, candidates beside the best that are sized exactly, to be shown. */
  readonly maxPassedOver?: number;
}

/** Of a change of several pools, this many sets are sought: each round over what the pools left by those before allow. */
const MAX_ROUNDS = 3;
/** Of one update's quotes, the share that is kept for the plan that looks best, */
const RESERVED = 1 / 4;
/** and of those that are left, the share that one rough candidate may take. */
const EXPLORED = 1 / 2;
/** A change of several pools may cost as many quotes as so many updates. */
const MAX_BUDGETS = 16;
/** A candidate that earns this share of its costs is near enough to be shown, one a slot. */
const NEAR_MISS = 0.5;
const NO_OPTIONS: RunOptions = {};
const NO_ACCOUNTS: ReadonlySet<Address> = new Set();

/**
 * A search over the pools of `market`, which it reads and never changes.
 *
 * @example
 * ```ts
 * import { createStillMarket, readMarketSnapshot, selectPools } from 'solana-dex-arbitrage/market';
 * import { createSearch, createStaticCosts, createTally, openGate, WSOL_MINT } from 'solana-dex-arbitrage/search';
 *
 * const snapshot = readMarketSnapshot('market.json');
 * const market = createStillMarket({ ...snapshot, pools: selectPools(snapshot.pools).pools });
 * const search = createSearch({
 *   market,
 *   startMints: [WSOL_MINT],
 *   maxLegs: 3,
 *   maxSwaps: 4,
 *   costs: createStaticCosts({ baseFeeLamports: 5_000n, priorityFeeLamports: 0n, tipLamports: 0n }),
 *   maxQuotes: 10_000,
 *   maxCandidates: 1_000,
 *   maxPoolShareBps: 1_000,
 * });
 * const tally = createTally();
 * const { best } = search.run(market.pools, snapshot.clock, openGate(10_000_000_000n), tally);
 * best.every(({ netProfit, amountOut, amountIn }) => netProfit > 0n && amountOut > amountIn); // → true
 * ```
 */
export function createSearch(params: SearchParams): Search {
  const { market, startMints, maxSwaps, costs } = params;
  const graph = new Graph();
  for (const mint of startMints) market.referencePrices.follow(mint);
  const budget: QuoteBudget = { left: 0, reserve: 0 };
  const curves = new Curves(graph, budget, params.maxPoolShareBps / 10_000);
  const room = new TransactionRoom(graph, () => market.chain.transactionAccounts);
  const solver = createSolver(graph, curves, room);
  const route = new ExactRoute(graph, curves, budget);
  const rankOf = (mint: number): number => {
    const rank = startMints.indexOf(graph.mints[mint]!);
    return rank < 0 ? NO_RANK : rank;
  };
  const cycles = new Cycles(graph, params.maxLegs, rankOf);
  const probe = new Cycles(graph, params.maxLegs, rankOf);
  const bound = createCycleBound(graph, curves, cycles);
  const maker = createCandidateMaker({ graph, market, cycles, costs, bound });
  const best: Opportunity[] = [];
  const passedOver: PassedOver[] = [];
  const used = new Set<number>();
  const explorer = createExplorer(curves, route, room);
  let now: ChainClock = { slot: 0, unixTimestamp: 0, epoch: 0 };
  const explore = (candidate: PayingCycle, plan: Plan): Plan | undefined => {
    const kept = Math.max(budget.reserve, budget.left * (1 - EXPLORED));
    budget.left -= kept;
    const found = explorer.explore(candidate, plan, now);
    budget.left += kept;
    return found;
  };
  const ranking = createRanking({ maker, solver, curves, budget, bound, room, explore, maxSwaps });
  let sequence = 0;
  let nearMissSlot = -1;

  const findCycles = (changed: readonly PoolEntry[], tally: Tally): void => {
    cycles.clear();
    const isSingle = changed.length === 1;
    for (const pool of changed) {
      if (pool.state === undefined || graph.pools[pool.index] !== pool || !isQuotable(pool)) {
        tally.add('pool-not-quotable');
        continue;
      }
      for (let edge = pool.index * 2; edge <= pool.index * 2 + 1; edge++) {
        const pair = graph.edgePair[edge]!;
        if (isSingle) cycles.through(pair, graph.logPrice[edge]!);
        else if (!cycles.isDone(pair)) {
          // Whichever of its pools changed, the pair is looked at once, at its best.
          cycles.through(pair, graph.bestLog[pair]!);
          cycles.markDone(pair);
        }
      }
    }
    if (cycles.unpaying > 0) tally.add('no-marginal-profit', cycles.unpaying);
    if (cycles.unquotable > 0) tally.add('pool-not-quotable', cycles.unquotable);
  };

  /** Quotes a plan exactly; the reason when it does not stand up to that. */
  const quoteExactly = (candidate: PayingCycle, plan: Plan, clock: ChainClock): Opportunity | Reason => {
    if (!route.take(plan.splits, clock)) return 'pool-not-quotable';
    const sizing = sizeRoute(route, plan.size, candidate.maxInUnits);
    if (!sizing.ok) return sizing.reason;
    sequence += 1;
    const at = { id: `${market.slot}-${sequence}`, slot: market.slot };
    return describeRoute(route, candidate, graph, at);
  };

  /** As `quoteExactly`; a refusal is undefined, and counted. */
  const sizeExactly = (
    { candidate, plan }: Planned,
    clock: ChainClock,
    tally: Tally,
  ): Opportunity | undefined => {
    const sized = quoteExactly(candidate, plan, clock);
    if (typeof sized !== 'string') return sized;
    tally.add(sized);
    return undefined;
  };

  /** The trade, or a better one over the same cycle whose pools were found the other way. */
  const growExactly = (sized: Opportunity, choice: Planned, clock: ChainClock): Opportunity => {
    const { candidate, plan, most } = choice;
    const grown = solver.grow(candidate, plan, most, maxSwaps);
    if (grown === undefined) return sized;
    const other = quoteExactly(candidate, grown, clock);
    return typeof other !== 'string' && other.expectedLamports > sized.expectedLamports ? other : sized;
  };

  const sharesAccounts = (pool: number, other: number): boolean => {
    const [one, two] = [graph.pools[pool]!, graph.pools[other]!];
    return (
      one.venue.carry !== undefined &&
      one.venue === two.venue &&
      areEntangled({ venue: one.venue, state: one.state! }, { venue: two.venue, state: two.state! })
    );
  };

  /** A trade over the pool was chosen: it, and what stands over its accounts, is left out of further ones. */
  const use = ({ index, venue }: PoolEntry): void => {
    used.add(index);
    if (venue.carry === undefined) return;
    for (const other of graph.pools)
      if (other?.state !== undefined && other.venue === venue && sharesAccounts(index, other.index))
        used.add(other.index);
  };

  const choose = (
    paying: readonly Planned[],
    clock: ChainClock,
    gate: SearchGate,
    tally: Tally,
    most: number,
  ): readonly Planned[] => {
    const taken = new Map<number, number>();
    for (const { startMint, amountIn } of best) {
      const mint = graph.mintId(startMint);
      taken.set(mint, (taken.get(mint) ?? 0) + Number(amountIn));
    }
    const capitalOf = (mint: number): number =>
      Number(gate.free(graph.mints[mint]!)) - (taken.get(mint) ?? 0);
    const before = best.length;
    let left = paying;
    // What does not stand up to exact quotes leaves its place to the next best.
    while (left.length > 0 && best.length === before) {
      const chosen = selectBest({ choices: left, capitalOf, maxChosen: most, sharesAccounts });
      if (chosen.length === 0) break;
      for (const choice of chosen) {
        const sized = sizeExactly(choice, clock, tally);
        if (sized === undefined) continue;
        // Beside others, the pools and the capital that it may grow into could be theirs.
        const opportunity = chosen.length === 1 ? growExactly(sized, choice, clock) : sized;
        if (opportunity.netProfit <= 0n || opportunity.expectedLamports <= 0n) {
          tally.add('below-costs');
          continue;
        }
        best.push(opportunity);
        // Where only one is taken, nothing is left that must keep away from it.
        if (most > 1) for (const leg of opportunity.legs) use(market.poolAt(leg.pool)!);
      }
      left = left.filter((choice) => !chosen.includes(choice));
    }
    return left;
  };

  const showNearMiss = (clock: ChainClock, tally: Tally): void => {
    const { nearest } = ranking;
    if (nearest === undefined || nearMissSlot === market.slot) return;
    if (nearest.plan.profit < NEAR_MISS * nearest.candidate.costOf(nearest.candidate.hops.length)) return;
    nearMissSlot = market.slot;
    const opportunity = sizeExactly(nearest, clock, tally);
    if (opportunity !== undefined) passedOver.push({ opportunity, reason: 'below-costs' });
  };

  return {
    get size() {
      return { mints: graph.mints.length, edges: graph.pools.length * 2, pairs: graph.pairEdges.length };
    },
    run(changed, clock, gate, tally, options = NO_OPTIONS) {
      best.length = 0;
      passedOver.length = 0;
      for (const pool of changed) graph.refresh(pool, clock);
      findCycles(changed, tally);
      if (cycles.count === 0) return { best, passedOver };

      const budgets = Math.min(changed.length, MAX_BUDGETS);
      budget.left = params.maxQuotes * budgets;
      budget.reserve = params.maxQuotes * RESERVED;
      curves.begin(clock);
      now = clock;
      maker.begin(gate);
      ranking.begin();
      used.clear();
      const isSingle = changed.length === 1;
      const maxPassedOver = isSingle ? 0 : (options.maxPassedOver ?? 0);
      // One pool changed: what pays without it has paid before.
      const most = isSingle ? 1 : Math.max(1, options.maxChosen ?? Number.POSITIVE_INFINITY);
      let open: number[] = [];
      for (let cycle = 0; cycle < cycles.count; cycle++)
        if (!isSingle || !cycles.isRepeat(cycle)) open.push(cycle);
      for (let turn = 0; turn < MAX_ROUNDS && open.length > 0 && best.length < most; turn++) {
        const avoided = turn === 0 ? undefined : used;
        const weighed: Weighed[] = [];
        for (const cycle of open) {
          const each = ranking.weigh(cycle, tally);
          if (each !== undefined) weighed.push(each);
        }
        const paying = ranking.plan(weighed, tally, {
          onlyBest: isSingle,
          maxPlans: params.maxCandidates * budgets,
          avoided,
        });
        const before = best.length;
        const left = choose(paying, clock, gate, tally, most - before);
        for (const choice of left) {
          tally.add('conflicting');
          if (turn > 0 || passedOver.length >= maxPassedOver) continue;
          const opportunity = sizeExactly(choice, clock, tally);
          if (opportunity !== undefined) passedOver.push({ opportunity, reason: 'conflicting' });
        }
        // One pool changed: whatever else pays goes through the pools just taken, or paid before.
        if (isSingle || best.length === before) break;
        open = weighed.map(({ cycle }) => cycle);
      }
      if (best.length === 0) showNearMiss(clock, tally);
      if (best.length > 1) best.sort(byExpectedLamports);
      return { best, passedOver };
    },
    refresh: (pool, clock) => graph.refresh(pool, clock),
    accountsOf: (pool, aToB) =>
      graph.pools[pool.index] === pool ? room.accountsOf(edgeOf(pool, aToB)) : NO_ACCOUNTS,
    hasMarginalProfit(pool, aToB) {
      const edge = edgeOf(pool, aToB);
      const pair = graph.edgePair[edge] ?? NONE;
      if (pair === NONE || !isQuotable(pool)) return false;
      probe.clear();
      probe.through(pair, graph.logPrice[edge]!);
      return probe.count > 0;
    },
  };
}

function byExpectedLamports(a: Opportunity, b: Opportunity): number {
  return a.expectedLamports > b.expectedLamports ? -1 : a.expectedLamports < b.expectedLamports ? 1 : 0;
}

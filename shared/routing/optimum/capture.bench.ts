import { type Bench, type Harness, percentile, round } from '../../bench/harness.ts';
import { type Address, WSOL_MINT } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { createStaticCosts } from '../../costs/costs.ts';
import type { Market } from '../../market/market.ts';
import { createGeneratedMarket } from '../../sim/markets/generated-market.ts';
import { createStillSimMarket } from '../../sim/markets/still-sim-market.ts';
import { openGate } from '../candidates.ts';
import { createRoute, type Hop, quoteRoute, type Route } from '../graph/route.ts';
import { createRouteIndex } from '../graph/route-index.ts';
import { createTally } from '../reason.ts';
import { createSearch } from '../search.ts';
import { solveOneTransaction } from './one-transaction.ts';
import { solveOptimum } from './optimum.ts';

const MARKETS = 200;
const MAX_IN = 100_000_000_000n;
const MAX_SWAPS = 4;
/** Markets where less than this can be taken, in lamports, are passed over: there lots and floors decide. */
const WORTH_TAKING = 20_000n;
/** What bots of the common kind try: a tenth, one and ten SOL. */
const FIXED_SIZES = [100_000_000n, 1_000_000_000n, 10_000_000_000n];
/** One transaction is compared: without this, two trades that are worth more together go before the best one. */
const ONE_TRADE = { maxChosen: 1 };
const CYCLE_SIZE = 1_000_000_000n;
const GRID_RATIO = 1.3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** What each way takes, in lamports before transaction costs. */
interface Taken {
  readonly oneTransaction: number;
  readonly unconstrained: number;
  readonly search: number;
  readonly twoLegs: number;
  readonly fixedSizes: number;
  readonly negativeCycle: number;
}

export const benches: readonly Bench[] = [
  {
    name: 'search.capture',
    unit: 'of what one transaction can take (median)',
    run(harness) {
      const taken: Taken[] = [];
      const seeds: number[] = [];
      for (let seed = 0; taken.length < MARKETS; seed++) {
        const found = capture(seed);
        if (found === undefined) continue;
        taken.push(found);
        seeds.push(seed);
      }
      const shares = (of: (one: Taken) => number): number[] =>
        taken.map((one) => of(one) / one.oneTransaction);
      report(harness, taken, seeds);
      return {
        value: percentile(
          shares(({ search }) => search),
          0.5,
        ),
        baseline: {
          name: 'best cycle of two legs',
          value: percentile(
            shares(({ twoLegs }) => twoLegs),
            0.5,
          ),
        },
        also: {
          worst: worst(shares(({ search }) => search)),
          'three fixed sizes': percentile(
            shares(({ fixedSizes }) => fixedSizes),
            0.5,
          ),
          'Bellman-Ford cycle, fixed size': percentile(
            shares(({ negativeCycle }) => negativeCycle),
            0.5,
          ),
          'of the unconstrained optimum': percentile(
            taken.map((one) => one.search / one.unconstrained),
            0.5,
          ),
          'one transaction of the unconstrained optimum': percentile(
            taken.map((one) => one.oneTransaction / one.unconstrained),
            0.5,
          ),
        },
      };
    },
  },
];

function report(harness: Harness, taken: readonly Taken[], seeds: readonly number[]): void {
  const sum = (of: (one: Taken) => number): number => taken.reduce((total, one) => total + of(one), 0);
  const whole = sum(({ oneTransaction }) => oneTransaction);
  const share = (of: (one: Taken) => number): string => `${round((sum(of) / whole) * 100)} %`;
  harness.note(`${taken.length} markets of 4 to 12 pools; profits before transaction costs, on both sides`);
  harness.note(
    `of all that one transaction each can take together: search ${share((one) => one.search)}, two legs ${share((one) => one.twoLegs)}, fixed sizes ${share((one) => one.fixedSizes)}, Bellman-Ford ${share((one) => one.negativeCycle)}`,
  );
  const missed = taken
    .map((one, i) => ({ seed: seeds[i]!, share: one.search / one.oneTransaction, one }))
    .filter((one) => one.share < 0.99)
    .sort((a, b) => a.share - b.share);
  for (const { seed, share: part, one } of missed.slice(0, 10)) {
    harness.note(`seed ${seed}: ${round(part)}, ${one.search} of ${one.oneTransaction} lamports`);
  }
}

function worst(shares: readonly number[]): number {
  return Math.min(...shares);
}

/** The market of a seed: small, so that everything can be tried on it, with gaps in a third of its pools. */
export function captureMarket(seed: number): { readonly market: Market; readonly clock: ChainClock } {
  const pools = 4 + (seed % 9);
  const mints = Math.min(pools, 3 + (seed % 4));
  const sim = createGeneratedMarket({ pools, mints, seed: `capture ${seed}`, gaps: 0.35 });
  return { market: createStillSimMarket(sim), clock: sim.clock };
}

function capture(seed: number): Taken | undefined {
  const { market, clock } = captureMarket(seed);
  const params = { pools: market.pools, clock, startMint: WSOL_MINT, maxIn: MAX_IN };
  const best = solveOneTransaction({ ...params, maxSwaps: MAX_SWAPS });
  if (best.profit < WORTH_TAKING) return undefined;
  const { all } = createRouteIndex({ market, startMints: [WSOL_MINT], maxLegs: MAX_SWAPS });
  return {
    oneTransaction: Number(best.profit),
    unconstrained: Number(solveOptimum(params).profit),
    search: searched(market, clock),
    twoLegs: mostOf(all.filter(({ hops }) => hops.length === 2).map((route) => bestSize(route, clock))),
    fixedSizes: mostOf(all.flatMap((route) => FIXED_SIZES.map((size) => profitOf(route, size, clock)))),
    negativeCycle: negativeCycleProfit(market, clock),
  };
}

/** The most profitable opportunity of one search over the whole market, with nothing to pay for the transaction. */
function searched(market: Market, clock: ChainClock): number {
  const search = createSearch({
    market,
    startMints: [WSOL_MINT],
    maxLegs: MAX_SWAPS,
    maxSwaps: MAX_SWAPS,
    costs: createStaticCosts({ baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n }),
    maxQuotes: Number.MAX_SAFE_INTEGER,
    maxCandidates: Number.MAX_SAFE_INTEGER,
    maxPoolShareBps: 10_000,
  });
  const { best } = search.run(market.pools, clock, openGate(MAX_IN), createTally(), ONE_TRADE);
  return mostOf(best.map(({ grossProfit }) => Number(grossProfit)));
}

function mostOf(profits: readonly number[]): number {
  return Math.max(0, ...profits);
}

function profitOf(route: Route, size: bigint, clock: ChainClock): number {
  const quote = quoteRoute(route, size, clock);
  return quote === undefined ? 0 : Number(quote.amountOut - quote.amountIn);
}

/** A grid over all sizes, then golden section around its best: no pruning, no closed form. */
function bestSize(route: Route, clock: ChainClock): number {
  let top = 0;
  let at = 0;
  const attempt = (size: number): number => {
    const profit = profitOf(route, BigInt(Math.floor(Math.min(size, Number(MAX_IN)))), clock);
    if (profit > top) {
      top = profit;
      at = size;
    }
    return profit;
  };
  for (let size = 1e4; size < Number(MAX_IN) * GRID_RATIO; size *= GRID_RATIO) attempt(size);
  if (at === 0) return 0;
  let low = at / GRID_RATIO;
  let high = at * GRID_RATIO;
  for (let i = 0; i < 24; i++) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (attempt(left) >= attempt(right)) high = right;
    else low = left;
  }
  return top;
}

/**
 * The textbook bot: edges weigh the negative logarithm of the marginal price of a pair's best pool, Bellman-Ford from
 * the start mint finds a negative cycle, and one size goes round it. Nothing where the cycle does not pass the start mint.
 */
function negativeCycleProfit(market: Market, clock: ChainClock): number {
  const edges = edgesOf(market, clock);
  const distance = new Map<Address, number>([[WSOL_MINT, 0]]);
  const arrivedBy = new Map<Address, Edge>();
  let last: Address | undefined;
  const mints = new Set(edges.map(({ mintIn }) => mintIn)).size;
  for (let round = 0; round < mints; round++) {
    last = undefined;
    for (const edge of edges) {
      const there = (distance.get(edge.mintIn) ?? Number.POSITIVE_INFINITY) + edge.weight;
      if (!(there < (distance.get(edge.mintOut) ?? Number.POSITIVE_INFINITY) - 1e-12)) continue;
      distance.set(edge.mintOut, there);
      arrivedBy.set(edge.mintOut, edge);
      last = edge.mintOut;
    }
  }
  // A relaxation in the last round means a negative cycle; going back far enough leads into it.
  for (let i = 0; i < mints && last !== undefined; i++) last = arrivedBy.get(last)?.mintIn;
  if (last === undefined) return 0;
  const cycle: Edge[] = [];
  for (let at = last; cycle.length === 0 || at !== last; ) {
    const edge = arrivedBy.get(at)!;
    cycle.unshift(edge);
    at = edge.mintIn;
  }
  const start = cycle.findIndex(({ mintIn }) => mintIn === WSOL_MINT);
  if (start < 0 || cycle.length > MAX_SWAPS) return 0;
  const route = createRoute(WSOL_MINT, [...cycle.slice(start), ...cycle.slice(0, start)]);
  return Math.max(0, profitOf(route, CYCLE_SIZE, clock));
}

interface Edge extends Hop {
  readonly weight: number;
}

/** Each pair's best pool at the margin, in both directions. */
function edgesOf(market: Market, clock: ChainClock): readonly Edge[] {
  const best = new Map<string, Edge>();
  for (const pool of market.pools) {
    const state = pool.state!;
    for (const aToB of [true, false]) {
      const [mintIn, mintOut] = aToB ? [state.mintA, state.mintB] : [state.mintB, state.mintA];
      const weight = -Math.log(pool.venue.marginalPrice(state, aToB, clock));
      const known = best.get(`${mintIn} ${mintOut}`);
      if (known === undefined || weight < known.weight) {
        best.set(`${mintIn} ${mintOut}`, { pool, aToB, mintIn, mintOut, weight });
      }
    }
  }
  return [...best.values()];
}

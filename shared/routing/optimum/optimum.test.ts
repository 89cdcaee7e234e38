import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, addressAt, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import type { Market } from '../../market/market.ts';
import { createStillMarket } from '../../market/still-market.ts';
import { createGeneratedMarket } from '../../sim/markets/generated-market.ts';
import { createStillSimMarket } from '../../sim/markets/still-sim-market.ts';
import { localHalf } from '../../venues/local-registry.ts';
import { raydiumCpmm } from '../../venues/raydium-cpmm/index.ts';
import { encodeMint } from '../../venues/token/token.ts';
import { quoteRoute } from '../graph/route.ts';
import { createRouteIndex } from '../graph/route-index.ts';
import { dualBound, type Optimum, solveOptimum } from './optimum.ts';
import { sampleTradeCurve, type TradeCurve } from './trade-curve.ts';

const CLOCK: ChainClock = { slot: 1_000, unixTimestamp: 1_790_000_000, epoch: 2 };
const MAX_IN = 100_000_000_000n;
const LONE_MINT: Address = addressAt(new Uint8Array(32).fill(77));

/** Constant products of wSOL and USDC (or of two other mints) with a fee of 25 bps. */
function cpmmMarket(
  pools: readonly { readonly price: number; readonly depth: number; readonly mintB?: Address }[],
): Market {
  const made = pools.map(({ price, depth, mintB = USDC_MINT }, i) =>
    localHalf(raydiumCpmm).synthesize({
      seed: `optimum ${i}`,
      mintA: WSOL_MINT,
      mintB,
      decimalsA: 9,
      decimalsB: 6,
      price,
      depthA: depth,
      feeBps: 25,
      variant: 0,
    }),
  );
  const mints = [WSOL_MINT, USDC_MINT, LONE_MINT].map((address) => ({
    address,
    account: encodeMint({
      decimals: address === WSOL_MINT ? 9 : 6,
      supply: 10n ** 18n,
      tokenProgram: TOKEN_PROGRAM,
    }),
  }));
  return createStillMarket({
    clock: CLOCK,
    isWholeChain: true,
    pools: made.map(({ address }) => ({ venue: raydiumCpmm, address })),
    accounts: [...made.flatMap(({ accounts }) => accounts), ...mints],
  });
}

function tinyMarket(seed: number) {
  const sim = createGeneratedMarket({ pools: 4 + (seed % 6), mints: 3 + (seed % 2), seed, gaps: 0.5 });
  return { clock: sim.clock, market: createStillSimMarket(sim), mints: sim.mints };
}

function solve(market: Market, clock: ChainClock, startMint: Address = WSOL_MINT, maxIn = MAX_IN): Optimum {
  return solveOptimum({ pools: market.pools, clock, startMint, maxIn });
}

function curvesOf(market: Market, clock: ChainClock): readonly TradeCurve[] {
  return market.pools.flatMap((pool) =>
    [true, false].flatMap((aToB) => {
      const curve = sampleTradeCurve({ pool, aToB, clock, ceiling: Number.POSITIVE_INFINITY });
      return curve === undefined ? [] : [curve];
    }),
  );
}

/** The best single cycle of up to three swaps on a grid of sizes, by exact quotes. */
function bestOnGrid(market: Market, clock: ChainClock, startMint: Address): bigint {
  let best = 0n;
  for (const route of createRouteIndex({ market, startMints: [startMint], maxLegs: 3 }).all) {
    for (let size = 1e4; size < Number(MAX_IN); size *= 1.25) {
      const quote = quoteRoute(route, BigInt(Math.floor(size)), clock);
      if (quote === undefined) continue;
      const profit = quote.amountOut - quote.amountIn;
      if (profit > best) best = profit;
    }
  }
  return best;
}

describe('the optimum', () => {
  it('is the closed form for two constant products', () => {
    const market = cpmmMarket([
      { price: 142, depth: 4_000 },
      { price: 145, depth: 2_500 },
    ]);
    const found = solve(market, CLOCK);
    const keep = 0.9975;
    // Sell wSOL where it is dear, buy it back where it is cheap.
    const [dearSol, dearUsdc] = [2_500e9, 2_500 * 145e6];
    const [cheapSol, cheapUsdc] = [4_000e9, 4_000 * 142e6];
    const a = keep * keep * dearUsdc * cheapSol;
    const b = dearSol * cheapUsdc;
    const c = keep * cheapUsdc + keep * keep * dearUsdc;
    const size = (Math.sqrt(a * b) - b) / c;
    const profit = (a * size) / (b + c * size) - size;
    expect(Number(found.profit) / profit).toBeCloseTo(1, 6);
    expect(Number(found.bound) / profit).toBeCloseTo(1, 6);
    expect(Number(found.amountIn) / size).toBeCloseTo(1, 2);
    expect(found.gapShare).toBeLessThan(1e-6);
  });

  it('takes no more in than it may, and gains less for it', () => {
    const market = cpmmMarket([
      { price: 142, depth: 4_000 },
      { price: 145, depth: 2_500 },
    ]);
    const free = solve(market, CLOCK);
    const tight = solve(market, CLOCK, WSOL_MINT, 1_000_000_000n);
    expect(tight.amountIn).toBeLessThanOrEqual(1_000_000_000n);
    expect(tight.amountIn).toBeGreaterThan(999_000_000n);
    expect(tight.profit).toBeGreaterThan(0n);
    expect(tight.profit).toBeLessThan(free.profit);
    expect(tight.gapShare).toBeLessThan(1e-5);
  });

  it('gives flows whose exact quotes leave no mint short and gain the profit it tells', () => {
    for (let seed = 0; seed < 25; seed++) {
      const { market, clock } = tinyMarket(seed);
      const { flows, profit, amountIn } = solve(market, clock);
      const net = new Map<Address, bigint>();
      for (const { pool, aToB, amountIn: paid, amountOut, mintIn, mintOut } of flows) {
        const entry = market.poolAt(pool)!;
        expect(entry.venue.quote(entry.state!, aToB, paid, clock)).toMatchObject({
          consumedIn: paid,
          amountOut,
        });
        net.set(mintIn, (net.get(mintIn) ?? 0n) - paid);
        net.set(mintOut, (net.get(mintOut) ?? 0n) + amountOut);
      }
      expect(net.get(WSOL_MINT) ?? 0n).toBe(profit);
      expect(amountIn).toBeLessThanOrEqual(MAX_IN);
      for (const left of net.values()) expect(left).toBeGreaterThanOrEqual(0n);
    }
  });

  it('is at least the best cycle that brute force finds, but for its gap', () => {
    let paying = 0;
    for (let seed = 100; seed < 130; seed++) {
      const { market, clock } = tinyMarket(seed);
      const found = solve(market, clock);
      const brute = bestOnGrid(market, clock, WSOL_MINT);
      if (brute > 0n) paying += 1;
      expect(brute).toBeLessThanOrEqual(found.bound);
      expect(brute).toBeLessThanOrEqual(found.profit + found.gap);
      // Past what lots and floors leave over, the flows themselves are as good.
      expect(Number(found.profit)).toBeGreaterThanOrEqual(0.998 * Number(brute) - 5_000);
    }
    expect(paying).toBeGreaterThan(15);
  });

  it('is under the bound of any prices whatever', () => {
    const solved = [3, 7, 11, 18].map((seed) => {
      const { market, clock } = tinyMarket(seed);
      return { found: solve(market, clock), curves: curvesOf(market, clock) };
    });
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.integer(),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        (which, seed, tilt) => {
          const { found, curves } = solved[which]!;
          const random = createRandom(seed);
          const prices = new Map(
            [...found.prices].map(([mint, price]) => [
              mint,
              mint === WSOL_MINT ? 1 : price * Math.exp(tilt * random.normal()),
            ]),
          );
          const bound = dualBound(curves, prices, random.next() * tilt * 0.1, WSOL_MINT, Number(MAX_IN));
          expect(bound).toBeGreaterThanOrEqual(Number(found.profit));
        },
      ),
    );
  });

  it('closes its gap on small markets down to what floors and lots leave', () => {
    const shares: number[] = [];
    for (let seed = 200; seed < 230; seed++) {
      const { market, clock } = tinyMarket(seed);
      const found = solve(market, clock);
      expect(found.gap).toBeGreaterThanOrEqual(0n);
      if (found.bound > 1_000_000n) shares.push(found.gapShare);
    }
    shares.sort((a, b) => a - b);
    expect(shares.length).toBeGreaterThan(15);
    expect(shares[shares.length >> 1]).toBeLessThan(1e-5);
  });

  it('closes its gap on a market of hubs with a hundred pools', () => {
    const sim = createGeneratedMarket({ pools: 100, mints: 24, seed: 5 });
    const found = solve(createStillSimMarket(sim), sim.clock);
    expect(found.profit).toBeGreaterThan(500_000n);
    expect(found.gapShare).toBeLessThan(1e-3);
  });

  it('is nothing where nothing may go in, no pool trades, or the start mint is cut off', () => {
    const nothing = { profit: 0n, bound: 0n, gap: 0n, gapShare: 0, amountIn: 0n, flows: [] };
    const market = cpmmMarket([
      { price: 142, depth: 4_000 },
      { price: 145, depth: 2_500 },
      { price: 3, depth: 10, mintB: LONE_MINT },
    ]);
    expect(solve(market, CLOCK, WSOL_MINT, 0n)).toMatchObject(nothing);
    expect(solve(cpmmMarket([]), CLOCK)).toMatchObject(nothing);
    expect(solve(market, CLOCK, addressAt(new Uint8Array(32).fill(5)))).toMatchObject(nothing);
    const alone = solve(market, CLOCK, LONE_MINT);
    expect(Number.isFinite(alone.gapShare)).toBe(true);
    expect(alone.profit).toBeGreaterThan(0n);
    market.quarantine('raydium-cpmm', 'paused');
    expect(solve(market, CLOCK)).toMatchObject(nothing);
  });

  it('stays finite at both ends of prices', () => {
    for (const [first, second] of [
      [1e-9, 1.3e-9],
      [1e9, 1.3e9],
      [1e-6, 1e6],
    ] as const) {
      const market = cpmmMarket([
        { price: first, depth: 1_000 },
        { price: second, depth: 1_000 },
      ]);
      const found = solve(market, CLOCK);
      expect(Number.isFinite(found.gapShare)).toBe(true);
      expect(found.bound).toBeGreaterThanOrEqual(found.profit);
      for (const price of found.prices.values()) expect(Number.isFinite(price)).toBe(true);
    }
  });
});

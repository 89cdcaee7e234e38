import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestPool } from '../engine/test-market.ts';
import { poolPrice, referencePrice } from './reference-price.ts';

const MAX_AGE = 5;
/** 150 USDC a SOL: base units of USDC a lamport. */
const TRUTH = 0.15;
const sol = (price: number, depth: number): TestPool => ({ a: WSOL_MINT, b: USDC_MINT, price, depth });

function marketOf(specs: readonly TestPool[]) {
  const test = createTestMarket(specs, { maxEstimateAgeSlots: MAX_AGE });
  const { market } = test.engine;
  /** USDC units a lamport; undefined where there is no price. */
  const price = (): number | undefined => {
    const told = poolPrice(market, USDC_MINT);
    return told === undefined ? undefined : Number(told.unitsPerLamportScaled) / 2 ** 40;
  };
  /** What the pool's vaults hold is unconfirmed from now on. */
  const lose = (at: number) =>
    test.engine.process({ kind: 'lost', atMicros: 0, addresses: [test.pools[at]!], reason: 'gap' });
  /** The other pools are confirmed at every slot, as the feed does. */
  const waitSlots = (from: number, slots: number) => {
    for (let i = 1; i <= slots; i++) test.begin(from + i);
  };
  return { ...test, market, price, lose, waitSlots };
}

describe('what a lamport is worth', () => {
  it('is what the deep pool says, whatever an odd one beside it does', () => {
    for (const odd of [150_000, 1_500, 15, 0.15]) {
      expect(marketOf([sol(150, 5_000), sol(odd, 20)]).price()).toBeCloseTo(TRUTH, 6);
      expect(marketOf([sol(odd, 20), sol(150, 5_000)]).price()).toBeCloseTo(TRUTH, 6);
    }
  });

  it('is never the odd pool’s once the deep one is lost: first the last agreed price, then none', () => {
    for (const odd of [150_000, 15, 0.15]) {
      const { price, lose, waitSlots } = marketOf([sol(150, 5_000), sol(odd, 20)]);
      lose(0);
      expect(price()).toBeCloseTo(TRUTH, 6);
      waitSlots(START_SLOT + 1, MAX_AGE);
      expect(price()).toBeCloseTo(TRUTH, 6);
      waitSlots(START_SLOT + 1 + MAX_AGE, 1);
      expect(price()).toBeUndefined();
      waitSlots(START_SLOT + 2 + MAX_AGE, 20);
      expect(price()).toBeUndefined();
    }
  });

  it('comes back with the pool that was lost, and follows the universe when the pool is let go', () => {
    const { price, lose, waitSlots, pools, accounts, tell, engine } = marketOf([
      sol(150, 5_000),
      sol(100, 500),
    ]);
    lose(0);
    waitSlots(START_SLOT + 1, MAX_AGE + 1);
    expect(price()).toBeUndefined();
    tell(pools[0]!, accounts.get(pools[0]!)!, START_SLOT + 8);
    waitSlots(START_SLOT + 8, 2);
    expect(price()).toBeCloseTo(TRUTH, 6);
    const left = [{ venue: 'raydium-cpmm', address: pools[1]! }];
    engine.process({ kind: 'universe', atMicros: 0, pools: left, offMints: [] });
    expect(price()).toBeCloseTo(0.1, 6);
  });

  it('is not told where pools of equal depth contradict each other, nor where there is no depth', () => {
    expect(marketOf([sol(150, 1_000), sol(1_500, 316)]).price()).toBeUndefined();
    expect(marketOf([sol(150, 0.5)]).price()).toBeUndefined();
    expect(marketOf([sol(150, 50)]).price()).toBeCloseTo(TRUTH, 6);
  });

  it('counts a pool by both its sides: a thousand SOL against a dollar weigh little', () => {
    expect(marketOf([sol(150, 300), sol(0.001, 1_000)]).price()).toBeCloseTo(TRUTH, 6);
    expect(marketOf([sol(150, 300), sol(1_000_000, 0.1)]).price()).toBeCloseTo(TRUTH, 6);
  });

  it('weighs a pool anew when its price has moved far: a drained pool loses its say', () => {
    const { price, trade, pools, waitSlots } = marketOf([sol(150, 1_000), sol(150, 5_000), sol(150, 1_200)]);
    // A constant product keeps its weight; its price leaves the others, and they still agree.
    trade(pools[0]!, USDC_MINT, 20_000_000_000_000n, START_SLOT + 1);
    waitSlots(START_SLOT + 1, 3);
    expect(price()).toBeCloseTo(TRUTH, 6);
  });

  it('is the same for a mint that nobody follows', () => {
    const { market } = marketOf([{ a: WSOL_MINT, b: MEME_MINT, price: 75_000, depth: 900 }]);
    const told = Number(poolPrice(market, MEME_MINT)!.unitsPerLamportScaled) / 2 ** 40;
    expect(told).toBeCloseTo((75_000 * 1e5) / 1e9, 3);
    expect(referencePrice(market, USDC_MINT)).toBeUndefined();
    expect(referencePrice(market, WSOL_MINT)?.unitsPerLamportScaled).toBe(1n << 40n);
  });

  it('with any odd pools of less than a quarter of the weight, and any pools lost in mid-run, is right or refused', () => {
    const honest = fc.record({
      off: fc.double({ min: -0.04, max: 0.04, noNaN: true }),
      depth: fc.integer({ min: 50, max: 5_000 }),
    });
    const odd = fc.record({
      log: fc.oneof(
        fc.double({ min: 0.7, max: 7, noNaN: true }),
        fc.double({ min: -7, max: -0.7, noNaN: true }),
      ),
      share: fc.double({ min: 1e-6, max: 0.25, noNaN: true }),
    });
    const steps = fc.array(fc.record({ pool: fc.nat(9), slots: fc.integer({ min: 0, max: 4 }) }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.array(honest, { minLength: 1, maxLength: 4 }),
        fc.array(odd, { maxLength: 2 }),
        steps,
        (good, bad, lost) => {
          const weight = good.reduce((sum, { depth }) => sum + depth, 0);
          const specs = [
            ...good.map(({ off, depth }) => sol(150 * Math.exp(off), depth)),
            // The weight of a pool of `depth` SOL at `price` is depth · √price.
            ...bad.map(({ log, share }) =>
              sol(150 * Math.exp(log), ((share / bad.length) * weight) / Math.exp(log / 2)),
            ),
          ];
          const { price, lose, waitSlots } = marketOf(specs);
          const isRight = (): void => {
            const told = price();
            if (told !== undefined) expect(Math.abs(Math.log(told / TRUTH))).toBeLessThan(0.0401);
          };
          expect(price()).toBeDefined();
          let slot = START_SLOT + 1;
          isRight();
          for (const { pool, slots } of lost) {
            if (pool < specs.length) lose(pool);
            isRight();
            waitSlots(slot, slots);
            slot += slots;
            isRight();
          }
          waitSlots(slot, MAX_AGE + 1);
          isRight();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a paper trade whose price is lost before it lands', () => {
  /** MEME at 10 USDC in one pool and 10.5 in the other: a trade in dollars, whose profit is valued in lamports. */
  const pools: readonly TestPool[] = [
    { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 40_000 },
    { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 50_000 },
    sol(150, 5_000),
    sol(150_000, 0.02),
  ];

  for (const gone of ['lost', 'let go'] as const) {
    it(`is booked at what it was decided at, not at the odd pool’s price, when the deep pool is ${gone}`, () => {
      const { engine, pools: at, trade, begin, lose } = marketOf(pools);
      const record = trade(at[0]!, USDC_MINT, 2_000_000_000n, START_SLOT + 1);
      const decision = record.decisions.find(({ outcome }) => outcome === 'approved')!;
      const { startMint, grossProfit, netLamports } = decision.opportunity;
      expect(startMint).toBe(USDC_MINT);
      // About 0.15 units a lamport.
      const decided = Number(grossProfit) / TRUTH;
      expect(Number(netLamports)).toBeGreaterThan(decided * 0.9);
      expect(Number(netLamports)).toBeLessThan(decided);
      if (gone === 'lost') lose(2);
      else {
        const left = at.filter((_, i) => i !== 2).map((address) => ({ venue: 'raydium-cpmm', address }));
        engine.process({ kind: 'universe', atMicros: 0, pools: left, offMints: [] });
      }
      const fills = [2, 3, 4].flatMap((i) => [...begin(START_SLOT + i).fills]);
      const fill = fills.find(({ opportunity }) => opportunity.id === decision.opportunity.id)!;
      expect(fill.outcome).toBe('filled');
      expect(Math.abs(Number(fill.netLamports - netLamports))).toBeLessThan(2_000);
    });
  }
});

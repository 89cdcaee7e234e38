import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestPool } from './test-market.ts';

const POOLS: readonly TestPool[] = [
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 40_000 },
  { a: USDC_MINT, b: MEME_MINT, price: 10, depth: 50_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
  { a: WSOL_MINT, b: MEME_MINT, price: 1_500, depth: 2_500 },
];
/** Of a trade of two swaps: base fee, two priority fees, tip. */
const COSTS = 17_000n;

function walletOf(lamports: bigint) {
  const balances = new Map<Address, bigint>([
    [WSOL_MINT, lamports],
    [USDC_MINT, 10_000_000_000n],
  ]);
  return createTestMarket(POOLS, { balances });
}

const solOf = (market: ReturnType<typeof walletOf>): bigint =>
  new Map(market.engine.balances.entries()).get(WSOL_MINT) ?? 0n;

describe('SOL for fees, tips and rent', () => {
  it('is demanded of every trade before it is made, on paper too', () => {
    const poor = walletOf(COSTS - 1n);
    const record = poor.trade(poor.pools[0]!, USDC_MINT, 2_000_000_000n, START_SLOT + 1);
    expect(record.refused.of('insufficient-sol')).toBe(1);
    expect(record.decisions.map(({ reason }) => reason)).toContain('insufficient-sol');
    expect(record.decisions.some(({ outcome }) => outcome === 'approved')).toBe(false);
    const enough = walletOf(COSTS);
    const made = enough.trade(enough.pools[0]!, USDC_MINT, 2_000_000_000n, START_SLOT + 1);
    expect(made.decisions[0]?.outcome).toBe('approved');
  });

  it('is set aside for trades on their way, and free again when they have ended', () => {
    const market = walletOf(COSTS + 1_000n);
    const { engine } = market;
    market.trade(market.pools[0]!, USDC_MINT, 2_000_000_000n, START_SLOT + 1);
    expect(engine.balances.free(WSOL_MINT)).toBe(1_000n);
    const second = market.trade(market.pools[3]!, USDC_MINT, 20_000_000_000n, START_SLOT + 1);
    expect(second.decisions.map(({ outcome }) => outcome)).not.toContain('approved');
    for (let i = 2; i < 6; i++) market.begin(START_SLOT + i);
    expect(engine.pending).toHaveLength(0);
    expect(engine.balances.free(WSOL_MINT)).toBe(solOf(market));
  });

  it('is left by a trade that puts SOL itself in', () => {
    const market = walletOf(1_000_000_000n);
    const record = market.trade(market.pools[3]!, USDC_MINT, 60_000_000_000n, START_SLOT + 1);
    const own = record.decisions.find(({ opportunity }) => opportunity.startMint === WSOL_MINT);
    expect(own?.outcome).toBe('approved');
    expect(market.engine.balances.free(WSOL_MINT)).toBeGreaterThanOrEqual(0n);
  });

  it('is never short, whatever is traded, with several trades on their way', () => {
    const strangers = fc.array(
      fc.record({ pool: fc.nat(4), usdc: fc.integer({ min: 100, max: 30_000 }), back: fc.boolean() }),
      { minLength: 4, maxLength: 20 },
    );
    fc.assert(
      fc.property(strangers, fc.integer({ min: 0, max: 200_000 }), (trades, lamports) => {
        const market = walletOf(BigInt(lamports));
        let slot = START_SLOT + 1;
        for (const { pool, usdc, back } of trades) {
          const spec = POOLS[pool]!;
          const mintIn = back ? spec.b : spec.a;
          const dollars = mintIn === USDC_MINT ? 1_000_000 : mintIn === WSOL_MINT ? 6_666_666 : 1_000_000;
          market.trade(market.pools[pool]!, mintIn, BigInt(usdc) * BigInt(dollars), slot);
          expect(market.engine.balances.free(WSOL_MINT)).toBeGreaterThanOrEqual(0n);
          slot += 1;
          market.begin(slot);
          expect(solOf(market)).toBeGreaterThanOrEqual(0n);
        }
      }),
      { numRuns: 40 },
    );
  });
});

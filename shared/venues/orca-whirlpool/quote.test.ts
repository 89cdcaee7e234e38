import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChainClock } from '../../core/clock.ts';
import { MAX_SQRT_PRICE, MAX_TICK, sqrtPriceAtTick } from '../../math/tick.ts';
import {
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  type ContractPool,
  chainOf,
  contractPool,
  loadOrThrow,
} from '../contract.ts';
import { swapArrayStarts } from './accounts.ts';
import { orcaWhirlpool, type WhirlpoolState } from './index.ts';
import { encodeOracle } from './local/encode.ts';
import { write } from './local/write.ts';
import { marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';

const POOLS = CONTRACT_CASES.map((pool) => contractPool(orcaWhirlpool, pool));
const PLAIN = CONTRACT_CASES.findIndex(({ name }) => name.endsWith('variant 0'));
const ADAPTIVE = CONTRACT_CASES.findIndex(({ name }) => name.endsWith('variant 1'));

const anyPool = fc.constantFrom(...POOLS);
/** From one unit to past every pool's depth, each decade alike. */
const anyAmount = fc.double({ min: 0, max: 18, noNaN: true }).map((power) => BigInt(Math.floor(10 ** power)));
const anyDirection = fc.boolean();

function fresh(at: number): ContractPool<WhirlpoolState> {
  return contractPool(orcaWhirlpool, CONTRACT_CASES[at]!);
}

function later(seconds: number): ChainClock {
  return { ...CONTRACT_CLOCK, unixTimestamp: CONTRACT_CLOCK.unixTimestamp + seconds };
}

describe('a quote', () => {
  test('is what settling pays, and adds nothing to the state that a second quote could notice', () => {
    fc.assert(
      fc.property(anyPool, anyDirection, anyAmount, ({ state }, aToB, amount) => {
        const quoted = quote(state, aToB, amount, CONTRACT_CLOCK);
        expect(settle(state, aToB, amount, CONTRACT_CLOCK)).toMatchObject(quoted);
        const alone = { ...state, ladders: [] };
        expect(quote(alone, aToB, amount, CONTRACT_CLOCK)).toEqual(quoted);
      }),
      { numRuns: 400 },
    );
  });

  test('never pays less for more', () => {
    fc.assert(
      fc.property(anyPool, anyDirection, anyAmount, anyAmount, ({ state }, aToB, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        const small = quote(state, aToB, less, CONTRACT_CLOCK);
        const large = quote(state, aToB, more, CONTRACT_CLOCK);
        if (small.ok && large.ok) expect(large.amountOut).toBeGreaterThanOrEqual(small.amountOut);
        if (!small.ok && small.reason === 'no-liquidity') expect(large.ok).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  test('there and back at once never gains', () => {
    fc.assert(
      fc.property(anyPool, anyDirection, anyAmount, ({ state }, aToB, amount) => {
        const there = settle(state, aToB, amount, CONTRACT_CLOCK);
        if (!there.ok || there.amountOut === 0n) return;
        const back = settle(there.state, !aToB, there.amountOut, CONTRACT_CLOCK);
        if (back.ok) expect(back.amountOut).toBeLessThanOrEqual(there.consumedIn);
      }),
      { numRuns: 400 },
    );
  });

  test('on a settled state is that on its written bytes, swap after swap and as time passes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(PLAIN, ADAPTIVE, 2, 3),
        fc.array(fc.tuple(anyDirection, fc.integer({ min: 2, max: 500 }), fc.integer({ min: 0, max: 700 })), {
          minLength: 1,
          maxLength: 5,
        }),
        anyAmount,
        (at, swaps, probe) => {
          const pool = POOLS[at]!;
          const accounts = new Map(pool.accounts);
          let { state } = pool;
          let seconds = 0;
          for (const [aToB, part, pause] of swaps) {
            seconds += pause;
            const depth = aToB ? 1_000n * 10n ** 9n : 142_350n * 10n ** 6n;
            const settled = settle(state, aToB, depth / BigInt(part), later(seconds));
            if (!settled.ok) break;
            for (const { address, account } of write(settled.state, chainOf(accounts))) {
              accounts.set(address, account);
            }
            state = settled.state;
          }
          const reloaded = loadOrThrow(orcaWhirlpool, pool.address, chainOf(accounts));
          for (const aToB of [true, false]) {
            const clock = later(seconds + 31);
            expect(quote(state, aToB, probe, clock)).toEqual(quote(reloaded, aToB, probe, clock));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a quote is refused', () => {
  test('for nothing and for more than 64 bits', () => {
    const { state } = POOLS[PLAIN]!;
    expect(quote(state, true, 0n, CONTRACT_CLOCK)).toMatchObject({ reason: 'zero-amount' });
    expect(quote(state, true, 1n << 64n, CONTRACT_CLOCK)).toMatchObject({ reason: 'amount-overflow' });
  });

  test('with a clock before the last change of the pool, or before its opening', () => {
    const { state, accounts, address } = fresh(ADAPTIVE);
    const settled = settle(state, true, 1_000_000n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(quote(settled.state, true, 1_000_000n, later(-1))).toMatchObject({ reason: 'not-open' });
    const opening = { ...state.oracle!, tradeEnableTimestamp: CONTRACT_CLOCK.unixTimestamp + 60 };
    const bytes = encodeOracle(state.poolBytes, opening);
    const at = state.addresses.oracle!;
    const source = chainOf(new Map([...accounts, [at, { ...accounts.get(at)!, data: bytes }]]));
    const closed = loadOrThrow(orcaWhirlpool, address, source);
    expect(quote(closed, true, 1_000_000n, later(59))).toMatchObject({ reason: 'not-open' });
    expect(marginalPrice(closed, true, later(59))).toBe(0);
    expect(quote(closed, true, 1_000_000n, later(60)).ok).toBe(true);
  });

  test('where three arrays hold too little, and where the next one is not known', () => {
    const { state } = fresh(PLAIN);
    const amount = 10n ** 18n;
    expect(quote(state, true, amount, CONTRACT_CLOCK)).toMatchObject({ reason: 'no-liquidity' });
    const [first, second] = swapArrayStarts(state.tickIndex, state.tickSpacing, true);
    const small = quote(state, true, 1_000_000n, CONTRACT_CLOCK);
    state.tickArrays.delete(second!);
    state.ladders = [];
    expect(quote(state, true, amount, CONTRACT_CLOCK)).toMatchObject({ reason: 'missing-account' });
    if (!small.ok) throw new Error(small.reason);
    const { amountOut, consumedIn } = small;
    expect(quote(state, true, 1_000_000n, CONTRACT_CLOCK)).toMatchObject({ ok: true, amountOut, consumedIn });
    state.tickArrays.delete(first!);
    state.ladders = [];
    expect(quote(state, true, 1n, CONTRACT_CLOCK)).toMatchObject({ reason: 'missing-account' });
    expect(marginalPrice(state, true, CONTRACT_CLOCK)).toBe(0);
  });

  test('at the end of all prices in that direction only', () => {
    const { state } = fresh(PLAIN);
    const top = {
      ...state,
      sqrtPrice: MAX_SQRT_PRICE,
      tickIndex: MAX_TICK,
      tickArrays: new Map(),
      ladders: [],
    };
    for (const aToB of [true, false]) {
      for (const start of swapArrayStarts(MAX_TICK, state.tickSpacing, aToB)) top.tickArrays.set(start, null);
    }
    expect(quote(top, false, 1_000n, CONTRACT_CLOCK)).toMatchObject({ reason: 'no-liquidity' });
    expect(marginalPrice(top, false, CONTRACT_CLOCK)).toBe(0);
    expect(marginalPrice(top, true, CONTRACT_CLOCK)).toBeGreaterThan(1e19);
  });
});

describe('a pool without liquidity', () => {
  test('takes and pays nothing on the way to the last price, as the program does', () => {
    const { state } = fresh(PLAIN);
    const tick = MAX_TICK - 100;
    const starts = swapArrayStarts(tick, state.tickSpacing, false);
    const dry = {
      ...state,
      liquidity: 0n,
      sqrtPrice: sqrtPriceAtTick(tick),
      tickIndex: tick,
      tickArrays: new Map(starts.map((start) => [start, null])),
      ladders: [],
    };
    expect(quote(dry, false, 5_000n, CONTRACT_CLOCK)).toMatchObject({
      ok: true,
      amountOut: 0n,
      consumedIn: 0n,
    });
    const settled = settle(dry, false, 5_000n, CONTRACT_CLOCK);
    expect(settled).toMatchObject({ ok: true, consumedIn: 0n, state: { sqrtPrice: MAX_SQRT_PRICE } });
    expect(marginalPrice(dry, false, CONTRACT_CLOCK)).toBe(0);
  });
});

describe('a swap that ends exactly on an initialized tick', () => {
  test('has crossed it: going down the index is the one below, going up its own', () => {
    const { state } = fresh(PLAIN);
    for (const aToB of [true, false]) {
      quote(state, aToB, 1n, CONTRACT_CLOCK);
      const ladder = state.ladders.find((known) => known?.aToB === aToB)!;
      const { stopTick, stopPrice, array, arrayIndex, liquidity } = ladder.steps[0]!;
      const settled = settle(state, aToB, ladder.totalIn[0]!, CONTRACT_CLOCK);
      if (!settled.ok || array === null) throw new Error('the first stop should be an initialized tick');
      expect(settled.state.sqrtPrice).toBe(stopPrice);
      expect(settled.state.tickIndex).toBe(aToB ? stopTick - 1 : stopTick);
      const net = array.nets[arrayIndex]!;
      expect(settled.state.liquidity).toBe(aToB ? liquidity - net : liquidity + net);
    }
  });
});

describe('an adaptive fee', () => {
  test('is dearer right after a large swap and falls back as the clock goes on', () => {
    const { state } = fresh(ADAPTIVE);
    const amount = 10n ** 9n;
    const out = (of: WhirlpoolState, seconds: number) => {
      const quoted = quote(of, false, amount, later(seconds));
      return quoted.ok ? quoted.amountOut : -1n;
    };
    const moved = settle(state, true, 2_000n * 10n ** 9n, CONTRACT_CLOCK);
    if (!moved.ok) throw new Error(moved.reason);
    expect(moved.state.oracle!.variables).toMatchObject({ majorSwapTimestamp: CONTRACT_CLOCK.unixTimestamp });
    expect(moved.state.oracle!.variables.accumulator).toBeGreaterThan(0);
    expect(out(moved.state, 30)).toBeGreaterThan(out(moved.state, 29));
    expect(out(moved.state, 600)).toBeGreaterThan(out(moved.state, 30));
    expect(out(moved.state, 4_000)).toBe(out(moved.state, 600));
  });
});

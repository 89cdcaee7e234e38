import { describe, expect, test } from 'vitest';
import type { ChainClock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../contract.ts';
import { localHalf } from '../local-registry.ts';
import { phoenixV1 } from './index.ts';
import { viewOf } from './layout.ts';
import { BASE_FREE, BASE_LOCKED, QUOTE_FREE, QUOTE_LOCKED } from './local/match-bytes.ts';
import type { PhoenixState } from './state.ts';
import { bookOrders, traderOffset } from './views.ts';

const EARLY: ChainClock = { slot: 900, unixTimestamp: 900_000, epoch: 1 };

/** Lots of quote and base that the makers and the market own, by the market's bytes. */
function ownedLots({ data, facts }: PhoenixState) {
  const view = viewOf(data);
  let quote = view.getBigUint64(872, true);
  let base = 0n;
  for (let seat = 1; seat <= facts.traders.capacity; seat++) {
    const at = traderOffset(facts, seat);
    quote += view.getBigUint64(at + QUOTE_LOCKED, true) + view.getBigUint64(at + QUOTE_FREE, true);
    base += view.getBigUint64(at + BASE_LOCKED, true) + view.getBigUint64(at + BASE_FREE, true);
  }
  return { quote, base };
}

function rowsOf(state: PhoenixState) {
  return [state.bids, state.asks].map((side) => ({
    ticks: [...side.ticks],
    lots: [...side.lots],
    node: [...side.node],
  }));
}

describe('a settled market', () => {
  test.each(CONTRACT_CASES.slice(0, 4).map((spec) => [spec.name, spec] as const))(
    'of %s holds in its bytes what it holds in its columns, and what the makers own moves with the trade',
    (name, spec) => {
      const pool = contractPool(phoenixV1, spec);
      const random = createRandom(`settle/${name}`);
      let state = pool.state;
      for (let swap = 0; swap < 80; swap++) {
        const aToB = random.below(2) === 0;
        const clock = swap < 20 ? EARLY : CONTRACT_CLOCK;
        const amountIn = BigInt(Math.ceil(10 ** (5 + 7.5 * random.next())));
        const settled = phoenixV1.settle(state, aToB, amountIn, clock);
        if (!settled.ok) {
          expect(settled.reason).toBe('amount-too-small');
          continue;
        }
        const [write] = localHalf(phoenixV1).write(settled.state, chainOf(pool.accounts));
        const accounts = new Map(pool.accounts).set(pool.address, write!.account);
        const read = loadOrThrow(phoenixV1, pool.address, chainOf(accounts));
        expect(rowsOf(read)).toEqual(rowsOf(settled.state));
        const before = ownedLots(state);
        const after = ownedLots(read);
        const { quoteLotSize, baseLotSize } = state.facts;
        const [base, quote] = aToB
          ? [settled.consumedIn, -settled.amountOut]
          : [-settled.amountOut, settled.consumedIn];
        expect((after.base - before.base) * baseLotSize).toBe(base);
        expect((after.quote - before.quote) * quoteLotSize).toBe(quote);
        state = swap % 2 === 0 ? read : settled.state;
      }
    },
  );

  test('takes several swaps that were never written in between', () => {
    const pool = contractPool(phoenixV1, CONTRACT_CASES[1]!);
    let stepped: PhoenixState = pool.state;
    let jumped: PhoenixState = pool.state;
    for (const [aToB, amountIn] of [
      [true, 40_000_000_000n],
      [false, 9_000_000_000n],
      [true, 3_000_000n],
    ] as const) {
      const step = phoenixV1.settle(stepped, aToB, amountIn, CONTRACT_CLOCK);
      const jump = phoenixV1.settle(jumped, aToB, amountIn, CONTRACT_CLOCK);
      if (!step.ok || !jump.ok) throw new Error('no swap');
      localHalf(phoenixV1).write(step.state, chainOf(pool.accounts));
      stepped = step.state;
      jumped = jump.state;
    }
    const [write] = localHalf(phoenixV1).write(jumped, chainOf(pool.accounts));
    expect(write!.account.data).toEqual(stepped.data);
    expect(pool.state.pending).toEqual([]);
    expect(pool.state.data).toBe(pool.accounts.get(pool.address)!.data);
  });

  test('an order for the whole book takes it all, and the next one pays nothing', () => {
    const { state, accounts } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    const bids = bookOrders(state, CONTRACT_CLOCK).bids.reduce((sum, order) => sum + order.baseAmount, 0n);
    const settled = phoenixV1.settle(state, true, 10n ** 18n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.consumedIn).toBe(bids);
    expect(settled.state.bids.count).toBe(0);
    const next = phoenixV1.quote(settled.state, true, 10n ** 9n, CONTRACT_CLOCK);
    expect(next).toMatchObject({ ok: true, amountOut: 0n, consumedIn: 0n });
    expect(phoenixV1.marginalPrice(settled.state, true, CONTRACT_CLOCK)).toBe(0);
    const [write] = localHalf(phoenixV1).write(settled.state, chainOf(accounts));
    const emptied = new Map(accounts).set(state.address, write!.account);
    expect(loadOrThrow(phoenixV1, state.address, chainOf(emptied)).bids.count).toBe(0);
  });

  test('an order of one lot more than an order holds leaves the next one short by one', () => {
    const { state } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    const [first, second] = [state.bids.lots[0]!, state.bids.lots[1]!];
    const { baseLotSize } = state.facts;
    for (const [lots, count, left] of [
      [first - 1, 60, 1],
      [first, 59, second],
      [first + 1, 59, second - 1],
    ] as const) {
      const settled = phoenixV1.settle(state, true, BigInt(lots) * baseLotSize, CONTRACT_CLOCK);
      if (!settled.ok) throw new Error(settled.reason);
      expect([settled.state.bids.count, settled.state.bids.lots[0]]).toEqual([count, left]);
      expect(settled.consumedIn).toBe(BigInt(lots) * baseLotSize);
      const cut = phoenixV1.quote(state, true, BigInt(lots) * baseLotSize + baseLotSize - 1n, CONTRACT_CLOCK);
      expect(cut).toMatchObject({ consumedIn: settled.consumedIn, amountOut: settled.amountOut });
    }
  });
});

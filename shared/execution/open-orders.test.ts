import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { OrderTerms } from '../risk/approve.ts';
import { createTestDoor } from '../risk/test-door.ts';
import { ALT_MINT, createStill, type StillPool } from '../routing/test-market.ts';
import { createOpenOrders } from './open-orders.ts';
import { BY_TIME, type OrderEvent, type OrderState } from './order-event.ts';

const { market, opportunity } = createTestDoor();
const pools = opportunity.legs.map(({ pool }) => market.poolAt(pool)!);

const termsOf = (id: string): OrderTerms => ({
  id,
  opportunity,
  slot: 10,
  expiresAfterSlot: 12,
  minAmountOut: 1n,
  maxCostLamports: 1n,
});

const event = (id: string, state: OrderState): OrderEvent => ({
  kind: 'order',
  atMicros: 0,
  id,
  state,
  reason: `is ${state}`,
  slot: 11,
  amountIn: 0n,
  amountOut: 0n,
  leftovers: [],
  costLamports: 0n,
  source: 'test',
});

describe('open orders', () => {
  it('hold their pools until each of them has ended', () => {
    const open = createOpenOrders();
    expect(open.isPoolBusy(pools[0]!)).toBe(false);
    open.place(termsOf('a'), pools, 0);
    open.place(termsOf('b'), pools.slice(0, 1), 0);
    expect(pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, true, true, true]);
    expect(open.take(event('a', 'landed'))?.terms).toEqual(termsOf('a'));
    expect(pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, false, false, false]);
    open.take(event('b', 'expired'));
    expect(pools.some((pool) => open.isPoolBusy(pool))).toBe(false);
    expect(open.list).toEqual([]);
  });

  it.each(['landed', 'failed', 'expired'] as const)('end when they are %s', (state) => {
    const open = createOpenOrders();
    open.place(termsOf('a'), pools, 0);
    expect(open.take(event('a', state))).toMatchObject({ terms: termsOf('a'), state, reason: `is ${state}` });
    expect(open.list).toEqual([]);
    expect(pools.some((pool) => open.isPoolBusy(pool))).toBe(false);
    expect(open.take(event('a', state))).toBeUndefined();
    expect(open.take(event('a', 'submitted'))).toBeUndefined();
    expect(open.list).toEqual([]);
  });

  it('keep their order, and what was last told of each', () => {
    const open = createOpenOrders();
    for (const id of ['a', 'b', 'c']) open.place(termsOf(id), [], 0);
    for (const state of ['journaled', 'submitted', 'unknown'] as const) {
      expect(open.take(event('b', state))).toMatchObject({ terms: { id: 'b' }, state });
      expect(open.list.map((order) => [order.terms.id, order.state, order.reason])).toEqual([
        ['a', 'approved', ''],
        ['b', state, `is ${state}`],
        ['c', 'approved', ''],
      ]);
    }
    open.take(event('b', 'failed'));
    expect(open.list.map(({ terms }) => terms.id)).toEqual(['a', 'c']);
  });

  it('are told to be unknown when the last slot that they may be sent in is over, once, each of them', () => {
    const open = createOpenOrders();
    open.place(termsOf('a'), [], 0);
    open.place({ ...termsOf('b'), expiresAfterSlot: 99 }, [], 0);
    open.place(termsOf('c'), [], 0);
    open.take(event('a', 'submitted'));
    expect(open.beginSlot(12, 5)).toEqual([]);
    const told = open.beginSlot(13, 6);
    const reason = 'nothing was told of it while it could land';
    const nothing = { amountIn: 0n, amountOut: 0n, leftovers: [], costLamports: 0n };
    expect(told).toEqual(
      ['a', 'c'].map((id) => ({
        ...{ kind: 'order', atMicros: 6, id, state: 'unknown', reason, slot: 13, source: BY_TIME },
        ...nothing,
      })),
    );
    // Telling is not taking: whoever takes them may be told them twice.
    expect(open.list.map(({ state }) => state)).toEqual(['submitted', 'approved', 'approved']);
    for (const one of told) open.take(one);
    expect(open.list.map(({ state }) => state)).toEqual(['unknown', 'approved', 'unknown']);
    open.take({ ...event('a', 'unknown'), reason: 'the node is gone' });
    expect(open.beginSlot(14, 7)).toEqual([]);
    expect(open.list[0]!.reason).toBe('the node is gone');
  });

  it('know since when they are what they are', () => {
    const open = createOpenOrders();
    open.place(termsOf('a'), [], 3);
    expect(open.list[0]!.sinceMicros).toBe(3);
    open.take({ ...event('a', 'unknown'), atMicros: 8 });
    open.take({ ...event('a', 'unknown'), atMicros: 9 });
    expect(open.list[0]!.sinceMicros).toBe(8);
    open.take({ ...event('a', 'submitted'), atMicros: 10 });
    expect(open.list[0]!.sinceMicros).toBe(10);
  });

  it('hold pools whose vault theirs stand over too, and no others', () => {
    const damm = (a: StillPool['a'], b: StillPool['b']): StillPool => ({
      venue: 'meteora-damm-v1',
      a,
      b,
      gap: 1,
      depthUsd: 1e5,
      feeBps: 25,
      variant: 0,
    });
    const [a, b] = [WSOL_MINT, USDC_MINT];
    const still = createStill([damm(a, b), damm(a, b), damm(ALT_MINT, b)], { sharesVaults: true });
    const apart = createStill([damm(a, b), damm(a, b)]);
    const open = createOpenOrders();
    open.place(termsOf('a'), [still.pools[0]!], 0);
    expect(still.pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, true, true]);
    expect(open.isPoolBusy(pools[0]!)).toBe(false);
    const other = createOpenOrders();
    other.place(termsOf('a'), [apart.pools[0]!], 0);
    expect(apart.pools.map((pool) => other.isPoolBusy(pool))).toEqual([true, false]);
    // Of a pool whose state is not there nobody knows what it stands over: but itself it is.
    const [first, second] = still.pools;
    const [held, asked] = [
      { ...first!, state: undefined },
      { ...second!, state: undefined },
    ];
    expect(open.isPoolBusy(asked)).toBe(false);
    open.take(event('a', 'expired'));
    open.place(termsOf('b'), [held], 0);
    expect([held, second!].map((pool) => open.isPoolBusy(pool))).toEqual([true, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import type { OrderTerms } from '../risk/approve.ts';
import { createTestDoor } from '../risk/test-door.ts';
import { ALT_MINT, createStill, type StillPool } from '../routing/test-market.ts';
import { createOpenOrders } from './open-orders.ts';
import type { OrderEvent, OrderState } from './order-event.ts';

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
    open.place(termsOf('a'), pools);
    open.place(termsOf('b'), pools.slice(0, 1));
    expect(pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, true, true, true]);
    expect(open.take(event('a', 'landed'))).toEqual(termsOf('a'));
    expect(pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, false, false, false]);
    open.take(event('b', 'expired'));
    expect(pools.some((pool) => open.isPoolBusy(pool))).toBe(false);
    expect(open.list).toEqual([]);
  });

  it.each(['landed', 'failed', 'expired'] as const)('end when they are %s', (state) => {
    const open = createOpenOrders();
    open.place(termsOf('a'), pools);
    expect(open.take(event('a', state))).toEqual(termsOf('a'));
    expect(open.list).toEqual([]);
    expect(open.take(event('a', 'submitted'))).toBe('order-ended');
  });

  it('keep their order, and what was last told of each', () => {
    const open = createOpenOrders();
    for (const id of ['a', 'b', 'c']) open.place(termsOf(id), []);
    for (const state of ['journaled', 'submitted', 'unknown'] as const) {
      expect(open.take(event('b', state))).toBeUndefined();
      expect(open.list.map((order) => [order.terms.id, order.state, order.reason])).toEqual([
        ['a', 'approved', ''],
        ['b', state, `is ${state}`],
        ['c', 'approved', ''],
      ]);
    }
    open.take(event('b', 'failed'));
    expect(open.list.map(({ terms }) => terms.id)).toEqual(['a', 'c']);
  });

  it('become unknown when the last slot that they may be sent in is over, whatever was told before', () => {
    const open = createOpenOrders();
    open.place(termsOf('a'), []);
    open.take(event('a', 'submitted'));
    open.beginSlot(12);
    expect(open.list[0]!.state).toBe('submitted');
    open.beginSlot(13);
    expect(open.list[0]).toMatchObject({
      state: 'unknown',
      reason: 'nothing was told of it while it could land',
    });
    open.take({ ...event('a', 'unknown'), reason: 'the node is gone' });
    open.beginSlot(14);
    expect(open.list[0]!.reason).toBe('the node is gone');
  });

  it('count once more only where they were given up and landed after all', () => {
    const open = createOpenOrders();
    open.place(termsOf('a'), pools);
    open.take(event('a', 'expired'));
    expect(open.take(event('a', 'expired'))).toBe('order-ended');
    expect(open.take(event('a', 'unknown'))).toBe('order-ended');
    expect(open.take(event('a', 'failed'))).toEqual(termsOf('a'));
    expect(open.take(event('a', 'landed'))).toBe('order-ended');
    expect(open.isPoolBusy(pools[0]!)).toBe(false);
    open.place(termsOf('b'), []);
    open.take(event('b', 'failed'));
    expect(open.take(event('b', 'landed'))).toBe('order-ended');
    expect(open.take(event('c', 'landed'))).toBe('unknown-order');
  });

  it('remember the last 256 that ended', () => {
    const open = createOpenOrders();
    for (let i = 0; i < 257; i++) {
      open.place(termsOf(`${i}`), []);
      open.take(event(`${i}`, 'expired'));
    }
    expect(open.take(event('0', 'landed'))).toBe('unknown-order');
    expect(open.take(event('1', 'landed'))).toEqual(termsOf('1'));
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
    open.place(termsOf('a'), [still.pools[0]!]);
    expect(still.pools.map((pool) => open.isPoolBusy(pool))).toEqual([true, true, true]);
    expect(open.isPoolBusy(pools[0]!)).toBe(false);
    const other = createOpenOrders();
    other.place(termsOf('a'), [apart.pools[0]!]);
    expect(apart.pools.map((pool) => other.isPoolBusy(pool))).toEqual([true, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { createTestDoor } from '../risk/test-door.ts';
import { createEndedOrders } from './ended-orders.ts';
import { type EndEvent, type Fill, fillOf } from './fill.ts';
import { type OrderEvent, untold } from './order-event.ts';

const { market, opportunity } = createTestDoor();
const EXPIRES = 12;

const event = (id: string, state: OrderEvent['state'], slot = 11): OrderEvent => ({
  ...untold(id, 0),
  state,
  slot,
  reason: `is ${state}`,
  source: 'test',
});

const end = (id: string, state: Fill['state'], expiresAfterSlot = EXPIRES): Fill => {
  const terms = { id, opportunity, slot: 10, expiresAfterSlot, minAmountOut: 1n, maxCostLamports: 1n };
  return fillOf(terms, event(id, state) as EndEvent, market);
};

describe('orders that have ended', () => {
  it.each([
    ['expired', 'landed'],
    ['expired', 'failed'],
    ['failed', 'landed'],
    ['landed', 'failed'],
  ] as const)('that were taken to have %s are proven wrong when one is seen to have %s', (state, shown) => {
    const ended = createEndedOrders();
    const fill = end('a', state);
    ended.keep(fill, 11);
    expect(ended.corrected(event('a', shown))).toBe(fill);
  });

  it.each(['landed', 'failed'] as const)(
    'that have %s are not there after all only when nothing can land any more',
    (state) => {
      const ended = createEndedOrders();
      const fill = end('a', state);
      ended.keep(fill, 11);
      expect(ended.corrected(event('a', 'expired', EXPIRES))).toBe('order-ended');
      expect(ended.corrected(event('a', 'expired', EXPIRES + 1))).toBe(fill);
    },
  );

  it.each(['landed', 'failed', 'expired'] as const)(
    'as %s are told nothing new by the same word again, nor by what goes on',
    (state) => {
      const ended = createEndedOrders();
      ended.keep(end('a', state), 11);
      for (const again of [state, 'journaled', 'submitted', 'unknown'] as const)
        expect(ended.corrected(event('a', again, 99))).toBe('order-ended');
    },
  );

  it('are what they were last corrected to', () => {
    const ended = createEndedOrders();
    ended.keep(end('a', 'expired'), 11);
    const landed = end('a', 'landed');
    ended.keep(landed, 11);
    expect(ended.corrected(event('a', 'landed'))).toBe('order-ended');
    expect(ended.corrected(event('a', 'failed'))).toBe(landed);
    expect(ended.corrected(event('b', 'landed'))).toBe('unknown-order');
  });

  it('are 256 at least, and all that may still land', () => {
    const ended = createEndedOrders();
    ended.keep(end('a', 'expired'), EXPIRES);
    for (let i = 0; i < 256; i++) ended.keep(end(`${i}`, 'expired', 99), EXPIRES);
    expect(ended.corrected(event('a', 'landed'))).not.toBe('unknown-order');
    ended.keep(end('256', 'expired', 99), EXPIRES + 1);
    expect(ended.corrected(event('a', 'landed'))).toBe('unknown-order');
    expect(ended.corrected(event('0', 'landed'))).not.toBe('unknown-order');
    // A correction makes an end young again.
    ended.keep(end('0', 'landed', 99), EXPIRES + 1);
    ended.keep(end('257', 'expired', 99), 100);
    expect(ended.corrected(event('0', 'failed'))).not.toBe('unknown-order');
    expect(ended.corrected(event('1', 'landed'))).toBe('unknown-order');
    expect(ended.corrected(event('2', 'landed'))).toBe('unknown-order');
    expect(ended.corrected(event('3', 'landed'))).not.toBe('unknown-order');
  });
});

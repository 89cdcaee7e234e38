import { expect, it } from 'vitest';
import { createManualClock } from '../../../shared/core/clock.ts';
import type { OpenOrder } from '../../../shared/execution/open-orders.ts';
import { unknownOrders } from './unknown-orders.ts';

const order = (state: OpenOrder['state'], sinceMicros: number, reason = ''): OpenOrder =>
  ({ state, sinceMicros, reason }) as OpenOrder;

const look = (pending: readonly OpenOrder[], earlier = 0, nowMs = 10_000) => {
  const clock = createManualClock(0);
  clock.advanceMs(nowMs);
  return unknownOrders({ engine: { pending }, earlier: () => earlier, clock });
};

it('says nothing where every order is known of', () => {
  expect(look([order('submitted', 0), order('approved', 0)])).toEqual({
    ...{ count: 0, earlier: 0, oldestMs: 0, text: '' },
  });
});

it('counts orders of which nobody knows the end, and says for how long and why of the oldest', () => {
  const pending = [
    order('submitted', 0),
    order('unknown', 7_500_000, 'late'),
    order('unknown', 2_500_000, 'gone'),
  ];
  expect(look(pending)).toEqual({
    ...{ count: 2, earlier: 0, oldestMs: 7_500, text: '2 orders unknown, the oldest for 7 s (gone)' },
  });
});

it('tells those of earlier runs beside them', () => {
  expect(look([], 1).text).toBe('1 order of earlier runs unknown');
  expect(look([order('unknown', 9_000_000, 'late')], 2)).toMatchObject({
    ...{
      count: 1,
      earlier: 2,
      text: '1 order unknown, the oldest for 1 s (late); 2 orders of earlier runs unknown',
    },
  });
});

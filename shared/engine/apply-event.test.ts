import { expect, test } from 'vitest';
import { createMarket } from '../market/market.ts';
import { applyEvent } from './apply-event.ts';

test('a market without an engine hears of its slots, and an old one is told to be late', () => {
  const market = createMarket();
  applyEvent(market, { kind: 'feed', atMicros: 0, live: true, reason: 'snapshot' });
  expect(applyEvent(market, { kind: 'slot', atMicros: 0, slot: 7, parent: 6 })).toMatchObject({ taken: '' });
  expect(market.slot).toBe(7);
  expect(applyEvent(market, { kind: 'slot', atMicros: 0, slot: 7, parent: 6 })).toMatchObject({
    taken: 'late-slot',
  });
});

import { expect, it } from 'vitest';
import type { Intent } from './intent-journal.ts';
import { paperResolver } from './order-resolver.ts';
import { toldOrders } from './orders.ts';

it('knows at once what became of paper orders of a process that is gone: nothing, at no cost', async () => {
  expect(await paperResolver.resolve({ slot: 7 } as Intent)).toEqual({
    ...{ state: 'expired', reason: 'its process ended first', slot: 7, netLamports: 0n },
  });
});

it('has nothing to tell of orders that others tell of, which move the market', () => {
  expect(toldOrders.movesMarket).toBe(true);
  expect(toldOrders.beginSlot(5, 0)).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { createWorld } from '../world.ts';
import { createWhales } from './whales.ts';

describe('whales', () => {
  it('push pools past their fees, some by little and some by much, and none out of reach', () => {
    const { traders } = createWorld({ market: 'built-in', seed: 'whales' });
    const { desk, fair } = traders;
    const whales = createWhales({ desk, fair, depthUsd: () => 1_000_000, random: createRandom('whales') });
    for (let slot = 0; slot < 600; slot++) whales.act(1);
    const edges = desk.pools.map((pool) => fair.edge(pool)!.edge * 1e4);
    const pushed = edges.filter((edge) => edge > 1);
    expect(pushed.length).toBeGreaterThan(8);
    expect(Math.min(...pushed)).toBeLessThan(40);
    expect(Math.max(...edges)).toBeGreaterThan(40);
    expect(Math.max(...edges)).toBeLessThan(160);
  });

  it('do nothing in a slot without activity', () => {
    const { traders } = createWorld({ market: 'built-in', seed: 'whales' });
    const { desk, fair } = traders;
    const before = desk.pools.map((pool) => desk.price(pool));
    const whales = createWhales({ desk, fair, depthUsd: () => 1_000_000, random: createRandom('whales') });
    for (let slot = 0; slot < 600; slot++) whales.act(0);
    expect(desk.pools.map((pool) => desk.price(pool))).toEqual(before);
  });
});

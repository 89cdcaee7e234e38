import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { CLOCK, createStill } from '../routing/test-market.ts';
import { createSpentEdges } from './spent-edges.ts';

const AMOUNT = 1_000_000_000n;
const pays = (): boolean => true;

function spentPool() {
  const spec = { a: WSOL_MINT, b: USDC_MINT, gap: 1, depthUsd: 1e5, feeBps: 25, variant: 0 };
  const pool = createStill([{ venue: 'raydium-amm-v4', ...spec }]).pools[0]!;
  const edges = createSpentEdges();
  edges.spend(pool, true, AMOUNT, CLOCK);
  /** Somebody trades on the chain what the paper trade only claimed. */
  const tradedByOthers = (amountIn: bigint): void => {
    const settled = pool.venue.settle(pool.state!, true, amountIn, CLOCK);
    if (settled.ok) pool.state = settled.state;
  };
  return { pool, edges, tradedByOthers };
}

describe('createSpentEdges', () => {
  it('keeps an edge spent while the pool still offers what was taken and something pays through it', () => {
    const { pool, edges, tradedByOthers } = spentPool();
    edges.reopen(CLOCK, pays);
    expect(edges.isSpent(pool, true)).toBe(true);
    tradedByOthers(AMOUNT / 2n);
    edges.reopen(CLOCK, pays);
    expect(edges.isSpent(pool, true)).toBe(true);
    expect(edges.isSpent(pool, false)).toBe(false);
  });

  it('frees an edge once others have traded as much, though some cycle through it always pays', () => {
    const { pool, edges, tradedByOthers } = spentPool();
    tradedByOthers(AMOUNT);
    edges.reopen(CLOCK, pays);
    expect(edges.size).toBe(0);
    expect(edges.isSpent(pool, true)).toBe(false);
  });

  it('frees an edge through which nothing pays any more', () => {
    const { edges } = spentPool();
    edges.reopen(CLOCK, () => false);
    expect(edges.size).toBe(0);
  });

  it('keeps an edge spent of a pool whose state is not there, when it was taken or when it is looked at', () => {
    const { pool, edges } = spentPool();
    const { state } = pool;
    pool.state = undefined;
    edges.reopen(CLOCK, () => false);
    expect(edges.isSpent(pool, true)).toBe(true);
    edges.spend(pool, false, AMOUNT, CLOCK);
    pool.state = state;
    edges.reopen(CLOCK, pays);
    expect(edges.isSpent(pool, false)).toBe(true);
  });

  it('keeps an edge spent while its pool cannot be quoted: its gap was not seen to close', () => {
    const { pool, edges } = spentPool();
    pool.coherent = false;
    edges.reopen(CLOCK, () => false);
    expect(edges.isSpent(pool, true)).toBe(true);
  });
});

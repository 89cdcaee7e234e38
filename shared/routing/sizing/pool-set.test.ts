import { expect, it } from 'vitest';
import type { Flow } from './flow.ts';
import { PoolSet } from './pool-set.ts';
import type { Candidate, Plan } from './solver.ts';

const CANDIDATE: Candidate = {
  hops: [
    [0, 2, 4],
    [1, 3, 5],
  ],
  log: 0.01,
  maxIn: 1_000,
  costOf: () => 0,
};

const PLAN: Plan = {
  splits: [
    { edges: [0], shares: [1] },
    { edges: [3], shares: [1] },
  ],
  size: 100,
  profit: 1,
  net: 1,
};

/** Every set of pools comes to the same. */
function flatFlow(profit: number): Flow {
  const hop = { isOutpaidBy: () => true };
  return { profit, hops: [hop, hop], take: () => {}, solve: () => {} } as unknown as Flow;
}

it.each([-5, 0, 5])('stays with a set that no other is better than, where all come to %d', (profit) => {
  const set = new PoolSet(flatFlow(profit), CANDIDATE, PLAN);
  expect(set.widen()).toBe(false);
  expect(set.exchange()).toBe(false);
});

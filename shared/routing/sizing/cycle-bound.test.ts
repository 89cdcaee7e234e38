import { expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { openGate } from '../candidates.ts';
import { Cycles, MAX_HOPS, NO_RANK } from '../graph/cycles.ts';
import { Graph } from '../graph/graph.ts';
import { createTally } from '../reason.ts';
import {
  ALT_MINT,
  CLOCK,
  createOpenSearch,
  createStill,
  FINE_MINT,
  MEME_MINT,
  randomSpecs,
  WHOLE_MINT,
} from '../test-market.ts';
import { Curves } from './curves.ts';
import { createCycleBound } from './cycle-bound.ts';

const GATE = openGate(50_000_000_000n);
const MINTS = [WSOL_MINT, USDC_MINT, ALT_MINT, MEME_MINT, WHOLE_MINT, FINE_MINT];

it('no trade earns more than its cycle is said to earn at most, whatever was asked of its pools before', () => {
  let trades = 0;
  let close = 0;
  for (let seed = 0; seed < 40; seed++) {
    const market = createStill(randomSpecs(`bound ${seed}`, 9, seed % 2 === 0 ? MINTS.slice(0, 4) : MINTS));
    const search = createOpenSearch(market, { startMints: [WSOL_MINT] });
    const found = search.run(market.pools, CLOCK, GATE, createTally(), { maxPassedOver: 1_000 });
    const graph = new Graph();
    for (const pool of market.pools) graph.refresh(pool, CLOCK);
    const curves = new Curves(graph, { left: 1e9, reserve: 0 }, 0.9);
    curves.begin(CLOCK);
    const cycles = new Cycles(graph, 3, (mint) => (graph.mints[mint] === WSOL_MINT ? 0 : NO_RANK));
    const bound = createCycleBound(graph, curves, cycles);
    for (let pair = 0; pair < graph.pairEdges.length; pair++) {
      cycles.through(pair, graph.bestLog[pair]!);
      cycles.markDone(pair);
    }
    const pathOf = (cycle: number): string =>
      Array.from(
        { length: cycles.hops[cycle]! },
        (_, h) => graph.pairFrom[cycles.pairs[cycle * MAX_HOPS + h]!],
      ).join();
    for (const { legs, grossProfit } of [
      ...found.best,
      ...found.passedOver.map((each) => each.opportunity),
    ]) {
      const mints = [...new Map(legs.map(({ hop, mintIn }) => [hop, graph.mintId(mintIn)])).values()].join();
      const cycle = Array.from({ length: cycles.count }, (_, at) => at).find((at) => pathOf(at) === mints)!;
      trades += 1;
      for (const cost of [1, Number(grossProfit) / 2, Number(grossProfit) / 50]) {
        const most = bound.of(cycle, cost, true);
        expect(most, `market ${seed}, ${mints}, cost ${cost}`).toBeGreaterThanOrEqual(
          Number(grossProfit) - 1,
        );
      }
      // It says no more than it is asked for: whether the cycle can earn so much.
      const far = 4 * Number(grossProfit);
      if (bound.of(cycle, far, true) <= far) close += 1;
    }
  }
  expect(trades).toBeGreaterThan(60);
  // A bound that is far from what is earned would keep nothing from being solved.
  expect(close / trades).toBeGreaterThan(0.6);
});

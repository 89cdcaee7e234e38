import type { Random } from '../../core/random.ts';
import { createWeightedChoice } from './weighted-choice.ts';

/** Two mints by their place in the market's list. */
export type MintPair = readonly [number, number];

const SOL = 0;
const USDC = 1;
const USDT = 2;
const HUB_COUNT = 3;
const HUB_PAIR_SHARE = 0.1;
const TAIL_PAIR_SHARE = 0.03;
/** Of a tail mint's pools, how many stand against the hub of its first one. */
const HOME_SHARE = 0.7;
/** How fast the number of pools falls along the tail. */
const ZIPF = 0.9;

/**
 * Which mints the pools trade, in the shape of the chain: hubs among themselves with many parallel pools, every tail
 * mint against a hub, popular ones with many pools over several hubs, and a few pools between two tail mints. Two pools
 * of wSOL and USDC come first, so that the smallest market has a cycle. Needs at least as many pools as mints.
 */
export function generatePairs(pools: number, mints: number, random: Random): readonly MintPair[] {
  const pairs: MintPair[] = [];
  const homes = new Map<number, number>();
  const tails = Array.from({ length: Math.max(0, mints - HUB_COUNT) }, (_, rank) => 1 / (rank + 2) ** ZIPF);
  const popular = createWeightedChoice(tails);

  const add = (pair: MintPair): void => void (pairs.length < pools && pairs.push(pair));
  add([SOL, USDC]);
  add([SOL, USDC]);
  if (mints > USDT) add(random.next() < 0.5 ? [SOL, USDT] : [USDT, USDC]);
  for (let tail = HUB_COUNT; tail < mints; tail++) {
    const home = hubFor(random);
    homes.set(tail, home);
    add([tail, home]);
  }
  while (pairs.length < pools) {
    const roll = random.next();
    if (mints <= HUB_COUNT || roll < HUB_PAIR_SHARE) {
      add(hubPair(mints, random));
      continue;
    }
    const tail = HUB_COUNT + popular(random);
    const other = HUB_COUNT + popular(random);
    if (roll < HUB_PAIR_SHARE + TAIL_PAIR_SHARE && other !== tail) add([tail, other]);
    else add([tail, random.next() < HOME_SHARE ? homes.get(tail)! : hubFor(random)]);
  }
  return pairs;
}

function hubFor(random: Random): number {
  const roll = random.next();
  return roll < 0.68 ? SOL : roll < 0.95 ? USDC : USDT;
}

function hubPair(mints: number, random: Random): MintPair {
  const roll = random.next();
  if (mints <= USDT || roll < 0.55) return [SOL, USDC];
  return roll < 0.78 ? [SOL, USDT] : [USDT, USDC];
}

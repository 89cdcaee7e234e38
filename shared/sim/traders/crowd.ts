import type { Random } from '../../core/random.ts';
import type { FairPrices } from './fair-price.ts';
import type { DeskPool, PoolDesk } from './pool-desk.ts';

/** Everybody who swaps for reasons of their own: many small trades of random size, a little wiser than chance. */
export interface Crowd {
  /** Their swaps of one slot; `activity` scales how many there are. */
  act(activity: number): void;
}

/** A pool's chance of a swap in a calm slot: the deepest pool of the market, and one a thousand times shallower. */
const BUSIEST = 0.36;
const QUIETEST = 0.03;
/** A typical swap moves the price by this share of the pool's fee, and by no more than the cap (log price). */
const TYPICAL_FEE_SHARE = 0.16;
const TYPICAL_MOVE_MIN = 0.06e-4;
const TYPICAL_MOVE_MAX = 1.4e-4;
const SIZE_SPREAD = 0.9;
const MOVE_CAP = 12e-4;
/** How strongly routers send orders where the price is better: chance of the better side at the edge of the fee band. */
const ROUTED = 0.4;

export function createCrowd(deps: {
  readonly desk: PoolDesk;
  readonly fair: FairPrices;
  readonly depthUsd: (pool: DeskPool) => number;
  readonly random: Random;
}): Crowd {
  const { desk, fair, random } = deps;
  const depths = desk.pools.map((pool) => Math.max(1, deps.depthUsd(pool)));
  const deepest = Math.max(1, ...depths);
  const chance = depths.map((depth) => {
    const rank = Math.max(0, 1 + Math.log10(depth / deepest) / 3);
    return QUIETEST + (BUSIEST - QUIETEST) * rank * rank;
  });

  return {
    act(activity) {
      for (const [i, pool] of desk.pools.entries()) {
        // One draw for every pool in every slot keeps the streams of two runs in step.
        if (random.next() >= Math.min(0.9, chance[i]! * activity)) continue;
        const price = desk.price(pool);
        if (price === undefined) continue;
        const typical = Math.min(TYPICAL_MOVE_MAX, Math.max(TYPICAL_MOVE_MIN, TYPICAL_FEE_SHARE * price.fee));
        const move = Math.min(MOVE_CAP, typical * Math.exp(SIZE_SPREAD * random.normal()));
        const position = fair.position(pool);
        const aToB = random.next() < 0.5 + ROUTED * Math.tanh(position);
        const depth = aToB ? pool.depthA : pool.depthB;
        desk.swap(pool, aToB, BigInt(Math.round(depth * Math.expm1(move / 2))));
      }
    },
  };
}

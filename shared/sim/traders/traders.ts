import type { Address } from '../../core/address.ts';
import type { Random } from '../../core/random.ts';
import type { Bank } from '../chain/bank.ts';
import { createReferencePrices, type ReferencePrices } from '../markets/reference-price.ts';
import type { SimMarket } from '../markets/sim-market.ts';
import { type Activity, createActivity } from './activity.ts';
import { createCrowd } from './crowd.ts';
import { createFairPrices, type FairPrices } from './fair-price.ts';
import { createMakers } from './makers.ts';
import { createPoolDesk, type DeskPool, type PoolDesk } from './pool-desk.ts';
import { createRivals } from './rivals.ts';
import { createWhales } from './whales.ts';

/** Chance that a rival's swap goes before a transaction of ours on a pool that both want. */
const CONTESTED = 0.35;
/** Chance that somebody else's ordinary swap goes before it. */
const CROSSED = 0.1;
const CROSSING_MOVE = 0.8e-4;

/** Everybody else on the chain. Seeded: the same bank, market and seed trade the same, slot by slot. */
export interface Traders {
  /** Their swaps of the bank's open slot. */
  trade(): void;
  /**
   * Call before a transaction that swaps `pools` runs in the open slot: now and then somebody swaps one of them
   * first. True when somebody did.
   */
  beforeUserTransaction(pools: readonly Address[]): boolean;
  readonly desk: PoolDesk;
  readonly fair: FairPrices;
  readonly reference: ReferencePrices;
  readonly activity: Activity;
}

/** Opens the market's pools, which must stand in the bank already, and takes their prices as the opening ones. */
export function createTraders(deps: {
  readonly bank: Bank;
  readonly market: SimMarket;
  readonly random: Random;
}): Traders {
  const { bank, market, random } = deps;
  const desk = createPoolDesk({ bank, pools: market.pools });
  const reference = createReferencePrices({ mints: market.mints, random: random.fork('reference') });
  const fair = createFairPrices({ market, desk, reference });
  const activity = createActivity(random.fork('activity'));
  const depthUsd = (pool: DeskPool): number => {
    const { state } = pool;
    return state === undefined ? 0 : (pool.depthA / 10 ** state.decimalsA) * reference.priceUsd(state.mintA);
  };
  const crowd = createCrowd({ desk, fair, depthUsd, random: random.fork('crowd') });
  const whales = createWhales({ desk, fair, depthUsd, random: random.fork('whales') });
  const rivals = createRivals({ desk, fair, depthUsd, random: random.fork('rivals') });
  const makers = createMakers({ desk, fair, random: random.fork('makers') });
  const race = random.fork('race');

  return {
    trade() {
      const scale = activity.step();
      reference.step(Math.max(0.15, scale));
      // Outside, prices go on while the chain takes votes only.
      if (bank.rules.consensus === 'migrating') return;
      desk.refresh();
      // Rivals and makers answer the slots before; what the others do in this slot stays until the next.
      rivals.act(bank.slot);
      makers.act(bank.slot);
      crowd.act(scale);
      whales.act(scale);
    },
    beforeUserTransaction(pools) {
      const contested = race.next() < CONTESTED;
      const crossed = race.next() < CROSSED;
      const aToB = race.next() < 0.5;
      const wanted = pools.map((address) => desk.poolAt(address)).filter((pool) => pool !== undefined);
      const pick = wanted[race.below(wanted.length)];
      if (pick === undefined) return false;
      desk.refresh();
      if (contested) {
        const widest = wanted.reduce((best, pool) => (edgeOf(pool) > edgeOf(best) ? pool : best), pick);
        if (rivals.strikeNow(widest)) return true;
      }
      return crossed && desk.push(pick, aToB, CROSSING_MOVE);
    },
    desk,
    fair,
    reference,
    activity,
  };

  function edgeOf(pool: DeskPool): number {
    return fair.edge(pool)?.edge ?? Number.NEGATIVE_INFINITY;
  }
}

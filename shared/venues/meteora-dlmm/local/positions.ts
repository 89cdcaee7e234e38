import { ArbError } from '../../../core/errors.ts';
import type { Random } from '../../../core/random.ts';
import { binLiquidity, priceOfBin } from '../../../math/bin-price.ts';
import { arrayOfBin } from '../bin-array.ts';
import type { BinMaking } from './encode-arrays.ts';

/** How far a made-up pool's liquidity reaches, in basis points of price on each side, and in bins. */
const REACH_BPS = 2_500;
const LEAST_BINS = 70;
const MOST_BINS = 280;
const GRAINS = 1_000_000;
/** Of a bin's amount, what its limit orders add. */
const ORDERS_PART = 5n;
const ORDERS_EVERY = 3;

export interface BinsWanted {
  readonly activeId: number;
  readonly binStep: number;
  /** Base units of A above the price; their worth in B lies below it. */
  readonly depthA: bigint;
  readonly random: Random;
  readonly limitOrders: boolean;
  /** True when every other bin array away from the active one shall be empty. */
  readonly gaps: boolean;
}

export interface BinsMade {
  readonly bins: ReadonlyMap<number, BinMaking>;
  /** The ids between which the pool may have bins. */
  readonly minId: number;
  readonly maxId: number;
}

/**
 * Bins of liquidity around the active one, thinner with the distance and a little uneven; the active bin holds both
 * mints. Throws `spec-invalid` when a bin would stand beyond the prices that exist.
 */
export function makeBins(wanted: BinsWanted): BinsMade {
  const { activeId, binStep, random } = wanted;
  const count = Math.min(Math.max(Math.ceil(REACH_BPS / binStep), LEAST_BINS), MOST_BINS);
  const homeArray = arrayOfBin(activeId);
  const weights = new Map<number, bigint>();
  for (let i = -count; i <= count; i++) {
    const uneven = 0.6 + 0.8 * random.next();
    const id = activeId + i;
    if (wanted.gaps && Math.abs(arrayOfBin(id) - homeArray) % 2 === 1) continue;
    weights.set(id, BigInt(Math.ceil((GRAINS * uneven) / (1 + Math.abs(i) / 16))));
  }
  const price = priceIn(activeId, binStep);
  const depthB = (wanted.depthA * price) >> 64n;
  const bins = new Map<number, BinMaking>();
  const totalAbove = totalWeight(weights, (id) => id >= activeId);
  const totalBelow = totalWeight(weights, (id) => id <= activeId);
  for (const [id, weight] of weights) {
    const amountA = id >= activeId ? (wanted.depthA * weight) / totalAbove : 0n;
    const amountB = id <= activeId ? (depthB * weight) / totalBelow : 0n;
    if (amountA === 0n && amountB === 0n) continue;
    const binPrice = priceIn(id, binStep);
    const ordersAsk = id > activeId;
    const orders = wanted.limitOrders && id !== activeId && id % ORDERS_EVERY === 0;
    bins.set(id, {
      amountA,
      amountB,
      price: binPrice,
      liquidity: binLiquidity(amountA, amountB, binPrice),
      openOrders: orders ? (ordersAsk ? amountA : amountB) / ORDERS_PART : 0n,
      ordersAsk,
    });
  }
  return { bins, minId: activeId - 2 * count, maxId: activeId + 2 * count };
}

function priceIn(id: number, binStep: number): bigint {
  const price = priceOfBin(id, binStep);
  if (price === undefined)
    throw new ArbError('spec-invalid', `no price in bin ${id} of step ${binStep}`, { id });
  return price;
}

function totalWeight(weights: ReadonlyMap<number, bigint>, counts: (id: number) => boolean): bigint {
  let total = 0n;
  for (const [id, weight] of weights) if (counts(id)) total += weight;
  return total;
}

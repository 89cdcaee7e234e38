import type { Address } from '../../core/address.ts';
import type { ReferencePrices } from '../markets/reference-price.ts';
import type { SimMarket } from '../markets/sim-market.ts';
import type { DeskPool, PoolDesk } from './pool-desk.ts';

/** Where each pool stands against the price that informed traders hold fair. */
export interface FairPrices {
  /**
   * Log price by which one swap's direction still pays at the margin, after the pool's fees: positive in at most
   * one of the two. Undefined when the pool has no price.
   */
  edge(pool: DeskPool): { readonly aToB: boolean; readonly edge: number } | undefined;
  /** The pool's mid price over the fair one, in log price, in units of its own fee: within ±1 nobody informed trades. */
  position(pool: DeskPool): number;
  /** Base units of B for one of A, in log price; undefined for a pool that had no price when it was opened. */
  fair(pool: DeskPool): number | undefined;
}

/** Takes the pools' opening prices as they are now: call it before any trade. */
export function createFairPrices(deps: {
  readonly market: SimMarket;
  readonly desk: PoolDesk;
  readonly reference: ReferencePrices;
}): FairPrices {
  const { market, desk, reference } = deps;
  const opening = new Map<DeskPool, number>();
  const unitPrice = new Map<Address, number>();
  for (const mint of market.mints) {
    unitPrice.set(mint.address, Math.log(mint.referencePriceUsd) - mint.decimals * Math.LN10);
  }
  for (const pool of desk.pools) {
    const { state } = pool;
    if (state === undefined) continue;
    const a = unitPrice.get(state.mintA);
    const b = unitPrice.get(state.mintB);
    const own = desk.price(pool)?.mid;
    const price = market.fairPrice === 'reference' && a !== undefined && b !== undefined ? a - b : own;
    if (price !== undefined) opening.set(pool, price);
  }

  const fair = (pool: DeskPool): number | undefined => {
    const start = opening.get(pool);
    if (start === undefined || pool.state === undefined) return undefined;
    return start + reference.drift(pool.state.mintA) - reference.drift(pool.state.mintB);
  };
  return {
    fair,
    edge(pool) {
      const center = fair(pool);
      const price = desk.price(pool);
      if (center === undefined || price === undefined) return undefined;
      const above = price.mid - center;
      return { aToB: above > 0, edge: Math.abs(above) - price.fee };
    },
    position(pool) {
      const center = fair(pool);
      const price = desk.price(pool);
      if (center === undefined || price === undefined) return 0;
      return (price.mid - center) / Math.max(price.fee, 1e-5);
    },
  };
}

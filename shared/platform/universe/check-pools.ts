import type { Address } from '../../core/address.ts';
import { fetchMarket } from '../chain/fetch-market.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { FoundPool } from './find-pools.ts';
import { NOTHING_TRADABLE, tradableAmounts } from './tradable.ts';
import { liquidityUsd, type PricedPool, usdPrices } from './usd-prices.ts';

/** A pool that can be traded. */
export interface KeptPool extends FoundPool {
  readonly mintA: Address;
  readonly mintB: Address;
  /** What can be traded out of both sides; null when no price leads to a dollar. */
  readonly liquidityUsd: number | null;
}

/** A pool that was found and is left out, and why. */
export interface RejectedPool extends FoundPool {
  readonly reason: string;
}

export interface CheckedPools {
  readonly kept: readonly KeptPool[];
  readonly rejected: readonly RejectedPool[];
}

/**
 * Loads every pool as the service would and keeps those that can be traded, for at least `minLiquidityUsd`.
 * Nothing found is dropped in silence. Throws what the RPC client throws.
 */
export async function checkPools(
  found: readonly FoundPool[],
  rpc: RpcClient,
  minLiquidityUsd: number,
): Promise<CheckedPools> {
  const market = await fetchMarket(found, rpc);
  const { clock } = market;
  const priced = market.pools.map((entry): PricedPool => {
    const tradable = clock === undefined ? NOTHING_TRADABLE : tradableAmounts(entry, clock);
    return { entry, ...tradable };
  });
  const prices = clock === undefined ? new Map<Address, number>() : usdPrices(priced, clock);
  const kept: KeptPool[] = [];
  const rejected: RejectedPool[] = [];
  for (const pool of priced) {
    const { venue, address, state } = pool.entry;
    const dollars = clock === undefined ? undefined : liquidityUsd(pool, prices, clock);
    const reason = reasonAgainst(pool, dollars, minLiquidityUsd);
    if (reason !== '' || state === undefined) {
      rejected.push({ venue, address, reason });
      continue;
    }
    const { mintA, mintB } = state;
    const rounded = dollars === undefined ? null : Math.round(dollars * 100) / 100;
    kept.push({ venue, address, mintA, mintB, liquidityUsd: rounded });
  }
  return { kept, rejected };
}

function reasonAgainst(
  { entry, amountA, amountB }: PricedPool,
  dollars: number | undefined,
  minLiquidityUsd: number,
): string {
  if (entry.status === 'excluded') return entry.reason;
  if (entry.status !== 'live') return `the node lacks ${[...entry.missing].join(', ')}`;
  if (amountA === 0 || amountB === 0) return 'a side is empty: nothing can be traded out of it';
  if (minLiquidityUsd === 0) return '';
  if (dollars === undefined) {
    return 'its liquidity has no dollar price: its pools are too thin or contradict each other, or lead to no dollar mint: name one (USDC, USDT), or a mint with a pool to one, as well';
  }
  return dollars < minLiquidityUsd ? `can trade $${dollars.toFixed(2)}, less than $${minLiquidityUsd}` : '';
}

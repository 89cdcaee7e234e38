import type { Address } from '../../core/address.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';
import { decodeTokenAccount } from '../../venues/token.ts';
import { fetchMarket } from '../fetch-market.ts';
import type { RpcClient } from '../rpc-client.ts';
import type { FoundPool } from './find-pools.ts';
import { liquidityUsd, type PricedPool, usdPrices } from './usd-prices.ts';

/** A pool that can be traded. */
export interface KeptPool extends FoundPool {
  readonly mintA: Address;
  readonly mintB: Address;
  /** Both sides; null when no price leads to a dollar. */
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
 * Loads every pool as the service would and keeps those that can be traded and hold at least `minLiquidityUsd`.
 * Nothing found is dropped in silence. Throws what the RPC client throws.
 */
export async function checkPools(
  found: readonly FoundPool[],
  rpc: RpcClient,
  minLiquidityUsd: number,
): Promise<CheckedPools> {
  const market = await fetchMarket(found, rpc);
  const { clock } = market;
  const priced = await withVaults(market.pools, rpc);
  const prices = clock === undefined ? new Map<Address, number>() : usdPrices(priced, clock);
  const kept: KeptPool[] = [];
  const rejected: RejectedPool[] = [];
  for (const pool of priced) {
    const { venue, address, state } = pool.entry;
    const dollars = liquidityUsd(pool, prices);
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

async function withVaults(entries: readonly PoolEntry[], rpc: RpcClient): Promise<readonly PricedPool[]> {
  const loaded = entries.filter(({ state }) => state !== undefined);
  const vaults = loaded.flatMap(({ state }) => [state!.vaultA, state!.vaultB]);
  const { accounts } =
    vaults.length === 0 ? { accounts: [] } : await rpc.getMultipleAccounts(vaults, { priority: 'discovery' });
  const amountOf = (entry: PoolEntry, side: 0 | 1): bigint => {
    const at = loaded.indexOf(entry);
    const account = at < 0 ? null : accounts[at * 2 + side];
    const decoded = account === null || account === undefined ? undefined : decodeTokenAccount(account);
    return decoded?.ok === true ? decoded.value.amount : 0n;
  };
  return entries.map((entry) => ({ entry, amountA: amountOf(entry, 0), amountB: amountOf(entry, 1) }));
}

function reasonAgainst(
  { entry, amountA, amountB }: PricedPool,
  dollars: number | undefined,
  minLiquidityUsd: number,
): string {
  if (entry.status === 'excluded') return entry.reason;
  if (entry.status !== 'live') return `the node lacks ${[...entry.missing].join(', ')}`;
  if (amountA === 0n || amountB === 0n) return 'a side is empty';
  if (minLiquidityUsd === 0) return '';
  if (dollars === undefined) {
    return 'its liquidity has no dollar price: name a dollar mint (USDC, USDT) or a mint with a pool to one as well';
  }
  return dollars < minLiquidityUsd ? `holds $${dollars.toFixed(2)}, less than $${minLiquidityUsd}` : '';
}

import type { Address } from '../core/address.ts';
import type { PoolAccount, PoolState, Venue } from '../venues/venue.ts';

/**
 * `loading`: accounts are still to come. `live`: quotable when coherent. `excluded`: the venue refused these
 * bytes; new bytes of any of its accounts are another chance. `removed`: no longer part of the universe; nothing of it
 * is held until it is added again.
 */
export type PoolStatus = 'loading' | 'live' | 'excluded' | 'removed';

/** One pool as the market holds it. Changed by the market only. */
export interface PoolEntry {
  readonly index: number;
  readonly venue: Venue;
  readonly address: Address;
  status: PoolStatus;
  /** Why it is excluded, in one line; '' otherwise. */
  reason: string;
  /** Defined once loaded; stays readable while excluded so that its accounts stay subscribed. */
  state: PoolState | undefined;
  /** Accounts that loading still waits for. */
  missing: ReadonlySet<Address>;
  /** The list that the subscriptions were made from; another identity in `state` means that it moved. */
  subscribed: readonly PoolAccount[];
  /** Why its whole venue is kept from trading (its program was redeployed); '' otherwise. */
  quarantine: string;
  /** Why a person keeps it from trading (one of its mints is switched off); '' otherwise. */
  switchedOff: string;
  /** Between two frames of one swap the accounts do not fit together; nothing is quoted then. */
  coherent: boolean;
  /** Newest slot among its accounts. */
  slot: number;
  /** The slot that was open when a change of one that had been said to be over came; -1 before any. */
  lateAt: number;
}

export function createPoolEntry(index: number, venue: Venue, address: Address): PoolEntry {
  return {
    index,
    venue,
    address,
    status: 'loading',
    reason: '',
    state: undefined,
    missing: new Set([address]),
    subscribed: [],
    quarantine: '',
    switchedOff: '',
    coherent: false,
    slot: -1,
    lateAt: -1,
  };
}

/**
 * True when a quote of this pool means something now.
 *
 * @example
 * ```ts
 * import { createStillMarket, isQuotable, readMarketSnapshot, selectPools } from 'solana-dex-arbitrage/market';
 *
 * const snapshot = readMarketSnapshot('market.json');
 * const market = createStillMarket({ ...snapshot, pools: selectPools(snapshot.pools).pools });
 * market.pools.filter((pool) => !isQuotable(pool)).length; // → 0
 * ```
 */
export function isQuotable(entry: PoolEntry): boolean {
  return entry.status === 'live' && entry.coherent && entry.quarantine === '' && entry.switchedOff === '';
}

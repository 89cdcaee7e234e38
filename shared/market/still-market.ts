import type { AccountBytes, AccountSource, AccountWrite } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { Venue } from '../venues/venue.ts';
import { clockAccount } from './chain-clock.ts';
import { createMarket, type Market } from './market.ts';

export interface StillMarketParams {
  readonly clock: ChainClock;
  readonly pools: readonly { readonly venue: Venue; readonly address: Address }[];
  readonly accounts: readonly AccountWrite[];
  /** True when an account that is not among `accounts` does not exist; otherwise nobody knows of it. */
  readonly isWholeChain?: boolean;
  /** By venue: the rule sets that the deployed programs are known to follow. */
  readonly rules?: ReadonlyMap<string, string> | undefined;
}

/**
 * A market that stands still at one slot, loaded from account bytes: for quotes and searches on a snapshot. Pools
 * whose accounts are not all there stay `loading`, with the addresses in `missing`.
 *
 * @example
 * ```ts
 * import { createStillMarket, readMarketSnapshot, selectPools } from 'solana-dex-arbitrage/market';
 *
 * const snapshot = readMarketSnapshot('market.json');
 * const market = createStillMarket({ ...snapshot, pools: selectPools(snapshot.pools).pools });
 * market.pools.length === snapshot.pools.length; // → true
 * market.pools[0]!.status; // → 'live'
 * ```
 */
export function createStillMarket({
  clock,
  pools,
  accounts,
  isWholeChain = false,
  rules,
}: StillMarketParams): Market {
  const bytes = new Map<Address, AccountBytes>(accounts.map(({ address, account }) => [address, account]));
  const source: AccountSource = (address) => bytes.get(address) ?? (isWholeChain ? null : undefined);
  return createStillMarketFrom({ clock, pools, source, rules });
}

/** The same, its accounts read as they are wanted: for a chain that holds far more than the pools need. */
export function createStillMarketFrom(params: {
  readonly clock: ChainClock;
  readonly pools: StillMarketParams['pools'];
  readonly source: AccountSource;
  readonly rules?: StillMarketParams['rules'];
}): Market {
  const { clock, pools } = params;
  const now = clockAccount(clock);
  const source: AccountSource = (address) => (address === CLOCK_SYSVAR ? now : params.source(address));
  const market = createMarket({ rules: params.rules });
  for (const { venue, address } of pools) market.addPool(venue, address);
  feed(market, source, clock.slot);
  // A snapshot may lack accounts that only far larger swaps would reach; what it has is enough for the others.
  market.loadWhatIsThere();
  feed(market, source, clock.slot);
  market.setLive(true);
  market.beginSlot(clock.slot);
  return market;
}

/** Gives the market every account it asks for, until it asks for nothing more that the source has. */
function feed(market: Market, source: AccountSource, slot: number): void {
  for (let { watch } = market.takeSubscriptions(); watch.length > 0; { watch } = market.takeSubscriptions()) {
    for (const address of watch) {
      const account = source(address);
      if (account !== undefined) market.apply({ address, slot, account });
    }
  }
}

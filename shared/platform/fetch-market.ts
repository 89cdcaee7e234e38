import type { Address } from '../core/address.ts';
import { createMarket, type Market } from '../market/market.ts';
import type { Venue } from '../venues/venue.ts';
import type { RpcClient } from './rpc-client.ts';

/** How often a market may ask for more: pools that never stop asking are left `loading`. */
const MAX_ROUNDS = 12;

/** The pools as the node holds them now: every account that they ask for is fetched, until they ask no more. */
export async function fetchMarket(
  pools: readonly { readonly venue: Venue; readonly address: Address }[],
  rpc: RpcClient,
): Promise<Market> {
  const market = createMarket();
  for (const { venue, address } of pools) market.addPool(venue, address);
  let newest = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { watch } = market.takeSubscriptions();
    if (watch.length === 0) break;
    const { slot, accounts } = await rpc.getMultipleAccounts(watch, { priority: 'discovery' });
    newest = Math.max(newest, slot);
    watch.forEach((address, i) => {
      market.apply({ address, slot, account: accounts[i]! });
    });
  }
  market.setLive(true);
  market.beginSlot(newest);
  return market;
}

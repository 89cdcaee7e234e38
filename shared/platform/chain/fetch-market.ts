import type { Address } from '../../core/address.ts';
import { createMarket, type Market } from '../../market/market.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';
import { provenRules } from '../../venues/program-rules.ts';
import type { Venue } from '../../venues/venue.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { createProgramRpc } from './program-binary.ts';

/** How often a market may ask for more: pools that never stop asking are left `loading`. */
const MAX_ROUNDS = 12;

/** How often pools whose accounts were told at different slots are read anew. */
const MAX_REREADS = 5;
/** Accounts that a node gives in one answer, at one slot. */
const ACCOUNTS_AT_ONCE = 100;

/**
 * The pools as the node holds them now: every account that they ask for is fetched, until they ask no more. A pool is
 * quotable once all that its swaps write was told at one slot; where others trade on it while it is read, it is read
 * again. They are quoted by the rules of the programs that the node has, as the service quotes them.
 */
export async function fetchMarket(
  pools: readonly { readonly venue: Venue; readonly address: Address }[],
  rpc: RpcClient,
): Promise<Market> {
  const market = createMarket();
  for (const { venue, address } of pools) market.addPool(venue, address);
  await learnRules(market, new Set(pools.map(({ venue }) => venue)), rpc);
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
  for (let i = 0; i < MAX_REREADS; i++) {
    const torn = market.pools.filter(({ status, coherent }) => status === 'live' && !coherent);
    if (torn.length === 0) break;
    for (const addresses of wholePools(torn)) {
      const { slot, accounts } = await rpc.getMultipleAccounts(addresses, { priority: 'discovery' });
      addresses.forEach((address, at) => {
        market.apply({ address, slot, account: accounts[at]! });
      });
      market.beginSlot(slot);
    }
  }
  return market;
}

/** The accounts of the pools in lists of at most as many as are told at one slot, no pool divided. */
function wholePools(pools: readonly PoolEntry[]): readonly (readonly Address[])[] {
  const lists: Set<Address>[] = [];
  for (const { subscribed } of pools) {
    const last = lists.at(-1);
    if (last === undefined || last.size + subscribed.length > ACCOUNTS_AT_ONCE)
      lists.push(new Set(subscribed.map(({ address }) => address)));
    else for (const { address } of subscribed) last.add(address);
  }
  return lists.map((list) => [...list]);
}

/** What versions of a program disagree on is refused where its binary is unknown: so it is where none can be read. */
async function learnRules(market: Market, venues: ReadonlySet<Venue>, rpc: RpcClient): Promise<void> {
  const programs = createProgramRpc(rpc);
  for (const { id, programId, programRules } of venues) {
    if (programRules === undefined) continue;
    try {
      const [binary] = await programs.find([programId]);
      market.setRules(id, provenRules(programRules, binary?.programDataHash));
    } catch {
      // A plan may not give megabytes: the pools are still found, and quoted with care.
    }
  }
}

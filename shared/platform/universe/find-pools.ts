import { type Address, addressBytes } from '../../core/address.ts';
import type { Venue } from '../../venues/venue.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';

/** A pool that a venue's program holds for a pair that was asked for. Not checked yet. */
export interface FoundPool {
  readonly venue: Venue;
  readonly address: Address;
}

export interface FindPoolsParams {
  readonly rpc: RpcClient;
  readonly venues: readonly Venue[];
  /** Every pair of them is searched; at least two. */
  readonly mints: readonly Address[];
  readonly signal?: AbortSignal;
}

/** Such requests make a node walk over a program's accounts. */
const REQUESTS_AT_ONCE = 3;
/** The two mints and the discriminator decide; no bytes need to travel. */
const NO_DATA = { offset: 0, length: 0 };

/**
 * Asks the node for each venue's pool accounts by discriminator and both mints (memcmp), either way round; which of them
 * can be traded is `load`'s to say.
 * Throws what the RPC client throws: a search that lacks a venue would be no search.
 */
export async function findPools(params: FindPoolsParams): Promise<readonly FoundPool[]> {
  const { rpc, venues, mints, signal } = params;
  const questions = venues.flatMap((venue) =>
    mints.flatMap((mintA) => mints.flatMap((mintB) => (mintA === mintB ? [] : [{ venue, mintA, mintB }]))),
  );
  const found = new Map<Address, FoundPool>();
  let next = 0;
  async function ask(): Promise<void> {
    while (next < questions.length) {
      const { venue, mintA, mintB } = questions[next++]!;
      const { discriminator, mintAOffset, mintBOffset } = venue.poolAccounts;
      const memcmp = [
        { offset: mintAOffset, bytes: addressBytes(mintA) },
        { offset: mintBOffset, bytes: addressBytes(mintB) },
      ];
      if (discriminator.length > 0) memcmp.unshift({ offset: 0, bytes: discriminator });
      const { accounts } = await rpc.getProgramAccounts(venue.programId, {
        priority: 'discovery',
        ...(signal === undefined ? {} : { signal }),
        memcmp,
        dataSlice: NO_DATA,
        encoding: 'base64',
      });
      for (const { address } of accounts) found.set(address, { venue, address });
    }
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, ask));
  return [...found.values()].sort((a, b) =>
    a.venue.id === b.venue.id ? (a.address < b.address ? -1 : 1) : a.venue.id < b.venue.id ? -1 : 1,
  );
}

import type { AccountBytes, AccountSource } from '../../../shared/core/account.ts';
import { type Address, addressAt } from '../../../shared/core/address.ts';
import type { ProgramBinary, ProgramSource } from '../../../shared/platform/chain/program-binary.ts';
import type { MarketSnapshot } from '../../../shared/platform/files/snapshot-file.ts';
import { type SkippedPool, selectPools } from '../../../shared/run/universe.ts';
import type { PoolState, Venue } from '../../../shared/venues/venue.ts';

/** A pool to prove: loaded, and with its venue's program at hand. */
export interface ProvablePool {
  readonly venue: Venue;
  readonly state: PoolState;
  /** Programs other than the venue's own that its swaps name. */
  readonly otherPrograms: readonly ProgramBinary[];
}

/** What of a snapshot can be proven, with which programs, and what cannot and why. */
export interface ProvableMarket {
  readonly pools: readonly ProvablePool[];
  readonly programs: ReadonlyMap<Address, ProgramBinary>;
  readonly skipped: readonly SkippedPool[];
}

/**
 * Loads the snapshot's pools (only `pool` when given) and finds the programs that their swaps name. To a proof an
 * account that the snapshot lacks does not exist: that is what the programs will see. Throws what the source throws.
 */
export async function loadProvable(
  snapshot: MarketSnapshot,
  source: ProgramSource,
  pool: string | undefined,
): Promise<ProvableMarket> {
  const held = new Map(snapshot.accounts.map(({ address, account }) => [address, account]));
  const named = snapshot.pools.filter(({ address }) => pool === undefined || address === pool);
  const universe = selectPools(named);
  const skipped: SkippedPool[] = [...universe.skipped];
  const loaded: { venue: Venue; state: PoolState; programIds: readonly Address[] }[] = [];
  for (const { venue, address } of universe.pools) {
    const state = loadPool(venue, address, held);
    if (typeof state === 'string') skipped.push({ pool: address, venue: venue.id, reason: state });
    else loaded.push({ venue, state, programIds: outsideAccounts(venue, state, held) });
  }
  const wanted = new Set(loaded.flatMap(({ venue, programIds }) => [venue.programId, ...programIds]));
  const binaries = wanted.size === 0 ? [] : await source.find([...wanted]);
  const programs = new Map(binaries.map((binary) => [binary.programId, binary]));

  const pools: ProvablePool[] = [];
  for (const { venue, state, programIds } of loaded) {
    if (!programs.has(venue.programId)) {
      const reason = `the program ${venue.programId} could not be had`;
      skipped.push({ pool: state.address, venue: venue.id, reason });
      continue;
    }
    const others = programIds.filter((programId) => programId !== venue.programId);
    const otherPrograms = others.flatMap((programId) => programs.get(programId) ?? []);
    pools.push({ venue, state, otherPrograms });
  }
  return { pools, programs, skipped };
}

/** The pool's state, or the sentence that says why it does not load. */
function loadPool(venue: Venue, pool: Address, held: ReadonlyMap<Address, AccountBytes>): PoolState | string {
  const source: AccountSource = (address) => held.get(address) ?? null;
  const loaded = venue.load(pool, source);
  if (loaded.ok) return loaded.state;
  if ('missing' in loaded) return `the snapshot lacks ${loaded.missing.join(', ')}`;
  return loaded.detail === undefined ? loaded.reason : `${loaded.reason}: ${loaded.detail}`;
}

/** The accounts that the pool's swaps name and the snapshot does not hold: programs, sysvars and absent ones. */
export function outsideAccounts(
  venue: Venue,
  state: PoolState,
  held: ReadonlyMap<Address, AccountBytes>,
): readonly Address[] {
  const wallet = addressAt(new Uint8Array(32).fill(7));
  const about = { owner: wallet, tokenA: wallet, tokenB: wallet, amountIn: 1n, minAmountOut: 0n };
  const named = [true, false].flatMap((aToB) => venue.swap(state, { ...about, aToB }).accounts);
  const outside = named.map(({ address }) => address).filter((address) => !held.has(address));
  return [...new Set(outside)].filter((address) => address !== wallet);
}

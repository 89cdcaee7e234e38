import type { AccountSource, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { localHalf } from '../../venues/local-registry.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import { type VaultWrites, vaultWrites } from './vault-writes.ts';

/** What somebody's swap leaves on the chain. */
export interface SwapWrites extends VaultWrites {
  /** Every account that the chain tells of, the vaults last: those that a swap only read are not among them. */
  readonly writes: readonly AccountWrite[];
  /** The settled state, or undefined when the pool must be loaded again from the bytes written. */
  readonly state: PoolState | undefined;
}

/**
 * A swap by somebody with a bottomless pocket, by the venue's own rules, as bytes; undefined where the venue refuses
 * it, a vault cannot pay, or nothing would be paid. Nothing is written: that is the caller's to do.
 */
export function swapWrites(swap: {
  readonly venue: Venue;
  readonly state: PoolState;
  readonly aToB: boolean;
  readonly amountIn: bigint;
  readonly clock: ChainClock;
  readonly source: AccountSource;
}): SwapWrites | undefined {
  const { venue, state: before, aToB, amountIn, clock, source } = swap;
  const settled = venue.settle(before, aToB, amountIn, clock);
  // A book can take nothing and pay nothing: nobody sends that.
  if (!settled.ok || settled.amountOut === 0n) return undefined;
  const vaults = vaultWrites({ before, settled, aToB, clock, source });
  if (vaults === undefined) return undefined;
  const { state } = settled;
  const everySwap = new Set<Address>();
  for (const account of state.accounts) if (account.everySwap) everySwap.add(account.address);
  const changed = localHalf(venue)
    .write(state, source)
    .filter(({ address, account }) => {
      // The chain tells of an account that a swap touched; of a tick array it only read there is nothing to tell.
      const held = source(address);
      return everySwap.has(address) || !held || Buffer.compare(held.data, account.data) !== 0;
    });
  const writes = [...changed, ...vaults.writes];
  const written = new Map(writes.map(({ address, account }) => [address, account]));
  const after: AccountSource = (address) => written.get(address) ?? source(address);
  const known = new Set(before.accounts.map((account) => account.address));
  for (const { address } of vaults.writes) known.delete(address);
  const caughtUp = catchUp(venue, state, known, after);
  return { ...vaults, writes, state: caughtUp ? state : undefined };
}

/**
 * Gives a settled state what settling cannot know: the vaults' bytes, which may withhold transfer fees, and accounts
 * that came into sight as the price walked on. False when it takes a load instead.
 */
function catchUp(venue: Venue, state: PoolState, known: ReadonlySet<Address>, after: AccountSource): boolean {
  for (const { address } of state.accounts) {
    if (!known.has(address) && !venue.apply(state, address, after(address) ?? null).ok) return false;
  }
  return true;
}

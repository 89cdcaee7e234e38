import type { Address } from '../core/address.ts';

/** The wallet that risk counts with: free and locked base units by mint. */
export interface Balances {
  /** What may still be committed. */
  free(mint: Address): bigint;
  /** True when the wallet has a token account for the mint, whatever it holds. */
  has(mint: Address): boolean;
  lock(mint: Address, amount: bigint): void;
  unlock(mint: Address, amount: bigint): void;
  /** Adds `delta`, which may be negative. */
  change(mint: Address, delta: bigint): void;
  entries(): Iterable<readonly [mint: Address, amount: bigint]>;
}

export function createBalances(initial: ReadonlyMap<Address, bigint>): Balances {
  const amounts = new Map(initial);
  const locked = new Map<Address, bigint>();
  const lockedOf = (mint: Address): bigint => locked.get(mint) ?? 0n;
  return {
    free: (mint) => (amounts.get(mint) ?? 0n) - lockedOf(mint),
    has: (mint) => amounts.has(mint),
    lock: (mint, amount) => void locked.set(mint, lockedOf(mint) + amount),
    unlock: (mint, amount) => void locked.set(mint, lockedOf(mint) - amount),
    change: (mint, delta) => void amounts.set(mint, (amounts.get(mint) ?? 0n) + delta),
    entries: () => amounts.entries(),
  };
}

import type { Address } from '../core/address.ts';

/** What an account of the wallet was last told to hold. */
export interface ToldBalance {
  readonly mint: Address;
  readonly amount: bigint;
  /** False where the account is not there. */
  readonly exists: boolean;
  readonly slot: number;
}

/** The wallet that risk counts with: free and locked base units by mint. */
export interface Balances {
  /** What may still be committed. */
  free(mint: Address): bigint;
  /** True when the wallet has a token account for the mint, whatever it holds. */
  has(mint: Address): boolean;
  lock(mint: Address, amount: bigint): void;
  unlock(mint: Address, amount: bigint): void;
  /** A trade that landed in `slot` has added `delta`, which may be negative. */
  change(mint: Address, delta: bigint, slot: number): void;
  /** What the account `source` holds as of a slot; of an earlier one than it was told of, nothing is taken. */
  tell(source: Address, told: ToldBalance): void;
  /** By account: what was told, whether it counts or not. */
  readonly told: ReadonlyMap<Address, ToldBalance>;
  entries(): Iterable<readonly [mint: Address, amount: bigint]>;
}

/** A change that the chain may not have told of yet. */
interface Change {
  readonly mint: Address;
  readonly slot: number;
  readonly delta: bigint;
}

/**
 * Counts with `initial` and what trades add to it. With `countsTold` the chain has the word: what accounts are told to
 * hold takes the place of `initial`, and a change counts until something later than it was told of its mint.
 */
export function createBalances(initial: ReadonlyMap<Address, bigint>, countsTold = false): Balances {
  const amounts = new Map(initial);
  const locked = new Map<Address, bigint>();
  const told = new Map<Address, ToldBalance>();
  let changes: readonly Change[] = [];
  const lockedOf = (mint: Address): bigint => locked.get(mint) ?? 0n;

  /** By what the chain says of a mint, and what it does not say yet. */
  const recount = (mint: Address): void => {
    let amount = 0n;
    let isThere = false;
    let upTo = -1;
    for (const account of told.values()) {
      if (account.mint !== mint) continue;
      amount += account.amount;
      isThere ||= account.exists;
      upTo = Math.max(upTo, account.slot);
    }
    changes = changes.filter((change) => change.mint !== mint || change.slot > upTo);
    const left = changes.filter((change) => change.mint === mint);
    for (const { delta } of left) amount += delta;
    if (isThere || left.length > 0) amounts.set(mint, amount);
    else amounts.delete(mint);
  };

  return {
    told,
    free: (mint) => (amounts.get(mint) ?? 0n) - lockedOf(mint),
    has: (mint) => amounts.has(mint),
    lock: (mint, amount) => void locked.set(mint, lockedOf(mint) + amount),
    unlock: (mint, amount) => void locked.set(mint, lockedOf(mint) - amount),
    change(mint, delta, slot) {
      if (countsTold) {
        changes = [...changes, { mint, slot, delta }];
        recount(mint);
      } else amounts.set(mint, (amounts.get(mint) ?? 0n) + delta);
    },
    tell(source, balance) {
      const before = told.get(source);
      if (before !== undefined && balance.slot < before.slot) return;
      told.set(source, balance);
      if (countsTold) recount(balance.mint);
    },
    entries: () => amounts.entries(),
  };
}

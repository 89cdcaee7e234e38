import type { AccountBytes, AccountSource } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { AccountUpdate } from './update.ts';

/** Before the first update, and again after the feed was lost: nothing is known for sure. */
export const UNKNOWN_SLOT = -1;

/** What taking an update came to. `confirmed`: the same bytes at a newer slot. */
export type Taken = 'changed' | 'confirmed' | 'duplicate' | 'late-slot' | 'unknown-account';

/** The newest known bytes of one account. Found once for an update: every further look-up would hash the address. */
export interface HeldAccount {
  readonly address: Address;
  account: AccountBytes | null | undefined;
  /** The slot of these bytes, or UNKNOWN_SLOT. */
  slot: number;
  /** Which state of that slot it is, counted from 1: equal for accounts that the same swaps wrote. */
  revision: number;
  /** The pools that read it, in the order in which they came. */
  readonly users: PoolEntry[];
}

/** The newest known bytes of every account in use, with the slot they are from. */
export interface HeldAccounts {
  readonly source: AccountSource;
  /** In the order in which they were first used. */
  all(): readonly HeldAccount[];
  of(address: Address): HeldAccount | undefined;
  /** The account, held from now on if it was not: then it must be subscribed. */
  hold(address: Address): HeldAccount;
  /** Lets go of the account, which must then be unsubscribed. */
  release(address: Address): void;
  /** Keeps the bytes and forgets their slots: the next update of each account is taken whatever its slot. */
  forgetSlots(): void;
}

export function createHeldAccounts(): HeldAccounts {
  const held = new Map<Address, HeldAccount>();
  return {
    source: (address) => held.get(address)?.account,
    all: () => [...held.values()],
    of: (address) => held.get(address),
    hold(address) {
      let account = held.get(address);
      if (account === undefined) {
        account = { address, account: undefined, slot: UNKNOWN_SLOT, revision: 0, users: [] };
        held.set(address, account);
      }
      return account;
    },
    release: (address) => void held.delete(address),
    forgetSlots() {
      for (const account of held.values()) account.slot = UNKNOWN_SLOT;
    },
  };
}

/** Takes the update when it is not older than what is held. @hot */
export function takeUpdate(held: HeldAccount, { slot, account }: AccountUpdate): Taken {
  if (slot < held.slot) return 'late-slot';
  const same = sameAccount(held.account, account);
  if (slot === held.slot) {
    if (same) return 'duplicate';
    held.revision += 1;
  } else {
    held.revision = 1;
    held.slot = slot;
  }
  if (same) return 'confirmed';
  held.account = account;
  return 'changed';
}

/** Bytes that are compared one by one before the rest is left to memcmp, whose call costs as much as these. */
const COMPARED_HERE = 128;

function sameAccount(before: AccountBytes | null | undefined, after: AccountBytes | null): boolean {
  if (before === undefined) return false;
  if (before === null || after === null) return before === after;
  if (before.owner !== after.owner) return false;
  const [left, right] = [before.data, after.data];
  if (left === right) return true;
  const { length } = left;
  if (length !== right.length) return false;
  const here = Math.min(length, COMPARED_HERE);
  for (let at = 0; at < here; at++) if (left[at] !== right[at]) return false;
  return length === here || Buffer.compare(left, right) === 0;
}

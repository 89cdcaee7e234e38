import type { AccountBytes, AccountSource } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { AccountUpdate } from './update.ts';

/** Before the first update, and again after the feed was lost: nothing is known for sure. */
export const UNKNOWN_SLOT = -1;

/** What taking an update came to. `confirmed`: the same bytes at a newer slot. */
export type Taken = 'changed' | 'confirmed' | 'duplicate' | 'late-slot' | 'unknown-account';

interface Held {
  account: AccountBytes | null | undefined;
  slot: number;
  /** How many different states of this slot have been told. */
  revision: number;
  /** How many pools (or fixed uses) need it. */
  uses: number;
}

/** The newest known bytes of every account in use, with the slot they are from. */
export interface HeldAccounts {
  readonly source: AccountSource;
  /** Adds a use; true when the account was not held before, so that it must be subscribed. */
  use(address: Address): boolean;
  /** Drops a use; true when nobody uses it any more, so that it must be unsubscribed. */
  release(address: Address): boolean;
  /** Takes the update when it is not older than what is held. */
  take(update: AccountUpdate): Taken;
  /** The slot of the held bytes, or UNKNOWN_SLOT. */
  slotOf(address: Address): number;
  /** Which state of that slot it is, counted from 1: equal for accounts that the same swaps wrote. */
  revisionOf(address: Address): number;
  /** Keeps the bytes and forgets their slots: the next update of each account is taken whatever its slot. */
  forgetSlots(): void;
  /** The same for one account. */
  forgetSlot(address: Address): void;
}

export function createHeldAccounts(): HeldAccounts {
  const held = new Map<Address, Held>();
  return {
    source: (address) => held.get(address)?.account,
    use(address) {
      const entry = held.get(address);
      if (entry !== undefined) {
        entry.uses += 1;
        return false;
      }
      held.set(address, { account: undefined, slot: UNKNOWN_SLOT, revision: 0, uses: 1 });
      return true;
    },
    release(address) {
      const entry = held.get(address);
      if (entry === undefined) return false;
      entry.uses -= 1;
      if (entry.uses > 0) return false;
      held.delete(address);
      return true;
    },
    take(update) {
      const entry = held.get(update.address);
      if (entry === undefined) return 'unknown-account';
      if (update.slot < entry.slot) return 'late-slot';
      const same = sameAccount(entry.account, update.account);
      if (same && update.slot === entry.slot) return 'duplicate';
      entry.revision = update.slot === entry.slot ? entry.revision + 1 : 1;
      entry.slot = update.slot;
      if (same) return 'confirmed';
      entry.account = update.account;
      return 'changed';
    },
    slotOf: (address) => held.get(address)?.slot ?? UNKNOWN_SLOT,
    revisionOf: (address) => held.get(address)?.revision ?? 0,
    forgetSlots() {
      for (const entry of held.values()) entry.slot = UNKNOWN_SLOT;
    },
    forgetSlot(address) {
      const entry = held.get(address);
      if (entry !== undefined) entry.slot = UNKNOWN_SLOT;
    },
  };
}

function sameAccount(before: AccountBytes | null | undefined, after: AccountBytes | null): boolean {
  if (before === undefined) return false;
  if (before === null || after === null) return before === after;
  return before.owner === after.owner && Buffer.compare(before.data, after.data) === 0;
}

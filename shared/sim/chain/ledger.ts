import type { AccountBytes, AccountWrite } from '../../core/account.ts';
import { type Address, SYSTEM_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';

/** Slots whose end state can always be read: finalized is 32 behind processed, and one is open. */
const KEPT_SLOTS = 36;

interface Stored {
  readonly account: AccountBytes;
  readonly slot: number;
}

/** The accounts as they stood at the end of one slot. */
export interface AccountsView {
  get(address: Address): AccountBytes | null;
  /** The slot of the last write, undefined when the account never existed. */
  slotOf(address: Address): number | undefined;
  /** Accounts owned by `owner`, in order of address. */
  programAccounts(owner: Address): readonly AccountWrite[];
}

/** Account bytes with the last slots undoable. An account without lamports does not exist. */
export interface Ledger extends AccountsView {
  /** Throws `account-without-lamports` when bytes come with no lamports to keep them. */
  set(write: AccountWrite): void;
  /**
   * Closes the open slot and opens the next one. Returns the final bytes of all that changed. The last 36 slots can be
   * read, and all from `keepFrom` on.
   */
  close(keepFrom: number): readonly AccountWrite[];
  /** Undoes all that the open slot has changed. Returns what it had made of it. */
  reopen(): readonly AccountWrite[];
  /** The accounts at the end of a closed slot (or now, for the open one). Throws `slot-not-kept`. */
  at(slot: number): AccountsView;
}

export const GONE: AccountBytes = { owner: SYSTEM_PROGRAM, lamports: 0n, data: new Uint8Array(0) };

export function createLedger(startSlot: number): Ledger {
  const current = new Map<Address, Stored>();
  const byOwner = new Map<Address, Set<Address>>();
  /** For each kept slot, what its first write to an account replaced. */
  const undo = new Map<number, Map<Address, Stored | undefined>>();
  let slot = startSlot;
  let open = new Map<Address, Stored | undefined>();
  undo.set(slot, open);

  function set({ address, account }: AccountWrite): void {
    if (account.lamports === 0n && account.data.length > 0) {
      throw new ArbError(
        'account-without-lamports',
        `${address} has ${account.data.length} bytes and no rent`,
        {
          address,
        },
      );
    }
    const before = current.get(address);
    if (!open.has(address)) open.set(address, before);
    if (before !== undefined && before.account.owner !== account.owner) {
      byOwner.get(before.account.owner)?.delete(address);
    }
    const alive = account.lamports > 0n;
    current.set(address, { account: alive ? account : GONE, slot });
    if (alive) ownedBy(account.owner).add(address);
    else byOwner.get(account.owner)?.delete(address);
  }

  function ownedBy(owner: Address): Set<Address> {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const fresh = new Set<Address>();
    byOwner.set(owner, fresh);
    return fresh;
  }

  function changedNow(): AccountWrite[] {
    const changed: AccountWrite[] = [];
    for (const address of open.keys()) changed.push({ address, account: current.get(address)!.account });
    return changed;
  }

  function close(keepFrom: number): readonly AccountWrite[] {
    const changed = changedNow();
    slot += 1;
    open = new Map();
    undo.set(slot, open);
    for (const kept of undo.keys()) {
      if (kept > slot - KEPT_SLOTS || kept > keepFrom) break;
      undo.delete(kept);
    }
    return changed;
  }

  function reopen(): readonly AccountWrite[] {
    const changed = changedNow();
    const before = [...open];
    for (const [address, stored] of before) {
      const { account } = current.get(address)!;
      byOwner.get(account.owner)?.delete(address);
      if (stored === undefined) current.delete(address);
      else {
        current.set(address, stored);
        if (stored.account.lamports > 0n) ownedBy(stored.account.owner).add(address);
      }
    }
    open.clear();
    return changed;
  }

  function storedAt(address: Address, atSlot: number): Stored | undefined {
    for (let later = atSlot + 1; later <= slot; later++) {
      const replaced = undo.get(later);
      if (replaced?.has(address)) return replaced.get(address);
    }
    return current.get(address);
  }

  function candidates(owner: Address, atSlot: number): Set<Address> {
    const addresses = new Set(byOwner.get(owner));
    for (let later = atSlot + 1; later <= slot; later++) {
      for (const [address, stored] of undo.get(later) ?? []) {
        if (stored?.account.owner === owner) addresses.add(address);
      }
    }
    return addresses;
  }

  function at(atSlot: number): AccountsView {
    if (atSlot > slot || !undo.has(Math.min(atSlot + 1, slot))) {
      throw new ArbError('slot-not-kept', `slot ${atSlot} is not among the last ${KEPT_SLOTS}`, {
        slot: atSlot,
      });
    }
    const get = (address: Address): AccountBytes | null => alive(storedAt(address, atSlot));
    return {
      get,
      slotOf: (address) => storedAt(address, atSlot)?.slot,
      programAccounts(owner) {
        const found: AccountWrite[] = [];
        for (const address of [...candidates(owner, atSlot)].sort()) {
          const account = get(address);
          if (account?.owner === owner) found.push({ address, account });
        }
        return found;
      },
    };
  }

  return {
    set,
    close,
    reopen,
    at,
    get: (address) => alive(current.get(address)),
    slotOf: (address) => current.get(address)?.slot,
    programAccounts: (owner) => at(slot).programAccounts(owner),
  };
}

function alive(stored: Stored | undefined): AccountBytes | null {
  return stored === undefined || stored.account.lamports === 0n ? null : stored.account;
}

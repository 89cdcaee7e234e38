import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { Shard } from './shard.ts';

/** A frame that waits for the snapshot of its account. */
export interface HeldFrame {
  readonly slot: number;
  readonly account: AccountBytes | null;
  readonly lane: number;
  readonly endpoint: string;
}

interface Content {
  readonly account: AccountBytes | null;
  /** Bits of the lanes that told it. */
  lanes: number;
}

/** What became of a frame. `foreign`: it names another owner than the account has. */
export type FrameFate = 'told' | 'held' | 'late' | 'duplicate' | 'foreign';

/** States of one account in one slot that are told apart; a source that tells more repeats itself. */
const CONTENTS_MAX = 16;

/** @hot One account of the stream: who carries it, what of it was told, and whether that can be relied on. */
export class AccountTrack {
  readonly address: Address;
  /** The connection that carries it, by lane. */
  readonly shards: (Shard | undefined)[] = [undefined, undefined];
  /** Of what was told last; -1 while unconfirmed. */
  slot = -1;
  account: AccountBytes | null | undefined = undefined;
  /** Name of the endpoint that told it. */
  endpoint = '';
  confirmed = false;
  /** Bits of the lanes that have told it as of a snapshot and keep up since. */
  covered = 0;
  /** The slot of that snapshot, by lane: of what came after it the lane must tell. */
  readonly coveredSlot: number[] = [-1, -1];
  /** Frames so far: what trades most comes first on a new connection. */
  updates = 0;
  /** Length of its data when it was last told, kept while it is unconfirmed; undefined before the first. */
  bytes: number | undefined;
  /** The newest frame of an unconfirmed account. */
  held: HeldFrame | undefined;
  /** Kept while it is unconfirmed; undefined before the first and for an account that is not there. */
  #owner: Address | undefined;
  /** What was told of `slot`, where two lanes tell; empty with one. */
  readonly #contents: Content[] = [];
  readonly #last: (AccountBytes | null | undefined)[] = [undefined, undefined];

  constructor(address: Address) {
    this.address = address;
  }

  /** Where a frame of a lane stands. With `told` it is what the account is now. */
  take(
    lane: number,
    slot: number,
    account: AccountBytes | null,
    endpoint: string,
    twoLanes: boolean,
  ): FrameFate {
    this.updates++;
    if (!this.confirmed) {
      if (this.held === undefined || slot >= this.held.slot) this.held = { slot, account, lane, endpoint };
      return 'held';
    }
    if (this.isForeign(account)) return 'foreign';
    if (slot < this.slot) return 'late';
    if (twoLanes) {
      if (slot === this.slot) {
        this.#last[lane] = account;
        if (!this.#isNews(lane, account)) return 'duplicate';
      } else {
        this.#contents.length = 0;
        this.#contents.push({ account, lanes: 1 << lane });
        this.#last[lane] = account;
        this.#last[1 - lane] = undefined;
      }
    }
    this.#set(slot, account, endpoint);
    return 'told';
  }

  /** Takes it as of a snapshot: from now on it is relied on. */
  confirm(slot: number, account: AccountBytes | null, endpoint: string): void {
    this.confirmed = true;
    this.#contents.length = 0;
    this.#contents.push({ account, lanes: 0 });
    this.#last[0] = undefined;
    this.#last[1] = undefined;
    this.#owner = undefined;
    this.#set(slot, account, endpoint);
  }

  /** Takes what all who should know of it have said of a slot that is over. False: it is no news. */
  advance(slot: number, account: AccountBytes | null, endpoint: string): boolean {
    if (!this.confirmed || slot < this.slot) return false;
    if (slot === this.slot && this.account !== undefined && sameBytes(this.account, account)) return false;
    this.#set(slot, account, endpoint);
    return true;
  }

  /** True when these bytes name another owner than the account has. */
  isForeign(account: AccountBytes | null): boolean {
    return account !== null && this.#owner !== undefined && account.owner !== this.#owner;
  }

  /** What is held of it is not relied on any more. */
  lose(): void {
    this.confirmed = false;
    this.covered = 0;
    this.slot = -1;
    this.account = undefined;
    this.held = undefined;
    this.#contents.length = 0;
    this.#last[0] = undefined;
    this.#last[1] = undefined;
  }

  /** True while both lanes have told this slot and their last words on it differ. */
  get isDisputed(): boolean {
    const [one, other] = this.#last;
    return one !== undefined && other !== undefined && !sameBytes(one, other);
  }

  /** What each lane said last of this slot. */
  lastOf(lane: number): AccountBytes | null | undefined {
    return this.#last[lane];
  }

  #set(slot: number, account: AccountBytes | null, endpoint: string): void {
    this.slot = slot;
    this.account = account;
    this.endpoint = endpoint;
    this.bytes = account === null ? 0 : account.data.length;
    this.#owner = account === null ? undefined : account.owner;
  }

  /** Whether this content of the present slot is told for the first time, or again by the same lane after another. */
  #isNews(lane: number, account: AccountBytes | null): boolean {
    const bit = 1 << lane;
    const contents = this.#contents;
    const last = contents.length - 1;
    for (let i = last; i >= 0; i--) {
      const content = contents[i]!;
      if (!sameBytes(content.account, account)) continue;
      if ((content.lanes & bit) === 0) {
        content.lanes |= bit;
        return false;
      }
      if (i === last) return false;
      break;
    }
    if (contents.length >= CONTENTS_MAX) contents.shift();
    contents.push({ account, lanes: bit });
    return true;
  }
}

export function sameBytes(before: AccountBytes | null, after: AccountBytes | null): boolean {
  if (before === null || after === null) return before === after;
  return (
    before.owner === after.owner &&
    before.data.length === after.data.length &&
    Buffer.compare(before.data, after.data) === 0
  );
}

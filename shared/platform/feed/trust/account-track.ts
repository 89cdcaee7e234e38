import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { Claim } from './contradictions.ts';

/** What one connection said last of an account in a slot. */
export interface Word {
  readonly slot: number;
  readonly account: AccountBytes | null;
  readonly endpoint: string;
  readonly atMicros: number;
}

/**
 * When a state is told. `at-once`: as it comes, with nobody to compare it with. `first`: as it comes from whoever speaks of
 * the slot first. `at-end`: when its slot is over. Where two connections carry the account, or the end of a slot is waited
 * for, what they said is judged at that end, by the same rule either way.
 */
export type TellRule = 'at-once' | 'first' | 'at-end';

/**
 * What became of a frame. `kept`: it counts at the end of its slot. `held`: it waits for the snapshot of its account.
 * `foreign`: it names another owner than the account has.
 */
export type FrameFate = 'told' | 'kept' | 'held' | 'late' | 'duplicate' | 'foreign';

/** Of what was said of slots that are over: what it is now, or what cannot both be true. */
export interface Verdict {
  readonly word: Word;
  /** Empty when nobody who should know of the word says otherwise. */
  readonly claims: readonly Claim[];
}

/** Slots of one account that wait for their end; of more the oldest is forgotten, as a newer state is here. */
const WORDS_MAX = 8;
const NOBODY = -1;
const NONE: readonly Claim[] = [];

/** @hot One account of the stream: who carries it, what of it was told, and whether that can be relied on. */
export class AccountTrack {
  readonly address: Address;
  /** What it is part of (a pool): of use only together with the rest of that. */
  readonly group: unknown;
  /** The connection that carries it, by lane. */
  readonly connections: (StreamConnection | undefined)[] = [undefined, undefined];
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
  /** What it was told of last was of this slot: no snapshot before it says what it is now. */
  floor = -1;
  /** Kept while it is unconfirmed; undefined before the first and for an account that is not there. */
  #owner: Address | undefined;
  /** What it was when the last slot was over: what silence says. */
  #before: AccountBytes | null | undefined = undefined;
  /** The lane that speaks of the present slot. */
  #speaker = NOBODY;
  #words: readonly [Word[], Word[]] | undefined;

  constructor(address: Address, group: unknown = address) {
    this.address = address;
    this.group = group;
  }

  /** True while something said of it waits for the end of its slot. */
  get isOpen(): boolean {
    return this.#words !== undefined && this.#words[0].length + this.#words[1].length > 0;
  }

  /** Where a frame of a lane stands. With `told` it is what the account is now. */
  take(
    lane: number,
    slot: number,
    account: AccountBytes | null,
    endpoint: string,
    atMicros: number,
    rule: TellRule,
  ): FrameFate {
    this.updates++;
    if (!this.confirmed) {
      // Which of them counts, the snapshot's slot and the slots that are over by then will say.
      this.#keep(lane, { slot, account, endpoint, atMicros });
      if (rule !== 'at-end') this.#forgetBefore(lane, slot);
      return 'held';
    }
    if (this.isForeign(account)) return 'foreign';
    if (slot < this.slot) return 'late';
    if (rule === 'at-once') {
      if (this.#words !== undefined) this.#forgetBefore(lane, slot + 1);
      this.#set(slot, account, endpoint);
      return 'told';
    }
    const same = this.#keep(lane, { slot, account, endpoint, atMicros });
    if (rule === 'at-end') return 'kept';
    if (slot === this.slot && this.#speaker !== NOBODY && this.#speaker !== lane) {
      return same ? 'duplicate' : 'kept';
    }
    const isNews = slot > this.slot || this.account === undefined || !sameBytes(this.account, account);
    this.#speaker = lane;
    if (!isNews) return 'duplicate';
    this.#set(slot, account, endpoint);
    return 'told';
  }

  /** Takes it as of a snapshot: from now on it is relied on. What was said of earlier slots is in the snapshot. */
  confirm(slot: number, account: AccountBytes | null, endpoint: string): void {
    this.confirmed = true;
    this.floor = NOBODY;
    this.#speaker = NOBODY;
    this.#owner = undefined;
    this.#before = account;
    this.#set(slot, account, endpoint);
    for (const words of this.#words ?? []) while (words.length > 0 && words[0]!.slot < slot) words.shift();
  }

  /** The newest of what was said of slots up to `slot` and is kept; undefined where nothing is. */
  newestWord(slot: number): Word | undefined {
    const isDue = (word: Word): boolean => word.slot <= slot;
    const first = this.#words?.[0].findLast(isDue);
    const second = this.#words?.[1].findLast(isDue);
    return second === undefined || (first !== undefined && first.slot >= second.slot) ? first : second;
  }

  /**
   * What was said of the slots before `slot`, which are over on all who are well and which the chain has not left;
   * undefined where nothing was.
   */
  judge(slot: number, isAbandoned: (slot: number) => boolean): Verdict | undefined {
    const words = this.#words;
    if (words === undefined) return undefined;
    const first = lastBefore(words[0], slot, isAbandoned);
    const second = lastBefore(words[1], slot, isAbandoned);
    const newest =
      second === undefined || (first !== undefined && first.slot >= second.slot) ? first : second;
    if (newest === undefined) return undefined;
    return { word: newest, claims: this.#dissent(newest, first, second) };
  }

  /** Takes the outcome of a slot that is over. False: it was told already. */
  settle({ slot, account, endpoint }: Word): boolean {
    if (!this.confirmed || slot < this.slot) return false;
    this.#before = account;
    this.#speaker = NOBODY;
    if (slot === this.slot && this.account !== undefined && sameBytes(this.account, account)) return false;
    this.#set(slot, account, endpoint);
    return true;
  }

  /** True when these bytes name another owner than the account has. */
  isForeign(account: AccountBytes | null): boolean {
    return account !== null && this.#owner !== undefined && account.owner !== this.#owner;
  }

  /** What is held of it is not relied on any more. What was said of slots that are not over still counts then. */
  lose(): void {
    this.floor = Math.max(this.floor, this.slot);
    this.confirmed = false;
    this.covered = 0;
    this.slot = -1;
    this.account = undefined;
    this.#before = undefined;
    this.#speaker = NOBODY;
  }

  /** A connection's words count for nothing any more. */
  loseLane(lane: number): void {
    if (this.#speaker === lane) this.#speaker = NOBODY;
    if (this.#words !== undefined) this.#words[lane as 0 | 1].length = 0;
    this.covered &= ~(1 << lane);
  }

  /** What a lane said of this slot counts for nothing: its block never was. What it said before that may be gone too. */
  unsay(lane: number, slot: number): void {
    const mine = this.#words?.[lane as 0 | 1];
    const at = mine?.findIndex((word) => word.slot === slot) ?? -1;
    if (mine === undefined || at < 0) return;
    mine.splice(at, 1);
    if (!this.confirmed) this.floor = Math.max(this.floor, slot - 1);
  }

  #set(slot: number, account: AccountBytes | null, endpoint: string): void {
    this.slot = slot;
    this.account = account;
    this.endpoint = endpoint;
    this.bytes = account === null ? 0 : account.data.length;
    this.#owner = account === null ? undefined : account.owner;
  }

  /**
   * Keeps a word until its slot is over. True when the other lane has said the same of this slot: one array of bytes is
   * then kept for both, and they are never compared again.
   */
  #keep(lane: number, word: Word): boolean {
    this.#words ??= [[], []];
    const mine = this.#words[lane as 0 | 1];
    const said = this.#words[(1 - lane) as 0 | 1].find(({ slot }) => slot === word.slot);
    const same = said !== undefined && sameBytes(said.account, word.account);
    const kept = same ? { ...word, account: said.account } : word;
    let at = mine.length;
    while (at > 0 && mine[at - 1]!.slot > word.slot) at--;
    if (at > 0 && mine[at - 1]!.slot === word.slot) mine[at - 1] = kept;
    else mine.splice(at, 0, kept);
    if (mine.length > WORDS_MAX) mine.shift();
    return same;
  }

  #forgetBefore(lane: number, slot: number): void {
    const mine = this.#words![lane as 0 | 1];
    while (mine.length > 0 && mine[0]!.slot < slot) mine.shift();
  }

  #dissent(newest: Word, first: Word | undefined, second: Word | undefined): readonly Claim[] {
    const other = newest === first ? second : first;
    const lane = newest === first ? 1 : 0;
    const connection = this.connections[lane];
    const knows =
      connection?.isCurrent === true &&
      (this.covered & (1 << lane)) !== 0 &&
      newest.slot > this.coveredSlot[lane]!;
    if (!knows) return NONE;
    const silent = other === undefined || other.slot !== newest.slot;
    // Silence is a word too: it says that the account is what it was.
    const says = other === undefined ? this.#before : other.account;
    if (says !== undefined && sameBytes(says, newest.account)) return NONE;
    const claim = {
      endpoint: connection.options.endpoint.name,
      slot: newest.slot,
      account: says ?? null,
      silent,
    };
    return [newest, claim];
  }
}

/** Takes the words of slots before `slot` out and gives the last of them that is of a slot the chain has kept. */
function lastBefore(words: Word[], slot: number, isAbandoned: (slot: number) => boolean): Word | undefined {
  let last: Word | undefined;
  while (words.length > 0 && words[0]!.slot < slot) {
    const word = words.shift()!;
    if (!isAbandoned(word.slot)) last = word;
  }
  return last;
}

export function sameBytes(before: AccountBytes | null, after: AccountBytes | null): boolean {
  if (before === after) return true;
  if (before === null || after === null) return false;
  return (
    before.owner === after.owner &&
    before.data.length === after.data.length &&
    Buffer.compare(before.data, after.data) === 0
  );
}

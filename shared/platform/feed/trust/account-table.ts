import type { Address } from '../../../core/address.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { FeedCounters } from '../stream-counters.ts';
import { AccountTrack, sameBytes, type TellRule, type Word } from './account-track.ts';
import type { Claim } from './contradictions.ts';

export interface AccountTableOptions {
  readonly rule: TellRule;
  readonly counters: FeedCounters;
  /** The chain has left the slot. */
  readonly isAbandoned: (slot: number) => boolean;
  /** The newest slot that has begun, as far as this connection and the others know. */
  readonly begunOn: (connection: StreamConnection) => number;
  readonly hasBegun: (connection: StreamConnection, slot: number) => boolean;
  /** It is so now, and may be relied on. */
  readonly onTold: (track: AccountTrack, atMicros: number) => void;
  /** Two things were said that cannot both be true. */
  readonly onContradiction: (track: AccountTrack, claims: readonly Claim[], why: string) => void;
}

/**
 * What is held of every account, who said it, and whether it may be relied on. It judges by the accounts alone: which
 * connections are well and which slots the chain has left is told to it.
 */
export class AccountTable {
  readonly tracks = new Map<Address, AccountTrack>();
  /** Accounts that may be relied on. */
  confirmed = 0;
  readonly #options: AccountTableOptions;
  /** Those of which something waits for the end of its slot. */
  readonly #open = new Set<AccountTrack>();

  constructor(options: AccountTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.tracks.size;
  }

  get unconfirmed(): number {
    return this.tracks.size - this.confirmed;
  }

  of(address: Address): AccountTrack | undefined {
    return this.tracks.get(address);
  }

  /** The accounts that a connection carries. */
  *on(connection: StreamConnection): Iterable<AccountTrack> {
    for (const address of connection.addresses) {
      const track = this.tracks.get(address);
      if (track !== undefined) yield track;
    }
  }

  add(address: Address, group: unknown): AccountTrack {
    const track = new AccountTrack(address, group);
    this.tracks.set(address, track);
    return track;
  }

  remove(track: AccountTrack): void {
    if (track.confirmed) this.confirmed--;
    this.#open.delete(track);
    this.tracks.delete(track.address);
  }

  /** A connection told it. What it tells of a slot that has not begun counts at the end of that, whatever the rule. */
  hear(track: AccountTrack, connection: StreamConnection, word: Word): void {
    const { counters, hasBegun, onTold, onContradiction } = this.#options;
    const { slot, account, endpoint, atMicros } = word;
    const rule = hasBegun(connection, slot) ? this.#options.rule : 'at-end';
    const fate = track.take(connection.lane, slot, account, endpoint, atMicros, rule);
    if (track.confirmed && track.isOpen) this.#open.add(track);
    if (fate === 'told') onTold(track, atMicros);
    else if (fate === 'held') counters.heldFrames++;
    else if (fate === 'late') counters.olderFrames++;
    else if (fate === 'duplicate') counters.duplicates++;
    else if (fate === 'foreign') onContradiction(track, [word], 'foreign-owner');
  }

  /**
   * It was fetched for a connection as of `word.slot`, when all slots before `over` were over on it and on all that are
   * well. True: it was not relied on before, and is now.
   */
  fetched(track: AccountTrack, { lane }: StreamConnection, word: Word, over: number): boolean {
    const { rule, onTold, onContradiction } = this.#options;
    const { slot, account, endpoint, atMicros } = word;
    track.covered |= 1 << lane;
    track.coveredSlot[lane] = slot;
    if (!track.confirmed) {
      this.confirmed++;
      track.confirm(slot, account, endpoint);
      this.#tellFirst(track, lane, atMicros, over);
      return true;
    }
    if (track.account === undefined || sameBytes(track.account, account)) return false;
    // A state that was told at once may be one from the middle of its slot.
    const isLater = slot > track.slot || (slot === track.slot && rule !== 'at-end' && slot >= over);
    if (isLater) {
      track.confirm(slot, account, endpoint);
      onTold(track, atMicros);
    } else if (slot === track.slot) {
      onContradiction(
        track,
        [{ endpoint: track.endpoint, slot, account: track.account }],
        'snapshot-differs',
      );
    }
    return false;
  }

  /** Every slot before `slot` is over on all connections that are well: what was said of them is told, or disputed. */
  settle(slot: number): void {
    const { counters, isAbandoned, onTold, onContradiction } = this.#options;
    for (const track of this.#open) {
      const verdict = track.judge(slot, isAbandoned);
      if (!track.isOpen) this.#open.delete(track);
      if (verdict === undefined || !track.confirmed) continue;
      const { word, claims } = verdict;
      if (claims.length > 0) onContradiction(track, claims, 'endpoints-differ');
      else if (track.settle(word)) onTold(track, word.atMicros);
      else if (this.#options.rule === 'at-end') counters.duplicates++;
    }
  }

  /** Nothing of them is relied on any more. Gives those that were. */
  lose(tracks: readonly AccountTrack[]): readonly Address[] {
    const lost: Address[] = [];
    for (const track of tracks) {
      if (track.confirmed) {
        lost.push(track.address);
        this.confirmed--;
      }
      this.#open.delete(track);
      track.lose();
    }
    return lost;
  }

  /** What the connection of a lane said of them counts no more. Gives the accounts that nobody else vouches for. */
  loseLane(tracks: Iterable<AccountTrack>, lane: number): readonly AccountTrack[] {
    const alone: AccountTrack[] = [];
    for (const track of tracks) {
      track.loseLane(lane);
      if (track.confirmed && track.covered === 0) alone.push(track);
    }
    return alone;
  }

  /** The chain is elsewhere: slots so far say nothing of those to come. */
  forgetFloors(): void {
    for (const track of this.tracks.values()) track.floor = -1;
  }

  /** What a connection said of this slot and was not told yet is not told: its block never was. */
  unsay(connection: StreamConnection, slot: number): void {
    for (const track of this.on(connection)) {
      track.unsay(connection.lane, slot);
      if (!track.isOpen) this.#open.delete(track);
    }
  }

  /** Accounts whose state is of one of these slots. */
  from(slots: ReadonlySet<number>): AccountTrack[] {
    return [...this.tracks.values()].filter((track) => track.confirmed && slots.has(track.slot));
  }

  /**
   * It is relied on from here: as of its snapshot, or as what connections have told since. By the time a snapshot is here
   * (parts of it asked one after the other, a slow answer) slots after its own may be over: then it is old.
   */
  #tellFirst(track: AccountTrack, lane: number, atMicros: number, over: number): void {
    const { rule, begunOn, isAbandoned, onTold, onContradiction } = this.#options;
    const connection = track.connections[lane];
    const begun = connection === undefined ? -1 : begunOn(connection);
    if (rule === 'first') {
      const word = track.newestWord(begun);
      if (word !== undefined && !isAbandoned(word.slot)) track.settle(word);
    } else {
      const verdict = track.judge(rule === 'at-end' ? over : begun + 1, isAbandoned);
      if (verdict !== undefined && verdict.claims.length > 0) {
        onContradiction(track, verdict.claims, 'endpoints-differ');
        return;
      }
      if (verdict !== undefined) track.settle(verdict.word);
    }
    if (track.isOpen) this.#open.add(track);
    onTold(track, atMicros);
  }
}

/** Who is told what: nobody to compare with, first come, or the end of the slot. */
export function tellRuleOf(tellAt: 'frame' | 'slot', redundancy: 1 | 2): TellRule {
  if (tellAt === 'slot') return 'at-end';
  return redundancy === 2 ? 'first' : 'at-once';
}

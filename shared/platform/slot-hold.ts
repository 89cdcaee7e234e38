import type { AccountBytes } from '../core/account.ts';
import { type AccountTrack, sameBytes } from './account-track.ts';
import type { Claim } from './contradictions.ts';

/** What one connection said last of an account in a slot. */
export interface Word {
  readonly slot: number;
  readonly account: AccountBytes | null;
  readonly endpoint: string;
  readonly atMicros: number;
}

/** Slots of one account that wait for their end; of more the oldest is forgotten, as a newer state is here. */
const WORDS_MAX = 8;

/**
 * Holds what is told of accounts until its slot is over on every connection that is well, and gives only what all who
 * should know of it say: with two copies of an account both must end the slot with the same bytes. What only one of
 * them said, or both said differently, is given as a contradiction and never told.
 */
export class SlotHold {
  readonly #words = new Map<AccountTrack, readonly [Word[], Word[]]>();

  get size(): number {
    return this.#words.size;
  }

  take(track: AccountTrack, lane: number, word: Word): void {
    const known = this.#words.get(track);
    const words = known ?? ([[], []] as const);
    if (known === undefined) this.#words.set(track, words);
    const mine = words[lane as 0 | 1];
    let at = mine.length;
    while (at > 0 && mine[at - 1]!.slot > word.slot) at--;
    if (at > 0 && mine[at - 1]!.slot === word.slot) mine[at - 1] = word;
    else mine.splice(at, 0, word);
    if (mine.length > WORDS_MAX) mine.shift();
  }

  drop(track: AccountTrack): void {
    this.#words.delete(track);
  }

  /** A connection's words count for nothing any more. */
  dropLane(track: AccountTrack, lane: number): void {
    const words = this.#words.get(track);
    if (words !== undefined) words[lane as 0 | 1].length = 0;
  }

  clear(): void {
    this.#words.clear();
  }

  /** Every slot before `slot` is over. */
  settle(
    slot: number,
    onTold: (track: AccountTrack, word: Word) => void,
    onContradiction: (track: AccountTrack, claims: readonly Claim[]) => void,
  ): void {
    for (const [track, words] of this.#words) {
      const first = lastBefore(words[0], slot);
      const second = lastBefore(words[1], slot);
      if (words[0].length + words[1].length === 0) this.#words.delete(track);
      if (first === undefined && second === undefined) continue;
      const newest =
        second === undefined || (first !== undefined && first.slot >= second.slot) ? first : second;
      if (newest === undefined) continue;
      const claims = dissent(track, newest, first, second);
      if (claims.length > 0) onContradiction(track, claims);
      else onTold(track, newest);
    }
  }
}

/** Takes the words of slots before `slot` out and gives the last of them. */
function lastBefore(words: Word[], slot: number): Word | undefined {
  let last: Word | undefined;
  while (words.length > 0 && words[0]!.slot < slot) last = words.shift();
  return last;
}

/** Empty when nobody who should know of the newest word says otherwise. */
function dissent(
  track: AccountTrack,
  newest: Word,
  first: Word | undefined,
  second: Word | undefined,
): readonly Claim[] {
  const other = newest === first ? second : first;
  const lane = newest === first ? 1 : 0;
  const shard = track.shards[lane];
  const knows =
    shard?.isCurrent === true &&
    (track.covered & (1 << lane)) !== 0 &&
    newest.slot > track.coveredSlot[lane]!;
  if (!knows) return [];
  if (other !== undefined && other.slot === newest.slot && sameBytes(other.account, newest.account))
    return [];
  // Silence is a word too: it says that the account is what it was.
  if (other === undefined && track.account !== undefined && sameBytes(track.account, newest.account))
    return [];
  const says = other?.account ?? track.account ?? null;
  return [
    newest,
    { endpoint: shard.options.endpoint.name, slot: newest.slot, account: says, silent: other === undefined },
  ];
}

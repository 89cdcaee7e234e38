import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import { fetchSnapshot } from '../connection/snapshot.ts';
import { type AccountTrack, sameBytes } from './account-track.ts';

export interface AccountAuditOptions {
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  /** Calls a second, each for as many accounts as one call may ask for; 0: no audit. */
  readonly perSecond: number;
  readonly tracks: ReadonlyMap<Address, AccountTrack>;
  readonly clockProblem: (slot: number, account: AccountBytes | null) => string;
  /** The chain has left the slot: what an account was in it proves nothing. */
  readonly isAbandoned: (slot: number) => boolean;
  /** The account is not what was told of it, though its slot is over: a change was not told. */
  readonly onMissed: (track: AccountTrack, slot: number) => void;
}

interface Fetched {
  readonly track: AccountTrack;
  readonly slot: number;
  readonly account: AccountBytes | null;
}

const ACCOUNTS_A_CALL = 99;
const WAITING_MAX = 20 * ACCOUNTS_A_CALL;

/**
 * Reads every account again over HTTP, a few at a time and over and over. A frame that never came cannot be seen on the
 * socket, as the protocol does not number them; once a slot was told to its end, an account that had other bytes in it
 * than were told is the proof. Found within two slots and `accounts / 99 / perSecond` seconds.
 */
export class AccountAudit {
  /** Accounts read so far. */
  read = 0;
  readonly #options: AccountAuditOptions;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Iterator<AccountTrack> | undefined;
  #asking = false;
  #waiting: Fetched[] = [];

  constructor(options: AccountAuditOptions) {
    this.#options = options;
  }

  start(): void {
    const { perSecond } = this.#options;
    if (perSecond === 0 || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#ask(), 1_000 / perSecond);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#abort.abort();
    this.#waiting = [];
  }

  /** Every slot before `slot` was told to its end. */
  judge(slot: number): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((fetched) => fetched.slot < slot);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((fetched) => fetched.slot >= slot);
    for (const { track, slot: asOf, account } of due) {
      if (this.#options.isAbandoned(asOf)) continue;
      // Told as of that slot or later: the answer may be from the middle of it and proves nothing.
      if (!track.confirmed || track.slot >= asOf || track.account === undefined) continue;
      if (!sameBytes(track.account, account)) this.#options.onMissed(track, asOf);
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.#waiting.length >= WAITING_MAX) return;
    const { rpc, commitment, tracks, clockProblem } = this.#options;
    const batch = this.#next();
    if (batch.length === 0) return;
    this.#asking = true;
    // What fails is asked again in the next round; that the endpoint fails is told by others.
    await fetchSnapshot(
      batch.map(({ address }) => address),
      {
        rpc,
        commitment,
        minContextSlot: Math.max(...batch.map((track) => track.slot)),
        signal: this.#abort.signal,
        priority: 'reports',
        sizeOf: (address) => tracks.get(address)?.bytes,
        clockProblem,
        // It cannot be judged by what is no account.
        onUnread: () => {},
        onAccount: (address, slot, account) => {
          const track = tracks.get(address);
          this.read++;
          if (track !== undefined) this.#waiting.push({ track, slot, account });
        },
      },
    );
    this.#asking = false;
  }

  #next(): AccountTrack[] {
    const batch: AccountTrack[] = [];
    this.#round ??= this.#options.tracks.values();
    while (batch.length < ACCOUNTS_A_CALL) {
      const { value, done } = this.#round.next();
      if (done === true) {
        this.#round = undefined;
        break;
      }
      if (value.confirmed) batch.push(value);
    }
    return batch;
  }
}

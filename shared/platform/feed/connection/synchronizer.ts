import type { AccountBytes } from '../../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../../core/address.ts';
import type { Random } from '../../../core/random.ts';
import { type BackoffPolicy, backoffMs, sleep } from '../../process/backoff.ts';
import type { Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import type { StreamCounters, StreamLog } from '../stream-counters.ts';
import type { StreamConnection } from '../wire/stream-transport.ts';
import { slotDisagreementMax } from '../witness/chain-position.ts';
import type { SlotWatch } from './slot-watch.ts';
import { fetchSnapshot, orFailure } from './snapshot.ts';
import type { SubscriptionBook } from './subscription-book.ts';

/** One connection's life. */
export interface StreamSession {
  readonly connection: StreamConnection;
  readonly abort: AbortController;
  /** Snapshots tried since the feed was last stable, for the backoff. */
  attempts: number;
  synchronizing: boolean;
  /** Something was lost while synchronizing: once more. */
  again: boolean;
  /** It told slots that were not so: it must tell one before it is believed. */
  readonly mustHear: boolean;
  /** Times in a row that its slots and those of HTTP were far from each other. */
  disagreements: number;
}

export interface SynchronizerOptions {
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  /** Bytes that the account had when it was last told; undefined before that. */
  readonly sizeOf: (address: Address) => number | undefined;
  /** The slot of what was last told of it, where that is not relied on any more; -1 where nothing was. */
  readonly floorOf: (address: Address) => number;
  /** False where nobody has heard of the slot: it cannot have begun. */
  readonly mayBe: (slot: number) => boolean;
  /** The connection's own endpoint, where HTTP asks it among others. */
  readonly ownEndpoint: string | undefined;
  /** Why the clock in an answer as of `slot` cannot be, or ''. */
  readonly clockProblem: (slot: number, account: AccountBytes | null) => string;
  /** The newest slot whose clock the connection told; -1 before the first. */
  readonly heartbeat: () => number;
  readonly random: Random;
  readonly backoff: BackoffPolicy;
  readonly host: string;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  /** Slots that the WebSocket may be behind the node's HTTP side. */
  readonly maxSlotLag: number;
  readonly book: SubscriptionBook;
  readonly slots: SlotWatch;
  readonly counters: StreamCounters;
  readonly log: StreamLog;
  /** True while the feed is live on this very connection. */
  readonly isLive: (session: StreamSession) => boolean;
  /** All that was asked for was answered: the snapshot begins. */
  readonly onSnapshot: () => void;
  /** An answer came: what takes long is not stuck. */
  readonly onProgress: () => void;
  readonly onFailure: (reason: string) => void;
  readonly onHttpSlot: (slot: number) => void;
  /** Not for the first time, the slots of the two ends of the node are far from each other. */
  readonly onDisagreement: (reason: string) => void;
  readonly onAccount: (address: Address, slot: number, account: AccountBytes | null) => void;
}

/** Brings what has been told of the accounts up to the chain after subscribing to them. */
export interface Synchronizer {
  /** Subscribed since the last snapshot began: still to be fetched. */
  readonly unfetched: Set<Address>;
  /** Something was lost on the way: what is being fetched was asked for before, and is not taken. */
  doubt(): void;
  /** Tries until every subscribed account is told as of its subscription or later: true. False: the session ended. */
  run(session: StreamSession): Promise<boolean>;
  /** Fetches what was subscribed while live. Until then those accounts are simply not told. */
  fetchAdditions(session: StreamSession): Promise<void>;
}

const ACK_POLL_MS = 5;
const DISAGREEMENTS_MAX = 3;
/** A call that has no answer by then is asked again: somebody else may be able to answer it. It is given more each time. */
const SLOT_DEADLINE_MS = 2_500;
const SLOT_DEADLINE_MOST_MS = 7_000;

export function createSynchronizer(options: SynchronizerOptions): Synchronizer {
  const { rpc, commitment, random, backoff, host, book, slots, counters, log } = options;
  const unfetched = new Set<Address>();
  /** Of the last fetch: what was no account, and why. */
  const unread = new Map<Address, string>();
  let fetching: StreamSession | undefined;
  let doubts = 0;
  /** Of the last fetch: why an answer was not taken. */
  let refused = '';
  /** Whoever answers and this connection are not at one: its own endpoint is asked, and then all again. */
  let asksOwn = false;

  function only(): { readonly only?: string } {
    const { ownEndpoint } = options;
    return asksOwn && ownEndpoint !== undefined ? { only: ownEndpoint } : {};
  }

  /** '' when every subscribed account has been told as of a slot not before its subscription. */
  async function takeSnapshot(session: StreamSession): Promise<string> {
    const addresses = book.addresses('subscribed');
    for (const address of addresses) unfetched.delete(address);
    return await fetch(session, addresses);
  }

  /** Asked now, of slots not before now. '' when all were told, else why not. */
  async function fetch(session: StreamSession, addresses: readonly Address[]): Promise<string> {
    const asked = doubts;
    const now = await snapshotFloor(session);
    if (typeof now === 'string') return now;
    const most = now + slotDisagreementMax(options.slotMicros());
    let floor = now;
    for (const address of addresses) {
      const told = options.floorOf(address);
      if (told > floor && told <= most) floor = told;
    }
    refused = '';
    const failure = await fetchSnapshot(addresses, snapshotOptions(session, floor, asked));
    if (failure !== '' || refused === '') return failure;
    asksOwn = !asksOwn;
    return refused;
  }

  /** Why an answer as of this slot says nothing of what the account is now; ''. */
  function problemOf(address: Address, slot: number): string {
    const told = options.floorOf(address);
    const most = slot + slotDisagreementMax(options.slotMicros());
    if (told > slot && told <= most) return `HTTP answers as of slot ${slot}, and slot ${told} was told`;
    return options.mayBe(slot) ? '' : `HTTP answers as of slot ${slot}, which has not begun`;
  }

  function snapshotOptions(session: StreamSession, minContextSlot: number, asked: number) {
    const onAccount = (address: Address, slot: number, account: AccountBytes | null): void => {
      options.onProgress();
      // What was doubted since it was asked for is asked for again: changes may lie between that this answer lacks.
      if (asked !== doubts || unfetched.has(address)) return;
      if (!book.isWatched(address)) return;
      const problem = problemOf(address, slot);
      if (problem === '') options.onAccount(address, slot, account);
      else refused = problem;
    };
    const onUnread = (address: Address, why: string): void => {
      // Asked for again beside what is live: one that cannot be read does not hold up the others.
      unread.set(address, why);
      if (book.isWatched(address)) unfetched.add(address);
    };
    const { sizeOf, clockProblem } = options;
    const { signal } = session.abort;
    return {
      rpc,
      ...only(),
      commitment,
      minContextSlot,
      signal,
      priority: 'execution' as const,
      sizeOf,
      clockProblem,
      onAccount,
      onUnread,
    };
  }

  /**
   * A slot not before now, so that an account as of it holds every change made before its subscription. The two ends
   * of the node may be different machines: the later of their slots counts, and when they disagree by far, one is
   * not to be believed and the feed stays down.
   */
  async function snapshotFloor(session: StreamSession): Promise<number | string> {
    const rpcSlot = await orFailure(
      rpc.getSlot({
        ...only(),
        commitment,
        signal: session.abort.signal,
        priority: 'execution',
        deadlineMs: Math.min(SLOT_DEADLINE_MOST_MS, SLOT_DEADLINE_MS * Math.max(1, session.attempts)),
      }),
    );
    if (typeof rpcSlot === 'string') {
      asksOwn = false;
      return rpcSlot;
    }
    options.onProgress();
    options.onHttpSlot(rpcSlot);
    const heard = slots.lastParent;
    if (heard < 0) return rpcSlot;
    if (Math.abs(heard - rpcSlot) > slotDisagreementMax(options.slotMicros())) {
      const reason = `slots disagree: ${rpcSlot} over HTTP, ${heard} over the WebSocket`;
      // Which of the two is wrong cannot be known from here; another connection may lead to another machine.
      asksOwn = !asksOwn;
      if (++session.disagreements >= DISAGREEMENTS_MAX) options.onDisagreement(reason);
      return reason;
    }
    session.disagreements = 0;
    // Slots are told as they begin, accounts at the commitment: what has been told is the clock that came last. The open
    // slot, not its parent: slots without a block lie between them.
    const isProcessed = commitment === 'processed';
    const told = isProcessed ? slots.highestSlot : options.heartbeat();
    if (told >= 0 && told < rpcSlot - options.maxSlotLag) {
      asksOwn = !asksOwn;
      return `the WebSocket is ${rpcSlot - told} slots behind HTTP`;
    }
    return Math.max(rpcSlot, isProcessed ? heard : told);
  }

  /** Without slots and clock nothing can be dated. */
  function hasOwn(): boolean {
    return book.isSubscribed('slots') && book.isSubscribed(CLOCK_SYSVAR);
  }

  function failed(reason: string, accounts: number): void {
    counters.snapshotFailures++;
    log('stream.snapshot-failed', { host, reason, accounts });
  }

  return {
    unfetched,
    doubt() {
      doubts++;
    },
    async run(session) {
      const { signal } = session.abort;
      for (;;) {
        if (session.attempts > 0) {
          if (!(await sleep(backoffMs(backoff, session.attempts - 1, random), signal))) return false;
        }
        session.attempts++;
        while (
          !book.isSettled ||
          !hasOwn() ||
          (session.mustHear && (slots.lastSlot < 0 || options.heartbeat() < 0))
        )
          if (!(await sleep(ACK_POLL_MS, signal))) return false;
        options.onSnapshot();
        // What was lost before this is in what is asked for now.
        session.again = false;
        const failure = await takeSnapshot(session);
        if (signal.aborted) return false;
        if (failure === '') break;
        failed(failure, book.addresses('subscribed').length);
        options.onFailure(failure);
      }
      counters.snapshots++;
      return true;
    },
    async fetchAdditions(session) {
      if (fetching === session) return;
      fetching = session;
      let attempts = 0;
      while (options.isLive(session) && unfetched.size > 0) {
        const addresses = [...unfetched];
        unfetched.clear();
        unread.clear();
        const failure = await fetch(session, addresses);
        if (failure === '' && unread.size === 0) continue;
        if (session.abort.signal.aborted) break;
        const [unreadable = ''] = unread.values();
        failed(failure === '' ? unreadable : failure, failure === '' ? unread.size : addresses.length);
        if (failure !== '')
          for (const address of addresses) if (book.isWatched(address)) unfetched.add(address);
        await sleep(backoffMs(backoff, attempts++, random), session.abort.signal);
      }
      if (fetching === session) fetching = undefined;
    },
  };
}

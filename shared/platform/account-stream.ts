import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { MarketEvent } from '../engine/event.ts';
import type { BackoffPolicy } from './backoff.ts';
import { backoffMs, sleep } from './backoff.ts';
import type { FrameKind } from './frame.ts';
import { FrameDecoder } from './frame.ts';
import type { AccountEncoding, Commitment, RpcClient } from './rpc-client.ts';
import { SLOT_DISAGREEMENT_MAX, SlotWatch } from './slot-watch.ts';
import { fetchSnapshot, orFailure } from './snapshot.ts';
import type { StreamCounters, StreamLog } from './stream-counters.ts';
import { createStreamCounters, limitLog } from './stream-counters.ts';
import type { Topic } from './subscription-book.ts';
import { SubscriptionBook } from './subscription-book.ts';
import type { WsConnection } from './ws-connection.ts';
import { openWsConnection, webSocketHost } from './ws-connection.ts';

export interface StreamTiming {
  readonly handshakeTimeoutMs: number;
  /** A connection without any frame for this long is given up. */
  readonly silenceMs: number;
  /** A subscription request without a reply for this long is sent again. */
  readonly ackTimeoutMs: number;
  /** Requests for one subscription before it is reported as failed. */
  readonly subscribeAttempts: number;
  readonly subscribeBackoff: BackoffPolicy;
  readonly reconnectBackoff: BackoffPolicy;
  /** A feed that has been live for this long starts its backoff anew. */
  readonly stableMs: number;
  /** No slot for this long while accounts flow is a stall. */
  readonly slotStallMs: number;
}

export const STREAM_TIMING: StreamTiming = {
  handshakeTimeoutMs: 10_000,
  silenceMs: 5_000,
  ackTimeoutMs: 5_000,
  subscribeAttempts: 4,
  subscribeBackoff: { minMs: 100, baseMs: 400, capMs: 5_000 },
  reconnectBackoff: { minMs: 200, baseMs: 400, capMs: 10_000 },
  stableMs: 10_000,
  slotStallMs: 3_000,
};

export interface AccountStreamOptions {
  readonly wsUrl: string;
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called synchronously for every event, within the turn of the frame that brought it. It must not throw: what it
   * throws is not caught.
   */
  readonly onEvent: (event: MarketEvent) => void;
  readonly log: StreamLog;
  /** Default base64; zstd saves bandwidth and costs time a frame. */
  readonly encoding?: AccountEncoding;
  /** Default 32 MiB: the largest account in base64 is 14 MB. A larger frame ends the connection. */
  readonly maxFrameBytes?: number;
  readonly maxRequestsInFlight?: number;
  readonly timing?: Partial<StreamTiming>;
}

export type StreamState = 'idle' | 'connecting' | 'subscribing' | 'snapshot' | 'live' | 'waiting' | 'stopped';

export interface StreamStatus extends Readonly<StreamCounters> {
  readonly state: StreamState;
  /** Host and port of the WebSocket: all of its URL that may be shown. */
  readonly host: string;
  /** Why the feed is not live, or why it last was not; '' before the first connection ended. */
  readonly reason: string;
  readonly subscribed: number;
  /** Wanted but not acknowledged yet. */
  readonly pending: number;
  /** Refused by the node so often that they are left alone until the next connection or `watch`. */
  readonly failed: readonly Address[];
  /** Of the last slot notification; -1 before the first of this connection. */
  readonly lastSlot: number;
  /** Slots that the newest account is ahead of the slot notifications. */
  readonly slotLag: number;
  /** Unix milliseconds; 0 before the first. */
  readonly lastFrameAtMs: number;
  readonly liveSinceMs: number;
}

/**
 * The accounts of a market as a stream of `MarketEvent`s over a node's WebSocket. On every connection: subscribe to
 * everything, then fetch everything as of a slot not before the subscriptions, then say `feed live`. Account events
 * come in the order they arrive, so some are older than others of the same account: the market orders them by slot.
 *
 * An account whose subscription the node keeps refusing is told as null if it was told before, so that no old bytes
 * stay in use, and is listed in `status().failed`.
 */
export interface AccountStream {
  start(): void;
  watch(addresses: readonly Address[]): void;
  unwatch(addresses: readonly Address[]): void;
  status(): StreamStatus;
  /** Ends within a second; tells `feed live: false` if it was live, and nothing after that. */
  stop(): Promise<void>;
}

/** One connection's life. */
interface Session {
  readonly connection: WsConnection;
  readonly abort: AbortController;
  /** Snapshots tried since the feed was last stable, for the backoff. */
  attempts: number;
  synchronizing: boolean;
}

interface EarlyFrame {
  readonly subscription: number;
  readonly atMicros: number;
  readonly slot: number;
  readonly account: AccountBytes | null;
}

const EARLY_FRAMES_MAX = 1_024;
const STOP_GRACE_MS = 500;
const SWEEP_MS = 100;
const LOG_EVERY_MS = 5_000;

/** Throws `ws-url-invalid`. Nothing is opened before `start`. */
export function createAccountStream(options: AccountStreamOptions): AccountStream {
  const { wsUrl, rpc, commitment, clock, random, onEvent, encoding = 'base64' } = options;
  const timing: StreamTiming = { ...STREAM_TIMING, ...options.timing };
  const host = webSocketHost(wsUrl);
  const log = limitLog(options.log, clock, LOG_EVERY_MS);
  const decoder = new FrameDecoder();
  const counters = createStreamCounters();
  const slots = new SlotWatch(counters);
  const stopping = new AbortController();
  /** Accounts told at least once and still wanted. */
  const told = new Set<Address>();
  /** Subscribed since the last snapshot began: still to be fetched. */
  const unfetched = new Set<Address>();
  let early: EarlyFrame[] = [];
  let session: Session | undefined;
  let sweeper: NodeJS.Timeout | undefined;
  let state: StreamState = 'idle';
  let live = false;
  let reason = '';
  let lastFrameAtMs = 0;
  let liveSinceMs = 0;
  let liveSinceMicros = 0;
  let failures = 0;
  let fetching = false;

  const book = new SubscriptionBook({
    clock,
    random,
    commitment,
    encoding,
    ackTimeoutMs: timing.ackTimeoutMs,
    attempts: timing.subscribeAttempts,
    backoff: timing.subscribeBackoff,
    maxInFlight: options.maxRequestsInFlight ?? 256,
    send: (text) => session?.connection.send(text),
    onSubscribed,
    onFailed(topic, error) {
      log('stream.subscription-failed', { topic, error });
      // Without slots nothing can be dated: this connection is of no use.
      if (topic === 'slots') session?.connection.drop('no-slots');
    },
  });

  function tellAccount(address: Address, slot: number, account: AccountBytes | null, atMicros: number): void {
    told.add(address);
    onEvent({ kind: 'account', atMicros, update: { address, slot, account } });
  }

  function setFeed(nowLive: boolean, why: string): void {
    reason = why;
    if (live === nowLive) return;
    live = nowLive;
    const atMicros = clock.monotonicMicros();
    if (live) {
      state = 'live';
      liveSinceMs = clock.nowMs();
      liveSinceMicros = atMicros;
    }
    log(live ? 'stream.live' : 'stream.down', { host, reason: why });
    onEvent({ kind: 'feed', atMicros, live, reason: why });
  }

  /** True when the feed has just been live for long enough to trust the node again. */
  function wasStable(): boolean {
    return live && clock.monotonicMicros() - liveSinceMicros >= timing.stableMs * 1_000;
  }

  function onSubscribed(topic: Topic, subscription: number): void {
    if (topic === 'slots') return;
    unfetched.add(topic);
    if (early.length > 0) {
      const mine = early.filter((frame) => frame.subscription === subscription);
      early = early.filter((frame) => frame.subscription !== subscription);
      for (const { slot, account, atMicros } of mine) {
        counters.earlyFrames++;
        slots.account(slot);
        tellAccount(topic, slot, account, atMicros);
      }
    }
    if (live) void fetchAdditions();
  }

  function onFrame(frame: Buffer, isBinary: boolean): void {
    const atMicros = clock.monotonicMicros();
    counters.frames++;
    counters.bytes += frame.length;
    lastFrameAtMs = clock.nowMs();
    const kind = isBinary ? refuseBinary() : decoder.decode(frame);
    if (kind === 'account') {
      const topic = book.topicOf(decoder.subscription);
      if (topic === undefined || topic === 'slots') {
        onUnknownSubscription(atMicros);
      } else {
        slots.account(decoder.slot);
        tellAccount(topic, decoder.slot, decoder.account, atMicros);
      }
    } else if (kind === 'slot') {
      slots.slot(decoder.slot, decoder.parent, atMicros);
      onEvent({ kind: 'slot', atMicros, slot: decoder.slot, parent: decoder.parent });
    } else if (kind === 'reply') {
      onReply();
    } else if (kind === 'other') {
      counters.otherFrames++;
      log('stream.other-frame', { host, problem: decoder.problem });
    } else {
      onBadFrame(decoder.problem);
    }
  }

  function refuseBinary(): FrameKind {
    decoder.problem = 'binary frame';
    return 'bad';
  }

  function onReply(): void {
    const { replyId, replyResult, replyErrorCode, replyError } = decoder;
    const fate = book.reply(replyId, replyResult, replyErrorCode, replyError);
    if (fate === 'clash') {
      session?.connection.drop('subscription-id-clash');
    } else if (fate === 'stray') {
      counters.otherFrames++;
      log('stream.stray-reply', { host, id: replyId, error: replyError });
    }
  }

  /** A notification may overtake the acknowledgement of its subscription: it is held while one is awaited. */
  function onUnknownSubscription(atMicros: number): void {
    if (book.pending === 0 || early.length >= EARLY_FRAMES_MAX) {
      counters.strayFrames++;
      return;
    }
    const { subscription, slot, account } = decoder;
    early.push({ subscription, atMicros, slot, account });
  }

  function onBadFrame(problem: string): void {
    counters.badFrames++;
    log('stream.bad-frame', { host, problem });
    if (live && session !== undefined) {
      if (wasStable()) session.attempts = 0;
      // What it should have said is lost, so what is held can no longer be trusted.
      setFeed(false, 'bad-frame');
      void synchronize(session);
    }
  }

  function connect(): void {
    state = 'connecting';
    const abort = new AbortController();
    const connection = openWsConnection({
      url: wsUrl,
      handshakeTimeoutMs: timing.handshakeTimeoutMs,
      silenceMs: timing.silenceMs,
      maxFrameBytes: options.maxFrameBytes ?? 32 * 1024 * 1024,
      onOpen() {
        if (session === opened) void synchronize(opened);
      },
      onFrame,
      onEnd,
    });
    const opened: Session = { connection, abort, attempts: 0, synchronizing: false };
    session = opened;
    early = [];
    unfetched.clear();
  }

  function onEnd(why: string): void {
    if (wasStable()) failures = 0;
    endSession();
    setFeed(false, why);
    log('stream.disconnected', { host, reason: why });
    void reconnect();
  }

  function endSession(): void {
    session?.abort.abort();
    session = undefined;
    clearInterval(sweeper);
    book.disconnected();
    early = [];
  }

  async function reconnect(): Promise<void> {
    state = 'waiting';
    if (!(await sleep(backoffMs(timing.reconnectBackoff, failures++, random), stopping.signal))) return;
    counters.reconnects++;
    connect();
  }

  function sweep(): void {
    book.sweep();
    if (book.pending === 0 && early.length > 0) {
      counters.strayFrames += early.length;
      early = [];
    }
    if (slots.sweep(clock.monotonicMicros(), timing.slotStallMs)) {
      log('stream.slot-stall', { host, lastSlot: slots.lastSlot, lag: slots.lag });
    }
  }

  /** Brings one connection to `live`: at its start, and again after a frame was lost. */
  async function synchronize(mine: Session): Promise<void> {
    if (mine.synchronizing) return;
    mine.synchronizing = true;
    const { signal } = mine.abort;
    if (state === 'connecting') {
      state = 'subscribing';
      slots.reset(clock.monotonicMicros());
      sweeper = setInterval(sweep, Math.min(SWEEP_MS, timing.ackTimeoutMs / 2));
      book.connected();
    }
    for (;;) {
      if (
        mine.attempts > 0 &&
        !(await sleep(backoffMs(timing.reconnectBackoff, mine.attempts - 1, random), signal))
      ) {
        return;
      }
      mine.attempts++;
      while (book.pending > 0) if (!(await sleep(5, signal))) return;
      state = 'snapshot';
      const failure = await takeSnapshot(mine);
      if (signal.aborted) return;
      if (failure === '') break;
      counters.snapshotFailures++;
      reason = failure;
      log('stream.snapshot-failed', { host, reason: failure });
    }
    mine.synchronizing = false;
    counters.snapshots++;
    setFeed(true, 'snapshot');
    if (unfetched.size > 0) void fetchAdditions();
  }

  /** '' when every subscribed account has been told as of a slot not before its subscription. */
  async function takeSnapshot(mine: Session): Promise<string> {
    const badBefore = counters.badFrames;
    const addresses = book.addresses('subscribed');
    for (const address of addresses) unfetched.delete(address);
    const floor = await snapshotFloor(mine);
    if (typeof floor === 'string') return floor;
    const failure = await fetchSnapshot(addresses, snapshotOptions(mine, floor));
    if (failure !== '') return failure;
    for (const address of book.addresses('failed')) {
      if (told.delete(address)) {
        onEvent({
          kind: 'account',
          atMicros: clock.monotonicMicros(),
          update: { address, slot: floor, account: null },
        });
      }
    }
    return counters.badFrames === badBefore ? '' : 'a bad frame came during the snapshot';
  }

  function snapshotOptions(mine: Session, minContextSlot: number) {
    const onAccount = (address: Address, slot: number, account: AccountBytes | null): void => {
      if (book.isWatched(address)) tellAccount(address, slot, account, clock.monotonicMicros());
    };
    return { rpc, commitment, encoding, minContextSlot, signal: mine.abort.signal, onAccount };
  }

  /**
   * A slot not before now, so that an account as of it holds every change made before its subscription. The two ends
   * of the node may be different machines: the later of their slots counts, and when they disagree by far, one is
   * not to be believed and the feed stays down.
   */
  async function snapshotFloor(mine: Session): Promise<number | string> {
    const rpcSlot = await orFailure(rpc.getSlot({ commitment, signal: mine.abort.signal }));
    if (typeof rpcSlot === 'string') return rpcSlot;
    const heard = slots.lastParent;
    if (heard < 0) return rpcSlot;
    if (Math.abs(heard - rpcSlot) > SLOT_DISAGREEMENT_MAX) {
      return `slots disagree: ${rpcSlot} over HTTP, ${heard} over the WebSocket`;
    }
    return Math.max(rpcSlot, heard);
  }

  /** Fetches what was subscribed while live. Until then those accounts are simply not told. */
  async function fetchAdditions(): Promise<void> {
    const mine = session;
    if (fetching || mine === undefined) return;
    fetching = true;
    let attempts = 0;
    while (live && session === mine && unfetched.size > 0) {
      const addresses = [...unfetched];
      unfetched.clear();
      const floor = await snapshotFloor(mine);
      const failure =
        typeof floor === 'string' ? floor : await fetchSnapshot(addresses, snapshotOptions(mine, floor));
      if (failure === '' || session !== mine) continue;
      counters.snapshotFailures++;
      log('stream.snapshot-failed', { host, reason: failure, accounts: addresses.length });
      for (const address of addresses) if (book.isWatched(address)) unfetched.add(address);
      await sleep(backoffMs(timing.reconnectBackoff, attempts++, random), mine.abort.signal);
    }
    fetching = false;
    // Another connection may have gone live meanwhile.
    if (live && session !== mine && unfetched.size > 0) void fetchAdditions();
  }

  return {
    start() {
      if (state === 'idle') connect();
    },
    watch(addresses) {
      for (const address of addresses) book.watch(address);
    },
    unwatch(addresses) {
      for (const address of addresses) {
        book.unwatch(address);
        unfetched.delete(address);
        told.delete(address);
      }
    },
    status() {
      return {
        ...counters,
        state,
        host,
        reason,
        subscribed: book.addresses('subscribed').length,
        pending: book.pending,
        failed: book.addresses('failed'),
        lastSlot: slots.lastSlot,
        slotLag: slots.lag,
        lastFrameAtMs,
        liveSinceMs: live ? liveSinceMs : 0,
      };
    },
    async stop() {
      if (state === 'stopped') return;
      const connection = session?.connection;
      stopping.abort();
      endSession();
      state = 'stopped';
      setFeed(false, 'stopped');
      await connection?.close(STOP_GRACE_MS);
    },
  };
}

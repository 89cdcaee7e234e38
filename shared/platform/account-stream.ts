import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { backoffMs, sleep } from './backoff.ts';
import { FrameDecoder, type FrameKind } from './frame.ts';
import { SlotWatch } from './slot-watch.ts';
import {
  type AccountStream,
  type AccountStreamOptions,
  STREAM_TIMING,
  type StreamState,
  type StreamTiming,
} from './stream-contract.ts';
import { createStreamCounters, limitLog } from './stream-counters.ts';
import { SubscriptionBook, type Topic } from './subscription-book.ts';
import { createSynchronizer, type StreamSession } from './synchronizer.ts';
import { openWsConnection, webSocketHost } from './ws-connection.ts';

export type {
  AccountStream,
  AccountStreamOptions,
  StreamState,
  StreamStatus,
  StreamTiming,
} from './stream-contract.ts';
export { STREAM_TIMING } from './stream-contract.ts';

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
  let early: EarlyFrame[] = [];
  let session: StreamSession | undefined;
  let sweeper: NodeJS.Timeout | undefined;
  let state: StreamState = 'idle';
  let live = false;
  let reason = '';
  let lastFrameAtMs = 0;
  let liveSinceMs = 0;
  let liveSinceMicros = 0;
  let failures = 0;

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

  const synchronizer = createSynchronizer({
    rpc,
    commitment,
    encoding,
    random,
    backoff: timing.reconnectBackoff,
    host,
    book,
    slots,
    counters,
    log,
    isLive: (mine) => live && session === mine,
    onSnapshot() {
      state = 'snapshot';
    },
    onFailure(why) {
      reason = why;
    },
    onAccount: (address, slot, account) => tellAccount(address, slot, account, clock.monotonicMicros()),
  });

  function tellAccount(address: Address, slot: number, account: AccountBytes | null, atMicros: number): void {
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
    synchronizer.unfetched.add(topic);
    if (early.length > 0) {
      const mine = early.filter((frame) => frame.subscription === subscription);
      early = early.filter((frame) => frame.subscription !== subscription);
      for (const { slot, account, atMicros } of mine) {
        counters.earlyFrames++;
        slots.account(slot);
        tellAccount(topic, slot, account, atMicros);
      }
    }
    if (live && session !== undefined) void synchronizer.fetchAdditions(session);
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
    const opened: StreamSession = { connection, abort, attempts: 0, synchronizing: false };
    session = opened;
    early = [];
    synchronizer.unfetched.clear();
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

  /** Brings a connection to `live`: at its start, and again after a frame was lost. */
  async function synchronize(mine: StreamSession): Promise<void> {
    if (mine.synchronizing) return;
    mine.synchronizing = true;
    if (state === 'connecting') {
      slots.reset(clock.monotonicMicros());
      sweeper = setInterval(sweep, Math.min(SWEEP_MS, timing.ackTimeoutMs / 2));
      book.connected();
    }
    state = 'subscribing';
    const done = await synchronizer.run(mine);
    if (!done) return;
    mine.synchronizing = false;
    setFeed(true, 'snapshot');
    void synchronizer.fetchAdditions(mine);
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
        synchronizer.unfetched.delete(address);
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

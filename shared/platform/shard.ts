import type { AccountBytes } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import { decodeChainClock } from '../market/chain-clock.ts';
import { backoffMs, sleep } from './backoff.ts';
import type { FrameKind } from './frame.ts';
import type { ShardListener, ShardOptions, ShardState, ShardStatus } from './shard-contract.ts';
import { SlotWatch } from './slot-watch.ts';
import { createStreamCounters } from './stream-counters.ts';
import { transportOf } from './stream-endpoint.ts';
import type { StreamMessage, StreamTransport } from './stream-transport.ts';
import { SubscriptionBook, type Topic } from './subscription-book.ts';
import { createSynchronizer, type StreamSession, type Synchronizer } from './synchronizer.ts';

interface EarlyFrame {
  readonly subscription: number;
  readonly atMicros: number;
  readonly slot: number;
  readonly account: AccountBytes | null;
}

const EARLY_FRAMES_MAX = 1_024;
const STOP_GRACE_MS = 500;
const SWEEP_MS = 100;

/**
 * One connection of the account stream, over all its reconnects: its share of the accounts, subscribed and fetched.
 * It says what it hears and whether that can be relied on; what follows for the market is the stream's to judge.
 * Throws `ws-url-invalid` and `grpc-url-invalid`. Nothing is opened before `start`.
 */
export class Shard {
  readonly name: string;
  readonly host: string;
  readonly lane: number;
  readonly counters = createStreamCounters();
  readonly slots: SlotWatch;
  /** Newest slot whose clock this connection told; -1 before the first. */
  heartbeat = -1;
  /** When slots and clock were both subscribed on this connection; Infinity before that. */
  heardSinceMicros = Number.POSITIVE_INFINITY;
  /** Milliseconds that the last heartbeat came after it should have. */
  lagMs = 0;
  /** Connections that failed in a row. */
  failures = 0;
  readonly options: ShardOptions;
  readonly #listener: ShardListener;
  readonly #transport: StreamTransport;
  readonly #book: SubscriptionBook;
  readonly #synchronizer: Synchronizer;
  readonly #wanted = new Set<Address>();
  #stopping = new AbortController();
  #early: EarlyFrame[] = [];
  #session: StreamSession | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #state: ShardState = 'idle';
  #live = false;
  #behind = false;
  #mustHear = false;
  #reason = '';
  #lastFrameAtMs = 0;
  #liveSinceMs = 0;
  #liveSinceMicros = 0;

  constructor(options: ShardOptions, listener: ShardListener) {
    this.options = options;
    this.#listener = listener;
    this.name = options.name;
    this.lane = options.lane;
    this.#transport = transportOf(options.endpoint, options.commitment);
    this.host = this.#transport.host;
    this.slots = new SlotWatch(this.counters);
    const { clock, random, commitment, encoding, timing, log } = options;
    this.#book = new SubscriptionBook({
      clock,
      random,
      commitment,
      encoding,
      ackTimeoutMs: timing.ackTimeoutMs,
      attempts: timing.subscribeAttempts,
      backoff: timing.subscribeBackoff,
      maxInFlight: options.maxRequestsInFlight,
      priorityOf: (topic) => (topic === 'slots' ? Number.MAX_VALUE : this.#priorityOf(topic)),
      send: (request) => this.#session?.connection.send(request),
      onSubscribed: (topic, subscription) => this.#onSubscribed(topic, subscription),
      onFailed: (topic, error) => {
        log('stream.subscription-failed', { connection: this.name, topic, error });
        // Without slots and clock nothing can be dated: this connection is of no use.
        if (topic === 'slots') this.#session?.connection.drop('no-slots');
        else if (topic === CLOCK_SYSVAR) this.#session?.connection.drop('no-clock');
        else listener.onRefused(this, topic);
      },
    });
    this.#book.watch(CLOCK_SYSVAR);
    this.#synchronizer = createSynchronizer({
      rpc: options.rpc,
      commitment,
      sizeOf: options.sizeOf,
      clockProblem: (slot, account) => options.clockWitness.answerProblem(slot, account),
      heartbeat: () => this.heartbeat,
      random,
      backoff: timing.reconnectBackoff,
      host: this.host,
      maxSlotLag: options.maxSlotLag,
      book: this.#book,
      slots: this.slots,
      counters: this.counters,
      log,
      isLive: (mine) => this.#live && this.#session === mine,
      onSnapshot: () => {
        if (!this.#behind) this.#state = 'snapshot';
      },
      onFailure: (why) => {
        this.#reason = why;
      },
      onHttpSlot: (slot) => listener.onHttpSlot(slot),
      onDisagreement: (why) => listener.onFarSlot(this, why),
      onAccount: (address, slot, account) =>
        listener.onAccount(this, address, slot, account, clock.monotonicMicros(), true),
    });
  }

  get state(): ShardState {
    return this.#state;
  }

  /** Everything it carries was told, and it keeps up. */
  get isLive(): boolean {
    return this.#live;
  }

  /** Open and not behind: what it tells now is the chain's present. */
  get isCurrent(): boolean {
    return this.#session !== undefined && !this.#behind;
  }

  get isBehind(): boolean {
    return this.#behind;
  }

  /** Accounts that it carries, the clock not among them. */
  get load(): number {
    return this.#wanted.size;
  }

  get addresses(): Iterable<Address> {
    return this.#wanted;
  }

  start(): void {
    if (this.#state === 'idle') this.#connect();
  }

  watch(address: Address): void {
    this.#wanted.add(address);
    this.#book.watch(address);
  }

  unwatch(address: Address): void {
    this.#wanted.delete(address);
    this.#book.unwatch(address);
    this.#synchronizer.unfetched.delete(address);
  }

  /** Fetches accounts anew that may have been told wrongly. */
  refetch(addresses: Iterable<Address>): void {
    for (const address of addresses) this.#synchronizer.unfetched.add(address);
    if (this.#live && this.#session !== undefined) void this.#synchronizer.fetchAdditions(this.#session);
  }

  /** It tells old news: nothing that it carries may be relied on until `catchUp` and a snapshot. */
  fallBehind(reason: string): void {
    if (this.#session === undefined || this.#behind) return;
    this.#behind = true;
    this.counters.timesBehind++;
    if (this.#wasStable()) this.#session.attempts = 0;
    this.#state = 'behind';
    this.#setLost(reason);
  }

  catchUp(): void {
    if (!this.#behind) return;
    this.#behind = false;
    this.#resynchronize();
  }

  /** Something was told that it should not have, or was not told at all: what it carries must be fetched anew. */
  distrust(reason: string): void {
    if (this.#session === undefined || !this.#live) return;
    if (this.#wasStable()) this.#session.attempts = 0;
    this.#setLost(reason);
    this.#resynchronize();
  }

  /** Ends the connection; it comes back after its backoff, and is not live before it has told a slot. */
  dropForSlots(reason: string): void {
    this.#mustHear = true;
    this.#session?.connection.drop(reason);
  }

  /** Ends the connection; it comes back after its backoff. */
  drop(reason: string): void {
    this.#session?.connection.drop(reason);
  }

  /** Keeps it closed until `resume`. */
  suspend(reason: string): void {
    if (this.#state === 'stopped' || this.#state === 'suspended') return;
    const connection = this.#session?.connection;
    this.#stopping.abort();
    this.#endSession();
    this.#state = 'suspended';
    this.#setLost(reason);
    void connection?.close(STOP_GRACE_MS);
  }

  resume(): void {
    if (this.#state !== 'suspended') return;
    this.#stopping = new AbortController();
    this.failures = 0;
    this.#connect();
  }

  status(): ShardStatus {
    return {
      ...this.counters,
      name: this.name,
      endpoint: this.options.endpoint.name,
      provider: this.options.endpoint.provider,
      host: this.host,
      lane: this.lane,
      state: this.#state,
      reason: this.#reason,
      accounts: this.load,
      subscribed: this.#book.addresses('subscribed').filter((address) => address !== CLOCK_SYSVAR).length,
      pending: this.#book.pending,
      failed: this.#book.addresses('failed'),
      lastSlot: this.slots.lastSlot,
      heartbeat: this.heartbeat,
      lagMs: this.lagMs,
      slotLag: this.slots.lag,
      lastFrameAtMs: this.#lastFrameAtMs,
      liveSinceMs: this.#live ? this.#liveSinceMs : 0,
    };
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    const connection = this.#session?.connection;
    this.#stopping.abort();
    this.#endSession();
    this.#state = 'stopped';
    this.#setLost('stopped');
    await connection?.close(STOP_GRACE_MS);
  }

  #priorityOf(address: Address): number {
    return address === CLOCK_SYSVAR ? Number.MAX_SAFE_INTEGER : this.options.priorityOf(address);
  }

  #setLost(why: string): void {
    this.#reason = why;
    if (this.#live) this.options.log('stream.down', { connection: this.name, host: this.host, reason: why });
    this.#live = false;
    this.#listener.onLost(this, why);
  }

  #goLive(): void {
    this.#live = true;
    this.#mustHear = false;
    this.#state = 'live';
    this.#reason = 'snapshot';
    this.#liveSinceMs = this.options.clock.nowMs();
    this.#liveSinceMicros = this.options.clock.monotonicMicros();
    this.options.log('stream.live', { connection: this.name, host: this.host, accounts: this.load });
    this.#listener.onLive(this);
  }

  /** True when it has just been live for long enough to trust the node again. */
  #wasStable(): boolean {
    const { clock, timing } = this.options;
    return this.#live && clock.monotonicMicros() - this.#liveSinceMicros >= timing.stableMs * 1_000;
  }

  #onSubscribed(topic: Topic, subscription: number): void {
    if (topic === 'slots' || topic === CLOCK_SYSVAR) {
      const both = this.#book.isSubscribed('slots') && this.#book.isSubscribed(CLOCK_SYSVAR);
      if (both) this.heardSinceMicros = this.options.clock.monotonicMicros();
    }
    if (topic === 'slots') return;
    this.#synchronizer.unfetched.add(topic);
    if (this.#early.length > 0) {
      const mine = this.#early.filter((frame) => frame.subscription === subscription);
      this.#early = this.#early.filter((frame) => frame.subscription !== subscription);
      for (const { slot, account, atMicros } of mine) {
        this.counters.earlyFrames++;
        this.#onAccount(topic, slot, account, atMicros);
      }
    }
    if (this.#live && this.#session !== undefined) void this.#synchronizer.fetchAdditions(this.#session);
  }

  #onAccount(address: Address, slot: number, account: AccountBytes | null, atMicros: number): void {
    this.slots.account(slot);
    if (address === CLOCK_SYSVAR) {
      const problem = this.options.clockWitness.problem(slot, account);
      if (problem !== '') {
        this.#listener.onFarSlot(this, problem);
        return;
      }
      // The clock's own slot, not only the label on it: bytes that stand still are no heartbeat.
      const told = Math.min(slot, decodeChainClock(account)?.slot ?? -1);
      if (told > this.heartbeat) this.heartbeat = told;
      this.#listener.onHeartbeat(this, told, atMicros);
    }
    this.#listener.onAccount(this, address, slot, account, atMicros, false);
  }

  #onMessage(kind: FrameKind, message: StreamMessage, bytes: number): void {
    const atMicros = this.options.clock.monotonicMicros();
    const { counters } = this;
    counters.frames++;
    counters.bytes += bytes;
    this.#lastFrameAtMs = this.options.clock.nowMs();
    if (kind === 'account') {
      const topic = this.#book.topicOf(message.subscription);
      if (topic === undefined || topic === 'slots') this.#onUnknownSubscription(message, atMicros);
      else this.#onAccount(topic, message.slot, message.account, atMicros);
    } else if (kind === 'slot') {
      const { slot, parent } = message;
      const { highestSlot } = this.slots;
      this.slots.slot(slot, parent, atMicros);
      this.#listener.onSlot(this, slot, parent, highestSlot, atMicros);
    } else if (kind === 'reply') {
      this.#onReply(message);
    } else if (kind === 'other') {
      counters.otherFrames++;
      this.options.log('stream.other-frame', { connection: this.name, problem: message.problem });
    } else {
      counters.badFrames++;
      this.options.log('stream.bad-frame', { connection: this.name, problem: message.problem });
      // What it should have said is lost, so what is held can no longer be trusted.
      this.distrust('bad-frame');
    }
  }

  #onReply({ replyId, replyResult, replyErrorCode, replyError }: StreamMessage): void {
    const fate = this.#book.reply(replyId, replyResult, replyErrorCode, replyError);
    if (fate === 'clash') {
      this.drop('subscription-id-clash');
    } else if (fate === 'stray') {
      this.counters.otherFrames++;
      this.options.log('stream.stray-reply', { connection: this.name, id: replyId, error: replyError });
    }
  }

  /** A notification may overtake the acknowledgement of its subscription: it is held while one is awaited. */
  #onUnknownSubscription({ subscription, slot, account }: StreamMessage, atMicros: number): void {
    if (this.#book.pending === 0 || this.#early.length >= EARLY_FRAMES_MAX) {
      this.counters.strayFrames++;
      return;
    }
    this.#early.push({ subscription, atMicros, slot, account });
  }

  #connect(): void {
    this.#state = 'connecting';
    const { timing } = this.options;
    const connection = this.#transport.open({
      handshakeTimeoutMs: timing.handshakeTimeoutMs,
      silenceMs: timing.silenceMs,
      maxFrameBytes: this.options.maxFrameBytes,
      onOpen: () => {
        if (this.#session === opened) this.#onOpen(opened);
      },
      onMessage: (kind, message, bytes) => this.#onMessage(kind, message, bytes),
      onEnd: (why) => this.#onEnd(why),
    });
    const abort = new AbortController();
    const opened: StreamSession = {
      connection,
      abort,
      attempts: 0,
      synchronizing: false,
      again: false,
      mustHear: this.#mustHear,
    };
    this.#session = opened;
    this.#early = [];
    this.#synchronizer.unfetched.clear();
  }

  #onOpen(session: StreamSession): void {
    this.slots.reset(this.options.clock.monotonicMicros());
    this.#sweeper = setInterval(
      () => this.#sweep(),
      Math.min(SWEEP_MS, this.options.timing.ackTimeoutMs / 2),
    );
    this.#book.connected();
    void this.#synchronize(session);
  }

  #onEnd(why: string): void {
    if (this.#wasStable()) this.failures = 0;
    this.#endSession();
    this.#setLost(why);
    this.options.log('stream.disconnected', { connection: this.name, host: this.host, reason: why });
    void this.#reconnect();
  }

  #endSession(): void {
    this.#session?.abort.abort();
    this.#session = undefined;
    clearInterval(this.#sweeper);
    this.#book.disconnected();
    this.#early = [];
    this.#behind = false;
    this.heartbeat = -1;
    this.heardSinceMicros = Number.POSITIVE_INFINITY;
  }

  async #reconnect(): Promise<void> {
    this.#state = 'waiting';
    const { timing, random } = this.options;
    const waitMs = backoffMs(timing.reconnectBackoff, this.failures++, random);
    if (this.failures > 1) this.#listener.onUnreachable(this);
    if (!(await sleep(waitMs, this.#stopping.signal))) return;
    this.counters.reconnects++;
    this.#connect();
  }

  #sweep(): void {
    this.#book.sweep();
    if (this.#book.pending === 0 && this.#early.length > 0) {
      this.counters.strayFrames += this.#early.length;
      this.#early = [];
    }
    const { clock, timing, log } = this.options;
    if (this.slots.sweep(clock.monotonicMicros(), timing.slotStallMs)) {
      log('stream.slot-stall', { connection: this.name, lastSlot: this.slots.lastSlot, lag: this.slots.lag });
    }
  }

  #resynchronize(): void {
    const session = this.#session;
    if (session === undefined) return;
    if (session.synchronizing) session.again = true;
    else void this.#synchronize(session);
  }

  /** Brings a connection to `live`: at its start, and again after something was lost. */
  async #synchronize(session: StreamSession): Promise<void> {
    session.synchronizing = true;
    do {
      session.again = false;
      if (!this.#behind) this.#state = 'subscribing';
      if (!(await this.#synchronizer.run(session))) return;
    } while (session.again && !this.#behind);
    session.synchronizing = false;
    if (this.#behind) return;
    this.#goLive();
    void this.#synchronizer.fetchAdditions(session);
  }
}

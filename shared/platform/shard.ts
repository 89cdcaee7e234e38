import type { AccountBytes } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import { decodeChainClock } from '../market/chain-clock.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionPolicy,
  type ConnectionState,
  IDLE,
  nextConnectionState,
} from './connection-state.ts';
import { EarlyFrames } from './early-frames.ts';
import { endpointSentence } from './endpoint-sentence.ts';
import type { FrameKind } from './frame.ts';
import { PlanLimit } from './plan-limit.ts';
import type { ShardListener, ShardOptions, ShardState, ShardStatus } from './shard-contract.ts';
import { SlotWatch } from './slot-watch.ts';
import { createStreamCounters } from './stream-counters.ts';
import { secretsOf } from './stream-endpoint.ts';
import type { StreamEnd, StreamMessage, StreamTransport } from './stream-transport.ts';
import { SubscriptionBook, type Topic } from './subscription-book.ts';
import type { SubscriptionId } from './subscription-id.ts';
import type { RefusalKind } from './subscription-refusal.ts';
import { createSynchronizer, type StreamSession, type Synchronizer } from './synchronizer.ts';

const STOP_GRACE_MS = 500;
const SWEEP_MS = 100;

/**
 * One connection of the account stream, over all its reconnects: its share of the accounts, subscribed and fetched.
 * What it does next is `nextConnectionState`'s to say; this carries it out. It says what it hears and whether that can be
 * relied on; what follows for the market is the stream's to judge. Nothing is opened before `start`.
 */
export class Shard {
  readonly name: string;
  readonly host: string;
  readonly lane: number;
  readonly counters = createStreamCounters();
  readonly slots: SlotWatch;
  readonly plan = new PlanLimit();
  readonly options: ShardOptions;
  /** Newest slot whose clock this connection told; -1 before the first. */
  heartbeat = -1;
  /** When slots and clock were both subscribed on this connection; Infinity before that. */
  heardSinceMicros = Number.POSITIVE_INFINITY;
  /** Milliseconds that the last heartbeat came after it should have. */
  lagMs = 0;
  readonly #listener: ShardListener;
  readonly #policy: ConnectionPolicy;
  readonly #transport: StreamTransport;
  readonly #book: SubscriptionBook;
  readonly #synchronizer: Synchronizer;
  readonly #wanted = new Set<Address>();
  readonly #early = new EarlyFrames();
  #state: ConnectionState = IDLE;
  #session: StreamSession | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #opened = 0;
  #mustHear = false;
  #roomChanged = false;
  #refusal = '';
  #lastFrameAtMs = 0;
  #liveSinceMs = 0;

  constructor(options: ShardOptions, listener: ShardListener) {
    this.options = options;
    this.#listener = listener;
    this.name = options.name;
    this.lane = options.lane;
    this.#transport = options.transport;
    this.host = this.#transport.host;
    this.slots = new SlotWatch(this.counters);
    const { clock, random, commitment, encoding, timing } = options;
    this.#policy = {
      handshakeMs: timing.handshakeTimeoutMs + SWEEP_MS,
      stuckMs: timing.stuckMs,
      behindMs: timing.behindMs,
      stableMs: timing.stableMs,
      steadyMs: timing.steadyMs,
      unreachable: timing.reconnectBackoff,
      refused: timing.refusedBackoff,
      fault: timing.faultBackoff,
    };
    this.#book = new SubscriptionBook({
      clock,
      random,
      commitment,
      encoding,
      ackTimeoutMs: timing.ackTimeoutMs,
      attempts: timing.subscribeAttempts,
      backoff: timing.subscribeBackoff,
      retry: timing.refusedBackoff,
      maxInFlight: options.maxRequestsInFlight,
      priorityOf: (topic) => (topic === 'slots' ? Number.MAX_VALUE : this.#priorityOf(topic)),
      send: (request) => this.#session?.connection.send(request),
      onSubscribed: (topic, subscription) => this.#onSubscribed(topic, subscription),
      onRefused: (topic, kind, error) => this.#onRefused(topic, kind, error),
    });
    this.#book.watch(CLOCK_SYSVAR);
    this.#synchronizer = createSynchronizer({
      rpc: options.rpc,
      commitment,
      sizeOf: options.sizeOf,
      clockProblem: (slot, account) =>
        options.clockWitness.hearAnswer(slot, account, clock.monotonicMicros()),
      heartbeat: () => this.heartbeat,
      random,
      backoff: timing.reconnectBackoff,
      host: this.host,
      maxSlotLag: options.maxSlotLag,
      book: this.#book,
      slots: this.slots,
      counters: this.counters,
      log: options.log,
      isLive: (mine) => this.isLive && this.#session === mine,
      onSnapshot: () => this.#step({ kind: 'fetching' }),
      onProgress: () => this.#step({ kind: 'progress' }),
      onFailure: (reason) => this.#step({ kind: 'fetch-failed', reason }),
      onHttpSlot: (slot) => listener.onHttpSlot(slot),
      onDisagreement: (why) => this.dropForSlots(why),
      onAccount: (address, slot, account) =>
        listener.onAccount(this, address, slot, account, clock.monotonicMicros(), true),
    });
  }

  get state(): ShardState {
    return this.#state.phase;
  }

  /** Everything it carries was told, and it keeps up. */
  get isLive(): boolean {
    return this.#state.phase === 'live';
  }

  get isBehind(): boolean {
    return this.#state.phase === 'behind';
  }

  /** Open and not behind: what it tells now is the chain's present. */
  get isCurrent(): boolean {
    const { phase } = this.#state;
    return phase === 'live' || phase === 'snapshot' || phase === 'subscribing';
  }

  /** It has failed to connect, or to tell the news, more than now and then: what belongs elsewhere goes elsewhere. */
  get isFailing(): boolean {
    const { phase, failures, faults } = this.#state;
    if (phase === 'suspended' || phase === 'stopped') return true;
    return phase !== 'live' && (failures >= 2 || faults >= 3);
  }

  /** Accounts that it carries, the clock not among them. */
  get load(): number {
    return this.#wanted.size;
  }

  get addresses(): Iterable<Address> {
    return this.#wanted;
  }

  start(): void {
    this.#step({ kind: 'start' });
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

  /** The node does not let it follow this account for now. */
  isRefused(address: Address): boolean {
    return this.#book.isRefused(address);
  }

  /** Fetches accounts anew that may have been told wrongly. */
  refetch(addresses: Iterable<Address>): void {
    for (const address of addresses) this.#synchronizer.unfetched.add(address);
    if (this.isLive && this.#session !== undefined) void this.#synchronizer.fetchAdditions(this.#session);
  }

  /** It tells old news, or what is in question: nothing that it carries may be relied on until `catchUp`. */
  fallBehind(reason: string): void {
    if (this.isCurrent) this.counters.timesBehind++;
    this.#step({ kind: 'behind', reason });
  }

  catchUp(): void {
    this.#step({ kind: 'caught-up' });
  }

  /** Something was told that it should not have, or was not told at all: what it carries must be fetched anew. */
  distrust(reason: string): void {
    this.#step({ kind: 'doubted', reason });
  }

  /** A change was not told: once is fetched anew, more often is the connection's own fault. */
  miss(reason: string): void {
    this.#step({ kind: 'missed', reason });
  }

  /** Ends the connection; it comes back after its backoff, and is not live before it has told a slot. */
  dropForSlots(reason: string): void {
    this.#mustHear = true;
    this.drop(reason);
  }

  /** Ends the connection; it comes back after its backoff. */
  drop(reason: string): void {
    this.#step({ kind: 'drop', reason });
  }

  /** Keeps it closed until `resume`, or for so long. */
  suspend(reason: string, forMs: number): void {
    this.#step({ kind: 'suspend', reason, untilMs: this.#nowMs() + forMs });
  }

  resume(): void {
    this.#step({ kind: 'resume' });
  }

  status(): ShardStatus {
    const { phase, reason, dueMs } = this.#state;
    const { clock } = this.options;
    return {
      ...this.counters,
      name: this.name,
      endpoint: this.options.endpoint.name,
      provider: this.options.endpoint.provider,
      host: this.host,
      lane: this.lane,
      state: phase,
      reason,
      accounts: this.load,
      subscribed: this.#book.addresses('subscribed').filter((address) => address !== CLOCK_SYSVAR).length,
      pending: this.#book.pending,
      failed: this.#book.addresses('refused'),
      planLimit: this.plan.most,
      refusal: this.plan.said === '' ? this.#refusal : this.plan.said,
      opensAtMs: phase === 'waiting' ? clock.nowMs() + Math.max(0, dueMs - this.#nowMs()) : 0,
      lastSlot: this.slots.lastSlot,
      heartbeat: this.heartbeat,
      lagMs: this.lagMs,
      slotLag: this.slots.lag,
      lastFrameAtMs: this.#lastFrameAtMs,
      liveSinceMs: this.isLive ? this.#liveSinceMs : 0,
    };
  }

  async stop(): Promise<void> {
    if (this.#state.phase === 'stopped') return;
    const connection = this.#session?.connection;
    this.#endSession();
    this.#step({ kind: 'stop' });
    await connection?.close(STOP_GRACE_MS);
  }

  #nowMs(): number {
    return this.options.clock.monotonicMicros() / 1_000;
  }

  #priorityOf(address: Address): number {
    return address === CLOCK_SYSVAR ? Number.MAX_SAFE_INTEGER : this.options.priorityOf(address);
  }

  #step(event: ConnectionEvent): void {
    const nowMs = this.#nowMs();
    const before = this.#state;
    const { state, effects } = nextConnectionState(before, event, nowMs, this.#policy, this.options.random);
    if (state === before) return;
    this.#state = state;
    // Later ends are looked for when the timer of the earlier one fires.
    if (state.dueMs < before.dueMs || state.phase !== before.phase) this.#arm();
    for (const effect of effects) this.#carryOut(effect, before.phase, state.reason);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#state.dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        const due = this.#state.dueMs;
        this.#step({ kind: 'tick' });
        if (this.#state.dueMs >= due && this.#state.phase !== 'stopped') this.#arm();
      },
      Math.max(1, Math.ceil(this.#state.dueMs - this.#nowMs())),
    );
  }

  #carryOut(effect: ConnectionEffect, before: ShardState, reason: string): void {
    const { log } = this.options;
    switch (effect) {
      case 'open':
        this.#open();
        break;
      case 'close':
        this.#close(reason);
        break;
      case 'lose':
        if (before === 'live') log('stream.down', { connection: this.name, host: this.host, reason });
        this.#listener.onLost(this, reason);
        break;
      case 'synchronize':
        this.#resynchronize();
        break;
      case 'live':
        this.#mustHear = false;
        this.#liveSinceMs = this.options.clock.nowMs();
        log('stream.live', { connection: this.name, host: this.host, accounts: this.load });
        this.#listener.onLive(this);
        break;
      case 'move':
        this.#listener.onFailing(this);
        break;
    }
  }

  #open(): void {
    if (this.#opened++ > 0) this.counters.reconnects++;
    const { timing } = this.options;
    const connection = this.#transport.open({
      handshakeTimeoutMs: timing.handshakeTimeoutMs,
      silenceMs: timing.silenceMs,
      maxFrameBytes: this.options.maxFrameBytes,
      onOpen: () => {
        if (this.#session === opened) this.#onOpen();
      },
      onMessage: (kind, message, bytes) => {
        if (this.#session === opened) this.#onMessage(kind, message, bytes);
      },
      onEnd: (end) => {
        if (this.#session === opened) this.#onEnd(end);
      },
    });
    const opened: StreamSession = {
      connection,
      abort: new AbortController(),
      attempts: 0,
      synchronizing: false,
      again: false,
      mustHear: this.#mustHear,
      disagreements: 0,
    };
    this.#session = opened;
    this.#early.clear();
    this.#synchronizer.unfetched.clear();
  }

  #onOpen(): void {
    this.slots.reset(this.options.clock.monotonicMicros());
    const everyMs = Math.min(SWEEP_MS, this.options.timing.ackTimeoutMs / 2);
    this.#sweeper = setInterval(() => this.#sweep(), everyMs);
    this.#book.connected();
    this.#step({ kind: 'opened' });
  }

  #onEnd(end: StreamEnd): void {
    this.#learnFromEnd(end);
    this.#endSession();
    this.options.log('stream.disconnected', { connection: this.name, host: this.host, reason: end.reason });
    this.#step({ kind: 'ended', end });
  }

  /** A provider that ends a connection while it is being asked: it was asked for too much, or too quickly. */
  #learnFromEnd({ refused, reason }: StreamEnd): void {
    const { subscribed, pending } = this.#book;
    if (!refused || pending === 0) return;
    if (subscribed > 0 && this.plan.closed(subscribed, reason, this.#nowMs())) this.#listener.onRoom(this);
    else this.#book.slowDown();
  }

  #close(reason: string): void {
    const connection = this.#session?.connection;
    if (connection === undefined) return;
    this.#endSession();
    connection.drop(reason);
    this.options.log('stream.disconnected', { connection: this.name, host: this.host, reason });
  }

  #endSession(): void {
    this.#session?.abort.abort();
    this.#session = undefined;
    clearInterval(this.#sweeper);
    this.#book.disconnected();
    this.#early.clear();
    this.heartbeat = -1;
    this.heardSinceMicros = Number.POSITIVE_INFINITY;
  }

  #resynchronize(): void {
    const session = this.#session;
    if (session === undefined) return;
    // Whoever was live until now is not backed off from as one that fails again and again.
    if (this.#state.failures === 0 && this.#state.faults <= 1) session.attempts = 0;
    if (session.synchronizing) session.again = true;
    else void this.#synchronize(session);
  }

  /** Brings a connection to `live`: at its start, and again after something was lost. */
  async #synchronize(session: StreamSession): Promise<void> {
    session.synchronizing = true;
    do {
      session.again = false;
      if (!(await this.#synchronizer.run(session))) return;
    } while (session.again && !this.isBehind);
    session.synchronizing = false;
    this.#step({ kind: 'whole' });
    void this.#synchronizer.fetchAdditions(session);
  }

  #onSubscribed(topic: Topic, subscription: SubscriptionId): void {
    this.#step({ kind: 'progress' });
    this.plan.letIn(this.#book.subscribed);
    if (topic === 'slots' || topic === CLOCK_SYSVAR) {
      const both = this.#book.isSubscribed('slots') && this.#book.isSubscribed(CLOCK_SYSVAR);
      if (both) this.heardSinceMicros = this.options.clock.monotonicMicros();
    }
    if (topic === 'slots') return;
    this.#synchronizer.unfetched.add(topic);
    for (const { slot, account, atMicros } of this.#early.take(subscription)) {
      this.counters.earlyFrames++;
      this.#onAccount(topic, slot, account, atMicros);
    }
    if (this.isLive && this.#session !== undefined) void this.#synchronizer.fetchAdditions(this.#session);
  }

  #onRefused(topic: Topic, kind: RefusalKind, error: string): void {
    const said = endpointSentence(error, secretsOf(this.options.endpoint));
    this.#refusal = said;
    this.counters.refusals++;
    this.options.log('stream.subscription-refused', { connection: this.name, topic, error: said });
    // Without slots and clock nothing can be dated: this connection is of no use.
    if (topic === 'slots' || topic === CLOCK_SYSVAR) {
      const what = topic === 'slots' ? 'slots' : 'clock';
      if (kind === 'plan')
        this.plan.refused(this.#book.subscribed + this.#book.unanswered, said, this.#nowMs());
      this.#step({ kind: 'drop', reason: `no ${what}: ${said}`, refused: kind !== 'other' });
    } else {
      if (kind === 'plan') {
        this.plan.refused(this.#book.subscribed + this.#book.unanswered, said, this.#nowMs());
        this.#roomChanged = true;
      }
      this.#listener.onRefused(this, topic);
    }
  }

  #onAccount(address: Address, slot: number, account: AccountBytes | null, atMicros: number): void {
    this.slots.account(slot);
    if (address === CLOCK_SYSVAR && !this.#onClock(slot, account, atMicros)) return;
    this.#listener.onAccount(this, address, slot, account, atMicros, false);
  }

  /** False where it cannot be believed, or not yet. */
  #onClock(slot: number, account: AccountBytes | null, atMicros: number): boolean {
    const { clockWitness, endpoint } = this.options;
    const { kind, why } = clockWitness.hear(endpoint.name, slot, account, atMicros);
    if (kind === 'impossible') {
      this.#listener.onImpossible(this, why);
      return false;
    }
    if (kind === 'odd') {
      this.#listener.onOddClock(this, why);
      return false;
    }
    // The clock's own slot, not only the label on it: bytes that stand still are no heartbeat.
    const told = Math.min(slot, decodeChainClock(account)?.slot ?? -1);
    if (told > this.heartbeat) this.heartbeat = told;
    this.#listener.onHeartbeat(this, told, atMicros);
    return true;
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
      const error = endpointSentence(replyError, secretsOf(this.options.endpoint));
      this.options.log('stream.stray-reply', { connection: this.name, id: replyId, error });
    }
  }

  /** A notification may overtake the acknowledgement of its subscription: it is held while one is awaited. */
  #onUnknownSubscription({ subscription, slot, account }: StreamMessage, atMicros: number): void {
    const held = this.#book.pending > 0 && this.#early.hold({ subscription, atMicros, slot, account });
    if (!held) this.counters.strayFrames++;
  }

  #sweep(): void {
    this.#book.sweep();
    if (this.#book.pending === 0) this.counters.strayFrames += this.#early.clear();
    const { clock, timing, log } = this.options;
    if (this.slots.sweep(clock.monotonicMicros(), timing.slotStallMs)) {
      log('stream.slot-stall', { connection: this.name, lastSlot: this.slots.lastSlot, lag: this.slots.lag });
    }
    if (this.#roomChanged || this.plan.isDue(this.#nowMs())) {
      this.#roomChanged = false;
      this.#listener.onRoom(this);
    }
  }
}

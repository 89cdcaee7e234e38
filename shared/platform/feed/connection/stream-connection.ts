import { type Address, CLOCK_SYSVAR } from '../../../core/address.ts';
import { ConnectionShare } from '../connection-share.ts';
import type { StreamCounters } from '../stream-counters.ts';
import type { SubscriptionId } from '../wire/subscription-id.ts';
import { ConnectionCourse, connectionPolicyOf } from './connection-course.ts';
import { ConnectionSession } from './connection-session.ts';
import type { ConnectionEffect, ConnectionEvent } from './connection-state.ts';
import { FrameIntake } from './frame-intake.ts';
import type { PlanLimit } from './plan-limit.ts';
import type { SlotWatch } from './slot-watch.ts';
import type {
  StreamConnectionListener,
  StreamConnectionOptions,
  StreamConnectionState,
  StreamConnectionStatus,
} from './stream-connection-contract.ts';
import type { Topic } from './subscription-entries.ts';

/** What the transport's own end of a handshake may come late by. */
const HANDSHAKE_SLACK_MS = 100;

/**
 * One connection of the account stream, over all its reconnects: its share of the accounts, subscribed and fetched.
 * What it does next is `nextConnectionState`'s to say; this carries it out. It says what it hears and whether that can be
 * relied on; what follows for the market is the stream's to judge. Nothing is opened before `start`.
 */
export class StreamConnection {
  readonly name: string;
  readonly host: string;
  readonly lane: number;
  readonly counters: StreamCounters;
  readonly slots: SlotWatch;
  readonly plan: PlanLimit;
  readonly options: StreamConnectionOptions;
  /** Milliseconds that the last heartbeat came after it should have. */
  lagMs = 0;
  readonly #listener: StreamConnectionListener;
  readonly #course: ConnectionCourse;
  readonly #share: ConnectionShare;
  readonly #intake: FrameIntake;
  readonly #session: ConnectionSession;
  #liveSinceMs = 0;
  #reliedFrom = Number.POSITIVE_INFINITY;

  constructor(options: StreamConnectionOptions, listener: StreamConnectionListener) {
    this.options = options;
    this.#listener = listener;
    this.name = options.name;
    this.lane = options.lane;
    this.host = options.transport.host;
    const { clock, random, timing } = options;
    this.#course = new ConnectionCourse({
      clock,
      random,
      policy: connectionPolicyOf(timing, HANDSHAKE_SLACK_MS),
      onEffect: (effect, before, reason) => this.#carryOut(effect, before, reason),
    });
    this.#share = new ConnectionShare({
      connection: this,
      listener,
      send: (request) => this.#session.send(request),
      onSubscribed: (topic, subscription) => this.#onSubscribed(topic, subscription),
      onUseless: (reason, refused) => this.#step({ kind: 'drop', reason, refused }),
    });
    this.plan = this.#share.plan;
    this.#intake = new FrameIntake(this, this.#share.book, listener);
    this.counters = this.#intake.counters;
    this.slots = this.#intake.slots;
    const course = this.#course;
    this.#session = new ConnectionSession({
      owner: this,
      listener,
      course,
      share: this.#share,
      intake: this.#intake,
      onFetched: (address, slot, account) => {
        if (slot < this.#reliedFrom) this.#reliedFrom = slot;
        listener.onAccount(this, address, slot, account, clock.monotonicMicros(), true);
      },
    });
  }

  get state(): StreamConnectionState {
    return this.#course.phase;
  }

  /** Everything it carries was told, and it keeps up. */
  get isLive(): boolean {
    return this.#course.phase === 'live';
  }

  /** Open, not behind, and something that it carries was fetched: also while the rest still is. */
  get isReliedOn(): boolean {
    return this.reliedFrom >= 0 && this.#course.isCurrent;
  }

  /** The earliest slot as of which something of that was fetched; -1 where nothing was. */
  get reliedFrom(): number {
    return this.#reliedFrom === Number.POSITIVE_INFINITY ? -1 : this.#reliedFrom;
  }

  get isBehind(): boolean {
    return this.#course.phase === 'behind';
  }

  /** Open, behind or not. */
  get isOpen(): boolean {
    return this.isCurrent || this.isBehind;
  }

  /** Open and not behind: what it tells now is the chain's present. */
  get isCurrent(): boolean {
    return this.#course.isCurrent;
  }

  /** It has failed to connect, or to tell the news, more than now and then: what belongs elsewhere goes elsewhere. */
  get isFailing(): boolean {
    return this.#course.isFailing;
  }

  /** Newest slot whose clock this connection told; -1 before the first. */
  get heartbeat(): number {
    return this.#intake.heartbeat;
  }

  /** When slots and clock were both subscribed on this connection; Infinity before that. */
  get heardSinceMicros(): number {
    return this.#intake.heardSinceMicros;
  }

  /** Accounts that it carries, the clock not among them. */
  get load(): number {
    return this.#share.wanted.size;
  }

  get addresses(): Iterable<Address> {
    return this.#share.wanted;
  }

  start(): void {
    this.#step({ kind: 'start' });
  }

  watch(address: Address): void {
    this.#share.watch(address);
  }

  unwatch(address: Address): void {
    this.#share.unwatch(address);
    this.#session.unwant(address);
  }

  /** The node does not let it follow this account for now. */
  isRefused(address: Address): boolean {
    return this.#share.book.isRefused(address);
  }

  /** Fetches accounts anew that may have been told wrongly. */
  refetch(addresses: Iterable<Address>): void {
    this.#session.fetch(addresses);
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

  /** This process stood still: what it carries must be fetched anew, by no fault of the connection. */
  stall(reason: string): void {
    this.#step({ kind: 'stalled', reason });
  }

  /** A change was not told: once is fetched anew, more often is the connection's own fault. */
  miss(reason: string): void {
    this.#step({ kind: 'missed', reason });
  }

  /** Ends the connection; it comes back after its backoff, and is not live before it has told a slot. */
  dropForSlots(reason: string): void {
    this.#session.mustHear = true;
    this.drop(reason);
  }

  /** Ends the connection; it comes back after its backoff. */
  drop(reason: string): void {
    this.#step({ kind: 'drop', reason });
  }

  /** Keeps it closed until `resume`, or for so long. */
  suspend(reason: string, forMs: number): void {
    this.#step({ kind: 'suspend', reason, untilMs: this.#course.nowMs() + forMs });
  }

  resume(): void {
    this.#step({ kind: 'resume' });
  }

  status(): StreamConnectionStatus {
    const { options, slots } = this;
    const { book, plan, refusal } = this.#share;
    const { phase, reason, waitsForMs } = this.#course;
    return {
      ...this.counters,
      name: this.name,
      endpoint: options.endpoint.name,
      provider: options.endpoint.provider,
      host: this.host,
      lane: this.lane,
      state: phase,
      reason,
      accounts: this.load,
      subscribed: book.addresses('subscribed').filter((address) => address !== CLOCK_SYSVAR).length,
      pending: book.pending,
      failed: book.addresses('refused'),
      planLimit: plan.most,
      refusal,
      opensAtMs: waitsForMs === undefined ? 0 : options.clock.nowMs() + waitsForMs,
      lastSlot: slots.lastSlot,
      heartbeat: this.heartbeat,
      lagMs: this.lagMs,
      slotLag: slots.lag,
      lastFrameAtMs: this.#intake.lastFrameAtMs,
      liveSinceMs: this.isLive ? this.#liveSinceMs : 0,
    };
  }

  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    await this.#session.stop(() => this.#step({ kind: 'stop' }));
  }

  #step(event: ConnectionEvent): void {
    this.#course.step(event);
  }

  #carryOut(effect: ConnectionEffect, before: StreamConnectionState, reason: string): void {
    const { log, clock } = this.options;
    const { name: connection, host } = this;
    switch (effect) {
      case 'open':
        this.#session.open();
        break;
      case 'close':
        this.#session.close(reason);
        break;
      case 'lose':
        this.#reliedFrom = Number.POSITIVE_INFINITY;
        if (before === 'live') log('stream.down', { connection, host, reason });
        this.#listener.onLost(this, reason);
        break;
      case 'synchronize':
        this.#session.synchronize();
        break;
      case 'live':
        this.#session.mustHear = false;
        this.#liveSinceMs = clock.nowMs();
        log('stream.live', { connection, host, accounts: this.load });
        this.#listener.onLive(this);
        break;
      case 'move':
        this.#listener.onFailing(this);
        break;
    }
  }

  #onSubscribed(topic: Topic, subscription: SubscriptionId): void {
    this.#step({ kind: 'progress' });
    this.plan.letIn(this.#share.book.subscribed);
    this.#intake.onSubscribed(topic, subscription);
    if (topic !== 'slots') this.#session.fetch([topic]);
  }
}

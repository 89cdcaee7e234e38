import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { BackoffPolicy } from './backoff.ts';
import { backoffMs } from './backoff.ts';
import type { AccountEncoding, Commitment } from './rpc-client.ts';
import type { StreamRequest } from './stream-transport.ts';

/** What is subscribed to: an account, or the slots. */
export type Topic = Address | 'slots';

interface Entry {
  readonly topic: Topic;
  phase: 'queued' | 'requested' | 'waiting' | 'subscribed' | 'failed';
  /** False once it is unwatched while its request is still out. */
  wanted: boolean;
  attempts: number;
  /** When a request is given up, or a waiting one is sent again (monotonic milliseconds). */
  dueMs: number;
  /** The latest request; an error reply to an earlier one says nothing any more. */
  requestId: number;
  /** Ids on this connection: one, or more where the node answered a request that we had given up. */
  subscriptions: number[];
}

export interface SubscriptionBookOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly commitment: Commitment;
  readonly encoding: AccountEncoding;
  readonly ackTimeoutMs: number;
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** Requests that may await their acknowledgement at one time. */
  readonly maxInFlight: number;
  readonly send: (request: StreamRequest) => void;
  readonly onSubscribed: (topic: Topic, subscription: number) => void;
  readonly onFailed: (topic: Topic, error: string) => void;
  /** On a new connection the larger comes first. Without it everything is asked for in the order it was wanted. */
  readonly priorityOf?: (topic: Topic) => number;
}

/**
 * What is to be subscribed, what the node has acknowledged, and under which subscription id. It sends requests
 * through `send` and hears their fate through `reply` and `sweep`; it knows nothing of sockets.
 *
 * A node gives equal subscriptions of one connection one id, so a second id of one topic is kept beside the first:
 * ending it could end both.
 */
export class SubscriptionBook {
  readonly #options: SubscriptionBookOptions;
  readonly #entries = new Map<Topic, Entry>();
  readonly #requests = new Map<number, Topic>();
  readonly #unsubscribes = new Set<number>();
  readonly #byId = new Map<number, Topic>();
  /** Entries by phase, so that counting never walks them all. */
  readonly #queue = new Set<Entry>();
  readonly #open = new Set<Entry>();
  #connected = false;
  #lastRequestId = 0;

  constructor(options: SubscriptionBookOptions) {
    this.#options = options;
    this.#add('slots');
  }

  /** Wants the topic from now on; does nothing when it is wanted already and has not failed. */
  watch(topic: Address): void {
    const entry = this.#entries.get(topic);
    if (entry === undefined) this.#add(topic);
    else if (entry.phase === 'failed') this.#enqueue(entry, 0);
    else entry.wanted = true;
    this.#pump();
  }

  unwatch(topic: Address): void {
    const entry = this.#entries.get(topic);
    if (entry === undefined) return;
    if (entry.phase === 'requested' && this.#connected) {
      entry.wanted = false;
      return;
    }
    for (const subscription of entry.subscriptions) this.#unsubscribe(topic, subscription);
    this.#forget(entry);
    this.#pump();
  }

  isWatched(topic: Topic): boolean {
    return this.#entries.get(topic)?.wanted === true;
  }

  isSubscribed(topic: Topic): boolean {
    return this.#entries.get(topic)?.phase === 'subscribed';
  }

  /** The address whose notifications carry this id on this connection. */
  topicOf(subscription: number): Topic | undefined {
    return this.#byId.get(subscription);
  }

  /** A fresh connection: everything is asked for anew. */
  connected(): void {
    this.disconnected();
    this.#connected = true;
    this.#sort();
    for (const entry of this.#entries.values()) this.#enqueue(entry, 0);
    this.#pump();
  }

  /** The ids of the last connection mean nothing any more. */
  disconnected(): void {
    this.#connected = false;
    this.#requests.clear();
    this.#unsubscribes.clear();
    this.#byId.clear();
    this.#queue.clear();
    this.#open.clear();
    for (const entry of this.#entries.values()) {
      if (!entry.wanted) this.#entries.delete(entry.topic);
      entry.phase = 'queued';
      entry.subscriptions = [];
    }
  }

  /**
   * A reply to request `id`. `stray`: no request awaits it. `clash`: the node gave one id to two topics, so its
   * notifications cannot be told apart.
   */
  reply(id: number, result: unknown, errorCode: number, error: string): 'taken' | 'stray' | 'clash' {
    if (this.#unsubscribes.delete(id)) return 'taken';
    const topic = this.#requests.get(id);
    if (topic === undefined) return 'stray';
    this.#requests.delete(id);
    const entry = this.#entries.get(topic);
    if (error !== '' || typeof result !== 'number' || !Number.isSafeInteger(result) || result < 0) {
      const why = error === '' ? 'the reply is no subscription id' : `${errorCode} ${error}`;
      if (entry?.requestId === id) this.#retry(entry, why);
      return 'taken';
    }
    const owner = this.#byId.get(result);
    if (owner === topic) return 'taken';
    if (owner !== undefined) return 'clash';
    if (entry === undefined || !entry.wanted) {
      this.#unsubscribe(topic, result);
      if (entry !== undefined) this.#forget(entry);
    } else {
      entry.phase = 'subscribed';
      entry.subscriptions.push(result);
      this.#queue.delete(entry);
      this.#open.delete(entry);
      this.#byId.set(result, topic);
      this.#options.onSubscribed(topic, result);
    }
    this.#pump();
    return 'taken';
  }

  /** Gives up on requests without an answer and sends again those that have waited. To be called often. */
  sweep(): void {
    const now = this.#nowMs();
    for (const entry of [...this.#open]) {
      if (now < entry.dueMs) continue;
      if (entry.phase === 'requested') this.#retry(entry, 'no acknowledgement');
      else this.#enqueue(entry, entry.attempts);
    }
    this.#pump();
  }

  /** Wanted and neither subscribed nor failed. */
  get pending(): number {
    return this.#queue.size + this.#open.size;
  }

  addresses(phase: 'subscribed' | 'failed'): Address[] {
    const found: Address[] = [];
    for (const { topic, phase: now } of this.#entries.values())
      if (now === phase && topic !== 'slots') found.push(topic);
    return found;
  }

  /** The order of the entries is the order of everything: requests, and the snapshot after them. */
  #sort(): void {
    const { priorityOf } = this.#options;
    if (priorityOf === undefined) return;
    const sorted = [...this.#entries.values()]
      .map((entry) => ({ entry, priority: priorityOf(entry.topic) }))
      .sort((a, b) => b.priority - a.priority);
    this.#entries.clear();
    for (const { entry } of sorted) this.#entries.set(entry.topic, entry);
  }

  #add(topic: Topic): void {
    const entry: Entry = {
      topic,
      phase: 'queued',
      wanted: true,
      attempts: 0,
      dueMs: 0,
      requestId: 0,
      subscriptions: [],
    };
    this.#entries.set(topic, entry);
    if (this.#connected) this.#queue.add(entry);
  }

  #enqueue(entry: Entry, attempts: number): void {
    entry.phase = 'queued';
    entry.attempts = attempts;
    this.#open.delete(entry);
    this.#queue.add(entry);
  }

  #pump(): void {
    if (!this.#connected) return;
    for (const entry of this.#queue) {
      if (this.#open.size >= this.#options.maxInFlight) return;
      this.#queue.delete(entry);
      this.#request(entry);
    }
  }

  #request(entry: Entry): void {
    const { commitment, encoding, ackTimeoutMs } = this.#options;
    const id = ++this.#lastRequestId;
    entry.phase = 'requested';
    entry.requestId = id;
    entry.dueMs = this.#nowMs() + ackTimeoutMs;
    this.#requests.set(id, entry.topic);
    this.#open.add(entry);
    if (entry.topic === 'slots') this.#send(id, 'slotSubscribe', []);
    else this.#send(id, 'accountSubscribe', [entry.topic, { encoding, commitment }]);
  }

  #retry(entry: Entry, error: string): void {
    if (entry.phase === 'subscribed') return;
    if (!entry.wanted) {
      this.#forget(entry);
      return;
    }
    entry.attempts++;
    this.#queue.delete(entry);
    this.#open.delete(entry);
    if (entry.attempts >= this.#options.attempts) {
      entry.phase = 'failed';
      this.#options.onFailed(entry.topic, error);
      return;
    }
    entry.phase = 'waiting';
    entry.dueMs = this.#nowMs() + backoffMs(this.#options.backoff, entry.attempts - 1, this.#options.random);
    this.#open.add(entry);
  }

  #unsubscribe(topic: Topic, subscription: number): void {
    this.#byId.delete(subscription);
    const id = ++this.#lastRequestId;
    this.#unsubscribes.add(id);
    this.#send(id, topic === 'slots' ? 'slotUnsubscribe' : 'accountUnsubscribe', [subscription]);
  }

  #forget(entry: Entry): void {
    this.#queue.delete(entry);
    this.#open.delete(entry);
    this.#entries.delete(entry.topic);
  }

  #send(id: number, method: StreamRequest['method'], params: readonly unknown[]): void {
    this.#options.send({ id, method, params });
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMicros() / 1_000;
  }
}

import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { BackoffPolicy } from './backoff.ts';
import { backoffMs } from './backoff.ts';
import { RequestWindow } from './request-window.ts';
import type { AccountEncoding, Commitment } from './rpc-client.ts';
import type { StreamRequest } from './stream-transport.ts';
import { type SubscriptionId, subscriptionId } from './subscription-id.ts';
import { type RefusalKind, subscriptionRefusal } from './subscription-refusal.ts';

/** What is subscribed to: an account, or the slots. */
export type Topic = Address | 'slots';

interface Entry {
  readonly topic: Topic;
  /** `refused`: left alone until its turn to be tried again; the connection goes on without it. */
  phase: 'queued' | 'requested' | 'waiting' | 'subscribed' | 'refused';
  /** False once it is unwatched while its request is still out. */
  wanted: boolean;
  attempts: number;
  /** When a request is given up, or a waiting one is sent again (monotonic milliseconds). */
  dueMs: number;
  /** The latest request; an error reply to an earlier one says nothing any more. */
  requestId: number;
  /** Ids on this connection: one, or more where the node answered a request that we had given up. */
  subscriptions: SubscriptionId[];
  /** True while it has been refused since it was last let in: that it is let in says something new. */
  wasRefused: boolean;
}

export interface SubscriptionBookOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly commitment: Commitment;
  readonly encoding: AccountEncoding;
  readonly ackTimeoutMs: number;
  /** Requests for one subscription before the connection goes on without it. It is tried again all the same. */
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** Between two tries of what was refused. */
  readonly retry: BackoffPolicy;
  /** Requests that may await their acknowledgement at one time. */
  readonly maxInFlight: number;
  readonly send: (request: StreamRequest) => void;
  readonly onSubscribed: (topic: Topic, subscription: SubscriptionId) => void;
  /** Refused so often, or for such a reason, that the connection goes on without it for now. */
  readonly onRefused: (topic: Topic, kind: RefusalKind, error: string) => void;
  /** On a new connection the larger comes first. Without it everything is asked for in the order it was wanted. */
  readonly priorityOf?: (topic: Topic) => number;
}

/**
 * What is to be subscribed, what the node has acknowledged, and under which subscription id. It sends requests
 * through `send` and hears their fate through `reply` and `sweep`; it knows nothing of sockets.
 *
 * Nothing wanted is given up. A refusal for the rate slows all requests down (`RequestWindow`); what is refused for
 * good is tried again one at a time, and the first that is let in brings all the others with it.
 *
 * A node gives equal subscriptions of one connection one id, so a second id of one topic is kept beside the first:
 * ending it could end both.
 */
export class SubscriptionBook {
  readonly #options: SubscriptionBookOptions;
  readonly #entries = new Map<Topic, Entry>();
  readonly #requests = new Map<number, Topic>();
  readonly #unsubscribes = new Set<number>();
  readonly #byId = new Map<SubscriptionId, Topic>();
  /** Entries by phase, so that counting never walks them all. */
  readonly #queue = new Set<Entry>();
  readonly #open = new Set<Entry>();
  readonly #refused = new Set<Entry>();
  readonly #window: RequestWindow;
  #connected = false;
  #lastRequestId = 0;
  #subscribed = 0;
  #retries = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SubscriptionBookOptions) {
    this.#options = options;
    this.#window = new RequestWindow(options.maxInFlight, options.backoff, options.random);
    this.#add('slots');
  }

  /** Wants the topic from now on; does nothing when it is wanted already and was not refused. */
  watch(topic: Address): void {
    const entry = this.#entries.get(topic);
    if (entry === undefined) this.#add(topic);
    else if (entry.phase === 'refused' && this.#connected) this.#enqueue(entry, 0);
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

  isRefused(topic: Topic): boolean {
    return this.#entries.get(topic)?.phase === 'refused';
  }

  /** The address whose notifications carry this id on this connection. */
  topicOf(subscription: SubscriptionId): Topic | undefined {
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
    this.#refused.clear();
    this.#subscribed = 0;
    this.#retries = 0;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      if (!entry.wanted) this.#entries.delete(entry.topic);
      entry.phase = 'queued';
      entry.subscriptions = [];
      entry.wasRefused = false;
    }
  }

  /** The connection was ended while it was being asked: fewer at a time from now on, on the next one too. */
  slowDown(): void {
    this.#window.closed();
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
    const subscription = subscriptionId(result);
    if (error !== '' || subscription === undefined) {
      if (entry?.requestId === id) this.#onRefusal(entry, errorCode, error);
      this.#pump();
      return 'taken';
    }
    this.#window.acknowledged();
    const owner = this.#byId.get(subscription);
    if (owner === topic) return 'taken';
    if (owner !== undefined) return 'clash';
    if (entry === undefined || !entry.wanted) {
      this.#unsubscribe(topic, subscription);
      if (entry !== undefined) this.#forget(entry);
    } else {
      if (entry.phase !== 'subscribed') this.#subscribed++;
      entry.phase = 'subscribed';
      entry.subscriptions.push(subscription);
      this.#queue.delete(entry);
      this.#open.delete(entry);
      this.#refused.delete(entry);
      this.#byId.set(subscription, topic);
      this.#options.onSubscribed(topic, subscription);
      if (entry.wasRefused) this.#letAllIn();
      entry.wasRefused = false;
    }
    this.#pump();
    return 'taken';
  }

  /** Gives up on requests without an answer and sends again those that have waited. To be called often. */
  sweep(): void {
    const now = this.#nowMs();
    for (const entry of [...this.#open]) {
      if (now < entry.dueMs) continue;
      if (entry.phase === 'requested') this.#retry(entry, 'other', 'no acknowledgement');
      else this.#enqueue(entry, entry.attempts);
    }
    if (now >= this.#retryAtMs) this.#tryOne(now);
    this.#pump();
  }

  /** Wanted and neither subscribed nor refused for now. */
  get pending(): number {
    return this.#queue.size + this.#open.size;
  }

  /** Acknowledged on this connection, the slots and the clock among them. */
  get subscribed(): number {
    return this.#subscribed;
  }

  /** Asked for, and neither let in nor refused yet: most of them before what is answered now. */
  get unanswered(): number {
    return this.#open.size;
  }

  /** Nothing is waited for but what the endpoint's rate lets in later. */
  get isSettled(): boolean {
    return this.pending === 0 || this.#window.isPaused(this.#nowMs()) || this.#window.isNarrow;
  }

  addresses(phase: 'subscribed' | 'refused'): Address[] {
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
      wasRefused: false,
    };
    this.#entries.set(topic, entry);
    if (this.#connected) this.#queue.add(entry);
  }

  #enqueue(entry: Entry, attempts: number): void {
    entry.phase = 'queued';
    entry.attempts = attempts;
    this.#open.delete(entry);
    this.#refused.delete(entry);
    this.#queue.add(entry);
  }

  #pump(): void {
    if (!this.#connected || this.#queue.size === 0) return;
    const now = this.#nowMs();
    for (const entry of this.#queue) {
      if (!this.#window.mayAsk(this.#open.size, now)) return;
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

  #onRefusal(entry: Entry, code: number, error: string): void {
    const why = error === '' ? 'the reply is no subscription id' : `${code} ${error}`;
    const kind = error === '' ? 'other' : subscriptionRefusal(code, error);
    if (entry.phase === 'subscribed') return;
    if (kind === 'rate' && entry.wanted) {
      this.#window.refused(this.#nowMs());
      // Its turn comes again; only when nothing at all is let in does the connection go on without.
      if (this.#window.refusals <= this.#options.attempts) this.#enqueue(entry, entry.attempts);
      else this.#refuse(entry, kind, why);
      return;
    }
    if (kind === 'plan' && entry.wanted) this.#refuse(entry, kind, why);
    else this.#retry(entry, kind, why);
  }

  #retry(entry: Entry, kind: RefusalKind, error: string): void {
    if (entry.phase === 'subscribed') return;
    if (!entry.wanted) {
      this.#forget(entry);
      return;
    }
    entry.attempts++;
    this.#queue.delete(entry);
    this.#open.delete(entry);
    if (entry.attempts >= this.#options.attempts) {
      this.#refuse(entry, kind, error);
      return;
    }
    entry.phase = 'waiting';
    entry.dueMs = this.#nowMs() + backoffMs(this.#options.backoff, entry.attempts - 1, this.#options.random);
    this.#open.add(entry);
  }

  #refuse(entry: Entry, kind: RefusalKind, error: string): void {
    entry.phase = 'refused';
    entry.wasRefused = true;
    this.#queue.delete(entry);
    this.#open.delete(entry);
    this.#refused.add(entry);
    if (this.#retryAtMs === Number.POSITIVE_INFINITY) this.#scheduleRetry(this.#nowMs());
    this.#options.onRefused(entry.topic, kind, error);
  }

  /** One of what was refused is asked for again: the longest refused first. */
  #tryOne(now: number): void {
    const [first] = this.#refused;
    if (first === undefined) {
      this.#retryAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.#scheduleRetry(now);
    // Refused again by the first no.
    this.#enqueue(first, this.#options.attempts - 1);
  }

  #scheduleRetry(now: number): void {
    const { retry, random } = this.#options;
    this.#retryAtMs = now + backoffMs(retry, this.#retries++, random);
  }

  /** The node lets in again: what was refused before is asked for anew. */
  #letAllIn(): void {
    if (this.#refused.size === 0) return;
    this.#retries = 0;
    for (const entry of [...this.#refused]) {
      entry.wasRefused = false;
      this.#enqueue(entry, this.#options.attempts - 1);
    }
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #unsubscribe(topic: Topic, subscription: SubscriptionId): void {
    this.#byId.delete(subscription);
    const id = ++this.#lastRequestId;
    this.#unsubscribes.add(id);
    this.#send(id, topic === 'slots' ? 'slotUnsubscribe' : 'accountUnsubscribe', [subscription]);
  }

  #forget(entry: Entry): void {
    if (entry.phase === 'subscribed') this.#subscribed--;
    this.#queue.delete(entry);
    this.#open.delete(entry);
    this.#refused.delete(entry);
    this.#entries.delete(entry.topic);
  }

  #send(id: number, method: StreamRequest['method'], params: readonly unknown[]): void {
    this.#options.send({ id, method, params });
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMicros() / 1_000;
  }
}

import type { Address } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { BackoffPolicy } from '../../process/backoff.ts';
import { backoffMs } from '../../process/backoff.ts';
import { RequestWindow } from '../../rpc/request-window.ts';
import type { AccountEncoding, Commitment } from '../../rpc/rpc-client.ts';
import type { StreamRequest } from '../wire/stream-transport.ts';
import { type SubscriptionId, subscriptionId } from '../wire/subscription-id.ts';
import { SubscriptionEntries, type SubscriptionEntry, type Topic } from './subscription-entries.ts';
import { type RefusalKind, subscriptionRefusal } from './subscription-refusal.ts';
import { SubscriptionRequests } from './subscription-requests.ts';

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
  readonly #entries = new SubscriptionEntries();
  readonly #requests: SubscriptionRequests;
  readonly #window: RequestWindow;
  #connected = false;
  #retries = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(options: SubscriptionBookOptions) {
    this.#options = options;
    this.#requests = new SubscriptionRequests(options);
    this.#window = new RequestWindow(options.maxInFlight, options.backoff, options.random);
    this.#entries.add('slots', false);
  }

  /** Wants the topic from now on; does nothing when it is wanted already and was not refused. */
  watch(topic: Address): void {
    const entry = this.#entries.of(topic);
    if (entry === undefined) this.#entries.add(topic, this.#connected);
    else if (entry.phase === 'refused' && this.#connected) this.#enqueue(entry, 0);
    else entry.wanted = true;
    this.#pump();
  }

  unwatch(topic: Address): void {
    const entry = this.#entries.of(topic);
    if (entry === undefined) return;
    if (entry.phase === 'requested' && this.#connected) {
      entry.wanted = false;
      return;
    }
    for (const subscription of entry.subscriptions) this.#requests.unsubscribe(topic, subscription);
    this.#entries.forget(entry);
    this.#pump();
  }

  isWatched(topic: Topic): boolean {
    return this.#entries.of(topic)?.wanted === true;
  }

  isSubscribed(topic: Topic): boolean {
    return this.#entries.of(topic)?.phase === 'subscribed';
  }

  isRefused(topic: Topic): boolean {
    return this.#entries.of(topic)?.phase === 'refused';
  }

  /** The address whose notifications carry this id on this connection. */
  topicOf(subscription: SubscriptionId): Topic | undefined {
    return this.#requests.topicOf(subscription);
  }

  /** A fresh connection: everything is asked for anew. */
  connected(): void {
    const { priorityOf } = this.#options;
    this.disconnected();
    this.#connected = true;
    if (priorityOf !== undefined) this.#entries.sort(priorityOf);
    for (const entry of this.#entries.all()) this.#enqueue(entry, 0);
    this.#pump();
  }

  disconnected(): void {
    this.#connected = false;
    this.#requests.forget();
    this.#entries.reset();
    this.#retries = 0;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
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
    const topic = this.#requests.answered(id);
    if (topic === undefined) return 'stray';
    if (topic === 'ended') return 'taken';
    const entry = this.#entries.of(topic);
    const subscription = subscriptionId(result);
    if (error !== '' || subscription === undefined) {
      if (entry?.requestId === id) this.#onRefusal(entry, errorCode, error);
      this.#pump();
      return 'taken';
    }
    this.#window.acknowledged();
    const owner = this.#requests.topicOf(subscription);
    if (owner === topic) return 'taken';
    if (owner !== undefined) return 'clash';
    if (entry?.wanted === true) {
      this.#letIn(entry, subscription);
    } else {
      this.#requests.unsubscribe(topic, subscription);
      if (entry !== undefined) this.#entries.forget(entry);
    }
    this.#pump();
    return 'taken';
  }

  /** Gives up on requests without an answer and sends again those that have waited. To be called often. */
  sweep(): void {
    const now = this.#nowMs();
    for (const entry of [...this.#entries.open]) {
      if (now < entry.dueMs) continue;
      if (entry.phase === 'requested') this.#retry(entry, 'other', 'no acknowledgement');
      else this.#enqueue(entry, entry.attempts);
    }
    if (now >= this.#retryAtMs) this.#tryOne(now);
    this.#pump();
  }

  /** Wanted and neither subscribed nor refused for now. */
  get pending(): number {
    return this.#entries.queued.size + this.#entries.open.size;
  }

  /** Acknowledged on this connection, the slots and the clock among them. */
  get subscribed(): number {
    return this.#entries.subscribed;
  }

  /** Asked for, and neither let in nor refused yet: most of them before what is answered now. */
  get unanswered(): number {
    return this.#entries.open.size;
  }

  /** Nothing is waited for but what the endpoint's rate lets in later. */
  get isSettled(): boolean {
    return this.pending === 0 || this.#window.isPaused(this.#nowMs()) || this.#window.isNarrow;
  }

  addresses(phase: 'subscribed' | 'refused'): Address[] {
    const found: Address[] = [];
    for (const { topic, phase: now } of this.#entries.all())
      if (now === phase && topic !== 'slots') found.push(topic);
    return found;
  }

  #enqueue(entry: SubscriptionEntry, attempts: number): void {
    this.#entries.move(entry, 'queued');
    entry.attempts = attempts;
  }

  #pump(): void {
    const { queued, open } = this.#entries;
    if (!this.#connected || queued.size === 0) return;
    const now = this.#nowMs();
    for (const entry of queued) {
      if (!this.#window.mayAsk(open.size, now)) return;
      this.#entries.move(entry, 'requested');
      entry.dueMs = this.#nowMs() + this.#options.ackTimeoutMs;
      this.#requests.subscribe(entry);
    }
  }

  #letIn(entry: SubscriptionEntry, subscription: SubscriptionId): void {
    this.#entries.move(entry, 'subscribed');
    entry.subscriptions.push(subscription);
    this.#requests.own(subscription, entry.topic);
    this.#options.onSubscribed(entry.topic, subscription);
    if (entry.wasRefused) this.#letAllIn();
    entry.wasRefused = false;
  }

  #onRefusal(entry: SubscriptionEntry, code: number, error: string): void {
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

  #retry(entry: SubscriptionEntry, kind: RefusalKind, error: string): void {
    const { attempts, backoff, random } = this.#options;
    if (!entry.wanted) {
      this.#entries.forget(entry);
      return;
    }
    entry.attempts++;
    if (entry.attempts >= attempts) {
      this.#refuse(entry, kind, error);
      return;
    }
    this.#entries.move(entry, 'waiting');
    entry.dueMs = this.#nowMs() + backoffMs(backoff, entry.attempts - 1, random);
  }

  #refuse(entry: SubscriptionEntry, kind: RefusalKind, error: string): void {
    this.#entries.move(entry, 'refused');
    entry.wasRefused = true;
    if (this.#retryAtMs === Number.POSITIVE_INFINITY) this.#scheduleRetry(this.#nowMs());
    this.#options.onRefused(entry.topic, kind, error);
  }

  /** One of what was refused is asked for again: the longest refused first. */
  #tryOne(now: number): void {
    const [first] = this.#entries.refused;
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
    const { refused } = this.#entries;
    if (refused.size === 0) return;
    this.#retries = 0;
    for (const entry of [...refused]) {
      entry.wasRefused = false;
      this.#enqueue(entry, this.#options.attempts - 1);
    }
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMicros() / 1_000;
  }
}

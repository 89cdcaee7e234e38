import { type Address, CLOCK_SYSVAR } from '../../core/address.ts';
import { endpointSentence } from '../rpc/endpoint-sentence.ts';
import { PlanLimit } from './connection/plan-limit.ts';
import type { StreamConnection } from './connection/stream-connection.ts';
import type { StreamConnectionListener } from './connection/stream-connection-contract.ts';
import { SubscriptionBook } from './connection/subscription-book.ts';
import type { Topic } from './connection/subscription-entries.ts';
import type { RefusalKind } from './connection/subscription-refusal.ts';
import { secretsOf } from './stream-endpoint.ts';
import type { StreamEnd, StreamRequest } from './wire/stream-transport.ts';
import type { SubscriptionId } from './wire/subscription-id.ts';

export interface ConnectionShareOptions {
  readonly connection: StreamConnection;
  readonly listener: StreamConnectionListener;
  readonly send: (request: StreamRequest) => void;
  readonly onSubscribed: (topic: Topic, subscription: SubscriptionId) => void;
  /** Refused is what the connection cannot do without. */
  readonly onUseless: (reason: string, refused: boolean) => void;
}

/**
 * A connection's share of the accounts: what it is to carry, what of it the provider lets it follow, and what is learnt
 * of the provider's plan when it does not.
 */
export class ConnectionShare {
  readonly plan = new PlanLimit();
  readonly book: SubscriptionBook;
  /** The clock not among them. */
  readonly wanted = new Set<Address>();
  readonly #options: ConnectionShareOptions;
  #refusal = '';
  #roomChanged = false;

  constructor(options: ConnectionShareOptions) {
    this.#options = options;
    const { clock, random, commitment, encoding, timing, maxRequestsInFlight, priorityOf } =
      options.connection.options;
    this.book = new SubscriptionBook({
      clock,
      random,
      commitment,
      encoding,
      ackTimeoutMs: timing.ackTimeoutMs,
      attempts: timing.subscribeAttempts,
      backoff: timing.subscribeBackoff,
      retry: timing.refusedBackoff,
      maxInFlight: maxRequestsInFlight,
      priorityOf(topic) {
        if (topic === 'slots') return Number.MAX_VALUE;
        return topic === CLOCK_SYSVAR ? Number.MAX_SAFE_INTEGER : priorityOf(topic);
      },
      send: options.send,
      onSubscribed: options.onSubscribed,
      onRefused: (topic, kind, error) => this.#onRefused(topic, kind, error),
    });
    this.book.watch(CLOCK_SYSVAR);
  }

  /** What the provider said of its plan, or of the last subscription that it refused. */
  get refusal(): string {
    return this.plan.said === '' ? this.#refusal : this.plan.said;
  }

  watch(address: Address): void {
    this.wanted.add(address);
    this.book.watch(address);
  }

  unwatch(address: Address): void {
    this.wanted.delete(address);
    this.book.unwatch(address);
  }

  /** A provider that ends a connection while it is being asked: it was asked for too much, or too quickly. */
  learnFromEnd({ refused, reason }: StreamEnd, nowMs: number): void {
    const { subscribed, pending } = this.book;
    if (!refused || pending === 0) return;
    const { connection, listener } = this.#options;
    if (subscribed > 0 && this.plan.closed(subscribed, reason, nowMs)) listener.onRoom(connection);
    else this.book.slowDown();
  }

  /** What there is room for may be another number than before. To be called often. */
  sweep(nowMs: number): void {
    if (!this.#roomChanged && !this.plan.isDue(nowMs)) return;
    this.#roomChanged = false;
    this.#options.listener.onRoom(this.#options.connection);
  }

  #onRefused(topic: Topic, kind: RefusalKind, error: string): void {
    const { connection, listener, onUseless } = this.#options;
    const { endpoint, clock, log } = connection.options;
    const said = endpointSentence(error, secretsOf(endpoint));
    this.#refusal = said;
    connection.counters.refusals++;
    log('stream.subscription-refused', { connection: connection.name, topic, error: said });
    if (kind === 'plan') {
      this.plan.refused(this.book.subscribed + this.book.unanswered, said, clock.monotonicMicros() / 1_000);
    }
    // Without slots and clock nothing can be dated: this connection is of no use.
    if (topic === 'slots' || topic === CLOCK_SYSVAR) {
      onUseless(`no ${topic === 'slots' ? 'slots' : 'clock'}: ${said}`, kind !== 'other');
      return;
    }
    if (kind === 'plan') this.#roomChanged = true;
    listener.onRefused(connection, topic);
  }
}

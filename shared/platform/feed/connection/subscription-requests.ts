import type { AccountEncoding, Commitment } from '../../rpc/rpc-client.ts';
import type { StreamRequest } from '../wire/stream-transport.ts';
import type { SubscriptionId } from '../wire/subscription-id.ts';
import type { SubscriptionEntry, Topic } from './subscription-entries.ts';

export interface SubscriptionRequestsOptions {
  readonly commitment: Commitment;
  readonly encoding: AccountEncoding;
  readonly send: (request: StreamRequest) => void;
}

/** Requests on their way over one connection, and the ids that the node has given to what it let in. */
export class SubscriptionRequests {
  readonly #options: SubscriptionRequestsOptions;
  readonly #asked = new Map<number, Topic>();
  readonly #ended = new Set<number>();
  readonly #byId = new Map<SubscriptionId, Topic>();
  #lastId = 0;

  constructor(options: SubscriptionRequestsOptions) {
    this.#options = options;
  }

  /** The topic whose notifications carry this id on this connection. */
  topicOf(subscription: SubscriptionId): Topic | undefined {
    return this.#byId.get(subscription);
  }

  own(subscription: SubscriptionId, topic: Topic): void {
    this.#byId.set(subscription, topic);
  }

  /** Notes the request's id in the entry: it is never given twice. */
  subscribe(entry: SubscriptionEntry): void {
    const { commitment, encoding, send } = this.#options;
    const { topic } = entry;
    const id = ++this.#lastId;
    this.#asked.set(id, topic);
    // The answer may come within this very call.
    entry.requestId = id;
    if (topic === 'slots') send({ id, method: 'slotSubscribe', params: [] });
    else send({ id, method: 'accountSubscribe', params: [topic, { encoding, commitment }] });
  }

  unsubscribe(topic: Topic, subscription: SubscriptionId): void {
    this.#byId.delete(subscription);
    const id = ++this.#lastId;
    this.#ended.add(id);
    const method = topic === 'slots' ? 'slotUnsubscribe' : 'accountUnsubscribe';
    this.#options.send({ id, method, params: [subscription] });
  }

  /** What the reply with this id answers: a topic, the end of a subscription, or nothing that was asked. */
  answered(id: number): Topic | 'ended' | undefined {
    if (this.#ended.delete(id)) return 'ended';
    const topic = this.#asked.get(id);
    this.#asked.delete(id);
    return topic;
  }

  /** The ids of the last connection mean nothing any more. */
  forget(): void {
    this.#asked.clear();
    this.#ended.clear();
    this.#byId.clear();
  }
}

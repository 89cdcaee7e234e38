import type { Address } from '../../../core/address.ts';
import type { SubscriptionId } from '../wire/subscription-id.ts';

/** What is subscribed to: an account, or the slots. */
export type Topic = Address | 'slots';

/** `refused`: left alone until its turn to be tried again; the connection goes on without it. */
export type SubscriptionPhase = 'queued' | 'requested' | 'waiting' | 'subscribed' | 'refused';

export interface SubscriptionEntry {
  readonly topic: Topic;
  readonly phase: SubscriptionPhase;
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

type Held = { -readonly [Key in keyof SubscriptionEntry]: SubscriptionEntry[Key] };

/** Everything that is wanted on one connection, by the phase that it is in: counting never walks them all. */
export class SubscriptionEntries {
  /** To be asked for, in this order. */
  readonly queued = new Set<SubscriptionEntry>();
  /** Asked for and without an answer, or between two tries. */
  readonly open = new Set<SubscriptionEntry>();
  /** The longest refused first. */
  readonly refused = new Set<SubscriptionEntry>();
  readonly #all = new Map<Topic, Held>();
  #subscribed = 0;

  get subscribed(): number {
    return this.#subscribed;
  }

  of(topic: Topic): SubscriptionEntry | undefined {
    return this.#all.get(topic);
  }

  /** In the order of their requests, and of the snapshot after them. */
  all(): Iterable<SubscriptionEntry> {
    return this.#all.values();
  }

  /** Queued, where there is somebody to ask. */
  add(topic: Topic, isConnected: boolean): void {
    const entry: Held = {
      topic,
      phase: 'queued',
      wanted: true,
      attempts: 0,
      dueMs: 0,
      requestId: 0,
      subscriptions: [],
      wasRefused: false,
    };
    this.#all.set(topic, entry);
    if (isConnected) this.queued.add(entry);
  }

  /** One that is in that phase already keeps its place there. */
  move(entry: SubscriptionEntry, phase: SubscriptionPhase): void {
    const from = this.#of(entry.phase);
    const to = this.#of(phase);
    if (entry.phase === 'subscribed' && phase !== 'subscribed') this.#subscribed--;
    if (entry.phase !== 'subscribed' && phase === 'subscribed') this.#subscribed++;
    if (from !== to) from?.delete(entry);
    to?.add(entry);
    (entry as Held).phase = phase;
  }

  forget(entry: SubscriptionEntry): void {
    if (entry.phase === 'subscribed') this.#subscribed--;
    this.#of(entry.phase)?.delete(entry);
    this.#all.delete(entry.topic);
  }

  /** Nothing is asked or let in any more: what is wanted begins anew, with nobody to ask yet. */
  reset(): void {
    this.queued.clear();
    this.open.clear();
    this.refused.clear();
    this.#subscribed = 0;
    for (const entry of this.#all.values()) {
      if (!entry.wanted) this.#all.delete(entry.topic);
      entry.phase = 'queued';
      entry.subscriptions = [];
      entry.wasRefused = false;
    }
  }

  /** The larger first. */
  sort(priorityOf: (topic: Topic) => number): void {
    const sorted = [...this.#all.values()]
      .map((entry) => ({ entry, priority: priorityOf(entry.topic) }))
      .sort((a, b) => b.priority - a.priority);
    this.#all.clear();
    for (const { entry } of sorted) this.#all.set(entry.topic, entry);
  }

  #of(phase: SubscriptionPhase): Set<SubscriptionEntry> | undefined {
    if (phase === 'queued') return this.queued;
    if (phase === 'refused') return this.refused;
    return phase === 'subscribed' ? undefined : this.open;
  }
}

import type { AccountBytes } from '../../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../../core/address.ts';
import { decodeChainClock } from '../../../market/chain-clock.ts';
import { endpointSentence } from '../../rpc/endpoint-sentence.ts';
import { createStreamCounters } from '../stream-counters.ts';
import { secretsOf } from '../stream-endpoint.ts';
import type { FrameKind } from '../wire/frame.ts';
import type { StreamMessage } from '../wire/stream-transport.ts';
import type { SubscriptionId } from '../wire/subscription-id.ts';
import { EarlyFrames } from './early-frames.ts';
import { SlotWatch } from './slot-watch.ts';
import type { StreamConnection } from './stream-connection.ts';
import type { StreamConnectionListener } from './stream-connection-contract.ts';
import type { SubscriptionBook } from './subscription-book.ts';
import type { Topic } from './subscription-entries.ts';

/** What one connection tells: each frame is counted, dated, and passed on to whom it concerns. @hot `take` of an account. */
export class FrameIntake {
  readonly counters = createStreamCounters();
  readonly slots: SlotWatch;
  /** Newest slot whose clock this connection told; -1 before the first. */
  heartbeat = -1;
  /** When slots and clock were both subscribed on this connection; Infinity before that. */
  heardSinceMicros = Number.POSITIVE_INFINITY;
  /** Unix milliseconds; 0 before the first. */
  lastFrameAtMs = 0;
  readonly #connection: StreamConnection;
  readonly #book: SubscriptionBook;
  readonly #listener: StreamConnectionListener;
  readonly #early = new EarlyFrames();

  constructor(connection: StreamConnection, book: SubscriptionBook, listener: StreamConnectionListener) {
    this.slots = new SlotWatch(this.counters, connection.options.slotMicros);
    this.#connection = connection;
    this.#book = book;
    this.#listener = listener;
  }

  /** The connection is open, and has told nothing yet. */
  opened(): void {
    this.slots.reset(this.#connection.options.clock.monotonicMicros());
  }

  /** What a connection told says nothing about the next one. */
  forget(): void {
    this.#early.clear();
    this.heartbeat = -1;
    this.heardSinceMicros = Number.POSITIVE_INFINITY;
  }

  take(kind: FrameKind, message: StreamMessage, bytes: number): void {
    const { clock } = this.#connection.options;
    const atMicros = clock.monotonicMicros();
    const { counters } = this;
    counters.frames++;
    counters.bytes += bytes;
    this.lastFrameAtMs = clock.nowMs();
    this.#listener.onFrame(atMicros);
    if (kind === 'account') {
      const topic = this.#book.topicOf(message.subscription);
      if (topic === undefined || topic === 'slots') this.#onUnknownSubscription(message, atMicros);
      else this.#onAccount(topic, message.slot, message.account, atMicros);
    } else if (kind === 'slot') {
      const { slot, parent } = message;
      const { highestSlot } = this.slots;
      this.slots.slot(slot, parent, atMicros);
      this.#listener.onSlot(this.#connection, slot, parent, highestSlot, atMicros);
    } else if (kind === 'reply') {
      this.#onReply(message);
    } else {
      this.#onOdd(kind, message.problem);
    }
  }

  /** An account's subscription was let in: what overtook that is heard now. */
  onSubscribed(topic: Topic, subscription: SubscriptionId): void {
    if (topic === 'slots' || topic === CLOCK_SYSVAR) {
      const both = this.#book.isSubscribed('slots') && this.#book.isSubscribed(CLOCK_SYSVAR);
      if (both) this.heardSinceMicros = this.#connection.options.clock.monotonicMicros();
    }
    if (topic === 'slots') return;
    for (const { slot, account, atMicros } of this.#early.take(subscription)) {
      this.counters.earlyFrames++;
      this.#onAccount(topic, slot, account, atMicros);
    }
  }

  /** To be called often. */
  sweep(): void {
    if (this.#book.pending === 0) this.counters.strayFrames += this.#early.clear();
    const { name, clock, timing, log } = this.#connection.options;
    if (this.slots.sweep(clock.monotonicMicros(), timing.slotStallMs)) {
      log('stream.slot-stall', { connection: name, lastSlot: this.slots.lastSlot, lag: this.slots.lag });
    }
  }

  #onAccount(address: Address, slot: number, account: AccountBytes | null, atMicros: number): void {
    if (!this.#listener.mayBe(this.#connection, slot)) {
      this.counters.framesTooEarly++;
      this.#connection.distrust(`an account was told of slot ${slot}, which has not begun`);
      return;
    }
    this.slots.account(slot);
    if (address === CLOCK_SYSVAR && !this.#onClock(slot, account, atMicros)) return;
    this.#listener.onAccount(this.#connection, address, slot, account, atMicros, false);
  }

  /** False where it cannot be believed, or not yet. */
  #onClock(slot: number, account: AccountBytes | null, atMicros: number): boolean {
    const { clockWitness, endpoint } = this.#connection.options;
    const { kind, why } = clockWitness.hear(endpoint.name, slot, account, atMicros);
    if (kind === 'impossible') {
      this.#listener.onImpossible(this.#connection, why);
      return false;
    }
    if (kind === 'odd') {
      this.#listener.onOddClock(this.#connection, why);
      return false;
    }
    // The clock's own slot, not only the label on it: bytes that stand still are no heartbeat.
    const told = Math.min(slot, decodeChainClock(account)?.slot ?? -1);
    if (told > this.heartbeat) this.heartbeat = told;
    this.#listener.onHeartbeat(this.#connection, told, atMicros);
    return true;
  }

  #onReply({ replyId, replyResult, replyErrorCode, replyError }: StreamMessage): void {
    const fate = this.#book.reply(replyId, replyResult, replyErrorCode, replyError);
    if (fate === 'clash') {
      this.#connection.drop('subscription-id-clash');
    } else if (fate === 'stray') {
      this.counters.otherFrames++;
      const { name, endpoint, log } = this.#connection.options;
      const error = endpointSentence(replyError, secretsOf(endpoint));
      log('stream.stray-reply', { connection: name, id: replyId, error });
    }
  }

  #onOdd(kind: 'other' | 'bad', problem: string): void {
    const { name, log } = this.#connection.options;
    if (kind === 'other') {
      this.counters.otherFrames++;
      log('stream.other-frame', { connection: name, problem });
      return;
    }
    this.counters.badFrames++;
    log('stream.bad-frame', { connection: name, problem });
    // What it should have said is lost, so what is held can no longer be trusted.
    this.#connection.distrust('bad-frame');
  }

  /** A notification may overtake the acknowledgement of its subscription: it is held while one is awaited. */
  #onUnknownSubscription({ subscription, slot, account }: StreamMessage, atMicros: number): void {
    const held = this.#book.pending > 0 && this.#early.hold({ subscription, atMicros, slot, account });
    if (!held) this.counters.strayFrames++;
  }
}

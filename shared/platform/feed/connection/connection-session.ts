import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { ConnectionShare } from '../connection-share.ts';
import type { StreamEnd, StreamRequest } from '../wire/stream-transport.ts';
import type { ConnectionCourse } from './connection-course.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { StreamConnection } from './stream-connection.ts';
import type { StreamConnectionListener } from './stream-connection-contract.ts';
import { createSynchronizer, type StreamSession, type Synchronizer } from './synchronizer.ts';

const SWEEP_MS = 100;
/** Less than a step of the shutdown is waited for: a peer that does not answer is then cut off within it. */
const STOP_GRACE_MS = 300;

export interface ConnectionSessionOptions {
  readonly owner: StreamConnection;
  readonly listener: StreamConnectionListener;
  readonly course: ConnectionCourse;
  readonly share: ConnectionShare;
  readonly intake: FrameIntake;
  /** An account as of a snapshot over HTTP. */
  readonly onFetched: (address: Address, slot: number, account: AccountBytes | null) => void;
}

/**
 * A connection while it is open: its socket, what is asked for and told over it, and the fetching that brings what it
 * carries up to the chain. What a closed one still says is not heard.
 */
export class ConnectionSession {
  /** It told slots that were not so: the next connection must tell one before it is believed. */
  mustHear = false;
  readonly #options: ConnectionSessionOptions;
  readonly #synchronizer: Synchronizer;
  #open: StreamSession | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #opened = 0;

  constructor(options: ConnectionSessionOptions) {
    this.#options = options;
    const { owner, listener, course, share, intake } = options;
    const {
      rpc,
      commitment,
      sizeOf,
      floorOf,
      slotMicros,
      clockWitness,
      clock,
      random,
      timing,
      maxSlotLag,
      log,
    } = owner.options;
    this.#synchronizer = createSynchronizer({
      rpc,
      commitment,
      sizeOf,
      floorOf,
      mayBe: (slot) => listener.mayBe(owner, slot),
      ownEndpoint: rpc.endpoints?.includes(owner.options.endpoint.name)
        ? owner.options.endpoint.name
        : undefined,
      clockProblem: (slot, account) => clockWitness.hearAnswer(slot, account, clock.monotonicMicros()),
      heartbeat: () => intake.heartbeat,
      random,
      backoff: timing.reconnectBackoff,
      host: owner.host,
      slotMicros,
      maxSlotLag,
      book: share.book,
      slots: intake.slots,
      counters: intake.counters,
      log,
      isLive: (mine) => owner.isLive && this.#open === mine,
      onSnapshot: () => course.step({ kind: 'fetching' }),
      onProgress: () => course.step({ kind: 'progress' }),
      onFailure: (reason) => course.step({ kind: 'fetch-failed', reason }),
      onHttpSlot: (slot) => listener.onHttpSlot(slot),
      onDisagreement: (why) => owner.dropForSlots(why),
      onAccount: options.onFetched,
    });
  }

  send(request: StreamRequest): void {
    this.#open?.connection.send(request);
  }

  open(): void {
    const { owner, intake } = this.#options;
    const { timing, maxFrameBytes, transport } = owner.options;
    if (this.#opened++ > 0) owner.counters.reconnects++;
    const connection = transport.open({
      handshakeTimeoutMs: timing.handshakeTimeoutMs,
      silenceMs: timing.silenceMs,
      maxFrameBytes,
      onOpen: () => {
        if (this.#open === opened) this.#onOpen();
      },
      onMessage: (kind, message, bytes) => {
        if (this.#open === opened) intake.take(kind, message, bytes);
      },
      onEnd: (end) => {
        if (this.#open === opened) this.#onEnd(end);
      },
    });
    const opened: StreamSession = {
      connection,
      abort: new AbortController(),
      attempts: 0,
      synchronizing: false,
      again: false,
      mustHear: this.mustHear,
      disagreements: 0,
    };
    this.#open = opened;
    this.#synchronizer.unfetched.clear();
  }

  close(reason: string): void {
    const connection = this.#open?.connection;
    if (connection === undefined) return;
    this.#forget();
    connection.drop(reason);
    this.#sayEnded(reason);
  }

  /** Ends it without a word, and `then`. */
  async stop(then: () => void): Promise<void> {
    const connection = this.#open?.connection;
    this.#forget();
    then();
    await connection?.close(STOP_GRACE_MS);
  }

  /** What it carries is fetched, and fetched once more where something was lost on the way. */
  synchronize(): void {
    const session = this.#open;
    if (session === undefined) return;
    this.#synchronizer.doubt();
    // Whoever was live until now is not backed off from as one that fails again and again.
    if (this.#options.course.isAtFirstTry) session.attempts = 0;
    if (session.synchronizing) session.again = true;
    else void this.#untilWhole(session);
  }

  /** Accounts that were subscribed or doubted while it is live, beside all else. */
  fetch(addresses: Iterable<Address>): void {
    for (const address of addresses) this.#synchronizer.unfetched.add(address);
    if (this.#options.owner.isLive && this.#open !== undefined) {
      void this.#synchronizer.fetchAdditions(this.#open);
    }
  }

  /** Nobody wants the account any more. */
  unwant(address: Address): void {
    this.#synchronizer.unfetched.delete(address);
  }

  async #untilWhole(session: StreamSession): Promise<void> {
    session.synchronizing = true;
    do {
      session.again = false;
      if (!(await this.#synchronizer.run(session))) return;
    } while (session.again && !this.#options.owner.isBehind);
    session.synchronizing = false;
    this.#options.course.step({ kind: 'whole' });
    void this.#synchronizer.fetchAdditions(session);
  }

  #onOpen(): void {
    const { owner, course, share, intake } = this.#options;
    intake.opened();
    const everyMs = Math.min(SWEEP_MS, owner.options.timing.ackTimeoutMs / 2);
    this.#sweeper = setInterval(() => {
      share.book.sweep();
      intake.sweep();
      share.sweep(course.nowMs());
    }, everyMs);
    share.book.connected();
    course.step({ kind: 'opened' });
  }

  #onEnd(end: StreamEnd): void {
    const { course, share } = this.#options;
    share.learnFromEnd(end, course.nowMs());
    this.#forget();
    this.#sayEnded(end.reason);
    course.step({ kind: 'ended', end });
  }

  #forget(): void {
    this.#open?.abort.abort();
    this.#open = undefined;
    clearInterval(this.#sweeper);
    this.#options.share.book.disconnected();
    this.#options.intake.forget();
  }

  #sayEnded(reason: string): void {
    const { name: connection, host, options } = this.#options.owner;
    options.log('stream.disconnected', { connection, host, reason });
  }
}

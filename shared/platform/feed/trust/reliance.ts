import type { Address } from '../../../core/address.ts';
import type { ClockRelay } from '../clock-relay.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { FeedConnections } from '../feed-connections.ts';
import type { FeedPulse } from '../feed-pulse.ts';
import type { FeedCounters, StreamLog } from '../stream-counters.ts';
import { HTTP_VOICE } from '../witness/chain-position.ts';
import type { AccountTable } from './account-table.ts';
import type { AccountTrack, Word } from './account-track.ts';
import type { ChainCourse } from './chain-course.ts';
import { type Claim, Contradictions } from './contradictions.ts';

export interface RelianceParts {
  readonly table: AccountTable;
  readonly pulse: FeedPulse;
  readonly course: ChainCourse;
  readonly connections: FeedConnections;
  readonly clock: ClockRelay;
  readonly counters: FeedCounters;
  readonly log: StreamLog;
}

/**
 * What may be relied on, and what is done when it may not: what was lost is said, and fetched anew; who told what is not
 * so is left alone.
 */
export class Reliance {
  readonly #parts: RelianceParts;
  readonly #contradictions = new Contradictions();
  #stopped = false;

  constructor(parts: RelianceParts) {
    this.#parts = parts;
  }

  /** A connection has fetched an account. */
  onFetched(connection: StreamConnection, track: AccountTrack, word: Word): void {
    if (!connection.isCurrent) return;
    const { table, pulse, course } = this.#parts;
    const { address } = track;
    const { again, wrong } = course.line.isAbandoned(word.slot)
      ? { again: true, wrong: undefined }
      : this.#contradictions.settle(address, word.slot, word.account);
    if (again) {
      connection.refetch([address]);
      return;
    }
    const isNew = table.fetched(track, connection, word, course.overWith(connection));
    // All may have been lost elsewhere and be handed to a connection that is live already.
    if (isNew && connection.isLive) this.onLive();
    else if (isNew) pulse.look(table.unconfirmed);
    if (wrong?.silent === true) this.#onSilence(track, wrong.endpoint);
    else if (wrong !== undefined)
      this.onLie(wrong.endpoint, `told other bytes of ${address} than the chain has`);
  }

  /** Two things were said of an account that cannot both be true. */
  onContradiction(track: AccountTrack, claims: readonly Claim[], why: string): void {
    const { counters, log } = this.#parts;
    counters.contradictions++;
    log('stream.contradiction', { account: track.address, reason: why });
    const { account, endpoint, slot } = track;
    const known = account === undefined ? [] : [{ endpoint, slot, account }];
    this.#contradictions.raise(track.address, [...known, ...claims]);
    this.#loseAndRefetch([track], why);
  }

  /** A change was told by nobody who should have. */
  onMissed({ address, connections }: AccountTrack, slot: number): void {
    const { counters, log } = this.#parts;
    counters.missed++;
    log('stream.missed', { account: address, slot });
    for (const connection of connections) connection?.miss(`a change of ${address} was not told`);
  }

  onLie(endpoint: string, why: string): void {
    const { counters, log, connections } = this.#parts;
    counters.lies++;
    // HTTP is asked of whoever answers: nobody is left alone for what one of them said.
    if (endpoint === HTTP_VOICE) log('stream.http-not-believed', { reason: why });
    else connections.leaveAlone(endpoint, why);
  }

  /** The chain has left these slots. */
  onLeft(left: readonly number[]): void {
    const { counters, course, table, clock, log } = this.#parts;
    counters.forks = course.line.forks;
    const gone = new Set(left);
    this.#contradictions.leave(gone);
    const touched = table.from(gone);
    if (gone.has(clock.slot)) clock.forget();
    if (touched.length === 0) return;
    log('stream.fork', { slots: left.length, from: Math.min(...left), accounts: touched.length });
    this.#loseAndRefetch(touched, 'fork');
  }

  /** The leader gave its block of the slot up and builds another: others may have heard of that one already. */
  onSecondBank(connection: StreamConnection, slot: number): void {
    const { table, clock, log } = this.#parts;
    const gone = new Set([slot]);
    table.unsay(connection, slot);
    this.#contradictions.leave(gone);
    if (clock.slot === slot) clock.forget();
    const touched = table.from(gone);
    if (touched.length === 0) return;
    log('stream.second-bank', { slot, accounts: touched.length });
    this.#loseAndRefetch(touched, 'second-bank');
  }

  /** The engine does not keep up: these were given up on the way to it. */
  onOverflow(addresses: readonly Address[]): void {
    const touched = addresses.flatMap((address) => this.#parts.table.of(address) ?? []);
    // After this turn: the queue is in the middle of giving them up.
    queueMicrotask(() => this.#loseAndRefetch(touched, 'backpressure'));
  }

  /**
   * Everything that a connection carries has been told. What is over by now, which is newer than the snapshot may be, is
   * told before anybody acts on that.
   */
  onLive(): void {
    const { table, pulse, course } = this.#parts;
    if (table.confirmed > 0 || table.size === 0) {
      if (!pulse.live) course.restart();
      pulse.up('snapshot', table.confirmed);
    }
    pulse.look(table.unconfirmed);
  }

  /** A connection does not carry these any more: what it said of them says nothing of the changes to come. */
  onMoved({ lane }: StreamConnection, tracks: readonly AccountTrack[]): void {
    this.#lose(this.#parts.table.loseLane(tracks, lane), 'moved to another connection');
  }

  /** Nothing that a connection carries may be relied on by its word. */
  onLost(connection: StreamConnection, why: string): void {
    const { table, pulse, course, connections } = this.#parts;
    this.#lose(table.loseLane(table.on(connection), connection.lane), why);
    if (!pulse.live && !this.#stopped) pulse.reason = why;
    if (table.size === 0 && !connections.all.some((other) => other.isLive)) this.#down(why);
    if (!connections.all.some((other) => other.isCurrent)) course.forget();
  }

  /** Nobody wants the account any more. */
  drop(address: Address): void {
    this.#contradictions.drop(address);
  }

  stop(): void {
    this.#stopped = true;
    this.#down('stopped');
  }

  /** The change of an account was not told by an endpoint that said nothing of it. */
  #onSilence(track: AccountTrack, endpoint: string): void {
    for (const connection of this.#parts.connections.of(endpoint)) {
      if (track.connections[connection.lane] === connection)
        connection.miss(`a change of ${track.address} was not told`);
    }
  }

  #loseAndRefetch(touched: readonly AccountTrack[], why: string): void {
    this.#lose(touched, why);
    for (const connection of this.#parts.connections.all) {
      const mine = touched.filter((track) => track.connections[connection.lane] === connection);
      if (mine.length > 0) connection.refetch(mine.map(({ address }) => address));
    }
  }

  #lose(tracks: readonly AccountTrack[], why: string): void {
    const { table, pulse, clock } = this.#parts;
    pulse.lost(table.lose(tracks), table.confirmed, why);
    if (!pulse.live) clock.forget();
  }

  #down(why: string): void {
    this.#parts.pulse.down(why);
    this.#parts.clock.forget();
  }
}

import { CLOCK_SYSVAR } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { ArbError } from '../../core/errors.ts';
import { ClockRelay } from './clock-relay.ts';
import { ConflatingQueue } from './conflating-queue.ts';
import type { StreamConnectionListener } from './connection/stream-connection-contract.ts';
import { FeedConnections } from './feed-connections.ts';
import { FeedPulse } from './feed-pulse.ts';
import {
  type AccountStream,
  type AccountStreamOptions,
  STREAM_TIMING,
  type StreamTiming,
} from './stream-contract.ts';
import { createFeedCounters, limitLog } from './stream-counters.ts';
import { streamStatus } from './stream-status.ts';
import { AccountAudit } from './trust/account-audit.ts';
import { AccountTable, tellRuleOf } from './trust/account-table.ts';
import type { AccountTrack } from './trust/account-track.ts';
import { ChainCourse } from './trust/chain-course.ts';
import { Reliance } from './trust/reliance.ts';
import { HTTP_VOICE } from './witness/chain-position.ts';
import { ClockWitness } from './witness/clock-witness.ts';

export type {
  AccountStream,
  AccountStreamOptions,
  StreamState,
  StreamStatus,
  StreamTiming,
} from './stream-contract.ts';
export { STREAM_TIMING } from './stream-contract.ts';

const LOG_EVERY_MS = 5_000;

/**
 * Throws `ws-url-invalid`, and `feed-redundancy` when there are fewer endpoints than copies. Nothing is opened before
 * `start`.
 */
export function createAccountStream(options: AccountStreamOptions): AccountStream {
  const { endpoints, rpc, commitment, clock } = options;
  const { redundancy = 1, tellAt = 'frame', maxLagMs = 100, maxSlotLag = 2, groupOf } = options;
  const { slotMicros = () => ASSUMED_CHAIN.slotMicros } = options;
  if (endpoints.length < redundancy || endpoints.length === 0) {
    const context = { redundancy, endpoints: endpoints.length };
    throw new ArbError('feed-redundancy', 'feed.redundancy needs as many WebSocket endpoints', context);
  }
  const timing: StreamTiming = { ...STREAM_TIMING, ...options.timing };
  const log = limitLog(options.log, clock, LOG_EVERY_MS);
  const counters = createFeedCounters();
  const clockWitness = new ClockWitness();
  let stopped = false;

  const queue = new ConflatingQueue({
    clock,
    onEvent: options.onEvent,
    onOverflow: (addresses) => reliance.onOverflow(addresses),
  });
  const pulse = new FeedPulse({ clock, counters, log, push: (event) => queue.push(event) });
  const clockRelay = new ClockRelay((event) => queue.push(event));
  const table: AccountTable = new AccountTable({
    rule: tellRuleOf(tellAt, redundancy),
    counters,
    isAbandoned: (slot) => course.line.isAbandoned(slot),
    begunOn: (connection) => course.begunOn(connection),
    hasBegun: (connection, slot) => course.hasBegun(connection, slot),
    onTold({ address, slot, account = null, endpoint }, atMicros) {
      queue.push({ kind: 'account', atMicros, update: { address, slot, account }, endpoint });
    },
    onContradiction: (track, claims, why) => reliance.onContradiction(track, claims, why),
  });
  /** What a connection says, to whom it concerns. */
  const listener: StreamConnectionListener = {
    onFrame: (atMicros) => course.onFrame(atMicros),
    onAccount(connection, address, slot, account, atMicros, fetched) {
      // HTTP is asked of whoever answers, whatever connection it is asked for.
      const endpoint = fetched ? HTTP_VOICE : connection.options.endpoint.name;
      const word = { slot, account, endpoint, atMicros };
      if (address === CLOCK_SYSVAR) {
        if (connection.isCurrent && !course.isFar(slot)) clockRelay.hear(word);
        return;
      }
      const track = table.of(address);
      if (track === undefined || track.connections[connection.lane] !== connection) return;
      if (fetched) reliance.onFetched(connection, track, word);
      else table.hear(track, connection, word);
    },
    mayBe: (connection, slot) => course.mayBe(connection, slot),
    onSlot(connection, slot, parent, before, atMicros) {
      if (course.onSlot(connection, slot, parent, before, atMicros) && pulse.live) course.advance();
    },
    onHeartbeat(connection, slot, atMicros) {
      course.onHeartbeat(connection, slot, atMicros);
      if (pulse.live) course.advance();
    },
    onHttpSlot: (slot) => void course.onHttpSlot(slot),
    onImpossible: ({ options: { endpoint } }, why) => reliance.onLie(endpoint.name, why),
    onOddClock: (connection, why) => course.onOddClock(connection, why),
    onLive: () => reliance.onLive(),
    onLost(connection, why) {
      reliance.onLost(connection, why);
      // Another connection of a lane may have been waiting for this one's slots.
      if (pulse.live) course.advance();
    },
    onRefused: () => pulse.look(table.unconfirmed),
    onRoom: (connection) => placement.fit(connection),
    onFailing: (connection) => connections.onFailing(connection),
  };
  const connections = new FeedConnections({
    stream: options,
    timing,
    redundancy,
    maxSlotLag,
    slotMicros,
    table,
    clockWitness,
    listener,
    log,
    onMoved: (connection, tracks) => reliance.onMoved(connection, tracks),
  });
  const { placement } = connections;
  const course = new ChainCourse({
    clock,
    rpc,
    commitment,
    lanes: redundancy,
    waitsForAll: tellAt === 'slot',
    maxLagMs,
    maxSlotLag,
    slotMicros,
    probeMs: timing.probeMs,
    clockWitness,
    connections: () => connections.all,
    log,
    onOver(slot) {
      table.settle(slot);
      audit.judge(slot);
    },
    onSlot: ({ slot, parent, atMicros }) => queue.push({ kind: 'slot', atMicros, slot, parent }),
    onLeft: (slots) => reliance.onLeft(slots),
    onSecondBank: (connection, slot) => reliance.onSecondBank(connection, slot),
    onLie: (endpoint, why) => reliance.onLie(endpoint, why),
    onOverruled(what) {
      counters.overruled++;
      if (what === 'slot') table.forgetFloors();
    },
  });
  const audit = new AccountAudit({
    rpc,
    commitment,
    perSecond: options.auditsPerSecond ?? 0,
    tracks: table.tracks,
    isAbandoned: (slot) => course.line.isAbandoned(slot),
    clockProblem: (slot, account) => clockWitness.hearAnswer(slot, account, clock.monotonicMicros()),
    onMissed: (track, slot) => reliance.onMissed(track, slot),
  });
  const reliance = new Reliance({ table, pulse, course, connections, clock: clockRelay, counters, log });

  return {
    start() {
      connections.start();
      course.start();
      audit.start();
    },
    watch(addresses) {
      const wanted: AccountTrack[] = [];
      for (const address of addresses) {
        const known = table.of(address);
        if (address === CLOCK_SYSVAR) clockRelay.isWatched = true;
        else if (known === undefined) wanted.push(table.add(address, groupOf?.(address) ?? address));
        else for (const connection of known.connections) connection?.watch(address);
      }
      placement.place(wanted);
      if (placement.homeless.size > 0) log('stream.no-room', { accounts: placement.homeless.size });
    },
    unwatch(addresses) {
      for (const address of addresses) {
        const track = table.of(address);
        if (track === undefined) continue;
        placement.release(track);
        table.remove(track);
        reliance.drop(address);
      }
    },
    isConfirmed: (address) => table.of(address)?.confirmed === true,
    status: () =>
      streamStatus({
        counters: { ...counters, conflated: queue.dropped, overflows: queue.overflows },
        connections: connections.all.map((connection) => connection.status()),
        quarantined: connections.trust.quarantined,
        live: pulse.live,
        stopped,
        reason: pulse.reason,
        accounts: table.size,
        confirmed: table.confirmed,
        homeless: [...placement.homeless].map(({ address }) => address),
        lastSlot: course.line.newest,
        liveSinceMs: pulse.live ? pulse.liveSinceMs : 0,
        waiting: queue.size,
      }),
    async stop() {
      if (stopped) return;
      stopped = true;
      course.stop();
      audit.stop();
      reliance.stop();
      queue.stop();
      await connections.stop();
    },
  };
}

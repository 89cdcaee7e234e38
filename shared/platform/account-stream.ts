import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import { ArbError } from '../core/errors.ts';
import { AccountAudit } from './account-audit.ts';
import { AccountTable, tellRuleOf } from './account-table.ts';
import type { AccountTrack, Word } from './account-track.ts';
import { ChainCourse } from './chain-course.ts';
import { HTTP_VOICE } from './chain-position.ts';
import { ClockWitness } from './clock-witness.ts';
import { ConflatingQueue } from './conflating-queue.ts';
import { type Claim, Contradictions } from './contradictions.ts';
import { EndpointTrust } from './endpoint-trust.ts';
import { FeedPulse } from './feed-pulse.ts';
import { createPlacement } from './placement.ts';
import { Shard } from './shard.ts';
import type { ShardListener } from './shard-contract.ts';
import {
  type AccountStream,
  type AccountStreamOptions,
  STREAM_TIMING,
  type StreamTiming,
} from './stream-contract.ts';
import { createFeedCounters, limitLog } from './stream-counters.ts';
import { type StreamEndpoint, transportOf } from './stream-endpoint.ts';
import { streamStatus } from './stream-status.ts';

export type {
  AccountStream,
  AccountStreamOptions,
  StreamState,
  StreamStatus,
  StreamTiming,
} from './stream-contract.ts';
export { STREAM_TIMING } from './stream-contract.ts';

const LOG_EVERY_MS = 5_000;
/** How often accounts on connections that fail, or on none, are offered to others. */
const REHOME_EVERY_MS = 1_000;

/**
 * Throws `ws-url-invalid`, and `feed-redundancy` when there are fewer endpoints than copies. Nothing is opened before
 * `start`.
 */
export function createAccountStream(options: AccountStreamOptions): AccountStream {
  const { endpoints, rpc, commitment, clock, random } = options;
  const { redundancy = 1, tellAt = 'frame', maxLagMs = 100, maxSlotLag = 2, groupOf } = options;
  if (endpoints.length < redundancy || endpoints.length === 0) {
    const context = { redundancy, endpoints: endpoints.length };
    throw new ArbError('feed-redundancy', 'feed.redundancy needs as many WebSocket endpoints', context);
  }
  const timing: StreamTiming = { ...STREAM_TIMING, ...options.timing };
  const log = limitLog(options.log, clock, LOG_EVERY_MS);
  const counters = createFeedCounters();
  const clockWitness = new ClockWitness();
  const contradictions = new Contradictions();
  let rehoming: NodeJS.Timeout | undefined;
  let clockWatched = false;
  let clockSlot = -1;
  let started = false;
  let stopped = false;

  const queue = new ConflatingQueue({ clock, onEvent: options.onEvent, onOverflow });
  const pulse = new FeedPulse({ clock, counters, log, push: (event) => queue.push(event) });
  const table = new AccountTable({
    rule: tellRuleOf(tellAt, redundancy),
    counters,
    onTold({ address, slot, account = null, endpoint }, atMicros) {
      queue.push({ kind: 'account', atMicros, update: { address, slot, account }, endpoint });
    },
    onContradiction: contradict,
  });
  const listener: ShardListener = {
    onAccount(shard, address, slot, account, atMicros, fetched) {
      const word = { slot, account, endpoint: shard.options.endpoint.name, atMicros };
      if (address === CLOCK_SYSVAR) {
        tellClock(shard, word);
        return;
      }
      const track = table.of(address);
      if (track === undefined || track.shards[shard.lane] !== shard) return;
      if (fetched) onFetched(shard, track, word);
      else table.hear(track, shard.lane, word);
    },
    onSlot(shard, slot, parent, before, atMicros) {
      if (course.onSlot(shard, slot, parent, before, atMicros) && pulse.live) course.advance();
    },
    onHeartbeat(shard, slot, atMicros) {
      course.onHeartbeat(shard, slot, atMicros);
      if (pulse.live) course.advance();
    },
    onHttpSlot: (slot) => void course.onHttpSlot(slot),
    onImpossible: ({ options: { endpoint } }, why) => onLie(endpoint.name, why),
    onOddClock: (shard, why) => course.onOddClock(shard, why),
    onLive: raise,
    onLost(shard, why) {
      loseConnection(shard, why);
      // Another connection of a lane may have been waiting for this one's slots.
      if (pulse.live) course.advance();
    },
    onRefused: () => pulse.look(table.unconfirmed),
    onRoom: (shard) => placement.fit(shard),
    onFailing,
  };
  const placement = createPlacement({
    endpoints,
    redundancy,
    open: openShard,
    tracksOn: (shard) => table.on(shard),
  });
  const shards = (): readonly Shard[] => placement.shards;
  const course = new ChainCourse({
    clock,
    rpc,
    commitment,
    lanes: redundancy,
    waitsForAll: tellAt === 'slot',
    maxLagMs,
    maxSlotLag,
    probeMs: timing.probeMs,
    clockWitness,
    shards,
    log,
    onOver(slot) {
      table.settle(slot, (each) => course.line.isAbandoned(each));
      audit.judge(slot);
    },
    onSlot: ({ slot, parent, atMicros }) => queue.push({ kind: 'slot', atMicros, slot, parent }),
    onLeft,
    onLie,
    onOverruled: () => {
      counters.overruled++;
    },
  });
  const audit = new AccountAudit({
    rpc,
    commitment,
    perSecond: options.auditsPerSecond ?? 0,
    tracks: table.tracks,
    clockProblem: (slot, account) => clockWitness.hearAnswer(slot, account, clock.monotonicMicros()),
    onMissed({ address, shards: by }, slot) {
      counters.missed++;
      log('stream.missed', { account: address, slot });
      for (const shard of by) shard?.miss(`a change of ${address} was not told`);
    },
  });
  const trust = new EndpointTrust({
    names: endpoints.map(({ name }) => name),
    clock,
    quarantineMs: timing.quarantineMs,
    log,
    onQuarantine(endpoint, why, forMs) {
      for (const shard of shardsOf(endpoint)) shard.suspend(`quarantined: ${why}`, forMs);
      for (const shard of shardsOf(endpoint)) evacuate(shard);
      return shardsOf(endpoint).every((shard) => redundancy === 2 || shard.load === 0);
    },
    onRelease(endpoint) {
      for (const shard of shardsOf(endpoint)) shard.resume();
    },
  });

  function openShard(endpoint: StreamEndpoint, lane: number, index: number): Shard {
    const name = `${endpoint.name}/${index + 1}`;
    const shard = new Shard(
      {
        name,
        endpoint,
        transport: (options.transport ?? transportOf)(endpoint, commitment),
        lane,
        rpc,
        commitment,
        encoding: options.encoding ?? 'base64',
        clock,
        random: random.fork(name),
        timing,
        maxSlotLag,
        clockWitness,
        maxFrameBytes: options.maxFrameBytes ?? 32 * 1024 * 1024,
        maxRequestsInFlight: options.maxRequestsInFlight ?? 256,
        log,
        priorityOf: (address) => table.of(address)?.updates ?? 0,
        sizeOf: (address) => table.of(address)?.bytes,
      },
      listener,
    );
    if (started) shard.start();
    return shard;
  }

  function shardsOf(endpoint: string): Shard[] {
    return shards().filter((shard) => shard.options.endpoint.name === endpoint);
  }

  function tellClock(shard: Shard, { slot, account, endpoint, atMicros }: Word): void {
    if (!clockWatched || slot <= clockSlot || !shard.isCurrent || course.isFar(slot)) return;
    clockSlot = slot;
    queue.push({ kind: 'account', atMicros, update: { address: CLOCK_SYSVAR, slot, account }, endpoint });
  }

  function onFetched(shard: Shard, track: AccountTrack, word: Word): void {
    if (!shard.isCurrent) return;
    const { address } = track;
    const { again, wrong } = course.line.isAbandoned(word.slot)
      ? { again: true, wrong: undefined }
      : contradictions.settle(address, word.slot, word.account);
    if (again) {
      shard.refetch([address]);
      return;
    }
    if (table.fetched(track, shard.lane, word)) pulse.look(table.unconfirmed);
    if (wrong?.silent === true) {
      for (const each of shardsOf(wrong.endpoint)) {
        if (track.shards[each.lane] === each) each.miss(`a change of ${address} was not told`);
      }
    } else if (wrong !== undefined) {
      onLie(wrong.endpoint, `told other bytes of ${address} than the chain has`);
    }
  }

  function contradict(track: AccountTrack, claims: readonly Claim[], why: string): void {
    counters.contradictions++;
    log('stream.contradiction', { account: track.address, reason: why });
    const { account, endpoint, slot } = track;
    const known = account === undefined ? [] : [{ endpoint, slot, account }];
    contradictions.raise(track.address, [...known, ...claims]);
    loseAndRefetch([track], why);
  }

  function onLie(endpoint: string, why: string): void {
    counters.lies++;
    // HTTP is asked of whoever answers: nobody is left alone for what one of them said.
    if (endpoint === HTTP_VOICE) log('stream.http-not-believed', { reason: why });
    else if (!trust.quarantine(endpoint, why)) {
      for (const shard of shardsOf(endpoint)) shard.dropForSlots(`not to be believed: ${why}`);
    }
  }

  function onLeft(left: readonly number[]): void {
    counters.forks = course.line.forks;
    const gone = new Set(left);
    const touched = table.from(gone);
    if (gone.has(clockSlot)) clockSlot = -1;
    if (touched.length === 0) return;
    log('stream.fork', { slots: left.length, from: Math.min(...left), accounts: touched.length });
    loseAndRefetch(touched, 'fork');
  }

  function onOverflow(addresses: readonly Address[]): void {
    const touched = addresses.flatMap((address) => table.of(address) ?? []);
    // After this turn: the queue is in the middle of giving them up.
    queueMicrotask(() => loseAndRefetch(touched, 'backpressure'));
  }

  function loseAndRefetch(touched: readonly AccountTrack[], why: string): void {
    lose(touched, why);
    for (const shard of shards()) {
      const mine = touched.filter((track) => track.shards[shard.lane] === shard);
      if (mine.length > 0) shard.refetch(mine.map(({ address }) => address));
    }
  }

  function loseConnection(shard: Shard, why: string): void {
    lose(table.loseConnection(shard), why);
    if (!pulse.live && !stopped) pulse.reason = why;
    if (table.size === 0 && !shards().some((other) => other.isLive)) down(why);
    if (!shards().some((other) => other.isCurrent)) course.forget();
  }

  function lose(tracks: readonly AccountTrack[], why: string): void {
    pulse.lost(table.lose(tracks), table.confirmed, why);
    if (!pulse.live) clockSlot = -1;
  }

  function raise(): void {
    const isUp = (table.confirmed > 0 || table.size === 0) && pulse.up('snapshot', table.confirmed);
    if (isUp) course.restart();
    pulse.look(table.unconfirmed);
  }

  function down(why: string): void {
    pulse.down(why);
    clockSlot = -1;
  }

  /** Another connection takes over what this one carries, which does not come back as it should. */
  function onFailing(shard: Shard): void {
    evacuate(shard);
    const isAlone = shards().every((other) => other.isFailing);
    if (isAlone) trust.releaseAll();
  }

  function evacuate(shard: Shard): void {
    const moved = placement.evacuate(shard);
    if (moved > 0) log('stream.evacuated', { connection: shard.name, accounts: moved });
  }

  /** Room may have come since: nothing that is wanted stays on a connection that fails, or on none. */
  function rehome(): void {
    for (const shard of shards()) if (shard.isFailing && shard.load > 0) onFailing(shard);
    placement.rehome();
  }

  return {
    start() {
      if (started) return;
      started = true;
      for (const shard of shards()) shard.start();
      course.start();
      audit.start();
      rehoming = setInterval(rehome, REHOME_EVERY_MS);
      rehoming.unref();
    },
    watch(addresses) {
      const wanted: AccountTrack[] = [];
      for (const address of addresses) {
        const known = table.of(address);
        if (address === CLOCK_SYSVAR) clockWatched = true;
        else if (known === undefined) wanted.push(table.add(address, groupOf?.(address) ?? address));
        else for (const shard of known.shards) shard?.watch(address);
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
        contradictions.drop(address);
      }
    },
    isConfirmed: (address) => table.of(address)?.confirmed === true,
    status: () =>
      streamStatus({
        counters: { ...counters, conflated: queue.dropped, overflows: queue.overflows },
        connections: shards().map((shard) => shard.status()),
        quarantined: trust.quarantined,
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
      clearInterval(rehoming);
      course.stop();
      audit.stop();
      trust.stop();
      down('stopped');
      queue.stop();
      await Promise.all(shards().map((shard) => shard.stop()));
    },
  };
}

import type { AccountBytes } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import { ArbError } from '../core/errors.ts';
import { AccountAudit } from './account-audit.ts';
import { AccountTrack, sameBytes } from './account-track.ts';
import { ClockWitness } from './clock-witness.ts';
import { ConflatingQueue } from './conflating-queue.ts';
import { Contradictions } from './contradictions.ts';
import { EndpointTrust } from './endpoint-trust.ts';
import { createLagWatch } from './lag-watch.ts';
import { createPlacement } from './placement.ts';
import { RecoveryWatch } from './recovery-watch.ts';
import { Shard } from './shard.ts';
import type { ShardListener } from './shard-contract.ts';
import { SlotBarrier } from './slot-barrier.ts';
import { SlotHold } from './slot-hold.ts';
import { SlotLine } from './slot-line.ts';
import { createSlotProbe } from './slot-probe.ts';
import { SLOT_DISAGREEMENT_MAX } from './slot-watch.ts';
import {
  type AccountStream,
  type AccountStreamOptions,
  STREAM_TIMING,
  type StreamTiming,
} from './stream-contract.ts';
import { createFeedCounters, limitLog } from './stream-counters.ts';
import type { StreamEndpoint } from './stream-endpoint.ts';
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

/**
 * Throws `ws-url-invalid`, and `feed-redundancy` when there are fewer endpoints than copies. Nothing is opened before
 * `start`.
 */
export function createAccountStream(options: AccountStreamOptions): AccountStream {
  const { endpoints, rpc, commitment, clock, random } = options;
  const { redundancy = 1, maxLagMs = 100, maxSlotLag = 2 } = options;
  if (endpoints.length < redundancy || endpoints.length === 0) {
    const context = { redundancy, endpoints: endpoints.length };
    throw new ArbError('feed-redundancy', 'feed.redundancy needs as many WebSocket endpoints', context);
  }
  const timing: StreamTiming = { ...STREAM_TIMING, ...options.timing };
  const log = limitLog(options.log, clock, LOG_EVERY_MS);
  const twoLanes = redundancy === 2;
  const hold = options.tellAt === 'slot' ? new SlotHold() : undefined;
  const counters = createFeedCounters();
  const tracks = new Map<Address, AccountTrack>();
  const homeless = new Set<Address>();
  const line = new SlotLine();
  const clockWitness = new ClockWitness();
  const contradictions = new Contradictions();
  const disputed = new Set<AccountTrack>();
  const recovery = new RecoveryWatch(clock, counters);
  let clockWatched = false;
  let clockSlot = -1;
  let httpSlot = -1;
  let confirmed = 0;
  let started = false;
  let stopped = false;
  let live = false;
  let reason = '';
  let liveSinceMs = 0;

  const queue = new ConflatingQueue({ clock, onEvent: options.onEvent, onOverflow });
  const listener: ShardListener = {
    onAccount,
    onSlot,
    onHeartbeat: (shard, slot, atMicros) => {
      lag.onHeartbeat(shard, slot, atMicros);
      if (live && hold !== undefined) barrier.advance();
    },
    onLive,
    onLost: (shard, why) => {
      // Another connection of a lane may have been waiting for this one's slots.
      loseShard(shard, why);
      if (live) barrier.advance();
    },
    onRefused: () => recovery.look(unconfirmed()),
    onHttpSlot: (slot) => {
      httpSlot = slot;
    },
    onFarSlot: (shard, why) => distrustSlots(shard, why),
    onUnreachable: evacuate,
  };
  const placement = createPlacement({ endpoints, redundancy, open: openShard }, tracksOf);
  const shards = (): readonly Shard[] => placement.shards;
  const barrier = new SlotBarrier({
    line,
    lanes: redundancy,
    shards,
    waitsForAll: hold !== undefined,
    onSlot: ({ slot, parent, atMicros }) => {
      settleSlots(slot);
      audit.judge(slot);
      queue.push({ kind: 'slot', atMicros, slot, parent });
    },
  });
  const lag = createLagWatch({ clock, line, maxLagMs, maxSlotLag, shards });
  const probe = createSlotProbe({
    rpc,
    commitment,
    everyMs: timing.probeMs,
    maxSlotLag,
    shards,
    onSlot: (slot) => {
      httpSlot = slot;
    },
    onAhead: (shard, why) => {
      if (endpoints.length > 1) onLie(shard.options.endpoint.name, why);
    },
  });
  const audit = new AccountAudit({
    rpc,
    commitment,
    perSecond: options.auditsPerSecond ?? 0,
    tracks,
    clockProblem: (slot, account) => clockWitness.answerProblem(slot, account),
    onMissed: (track, slot) => {
      counters.missed++;
      log('stream.missed', { account: track.address, slot });
      for (const shard of track.shards) shard?.distrust(`a change of ${track.address} was not told`);
    },
  });
  const trust = new EndpointTrust({
    names: endpoints.map(({ name }) => name),
    clock,
    quarantineMs: timing.quarantineMs,
    log,
    onQuarantine: (endpoint, why) => {
      for (const shard of shardsOf(endpoint)) {
        shard.suspend(`quarantined: ${why}`);
        evacuate(shard);
      }
    },
    onRelease: (endpoint) => {
      for (const shard of shardsOf(endpoint)) shard.resume();
    },
  });

  function openShard(endpoint: StreamEndpoint, lane: number, index: number): Shard {
    const name = `${endpoint.name}/${index + 1}`;
    const shard = new Shard(
      {
        name,
        endpoint,
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
        priorityOf: (address) => tracks.get(address)?.updates ?? 0,
        sizeOf: (address) => tracks.get(address)?.bytes,
      },
      listener,
    );
    if (started) shard.start();
    return shard;
  }

  function shardsOf(endpoint: string): Shard[] {
    return shards().filter((shard) => shard.options.endpoint.name === endpoint);
  }

  function* tracksOf(shard: Shard): Iterable<AccountTrack> {
    for (const address of shard.addresses) {
      const track = tracks.get(address);
      if (track !== undefined) yield track;
    }
  }

  function unconfirmed(): number {
    return tracks.size - confirmed;
  }

  function tell(track: AccountTrack, atMicros: number): void {
    const { address, slot, account, endpoint } = track;
    if (account === undefined) return;
    queue.push({ kind: 'account', atMicros, update: { address, slot, account }, endpoint });
  }

  function onAccount(
    shard: Shard,
    address: Address,
    slot: number,
    account: AccountBytes | null,
    atMicros: number,
    fetched: boolean,
  ): void {
    if (address === CLOCK_SYSVAR) {
      onClock(shard, slot, account, atMicros);
      return;
    }
    const track = tracks.get(address);
    if (track === undefined || track.shards[shard.lane] !== shard) return;
    if (fetched) {
      onFetched(track, shard, slot, account, atMicros);
      return;
    }
    const endpoint = shard.options.endpoint.name;
    if (hold !== undefined && track.confirmed && slot >= track.slot && !track.isForeign(account)) {
      track.updates++;
      hold.take(track, shard.lane, { slot, account, endpoint, atMicros });
      return;
    }
    const fate = track.take(shard.lane, slot, account, endpoint, twoLanes);
    if (fate === 'told') tell(track, atMicros);
    else if (fate === 'held') counters.heldFrames++;
    else if (fate === 'late') counters.olderFrames++;
    else if (fate === 'duplicate') counters.duplicates++;
    else contradict(track, [{ endpoint, slot, account }], 'foreign-owner');
    if (twoLanes && track.isDisputed) disputed.add(track);
  }

  function onClock(shard: Shard, slot: number, account: AccountBytes | null, atMicros: number): void {
    if (!clockWatched || slot <= clockSlot || !shard.isCurrent || isFar(slot)) return;
    clockSlot = slot;
    const endpoint = shard.options.endpoint.name;
    queue.push({ kind: 'account', atMicros, update: { address: CLOCK_SYSVAR, slot, account }, endpoint });
  }

  function onFetched(
    track: AccountTrack,
    shard: Shard,
    slot: number,
    account: AccountBytes | null,
    atMicros: number,
  ): void {
    if (!shard.isCurrent) return;
    if (line.isAbandoned(slot)) {
      shard.refetch([track.address]);
      return;
    }
    const endpoint = shard.options.endpoint.name;
    const { again, wrong } = contradictions.settle(track.address, slot, account);
    if (again) {
      shard.refetch([track.address]);
      return;
    }
    track.covered |= 1 << shard.lane;
    track.coveredSlot[shard.lane] = slot;
    if (!track.confirmed) {
      confirmed++;
      const { held } = track;
      track.held = undefined;
      track.confirm(slot, account, endpoint);
      tell(track, atMicros);
      // What a connection told in the meantime, and it still carries the account.
      if (held !== undefined && track.shards[held.lane]?.isCurrent === true) {
        if (hold !== undefined && held.slot >= slot && !track.isForeign(held.account)) {
          hold.take(track, held.lane, { ...held, atMicros });
        } else {
          const fate = track.take(held.lane, held.slot, held.account, held.endpoint, twoLanes);
          if (fate === 'told') tell(track, atMicros);
        }
      }
      recovery.look(unconfirmed());
    } else if (track.account !== undefined && !sameBytes(track.account, account)) {
      if (slot > track.slot) {
        track.confirm(slot, account, endpoint);
        tell(track, atMicros);
      } else if (slot === track.slot) {
        contradict(track, [{ endpoint: track.endpoint, slot, account: track.account }], 'snapshot-differs');
      }
    }
    if (wrong?.silent === true) {
      for (const each of shardsOf(wrong.endpoint)) {
        if (track.shards[each.lane] === each) each.distrust(`a change of ${track.address} was not told`);
      }
    } else if (wrong !== undefined) {
      onLie(wrong.endpoint, `told other bytes of ${track.address} than the chain has`);
    }
  }

  function onSlot(shard: Shard, slot: number, parent: number, before: number, atMicros: number): void {
    if (isFar(slot)) {
      distrustSlots(shard, `slot ${slot} is far from ${reference()}`);
      return;
    }
    // The chain was restarted, or nobody listened for long: HTTP agrees with this slot and not with the last one.
    if (line.newest >= 0 && Math.abs(slot - line.newest) > SLOT_DISAGREEMENT_MAX) forgetLine();
    if (line.at(slot)?.parent !== parent) {
      const isNewest = slot > line.newest;
      const left = line.tell(slot, parent, atMicros);
      if (left.length > 0) onFork(left);
      const told = line.at(slot);
      if (isNewest && told !== undefined) lag.onNewSlot(told);
    }
    if (disputed.size > 0) settleDisputes();
    if (before >= 0 && parent > before) shard.distrust(`slot-gap: ${parent} was not told`);
    if (live) barrier.advance();
  }

  /** Everything before `slot` is over: what was held of it is told, or disputed. */
  function settleSlots(slot: number): void {
    hold?.settle(
      slot,
      (track, word) => {
        if (!track.confirmed || line.isAbandoned(word.slot)) return;
        if (track.advance(word.slot, word.account, word.endpoint)) tell(track, word.atMicros);
        else counters.duplicates++;
      },
      (track, claims) => {
        if (track.confirmed) contradict(track, claims, 'endpoints-differ');
      },
    );
  }

  function reference(): number {
    return line.newest >= 0 ? line.newest : httpSlot;
  }

  /** Further from the slots that are known than a chain goes in a minute. */
  function isFar(slot: number): boolean {
    const known = [line.newest, httpSlot].filter((each) => each >= 0);
    return known.length > 0 && known.every((each) => Math.abs(slot - each) > SLOT_DISAGREEMENT_MAX);
  }

  function forgetLine(): void {
    line.reset();
    barrier.reset();
    clockSlot = -1;
  }

  function distrustSlots(shard: Shard, why: string): void {
    const { endpoint } = shard.options;
    const others = shards().some((other) => other.isLive && other.options.endpoint !== endpoint);
    if (others) onLie(endpoint.name, why);
    else shard.dropForSlots(why);
  }

  function onLie(endpoint: string, why: string): void {
    counters.lies++;
    if (trust.quarantine(endpoint, why)) return;
    for (const shard of shardsOf(endpoint)) shard.drop(`not to be believed: ${why}`);
  }

  function contradict(
    track: AccountTrack,
    claims: readonly { endpoint: string; slot: number; account: AccountBytes | null }[],
    why: string,
  ): void {
    counters.contradictions++;
    log('stream.contradiction', { account: track.address, reason: why });
    const told = track.account;
    const known = told === undefined ? [] : [{ endpoint: track.endpoint, slot: track.slot, account: told }];
    contradictions.raise(track.address, [...known, ...claims]);
    loseAndRefetch([track], why);
  }

  /** Both lanes have told a slot to its end and still differ. */
  function settleDisputes(): void {
    for (const track of disputed) {
      if (!track.isDisputed) disputed.delete(track);
      else if (track.shards.every((shard) => (shard?.slots.highestSlot ?? 0) > track.slot + 1)) {
        disputed.delete(track);
        const claims = [0, 1].flatMap((lane) => {
          const account = track.lastOf(lane);
          const endpoint = track.shards[lane]?.options.endpoint.name;
          return account === undefined || endpoint === undefined
            ? []
            : [{ endpoint, slot: track.slot, account }];
        });
        contradict(track, claims, 'endpoints-differ');
      }
    }
  }

  function onFork(left: readonly number[]): void {
    counters.forks = line.forks;
    const gone = new Set(left);
    const touched = [...tracks.values()].filter((track) => track.confirmed && gone.has(track.slot));
    log('stream.fork', { slots: left.length, from: Math.min(...left), accounts: touched.length });
    if (gone.has(clockSlot)) clockSlot = -1;
    loseAndRefetch(touched, 'fork');
  }

  function onOverflow(addresses: readonly Address[]): void {
    const touched = addresses.flatMap((address) => tracks.get(address) ?? []);
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

  function loseShard(shard: Shard, why: string): void {
    const lost: AccountTrack[] = [];
    const bit = 1 << shard.lane;
    for (const track of tracksOf(shard)) {
      if (track.held?.lane === shard.lane) track.held = undefined;
      hold?.dropLane(track, shard.lane);
      if (!track.confirmed) continue;
      track.covered &= ~bit;
      if (track.covered === 0) lost.push(track);
    }
    lose(lost, why);
    if (!live && reason !== 'stopped') reason = why;
    const anyOpen = shards().some((other) => other.isCurrent);
    if (tracks.size === 0 && !shards().some((other) => other.isLive)) setLive(false, why);
    if (!anyOpen) forgetLine();
  }

  function lose(lost: readonly AccountTrack[], why: string): void {
    const addresses = lost.filter((track) => track.confirmed).map(({ address }) => address);
    for (const track of lost) {
      if (track.confirmed) confirmed--;
      hold?.drop(track);
      track.lose();
    }
    if (addresses.length === 0) return;
    counters.losses++;
    counters.lostAccounts += addresses.length;
    recovery.lost();
    const atMicros = clock.monotonicMicros();
    if (confirmed === 0 && live) setLive(false, why);
    else queue.push({ kind: 'lost', atMicros, addresses, reason: why });
  }

  function onLive(): void {
    if (confirmed > 0 || tracks.size === 0) setLive(true, 'snapshot');
    recovery.look(unconfirmed());
  }

  function setLive(nowLive: boolean, why: string): void {
    reason = why;
    if (live === nowLive) return;
    live = nowLive;
    if (live) {
      liveSinceMs = clock.nowMs();
      barrier.reset();
      barrier.advance();
    } else {
      counters.timesDown++;
      clockSlot = -1;
    }
    log(live ? 'feed.live' : 'feed.down', { reason: why, accounts: confirmed });
    queue.push({ kind: 'feed', atMicros: clock.monotonicMicros(), live, reason: why });
  }

  /** Another endpoint takes over what a connection carries that does not come back. */
  function evacuate(shard: Shard): void {
    if (endpoints.length <= redundancy) return;
    const moved = placement.evacuate(shard);
    if (moved.length > 0) log('stream.evacuated', { connection: shard.name, accounts: moved.length });
  }

  return {
    start() {
      if (started) return;
      started = true;
      for (const shard of shards()) shard.start();
      probe.start();
      audit.start();
    },
    watch(addresses) {
      const wanted: AccountTrack[] = [];
      for (const address of addresses) {
        const known = tracks.get(address);
        if (address === CLOCK_SYSVAR) {
          clockWatched = true;
        } else if (known === undefined) {
          const track = new AccountTrack(address);
          tracks.set(address, track);
          wanted.push(track);
        } else {
          for (const shard of known.shards) shard?.watch(address);
        }
      }
      if (placement.place(wanted)) return;
      for (const { address, shards: by } of wanted) if (by[0] === undefined) homeless.add(address);
      log('stream.no-room', { accounts: homeless.size });
    },
    unwatch(addresses) {
      for (const address of addresses) {
        const track = tracks.get(address);
        if (track === undefined) continue;
        if (track.confirmed) confirmed--;
        placement.release(track);
        hold?.drop(track);
        tracks.delete(address);
        disputed.delete(track);
        contradictions.drop(address);
        homeless.delete(address);
      }
    },
    isConfirmed: (address) => tracks.get(address)?.confirmed === true,
    status: () =>
      streamStatus({
        counters: { ...counters, conflated: queue.dropped, overflows: queue.overflows },
        connections: shards().map((shard) => shard.status()),
        quarantined: trust.quarantined,
        live,
        stopped,
        reason,
        accounts: tracks.size,
        confirmed,
        homeless: [...homeless],
        lastSlot: line.newest,
        liveSinceMs: live ? liveSinceMs : 0,
        waiting: queue.size,
      }),
    async stop() {
      if (stopped) return;
      stopped = true;
      probe.stop();
      audit.stop();
      lag.stop();
      trust.stop();
      setLive(false, 'stopped');
      queue.stop();
      await Promise.all(shards().map((shard) => shard.stop()));
    },
  };
}

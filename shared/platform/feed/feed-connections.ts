import type { PlanLimit } from './connection/plan-limit.ts';
import { Shard } from './connection/shard.ts';
import type { ShardListener } from './connection/shard-contract.ts';
import { createPlacement, type Placement } from './placement.ts';
import type { AccountStreamOptions, StreamTiming } from './stream-contract.ts';
import type { StreamLog } from './stream-counters.ts';
import { type StreamEndpoint, transportOf } from './stream-endpoint.ts';
import type { AccountTable } from './trust/account-table.ts';
import type { AccountTrack } from './trust/account-track.ts';
import { EndpointTrust } from './trust/endpoint-trust.ts';
import type { ClockWitness } from './witness/clock-witness.ts';

export interface FeedConnectionsOptions {
  readonly stream: AccountStreamOptions;
  readonly timing: StreamTiming;
  readonly redundancy: 1 | 2;
  readonly maxSlotLag: number;
  readonly slotMicros: () => number;
  readonly table: AccountTable;
  readonly clockWitness: ClockWitness;
  readonly listener: ShardListener;
  readonly log: StreamLog;
  /** A connection does not carry these any more; whether another does, or nobody. */
  readonly onMoved: (shard: Shard, tracks: readonly AccountTrack[]) => void;
}

/** How often accounts on connections that fail, or on none, are offered to others. */
const REHOME_EVERY_MS = 1_000;

/**
 * All connections of the feed: which of them carries what, who takes over from one that fails, and which endpoints are
 * left alone because they told what is not so.
 */
export class FeedConnections {
  readonly placement: Placement;
  readonly trust: EndpointTrust;
  readonly #options: FeedConnectionsOptions;
  /** What is known of the plan at each endpoint, by its connections. */
  readonly #plans = new Map<StreamEndpoint, readonly PlanLimit[]>();
  #rehoming: NodeJS.Timeout | undefined;

  constructor(options: FeedConnectionsOptions) {
    this.#options = options;
    const { stream, redundancy, table, timing, log } = options;
    const { endpoints, clock } = stream;
    this.placement = createPlacement({
      endpoints,
      redundancy,
      open: (endpoint, lane, index) => this.#open(endpoint, lane, index),
      tracksOn: (shard) => table.on(shard),
      onMoved: options.onMoved,
    });
    this.trust = new EndpointTrust({
      names: endpoints.map(({ name }) => name),
      clock,
      quarantineMs: timing.quarantineMs,
      log,
      onQuarantine: (endpoint, why, forMs) => {
        const mine = this.of(endpoint);
        for (const shard of mine) shard.suspend(`quarantined: ${why}`, forMs);
        for (const shard of mine) this.#evacuate(shard);
        return this.of(endpoint).every((shard) => redundancy === 2 || shard.load === 0);
      },
      onRelease: (endpoint) => {
        for (const shard of this.of(endpoint)) shard.resume();
      },
    });
  }

  get all(): readonly Shard[] {
    return this.placement.shards;
  }

  of(endpoint: string): Shard[] {
    return this.all.filter((shard) => shard.options.endpoint.name === endpoint);
  }

  start(): void {
    if (this.#rehoming !== undefined) return;
    this.#rehoming = setInterval(() => this.#rehome(), REHOME_EVERY_MS);
    this.#rehoming.unref();
    for (const shard of this.all) shard.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#rehoming);
    this.trust.stop();
    await Promise.all(this.all.map((shard) => shard.stop()));
  }

  /** Another connection takes over what this one carries, which does not come back as it should. */
  onFailing(shard: Shard): void {
    this.#evacuate(shard);
    const isAlone = this.all.every((other) => other.isFailing);
    if (isAlone) this.trust.releaseAll();
  }

  /** An endpoint told what is not so: it is left alone, or, where there is no other, begun anew. */
  leaveAlone(endpoint: string, why: string): void {
    if (this.trust.quarantine(endpoint, why)) return;
    for (const shard of this.of(endpoint)) shard.dropForSlots(`not to be believed: ${why}`);
  }

  #open(endpoint: StreamEndpoint, lane: number, index: number): Shard {
    const { stream, timing, maxSlotLag, slotMicros, table, clockWitness, listener, log } = this.#options;
    const { rpc, commitment, clock, random } = stream;
    const name = `${endpoint.name}/${index + 1}`;
    const shard = new Shard(
      {
        name,
        endpoint,
        transport: (stream.transport ?? transportOf)(endpoint, commitment),
        lane,
        rpc,
        commitment,
        encoding: stream.encoding ?? 'base64',
        clock,
        random: random.fork(name),
        timing,
        maxSlotLag,
        slotMicros,
        clockWitness,
        maxFrameBytes: stream.maxFrameBytes ?? 32 * 1024 * 1024,
        maxRequestsInFlight: stream.maxRequestsInFlight ?? 256,
        log,
        priorityOf: (address) => table.of(address)?.updates ?? 0,
        sizeOf: (address) => table.of(address)?.bytes,
        floorOf: (address) => table.of(address)?.floor ?? -1,
      },
      listener,
    );
    const mine = this.#plans.get(endpoint) ?? [];
    for (const plan of mine) shard.plan.inherit(plan, clock.monotonicMicros() / 1_000);
    this.#plans.set(endpoint, [...mine, shard.plan]);
    // A connection that is opened later has nobody to start it.
    if (this.#rehoming !== undefined) shard.start();
    return shard;
  }

  #evacuate(shard: Shard): void {
    const moved = this.placement.evacuate(shard);
    if (moved > 0) this.#options.log('stream.evacuated', { connection: shard.name, accounts: moved });
  }

  /** Room may have come since: nothing that is wanted stays on a connection that fails, or on none. */
  #rehome(): void {
    for (const shard of this.all) if (shard.isFailing && shard.load > 0) this.onFailing(shard);
    this.placement.rehome();
  }
}

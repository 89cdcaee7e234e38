import type { PlanLimit } from './connection/plan-limit.ts';
import { StreamConnection } from './connection/stream-connection.ts';
import type { StreamConnectionListener } from './connection/stream-connection-contract.ts';
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
  readonly listener: StreamConnectionListener;
  readonly log: StreamLog;
  /** A connection does not carry these any more; whether another does, or nobody. */
  readonly onMoved: (connection: StreamConnection, tracks: readonly AccountTrack[]) => void;
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
      tracksOn: (connection) => table.on(connection),
      onMoved: options.onMoved,
    });
    this.trust = new EndpointTrust({
      names: endpoints.map(({ name }) => name),
      clock,
      quarantineMs: timing.quarantineMs,
      log,
      onQuarantine: (endpoint, why, forMs) => {
        const mine = this.of(endpoint);
        for (const connection of mine) connection.suspend(`quarantined: ${why}`, forMs);
        for (const connection of mine) this.#evacuate(connection);
        return this.of(endpoint).every((connection) => redundancy === 2 || connection.load === 0);
      },
      onRelease: (endpoint) => {
        for (const connection of this.of(endpoint)) connection.resume();
      },
    });
  }

  get all(): readonly StreamConnection[] {
    return this.placement.connections;
  }

  of(endpoint: string): StreamConnection[] {
    return this.all.filter((connection) => connection.options.endpoint.name === endpoint);
  }

  start(): void {
    if (this.#rehoming !== undefined) return;
    this.#rehoming = setInterval(() => this.#rehome(), REHOME_EVERY_MS);
    this.#rehoming.unref();
    for (const connection of this.all) connection.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#rehoming);
    this.trust.stop();
    await Promise.all(this.all.map((connection) => connection.stop()));
  }

  /** Another connection takes over what this one carries, which does not come back as it should. */
  onFailing(connection: StreamConnection): void {
    this.#evacuate(connection);
    const isAlone = this.all.every((other) => other.isFailing);
    if (isAlone) this.trust.releaseAll();
  }

  /** An endpoint told what is not so: it is left alone, or, where there is no other, begun anew. */
  leaveAlone(endpoint: string, why: string): void {
    if (this.trust.quarantine(endpoint, why)) return;
    for (const connection of this.of(endpoint)) connection.dropForSlots(`not to be believed: ${why}`);
  }

  #open(endpoint: StreamEndpoint, lane: number, index: number): StreamConnection {
    const { stream, timing, maxSlotLag, slotMicros, table, clockWitness, listener, log } = this.#options;
    const { rpc, commitment, clock, random } = stream;
    const name = `${endpoint.name}/${index + 1}`;
    const connection = new StreamConnection(
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
    for (const plan of mine) connection.plan.inherit(plan, clock.monotonicMicros() / 1_000);
    this.#plans.set(endpoint, [...mine, connection.plan]);
    // A connection that is opened later has nobody to start it.
    if (this.#rehoming !== undefined) connection.start();
    return connection;
  }

  #evacuate(connection: StreamConnection): void {
    const moved = this.placement.evacuate(connection);
    if (moved > 0) this.#options.log('stream.evacuated', { connection: connection.name, accounts: moved });
  }

  /** Room may have come since: nothing that is wanted stays on a connection that fails, or on none. */
  #rehome(): void {
    for (const connection of this.all)
      if (connection.isFailing && connection.load > 0) this.onFailing(connection);
    this.placement.rehome();
  }
}

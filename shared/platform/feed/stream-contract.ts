import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import type { BackoffPolicy } from '../process/backoff.ts';
import type { AccountEncoding, Commitment, RpcClient } from '../rpc/rpc-client.ts';
import type {
  StreamConnectionState,
  StreamConnectionStatus,
} from './connection/stream-connection-contract.ts';
import type { FeedCounters, StreamCounters, StreamLog } from './stream-counters.ts';
import type { StreamEndpoint } from './stream-endpoint.ts';
import type { StreamTransport } from './wire/stream-transport.ts';

export interface StreamTiming {
  readonly handshakeTimeoutMs: number;
  /** A connection without any frame for this long is given up. */
  readonly silenceMs: number;
  /** A subscription request without a reply for this long is sent again. */
  readonly ackTimeoutMs: number;
  /** Requests for one subscription before the connection goes on without it, and tries it again later. */
  readonly subscribeAttempts: number;
  readonly subscribeBackoff: BackoffPolicy;
  /** Of an endpoint that cannot be reached, or that broke off. */
  readonly reconnectBackoff: BackoffPolicy;
  /** Of an endpoint that was reached and would not, and between two tries of a refused subscription. */
  readonly refusedBackoff: BackoffPolicy;
  /** Of a connection that was found more than now and then not to tell what it should. */
  readonly faultBackoff: BackoffPolicy;
  /** A connection that tells old news for this long is opened anew. */
  readonly behindMs: number;
  /** Subscribing or fetching without anything coming for this long is stuck: the connection is opened anew. */
  readonly stuckMs: number;
  /** A feed that has been live for this long starts its backoff anew. */
  readonly stableMs: number;
  /** A connection that has been live for this long without a fault has none behind it. */
  readonly steadyMs: number;
  /** No slot for this long while accounts flow is a stall. */
  readonly slotStallMs: number;
  /** How often the slots are held against the node's HTTP side. */
  readonly probeMs: number;
  /** How long an endpoint that told what is not so is left alone. */
  readonly quarantineMs: number;
}

export const STREAM_TIMING: StreamTiming = {
  handshakeTimeoutMs: 5_000,
  silenceMs: 5_000,
  ackTimeoutMs: 5_000,
  subscribeAttempts: 4,
  subscribeBackoff: { minMs: 100, baseMs: 400, capMs: 5_000 },
  reconnectBackoff: { minMs: 50, baseMs: 200, capMs: 2_000 },
  refusedBackoff: { minMs: 1_000, baseMs: 2_000, capMs: 8_000 },
  faultBackoff: { minMs: 250, baseMs: 1_000, capMs: 8_000 },
  behindMs: 2_000,
  stuckMs: 8_000,
  stableMs: 10_000,
  steadyMs: 20_000,
  slotStallMs: 3_000,
  probeMs: 2_000,
  quarantineMs: 300_000,
};

export interface AccountStreamOptions {
  /** At least one. Accounts are shared out among them, or doubled over them. */
  readonly endpoints: readonly StreamEndpoint[];
  /** Endpoints that each account is streamed from at once; 2 needs two endpoints. Default 1. */
  readonly redundancy?: 1 | 2;
  /**
   * `slot`: a state is told when its slot is over on every connection that is well, and none that should know of it says
   * otherwise. `frame`: at once. Default `frame`.
   */
  readonly tellAt?: 'frame' | 'slot';
  /** What an account is part of (a pool), for what is carried whole or not at all where there is not room for all. */
  readonly groupOf?: (address: Address) => unknown;
  /** Calls a second by which every account is read again, to find what was not told. Default 0: none. */
  readonly auditsPerSecond?: number;
  /** How late a slot may be told before a connection counts as behind. Default 100 ms. */
  readonly maxLagMs?: number;
  /** Slots that a connection may be behind the newest. Default 2. */
  readonly maxSlotLag?: number;
  /** The slot time as far as it is known: what is near in time is told in slots by it. Default: as assumed. */
  readonly slotMicros?: () => number;
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called synchronously for every event, within the turn of the frame that brought it while the engine keeps up. It
   * must not throw: what it throws is not caught.
   */
  readonly onEvent: (event: MarketEvent) => void;
  readonly log: StreamLog;
  /** Default base64; zstd saves bandwidth and costs time a frame. */
  readonly encoding?: AccountEncoding;
  /** Default 32 MiB: the largest account in base64 is 14 MB. A larger frame ends the connection. */
  readonly maxFrameBytes?: number;
  readonly maxRequestsInFlight?: number;
  readonly timing?: Partial<StreamTiming>;
  /** How an endpoint is spoken to. Default: as its addresses say. */
  readonly transport?: (endpoint: StreamEndpoint, commitment: Commitment) => StreamTransport;
}

export type StreamState = StreamConnectionState;

/** The counters of all connections together, and what only the stream as a whole can say. */
export interface StreamStatus extends Readonly<StreamCounters>, Readonly<FeedCounters> {
  /** `live` while anything is; otherwise what the connection that is furthest is doing. */
  readonly state: StreamState;
  /** Why the feed is not live, or why it last was not; '' before the first connection ended. */
  readonly reason: string;
  readonly connections: readonly StreamConnectionStatus[];
  /** Endpoints that are left alone for now. */
  readonly quarantined: readonly QuarantinedEndpoint[];
  /** Accounts wanted, and those of them that may be relied on now. */
  readonly accounts: number;
  readonly confirmed: number;
  readonly subscribed: number;
  /** Wanted but not acknowledged yet. */
  readonly pending: number;
  /** Refused by the node, or without room on any connection. They are tried again for as long as they are wanted. */
  readonly failed: readonly Address[];
  /**
   * '' while everything wanted is carried. Otherwise what is not, in a sentence: the plan carries so many of so many
   * accounts, and what the provider says of it.
   */
  readonly shortfall: string;
  /** Newest slot told by any connection; -1 before the first. */
  readonly lastSlot: number;
  /** Slots that the newest account is ahead of the slot notifications. */
  readonly slotLag: number;
  /** Of the connection that is furthest behind. */
  readonly lagMs: number;
  /** Unix milliseconds; 0 before the first. */
  readonly lastFrameAtMs: number;
  readonly liveSinceMs: number;
  /** Events that wait for the engine now. */
  readonly waiting: number;
}

export interface QuarantinedEndpoint {
  readonly endpoint: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly untilMs: number;
}

/**
 * The accounts of a market as a stream of `MarketEvent`s over the WebSockets of one or more nodes. On every
 * connection: subscribe to its share, then fetch it as of a slot not before the subscriptions. An account is told
 * first as of such a snapshot and then by every change, in slot order; of the same change from two endpoints the
 * first to arrive is told. When it can no longer be relied on, `lost` says so, and the next that is told of it is
 * again a snapshot. `feed live: false` is said when there is nothing left to rely on.
 *
 * An account whose subscription the node refuses is asked for again, and on other connections. As long as nobody lets it
 * be followed it is not told, is listed in `status().failed` and named in `status().shortfall`.
 */
export interface AccountStream {
  start(): void;
  /** Accounts that belong together (those of a pool) come in one call, so that they share a connection. */
  watch(addresses: readonly Address[]): void;
  unwatch(addresses: readonly Address[]): void;
  /** True while what was last told of the account may be relied on. */
  isConfirmed(address: Address): boolean;
  status(): StreamStatus;
  /** Ends within a second; tells `feed live: false` if it was live, and nothing after that. */
  stop(): Promise<void>;
}

import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { MarketEvent } from '../engine/event.ts';
import type { BackoffPolicy } from './backoff.ts';
import type { AccountEncoding, Commitment, RpcClient } from './rpc-client.ts';
import type { StreamCounters, StreamLog } from './stream-counters.ts';

export interface StreamTiming {
  readonly handshakeTimeoutMs: number;
  /** A connection without any frame for this long is given up. */
  readonly silenceMs: number;
  /** A subscription request without a reply for this long is sent again. */
  readonly ackTimeoutMs: number;
  /** Requests for one subscription before it is reported as failed. */
  readonly subscribeAttempts: number;
  readonly subscribeBackoff: BackoffPolicy;
  readonly reconnectBackoff: BackoffPolicy;
  /** A feed that has been live for this long starts its backoff anew. */
  readonly stableMs: number;
  /** No slot for this long while accounts flow is a stall. */
  readonly slotStallMs: number;
}

export const STREAM_TIMING: StreamTiming = {
  handshakeTimeoutMs: 10_000,
  silenceMs: 5_000,
  ackTimeoutMs: 5_000,
  subscribeAttempts: 4,
  subscribeBackoff: { minMs: 100, baseMs: 400, capMs: 5_000 },
  reconnectBackoff: { minMs: 200, baseMs: 400, capMs: 10_000 },
  stableMs: 10_000,
  slotStallMs: 3_000,
};

export interface AccountStreamOptions {
  readonly wsUrl: string;
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called synchronously for every event, within the turn of the frame that brought it. It must not throw: what it
   * throws is not caught.
   */
  readonly onEvent: (event: MarketEvent) => void;
  readonly log: StreamLog;
  /** Default base64; zstd saves bandwidth and costs time a frame. */
  readonly encoding?: AccountEncoding;
  /** Default 32 MiB: the largest account in base64 is 14 MB. A larger frame ends the connection. */
  readonly maxFrameBytes?: number;
  readonly maxRequestsInFlight?: number;
  readonly timing?: Partial<StreamTiming>;
}

export type StreamState = 'idle' | 'connecting' | 'subscribing' | 'snapshot' | 'live' | 'waiting' | 'stopped';

export interface StreamStatus extends Readonly<StreamCounters> {
  readonly state: StreamState;
  /** Host and port of the WebSocket: all of its URL that may be shown. */
  readonly host: string;
  /** Why the feed is not live, or why it last was not; '' before the first connection ended. */
  readonly reason: string;
  readonly subscribed: number;
  /** Wanted but not acknowledged yet. */
  readonly pending: number;
  /** Refused by the node so often that they are left alone until the next connection or `watch`. */
  readonly failed: readonly Address[];
  /** Of the last slot notification; -1 before the first of this connection. */
  readonly lastSlot: number;
  /** Slots that the newest account is ahead of the slot notifications. */
  readonly slotLag: number;
  /** Unix milliseconds; 0 before the first. */
  readonly lastFrameAtMs: number;
  readonly liveSinceMs: number;
}

/**
 * The accounts of a market as a stream of `MarketEvent`s over a node's WebSocket. On every connection: subscribe to
 * everything, then fetch everything as of a slot not before the subscriptions, then say `feed live`. Account events
 * come in the order they arrive, so some are older than others of the same account: the market orders them by slot.
 *
 * An account whose subscription the node keeps refusing is not told again and is listed in `status().failed`: after
 * a feed loss the market trusts no account that it has not been told anew, so its pools are not traded.
 */
export interface AccountStream {
  start(): void;
  watch(addresses: readonly Address[]): void;
  unwatch(addresses: readonly Address[]): void;
  status(): StreamStatus;
  /** Ends within a second; tells `feed live: false` if it was live, and nothing after that. */
  stop(): Promise<void>;
}

import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { Provider } from '../../config/endpoint-leaf.ts';
import type { AccountEncoding, Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import type { StreamTiming } from '../stream-contract.ts';
import type { StreamCounters, StreamLog } from '../stream-counters.ts';
import type { StreamEndpoint } from '../stream-endpoint.ts';
import type { StreamTransport } from '../wire/stream-transport.ts';
import type { ClockWitness } from '../witness/clock-witness.ts';
import type { ConnectionPhase } from './connection-state.ts';
import type { StreamConnection } from './stream-connection.ts';

export interface StreamConnectionOptions {
  /** The endpoint's name and a number. */
  readonly name: string;
  readonly endpoint: StreamEndpoint;
  readonly transport: StreamTransport;
  /** Which of the two copies of every account it belongs to; 0 where there is only one. */
  readonly lane: number;
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly encoding: AccountEncoding;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: StreamTiming;
  readonly maxSlotLag: number;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  readonly clockWitness: ClockWitness;
  readonly maxFrameBytes: number;
  readonly maxRequestsInFlight: number;
  readonly log: StreamLog;
  /** The larger is subscribed and fetched first on a new connection. */
  readonly priorityOf: (address: Address) => number;
  /** Bytes that the account had when it was last told; undefined before that. */
  readonly sizeOf: (address: Address) => number | undefined;
  /** The slot of what was last told of it, where that is not relied on any more; -1 where nothing was. */
  readonly floorOf: (address: Address) => number;
}

/** What one connection says, in the turn in which it hears it. */
export interface StreamConnectionListener {
  /** A frame came, and is not acted on yet. */
  onFrame(atMicros: number): void;
  /** `fetched`: as of a snapshot over HTTP, not told by the socket. */
  onAccount(
    connection: StreamConnection,
    address: Address,
    slot: number,
    account: AccountBytes | null,
    atMicros: number,
    fetched: boolean,
  ): void;
  /** False where nobody has heard of an account's slot: it cannot have begun. */
  mayBe(connection: StreamConnection, slot: number): boolean;
  /** The clock of `slot` was told. */
  onHeartbeat(connection: StreamConnection, slot: number, atMicros: number): void;
  /** `before`: the highest slot before this one; -1 for a connection's first. */
  onSlot(connection: StreamConnection, slot: number, parent: number, before: number, atMicros: number): void;
  /** Everything that it carries has been told. */
  onLive(connection: StreamConnection): void;
  /** Nothing that it carries may be relied on. */
  onLost(connection: StreamConnection, reason: string): void;
  /** The node will not let it follow this account for now. */
  onRefused(connection: StreamConnection, address: Address): void;
  /** It may carry fewer accounts than it was given, or one more than it does. */
  onRoom(connection: StreamConnection): void;
  /** What the node's HTTP side says the slot is. */
  onHttpSlot(slot: number): void;
  /** It told a clock that contradicts itself. */
  onImpossible(connection: StreamConnection, reason: string): void;
  /** It told a clock that was not to be expected: others must be asked. */
  onOddClock(connection: StreamConnection, reason: string): void;
  /** Others should carry what it carries: it failed to connect, or to tell the news, not for the first time. */
  onFailing(connection: StreamConnection): void;
}

export type StreamConnectionState = ConnectionPhase;

/** One connection as people and metrics see it. */
export interface StreamConnectionStatus extends Readonly<StreamCounters> {
  readonly name: string;
  readonly endpoint: string;
  readonly provider: Provider;
  /** Host and port of the WebSocket: all of its URL that may be shown. */
  readonly host: string;
  readonly lane: number;
  readonly state: StreamConnectionState;
  /** Why it is not live, or why it last was not: with the provider's own sentence where it gave one. */
  readonly reason: string;
  /** Accounts that it carries. */
  readonly accounts: number;
  readonly subscribed: number;
  /** Wanted but not acknowledged yet, slots and clock among them. */
  readonly pending: number;
  /** Refused by the node for now. They are tried again, one at a time. */
  readonly failed: readonly Address[];
  /** Subscriptions that its provider's plan lets it have, as learnt; Infinity while no limit was met. */
  readonly planLimit: number;
  /** What the provider said of that limit, or of the last subscription that it refused. */
  readonly refusal: string;
  /** Unix milliseconds at which it is opened again; 0 unless it waits. */
  readonly opensAtMs: number;
  /** Of the last slot notification; -1 before the first of this connection. */
  readonly lastSlot: number;
  /** Newest slot whose clock it told. */
  readonly heartbeat: number;
  /** How late that was. */
  readonly lagMs: number;
  /** Slots that the newest account is ahead of the slot notifications. */
  readonly slotLag: number;
  /** Unix milliseconds; 0 before the first. */
  readonly lastFrameAtMs: number;
  readonly liveSinceMs: number;
}

import type { AccountBytes } from '../../../core/account.ts';
import type { FrameKind } from './frame.ts';
import type { SubscriptionId } from './subscription-id.ts';

/** What a connection is asked for: a subscription by its JSON-RPC name, whatever carries it. */
export interface StreamRequest {
  readonly id: number;
  readonly method: 'accountSubscribe' | 'slotSubscribe' | 'accountUnsubscribe' | 'slotUnsubscribe';
  /** `[address, {encoding, commitment}]`, `[]`, or `[subscription]`. */
  readonly params: readonly unknown[];
}

/** The fields of the message that came last; which of them mean something is told by its kind. */
export interface StreamMessage {
  readonly subscription: SubscriptionId;
  readonly slot: number;
  readonly parent: number;
  readonly account: AccountBytes | null;
  readonly replyId: number;
  readonly replyResult: unknown;
  readonly replyErrorCode: number;
  readonly replyError: string;
  readonly problem: string;
}

/** Why a connection ended. */
export interface StreamEnd {
  /** With the endpoint's own sentence where it gave one; without any of our keys. */
  readonly reason: string;
  /** It was reached and would not: its plan, its rate or our key. False: it could not be reached, or broke off. */
  readonly refused: boolean;
  /** How long it asks us to stay away. */
  readonly retryAfterMs?: number;
}

export interface StreamTransportOptions {
  readonly handshakeTimeoutMs: number;
  /** The connection is dropped when nothing came for this long (at most a quarter more). */
  readonly silenceMs: number;
  readonly maxFrameBytes: number;
  readonly onOpen: () => void;
  /** In the turn in which it came. The message holds until the next one. */
  readonly onMessage: (kind: FrameKind, message: StreamMessage, bytes: number) => void;
  /** Once, whatever ended it, unless `close` did. */
  readonly onEnd: (end: StreamEnd) => void;
}

/** One connection to an endpoint while it lasts. */
export interface StreamConnection {
  send(request: StreamRequest): void;
  /** Ends it from our side and tells `onEnd`. */
  drop(reason: string): void;
  /** Ends it without telling. Resolves when it is gone, at the latest after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** How an endpoint is spoken to: JSON-RPC over a WebSocket, or Yellowstone gRPC. */
export interface StreamTransport {
  /** Host and port: all of the address that may be shown. */
  readonly host: string;
  open(options: StreamTransportOptions): StreamConnection;
}

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** One JSON-RPC call as it came. */
export interface RpcCall {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** An HTTP request as a provider sees it. */
export interface HttpAsk {
  /** Those in the body; none where it is no JSON-RPC. */
  readonly calls: readonly RpcCall[];
  readonly isBatch: boolean;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Requests since the row began, this one included. */
  readonly nth: number;
  /** Milliseconds since the row began. */
  readonly atMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * What comes of a request. `pass`: what the node answers. `hang`: nothing. `cut`: the connection ends without a word.
 * `reply`: this instead. `alter`: the node's answer, changed. `write`: whatever it writes, for as long as it likes; the
 * function that it gives back stops it.
 */
export type HttpAct =
  | 'pass'
  | 'hang'
  | 'cut'
  | { readonly reply: HttpReply }
  | { readonly alter: (body: string) => HttpReply }
  | { readonly write: (response: ServerResponse) => () => void };

export type HttpBehaviour = (ask: HttpAsk) => HttpAct;

/** A WebSocket connection as a provider sees it. */
export interface WsPeer {
  /** Connections since the row began, this one included. */
  readonly nth: number;
  /** Milliseconds since the row began. */
  readonly atMs: number;
  /** Subscriptions asked for on this connection, the one at hand included. */
  readonly asked: number;
}

/**
 * What comes of a message that a client sends. `swallow`: nothing. `half-close`: the connection is said to end, and stays.
 * `error`: a JSON-RPC refusal. `close`: the connection ends.
 */
export type WsAct =
  | 'pass'
  | 'swallow'
  | 'half-close'
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly close: number; readonly reason: string };

export interface WsBehaviour {
  /** Instead of the upgrade. `hang`: nothing, while the connection stays. */
  readonly handshake?: (peer: WsPeer) => HttpReply | 'hang' | undefined;
  readonly asked?: (call: RpcCall, peer: WsPeer) => WsAct;
  /** What the node tells, as it goes on; undefined keeps it back, several are told one after the other. */
  readonly told?: (text: string, peer: WsPeer) => string | readonly string[] | undefined;
}

/** Which server stands behind the proxy. */
export type ProviderService = 'rpc' | 'jupiter' | 'helius';

/** One way in which providers behave. Every row is a test, and a part of `arb chaos providers`. */
export interface ProviderRow {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly does: string;
  readonly service: ProviderService;
  /** Of several endpoints: one beside healthy ones, or all of them. */
  readonly who: 'one' | 'all';
  /** How long it behaves so. */
  readonly lastsMs: number;
  /** After its end everything is whole again within this time. */
  readonly wholeWithinMs: number;
  /** What a user finds in the status of the endpoint or the API while it lasts, when it was asked at all. */
  readonly says?: RegExp;
  /** Made anew each time the row begins, so that nothing is left of the last time. */
  readonly http?: () => HttpBehaviour;
  readonly ws?: () => WsBehaviour;
}

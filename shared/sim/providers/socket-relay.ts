import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { RpcCall, WsBehaviour, WsPeer } from './provider-row.ts';

export interface SocketRelayParams {
  readonly client: WebSocket;
  /** The node's own WebSocket. */
  readonly url: string;
  /** As it is set now; undefined: everything passes. */
  readonly behaviour: () => WsBehaviour | undefined;
  readonly peer: (asked: number) => WsPeer;
  readonly onEnd: () => void;
}

/** Passes messages between a client and its node, as the behaviour wants it. Gives what ends both. */
export function relaySocket({ client, url, behaviour, peer, onEnd }: SocketRelayParams): () => void {
  const upstream = new WebSocket(url, { perMessageDeflate: false });
  const waiting: string[] = [];
  let asked = 0;

  const pass = (text: string): void => {
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
    else waiting.push(text);
  };
  client.on('message', (data) => {
    const text = String(data);
    const call = callOf(text);
    if (typeof call.method === 'string' && call.method.endsWith('Subscribe')) asked++;
    const act = behaviour()?.asked?.(call, peer(asked)) ?? 'pass';
    if (act === 'pass') pass(text);
    else if (act === 'swallow') return;
    else if (act === 'half-close') halfClose(client);
    else if ('error' in act) client.send(JSON.stringify({ jsonrpc: '2.0', error: act.error, id: call.id }));
    else client.close(act.close, act.reason);
  });
  upstream.on('open', () => {
    for (const text of waiting.splice(0)) upstream.send(text);
  });
  upstream.on('message', (data) => {
    const text = String(data);
    const told = behaviour()?.told;
    const passed = told === undefined ? text : told(text, peer(asked));
    if (passed === undefined || client.readyState !== WebSocket.OPEN) return;
    for (const one of typeof passed === 'string' ? [passed] : passed) client.send(one);
  });
  const end = (): void => {
    client.terminate();
    upstream.terminate();
    onEnd();
  };
  for (const socket of [client, upstream]) {
    socket.on('error', () => {});
    socket.on('close', end);
  }
  return end;
}

/** A close frame (1001), and not another byte in either direction: the TCP connection stays. */
function halfClose(client: WebSocket): void {
  const { _socket: socket } = client as unknown as { readonly _socket: Duplex };
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  socket.pause();
  socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe9]));
}

function callOf(text: string): RpcCall {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

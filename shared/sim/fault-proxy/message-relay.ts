import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Random } from '../../core/random.ts';
import { corrupted, isNotification, withStaleSlots, withWrongBytes } from './distort.ts';
import type { MessageFault } from './fault.ts';

const HOST = '127.0.0.1';
/** Share of the notifications that a fault of messages touches. */
const TOUCHED = 0.2;
const RETRY_AFTER_SECONDS = 1;

export interface MessageRelayParams {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly random: Random;
}

/** A node as its clients hear it, message by message: requests over HTTP, subscriptions over a WebSocket. */
export interface MessageRelay {
  readonly port: number;
  /** Messages and answers that were not passed on as they were. */
  readonly touched: number;
  set(fault: MessageFault | undefined): void;
  close(): Promise<void>;
}

export async function openMessageRelay({ rpcUrl, wsUrl, random }: MessageRelayParams): Promise<MessageRelay> {
  let fault: MessageFault | undefined;
  let touched = 0;
  const upstreams = new Set<WebSocket>();

  const server = createServer((request, response) => {
    if (fault === 'http-timeout') touched++;
    else if (fault === 'http-429') refuse(response, 429, { 'retry-after': String(RETRY_AFTER_SECONDS) });
    else if (fault === 'http-503') refuse(response, 503, {});
    else forward(rpcUrl, request, response, distortAnswer);
  });

  function refuse(response: ServerResponse, status: number, headers: Record<string, string>): void {
    touched++;
    response.writeHead(status, { 'content-type': 'text/plain', ...headers });
    response.end('not now\n');
  }

  function distortAnswer(body: string): string {
    if (fault !== 'stale-slot' && fault !== 'wrong-bytes') return body;
    touched++;
    return fault === 'stale-slot' ? withStaleSlots(body) : withWrongBytes(body, random);
  }

  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (client) => {
    const upstream = new WebSocket(wsUrl, { perMessageDeflate: false });
    upstreams.add(upstream);
    const asked: string[] = [];
    let held: string | undefined;

    const tell = (text: string): void => {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    };
    const relay = (text: string): void => {
      if (fault === 'silent') {
        touched++;
      } else if (held !== undefined) {
        // The later one first.
        tell(text);
        tell(held);
        held = undefined;
      } else if (isNotification(text)) {
        relayNotification(text);
      } else {
        tell(text);
      }
    };
    const relayNotification = (text: string): void => {
      const lies = fault === 'stale-slot' || fault === 'wrong-bytes';
      if (fault === undefined || (!lies && random.next() >= TOUCHED)) {
        tell(text);
        return;
      }
      touched++;
      if (fault === 'stale-slot') tell(withStaleSlots(text));
      else if (fault === 'wrong-bytes') tell(withWrongBytes(text, random));
      else if (fault === 'reordered') held = text;
      else if (fault === 'corrupted') tell(corrupted(text, random));
      else if (fault !== 'dropped') tell(text);
      if (fault === 'duplicated') tell(text);
    };

    client.on('message', (data) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(String(data));
      else asked.push(String(data));
    });
    upstream.on('open', () => {
      for (const text of asked.splice(0)) upstream.send(text);
    });
    upstream.on('message', (data) => relay(String(data)));
    const end = (): void => {
      upstreams.delete(upstream);
      client.terminate();
      upstream.terminate();
    };
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', end);
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve());
  });

  return {
    port: (server.address() as AddressInfo).port,
    get touched() {
      return touched;
    },
    set(next) {
      fault = next;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      for (const socket of upstreams) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sends a request on as it is and its answer back through `distort`. */
function forward(
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  distort: (body: string) => string,
): void {
  const upstream = httpRequest(url, { method: request.method, headers: request.headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      const body = Buffer.from(distort(Buffer.concat(chunks).toString('utf8')));
      response.writeHead(answer.statusCode ?? 502, {
        'content-type': answer.headers['content-type'] ?? 'application/json',
        'content-length': body.length,
      });
      response.end(body);
    });
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  request.on('error', () => upstream.destroy());
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}

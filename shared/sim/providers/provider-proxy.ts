import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type {
  HttpAct,
  HttpAsk,
  HttpBehaviour,
  HttpReply,
  ProviderRow,
  RpcCall,
  WsBehaviour,
} from './provider-row.ts';
import { relaySocket } from './socket-relay.ts';

export interface ProviderProxyParams {
  /** The healthy server behind it. */
  readonly url: string;
  /** Its WebSocket; absent where it has none. */
  readonly wsUrl?: string;
}

/** An endpoint on loopback in front of a healthy one, which behaves as a row of the table says while it is set. */
export interface ProviderProxy {
  readonly url: string;
  readonly wsUrl: string;
  /** HTTP requests and WebSocket handshakes since the row began. */
  readonly requests: number;
  readonly handshakes: number;
  /** Undefined: healthy. Connections stay open over a change; what is on its way ends as it began. */
  set(row: Pick<ProviderRow, 'http' | 'ws'> | undefined): void;
  /** Ends every connection without a word, as a provider's restart does. */
  cut(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Listens on loopback; the clock is Node's own, for nothing here is replayed. */
export async function openProviderProxy({ url, wsUrl }: ProviderProxyParams): Promise<ProviderProxy> {
  let http: HttpBehaviour | undefined;
  let ws: WsBehaviour | undefined;
  let beganMs = performance.now();
  let requests = 0;
  let handshakes = 0;
  const writers = new Set<() => void>();
  const relays = new Set<() => void>();
  /** Handshakes that get no answer. */
  const hanging = new Set<Duplex>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => serve(request, Buffer.concat(chunks), response));
  });

  function serve(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    requests++;
    const act = http === undefined ? 'pass' : http(askOf(request, body));
    if (act === 'hang') return;
    if (act === 'cut') request.socket.destroy();
    else if (act === 'pass') forward(request, body, response);
    else if ('reply' in act) send(response, act.reply);
    else if ('alter' in act) forward(request, body, response, act.alter);
    else write(act, response);
  }

  function askOf(request: IncomingMessage, body: Buffer): HttpAsk {
    const parsed = parse(body.toString('utf8'));
    const isBatch = Array.isArray(parsed);
    const calls = (isBatch ? parsed : [parsed]).filter((call) => typeof call === 'object' && call !== null);
    return {
      calls: calls as RpcCall[],
      isBatch,
      path: request.url ?? '/',
      headers: request.headers,
      nth: requests,
      atMs: performance.now() - beganMs,
    };
  }

  function write(act: Extract<HttpAct, { readonly write: unknown }>, response: ServerResponse): void {
    const stop = act.write(response);
    const end = (): void => {
      writers.delete(end);
      stop();
    };
    writers.add(end);
    response.on('close', end);
  }

  /** Sends a request on as it is, and its answer back, changed where `alter` is given. */
  function forward(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    alter?: (body: string) => HttpReply,
  ): void {
    const { host: _, 'accept-encoding': __, ...headers } = request.headers;
    const target = new URL(request.url ?? '/', url);
    const upstream = httpRequest(target, { method: request.method ?? 'POST', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', () => response.destroy());
      answer.on('end', () => {
        const whole = Buffer.concat(chunks);
        const { statusCode: status = 502 } = answer;
        if (alter !== undefined) send(response, alter(whole.toString('utf8')));
        else send(response, { status, headers: { 'content-type': 'application/json' }, body: whole });
      });
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end(body);
  }

  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    handshakes++;
    const nth = handshakes;
    const peer = (asked: number) => ({ nth, asked, atMs: performance.now() - beganMs });
    const refused = ws?.handshake?.(peer(0));
    stream.on('error', () => stream.destroy());
    if (refused === 'hang') {
      hanging.add(stream);
      stream.on('close', () => hanging.delete(stream));
      return;
    }
    if (refused !== undefined || wsUrl === undefined) {
      refuseUpgrade(stream, refused ?? { status: 404 });
      return;
    }
    sockets.handleUpgrade(request, stream, head, (client) => {
      const end = relaySocket({
        client,
        url: wsUrl,
        behaviour: () => ws,
        peer,
        onEnd: () => relays.delete(end),
      });
      relays.add(end);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve());
  });
  const { port } = server.address() as AddressInfo;

  function cut(): void {
    for (const end of [...relays]) end();
    for (const end of [...writers]) end();
    for (const stream of hanging) stream.destroy();
    server.closeAllConnections();
  }

  return {
    url: `http://${HOST}:${port}`,
    wsUrl: `ws://${HOST}:${port}`,
    get requests() {
      return requests;
    },
    get handshakes() {
      return handshakes;
    },
    set(row) {
      http = row?.http?.();
      ws = row?.ws?.();
      beganMs = performance.now();
      requests = 0;
      handshakes = 0;
    },
    cut,
    async close() {
      cut();
      sockets.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: HttpReply): void {
  if (response.destroyed) return;
  const sent: OutgoingHttpHeaders = { 'content-length': Buffer.byteLength(body), ...headers };
  response.writeHead(status, sent).end(body);
}

function refuseUpgrade(stream: Duplex, { status, headers = {}, body = '' }: HttpReply): void {
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  stream.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Refused\r\n${head}\r\n`), Buffer.from(body)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

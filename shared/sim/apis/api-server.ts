import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ArbError } from '../../core/errors.ts';

/**
 * What is wrong with the API now. `limited`: every call gets 429. `failing`: 503. `garbage`: 200 with a body that is cut
 * off. `slow`: answers come after ten seconds. `silent`: connections are closed without a word.
 */
export type ApiFault = 'none' | 'limited' | 'failing' | 'garbage' | 'slow' | 'silent';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An outside API served on loopback, with a switch for its faults. */
export interface ApiServer {
  readonly url: string;
  readonly port: number;
  /** Requests that have come, faulty ones included. */
  readonly requests: number;
  setFault(fault: ApiFault): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 512 * 1_024;
const SLOW_MS = 10_000;

/** Serves `answer` on a port, 0 for any free one. Throws `port-in-use`. */
export async function startApiServer(
  answer: (request: ApiRequest) => ApiReply,
  port = 0,
): Promise<ApiServer> {
  let fault: ApiFault = 'none';
  let requests = 0;
  const timers = new Set<NodeJS.Timeout>();

  const reply = (response: ServerResponse, status: number, body: string, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };

  const answered = (request: ApiRequest, response: ServerResponse): void => {
    if (response.destroyed) return;
    const { status, body, headers } = answer(request);
    const text = JSON.stringify(body);
    reply(response, status, fault === 'garbage' ? text.slice(0, text.length >> 1) : text, headers);
  };

  const server = createServer((incoming, response) => {
    requests += 1;
    if (fault === 'silent') {
      incoming.socket.destroy();
      return;
    }
    void readRequest(incoming).then((request) => {
      if (request === undefined) response.destroy();
      else if (fault === 'limited')
        reply(response, 429, '{"error":"Rate limit exceeded"}', { 'retry-after': '1' });
      else if (fault === 'failing') reply(response, 503, '{"error":"Service unavailable"}');
      else if (fault !== 'slow') answered(request, response);
      else {
        const timer = setTimeout(() => {
          timers.delete(timer);
          answered(request, response);
        }, SLOW_MS);
        timers.add(timer);
      }
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ArbError('port-in-use', `port ${port} is in use`, { port }, error)),
    );
    server.listen(port, HOST, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `http://${HOST}:${taken}`,
    port: taken,
    get requests() {
      return requests;
    },
    setFault(next) {
      fault = next;
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<ApiRequest | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // The client went away in the middle of its own request and wants no answer.
    return undefined;
  }
  const url = new URL(incoming.url ?? '/', `http://${HOST}`);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

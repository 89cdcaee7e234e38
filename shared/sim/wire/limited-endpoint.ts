import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock.ts';

/** A JSON-RPC endpoint that holds its callers to a rate, as providers do. */
export interface LimitedEndpoint {
  readonly url: string;
  /** Calls by what stood in `label` of their parameters: how many were let in, how many refused. */
  counts(label: string): { readonly accepted: number; readonly refused: number };
  /** The most calls that any window of a second has held. */
  readonly busiestSecond: number;
  stop(): Promise<void>;
}

interface Call {
  readonly id: unknown;
  readonly params?: readonly [{ readonly label?: unknown }?];
}

const WINDOW_MICROS = 1_000_000;

/**
 * Listens on loopback and accepts at most `perSecond` calls in any second, whatever second it is; members of a batch
 * count each. More are answered 429 with Retry-After, and do not count. Every call is answered with its parameters.
 */
export async function startLimitedEndpoint(clock: Clock, perSecond: number): Promise<LimitedEndpoint> {
  /** When each of the calls of the last second was accepted. */
  let accepted: number[] = [];
  let busiestSecond = 0;
  const counts = new Map<string, { accepted: number; refused: number }>();

  function countsOf(label: string): { accepted: number; refused: number } {
    let count = counts.get(label);
    if (count === undefined) {
      count = { accepted: 0, refused: 0 };
      counts.set(label, count);
    }
    return count;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body: Call | Call[] = JSON.parse(Buffer.concat(parts).toString('utf8'));
    const calls = Array.isArray(body) ? body : [body];
    const now = clock.monotonicMicros();
    const oldest = accepted.findIndex((atMicros) => atMicros > now - WINDOW_MICROS);
    accepted = oldest < 0 ? [] : oldest === 0 ? accepted : accepted.slice(oldest);
    const room = accepted.length + calls.length <= perSecond;
    for (const { params } of calls) countsOf(String(params?.[0]?.label))[room ? 'accepted' : 'refused']++;
    if (!room) {
      const seconds = ((accepted[0] ?? now) + WINDOW_MICROS - now) / WINDOW_MICROS;
      response.writeHead(429, { 'retry-after': seconds.toFixed(3) }).end('too many requests');
      return;
    }
    for (const _ of calls) accepted.push(now);
    busiestSecond = Math.max(busiestSecond, accepted.length);
    const answers = calls.map(({ id, params }) => ({ jsonrpc: '2.0', id, result: params }));
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts: (label) => ({ ...countsOf(label) }),
    get busiestSecond() {
      return busiestSecond;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

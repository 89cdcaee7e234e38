import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Address } from '../../../core/address.ts';
import type { EndpointConfig } from '../../config/endpoint-leaf.ts';
import { checkEndpoints, type EndpointCheckParams } from './endpoint-check.ts';

const MAINNET = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const DEVNET = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';
const POOL = 'Czfq3xZZDmsdGdUyrNLtRhGc47cXcZtLG4crryfu44zE' as Address;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Node {
  readonly http: RequestListener;
  /** Undefined: none is spoken there. */
  readonly socket?: (socket: WebSocket) => void;
  readonly handshake?: number;
}

async function serve(name: string, node: Node): Promise<EndpointConfig> {
  const server = createServer(node.http);
  servers.push(server);
  const { socket, handshake } = node;
  if (socket !== undefined) new WebSocketServer({ server }).on('connection', socket);
  if (handshake !== undefined) {
    server.on('upgrade', (_request, wire) =>
      wire.end(`HTTP/1.1 ${handshake} No\r\nContent-Length: 0\r\n\r\n`),
    );
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = `127.0.0.1:${port}/secret-key-123`;
  return { name, provider: 'generic', url: `http://${at}`, wsUrl: `ws://${at}` } as EndpointConfig;
}

const node =
  (genesisHash: string, has: boolean): RequestListener =>
  (request, response) => {
    let body = '';
    request.on('data', (data) => (body += String(data)));
    request.on('end', () => {
      const { method, params } = JSON.parse(body) as { method: string; params: [string[]] };
      const account = has ? { data: ['', 'base64'], lamports: 1 } : null;
      const value = method === 'getGenesisHash' ? [] : params[0].map(() => account);
      const result = method === 'getGenesisHash' ? genesisHash : { context: { slot: 1 }, value };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
    });
  };

const refuses =
  (status: number, body: string): RequestListener =>
  (_request, response) => {
    response.statusCode = status;
    response.end(body);
  };

const answers = (socket: WebSocket): void => {
  socket.on('message', () => socket.send('{"jsonrpc":"2.0","id":1,"result":7}'));
};

const check = (endpoints: readonly EndpointConfig[], more: Partial<EndpointCheckParams> = {}) =>
  checkEndpoints({ endpoints, pools: [POOL], timeoutMs: 500, rounds: 1, ...more });

describe('a check of the endpoints', () => {
  it('passes what works, and names what of several does not', async () => {
    const good = await serve('good', { http: node(MAINNET, true), socket: answers });
    expect(await check([good])).toEqual([]);
    const bad = await serve('bad', { http: refuses(401, 'invalid api key secret-key-123'), handshake: 403 });
    const found = await check([good, bad]);
    expect(found.map(({ endpoint, wire, trouble }) => [endpoint, wire, trouble])).toEqual([
      ['bad', 'http', 'key'],
      ['bad', 'websocket', 'key'],
    ]);
    expect(JSON.stringify(found)).not.toContain('secret-key-123');
  });

  it.each([
    ['a wrong key', { http: refuses(401, ''), socket: answers }, 'rpc-key-refused', /does not take our key/],
    [
      'a wrong key, in JSON',
      { http: refuses(200, '{"error":{"code":-32401,"message":"Invalid API key"}}'), socket: answers },
      'rpc-key-refused',
      /does not take our key.*Invalid API key/,
    ],
    [
      'a web page',
      { http: refuses(200, '<html>hello'), socket: answers },
      'rpc-no-node',
      /is no Solana node/,
    ],
    [
      'a wrong network',
      { http: node(DEVNET, false), socket: answers },
      'network-wrong',
      /devnet, where none of/,
    ],
    [
      'no WebSocket',
      { http: node(MAINNET, true), handshake: 404 },
      'ws-none',
      /no WebSocket there \(HTTP 404\)/,
    ],
    ['a deaf WebSocket', { http: node(MAINNET, true), socket: () => {} }, 'ws-none', /says nothing on it/],
    [
      'an RPC that never answers',
      { http: () => {}, socket: answers },
      'network-unreachable',
      /does not answer/,
    ],
  ] as const)('tells %s', async (_what, given, code, message) => {
    const endpoint = await serve('main', given);
    await expect(check([endpoint])).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('tells what cannot be reached, after another try', async () => {
    const closed = await serve('main', { http: node(MAINNET, true) });
    for (const server of servers.splice(0)) server.close();
    const began = performance.now();
    await expect(check([closed], { rounds: 2 })).rejects.toMatchObject({
      code: 'network-unreachable',
      message: expect.stringMatching(/endpoint main: cannot reach 127\.0\.0\.1:\d+: connect ECONNREFUSED/),
    });
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  it('tells endpoints of two chains apart, and stops for nothing that passes by itself', async () => {
    const main = await serve('a', { http: node(MAINNET, true), socket: answers });
    const other = await serve('b', { http: node(DEVNET, true), socket: answers });
    await expect(check([main, other])).rejects.toMatchObject({
      code: 'network-mixed',
      message: 'the endpoints are of different chains: a is of mainnet, b is of devnet',
    });
    const busy = await serve('busy', { http: refuses(429, 'slow down'), socket: answers });
    expect((await check([busy])).map(({ trouble }) => trouble)).toEqual(['passing']);
  });
});

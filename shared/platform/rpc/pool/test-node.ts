import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a test node answers a request instead of well. */
export type Behaviour =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly error: number }
  | { readonly result: unknown }
  | { readonly delayMs: number }
  | 'hang'
  | 'cut'
  | 'reset-mid-body'
  | 'drip'
  | 'no-batches';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** For tests: a node's JSON-RPC over HTTP on loopback that can fail in every way a real one does. */
export interface TestNode {
  readonly url: string;
  slot: number;
  behave: ((call: Call, request: number) => Behaviour | undefined) | undefined;
  readonly calls: Call[];
  /** HTTP requests, whatever was in them. */
  requests: number;
  /** Requests that the client ended before the answer. */
  aborted: number;
  /** Requests that it has read and that neither side has ended. */
  open: number;
  sockets(): number;
  /** Nothing listens on its port any more. */
  goDown(): Promise<void>;
  /** Listens on the same port again. */
  comeBack(): Promise<void>;
}

const OWNER = '11111111111111111111111111111111';

export async function startTestNode(slot = 1_000): Promise<TestNode> {
  let server: Server;
  let port = 0;

  async function listen(): Promise<void> {
    server = createServer((request, response) => void serve(request, response));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    node.requests++;
    node.open++;
    response.on('close', () => {
      node.open--;
      if (!response.writableFinished) node.aborted++;
    });
    const body: Call | Call[] = JSON.parse(Buffer.concat(parts).toString('utf8'));
    const calls = Array.isArray(body) ? body : [body];
    node.calls.push(...calls);
    const behaviour = node.behave?.(calls[0]!, node.requests);
    if (behaviour === 'hang') return;
    if (behaviour === 'cut') return void request.socket.destroy();
    if (behaviour === 'no-batches' && Array.isArray(body)) {
      response.statusCode = 400;
      response.end('{"jsonrpc":"2.0","error":{"code":-32600,"message":"no batches here"},"id":null}');
      return;
    }
    if (typeof behaviour === 'object' && 'status' in behaviour) {
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? 'no');
      return;
    }
    if (typeof behaviour === 'object' && 'delayMs' in behaviour) await sleep(behaviour.delayMs);
    const answers = calls.map((call) => ({ jsonrpc: '2.0', id: call.id, ...answerOf(call, behaviour) }));
    const text = JSON.stringify(Array.isArray(body) ? answers : answers[0]);
    if (behaviour === 'drip') return drip(response, text);
    if (behaviour !== 'reset-mid-body') return void response.end(text);
    response.writeHead(200, { 'content-length': text.length });
    response.write(text.slice(0, text.length / 2), () => request.socket.resetAndDestroy());
  }

  /** A byte every few milliseconds, for ever. */
  async function drip(response: ServerResponse, text: string): Promise<void> {
    for (let at = 0; !response.closed; at++) {
      response.write(text[at] ?? ' ');
      await sleep(5);
    }
  }

  function answerOf({ method, params }: Call, behaviour: Behaviour | undefined): object {
    if (typeof behaviour === 'object' && 'error' in behaviour) {
      return { error: { code: behaviour.error, message: 'as told' } };
    }
    if (typeof behaviour === 'object' && 'result' in behaviour) return { result: behaviour.result };
    const config = params.at(-1) as { minContextSlot?: number } | undefined;
    if ((config?.minContextSlot ?? 0) > node.slot) {
      return { error: { code: -32016, message: 'Minimum context slot has not been reached' } };
    }
    const context = { slot: node.slot };
    switch (method) {
      case 'getSlot':
        return { result: node.slot };
      case 'getBalance':
        return { result: { context, value: 7 } };
      case 'getMultipleAccounts': {
        const value = (params[0] as string[]).map((address) => ({
          // Tells the accounts apart.
          lamports: address.charCodeAt(0) * 256 + address.charCodeAt(1),
          owner: OWNER,
          data: ['', 'base64'],
        }));
        return { result: { context, value } };
      }
      default:
        return { result: `done ${method}` };
    }
  }

  const node: TestNode = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    slot,
    behave: undefined,
    calls: [],
    requests: 0,
    aborted: 0,
    open: 0,
    sockets: () => (server as Server & { _connections: number })._connections,
    async goDown() {
      server.closeAllConnections();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
    },
    comeBack: listen,
  };
  await listen();
  return node;
}

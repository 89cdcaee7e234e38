import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Bank } from '../chain/bank.ts';
import { accountMethods } from './rpc/account-methods.ts';
import { chainMethods } from './rpc/chain-methods.ts';
import { answer, type RpcMethods } from './rpc/dispatch.ts';
import { historyMethods } from './rpc/history-methods.ts';
import { type BeforeTransaction, transactionMethods } from './rpc/transaction-methods.ts';

/** A validator's own limit. */
const MAX_BODY_BYTES = 50 * 1_024;

export interface RpcServerOptions {
  readonly bank: Bank;
  readonly beforeTransaction: BeforeTransaction;
  /** How long a slot takes here where that is not what the chain's rules say. */
  readonly pacedMs?: number | undefined;
}

/** Every HTTP method of the node. */
function rpcMethods({ bank, beforeTransaction, pacedMs }: RpcServerOptions): RpcMethods {
  return new Map([
    ...accountMethods(bank),
    ...chainMethods(bank, pacedMs),
    ...historyMethods(bank),
    ...transactionMethods(bank, beforeTransaction),
  ]);
}

/** The HTTP side, not yet listening: JSON-RPC by POST, and GET /health. */
export function createRpcServer(options: RpcServerOptions): Server {
  const methods = rpcMethods(options);
  return createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/health') reply(response, 200, 'text/plain', 'ok');
    else if (request.method !== 'POST') {
      reply(response, 405, 'text/plain', 'Used HTTP Method is not allowed. POST or OPTIONS is required\n');
    } else if (!isJson(request)) {
      const sentence = 'Supplied content type is not allowed. Content-Type: application/json is required\n';
      reply(response, 415, 'text/plain', sentence);
    } else {
      receive(request, response, methods);
    }
  });
}

function isJson(request: IncomingMessage): boolean {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

function receive(request: IncomingMessage, response: ServerResponse, methods: RpcMethods): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on('end', () => {
    if (bytes > MAX_BODY_BYTES) {
      reply(response, 413, 'text/plain', 'request body exceeded the limit of 51200 bytes\n');
      return;
    }
    const body = answer(Buffer.concat(chunks).toString('utf8'), methods);
    reply(response, 200, 'application/json; charset=utf-8', body ?? '');
  });
  // A client that goes away in the middle of its own request wants no answer.
  request.on('error', () => response.destroy());
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

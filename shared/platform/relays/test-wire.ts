import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import bs58 from 'bs58';

/** For tests: what the scripted server does with a request whose bytes have all come. */
export type Script = (request: WireRequest, socket: Socket) => void;

export interface WireRequest {
  readonly path: string;
  readonly headers: string;
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface TestWire {
  readonly url: string;
  readonly requests: readonly WireRequest[];
  script: Script;
  /** Closes the port: whoever connects now is refused. */
  refuse(): Promise<void>;
  stop(): Promise<void>;
}

/** A server on a bare loopback socket, so that it can write, cut or hold back any byte. */
export async function openTestWire(): Promise<TestWire> {
  const sockets = new Set<Socket>();
  const requests: WireRequest[] = [];
  const wire = { script: (() => {}) as Script };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const headers = text.slice(0, end);
      const length = Number(/content-length: *(\d+)/i.exec(headers)?.[1] ?? 0);
      const body = text.slice(end + 4, end + 4 + length);
      if (body.length < length) return;
      text = '';
      const request = requestOf(headers, body);
      requests.push(request);
      wire.script(request, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get script() {
      return wire.script;
    },
    set script(script) {
      wire.script = script;
    },
    refuse: close,
    stop: close,
  };
}

function requestOf(headers: string, body: string): WireRequest {
  const [, path = ''] = headers.split(' ');
  const json = (body === '' ? {} : JSON.parse(body)) as Partial<WireRequest>;
  return { path, headers, id: json.id, method: json.method ?? '', params: json.params ?? [] };
}

/** An answer over HTTP; `body` may need the request. */
export function replies(
  status: number,
  body: string | ((request: WireRequest) => unknown),
  headers: Readonly<Record<string, string>> = {},
): Script {
  return (request, socket) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body(request));
    const lines = Object.entries({
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n${text}`);
  };
}

export function results(result: unknown, headers: Readonly<Record<string, string>> = {}): Script {
  return replies(200, ({ id }) => ({ jsonrpc: '2.0', id, result }), headers);
}

export function errors(code: number, message: string, status = 200): Script {
  return replies(status, ({ id }) => ({ jsonrpc: '2.0', id, error: { code, message } }));
}

/** What a sender carries: one signature, and a message that nobody here reads. */
export function testTransaction(seed: number): { readonly bytes: Uint8Array; readonly signature: string } {
  const raw = new Uint8Array(64).fill(seed);
  return {
    bytes: Uint8Array.from([1, ...raw, 0x80, ...new Uint8Array(100).fill(9)]),
    signature: bs58.encode(raw),
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnswerBound } from './answer-bound.ts';
import {
  createHttpCaller,
  type HttpAnswer,
  type HttpCaller,
  type HttpOutcome,
  isUnsent,
} from './http-caller.ts';

const BOUND: AnswerBound = { bytes: 100_000, values: 1_000, depth: 10 };
const KEY = 'key-nobody-may-see';

let server: Server;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let caller: HttpCaller;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  caller = open(`${url}/?api-key=${KEY}`);
});
afterEach(async () => {
  await caller.close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

function open(at: string, headers: Record<string, string> = {}): HttpCaller {
  return createHttpCaller({ url: at, headers, connections: 8, connectTimeoutMs: 1_000, nowMs: () => 0 });
}

function send(bound = BOUND, timeoutMs = 2_000, signal = new AbortController().signal): Promise<HttpOutcome> {
  return caller.send({ method: 'POST', body: '{}', timeoutMs, signal, bound });
}

async function answer(): Promise<HttpAnswer> {
  const outcome = await send();
  if (!outcome.ok) throw new Error(outcome.why);
  return outcome.value;
}

function reply(body: string | Buffer, status = 200, headers: Record<string, string> = {}): void {
  serve = (_, response) => void response.writeHead(status, headers).end(body);
}

describe('an answer', () => {
  it.each<[string, (text: string) => Buffer]>([
    ['gzip', (text) => gzipSync(text)],
    ['x-gzip', (text) => gzipSync(text)],
    ['br', (text) => brotliCompressSync(text)],
    ['deflate', (text) => deflateSync(text)],
    ['Deflate', (text) => deflateRawSync(text)],
    ['zstd', (text) => zstdCompressSync(text)],
    ['identity', (text) => Buffer.from(text)],
    ['gzip, br', (text) => brotliCompressSync(gzipSync(text))],
  ])('is read in %s', async (encoding, pack) => {
    const text = JSON.stringify({ value: 'é'.repeat(5_000), ok: true });
    reply(pack(text), 200, { 'content-encoding': encoding });
    expect((await answer()).json).toEqual(JSON.parse(text));
  });

  it('keeps every digit of large integers, and leaves everything else as it is', async () => {
    const text =
      '{"a":18446744073709551615,"b":-9223372036854775808,"c":123456789012345,"d":1.2345678901234567,"e":"1234567890123456789","f":1e20,"g":["\\"}\\\\",{}]}';
    reply(text);
    expect((await answer()).json).toEqual({
      a: '18446744073709551615',
      b: '-9223372036854775808',
      c: 123_456_789_012_345,
      d: 1.2345678901234567,
      e: '1234567890123456789',
      f: 1e20,
      g: ['"}\\', {}],
    });
  });

  it.each([
    [
      'endless',
      (response: ServerResponse) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write('A'.repeat(10_000)));
        };
        response.on('drain', more);
        more();
      },
    ],
    ['long', (response: ServerResponse) => void response.end(`"${'A'.repeat(100_000)}"`)],
    ['deep', (response: ServerResponse) => void response.end('['.repeat(11) + ']'.repeat(11))],
    ['very deep', (response: ServerResponse) => void response.end('['.repeat(99_000))],
    ['wide', (response: ServerResponse) => void response.end(`[${'{},'.repeat(1_001)}{}]`)],
    [
      'a bomb',
      (response: ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000))),
    ],
    [
      'a bomb in a bomb',
      (response: ServerResponse) =>
        void response
          .writeHead(200, { 'content-encoding': 'gzip, gzip' })
          .end(gzipSync(gzipSync(Buffer.alloc(5_000_000)))),
    ],
    [
      'in a bomb of brotli',
      (response: ServerResponse) =>
        void response
          .writeHead(200, { 'content-encoding': 'br' })
          .end(brotliCompressSync(Buffer.alloc(5_000_000))),
    ],
    [
      'in no known encoding',
      (response: ServerResponse) => void response.writeHead(200, { 'content-encoding': 'rot13' }).end('{}'),
    ],
    [
      'in too many encodings',
      (response: ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': 'gzip,gzip,gzip' }).end('{}'),
    ],
    [
      'not in the encoding that it names',
      (response: ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end('{"plain":1}'),
    ],
  ])('that is %s is refused', async (_, write) => {
    serve = (__, response) => write(response);
    expect(await send()).toMatchObject({ ok: false, reason: 'bad-answer' });
  });

  it('of exactly the bound is taken', async () => {
    reply(`"${'A'.repeat(BOUND.bytes - 2)}"`);
    expect((await answer()).json).toHaveLength(BOUND.bytes - 2);
    reply('['.repeat(10) + ']'.repeat(10));
    expect((await answer()).json).toBeInstanceOf(Array);
  });

  it('that drips is given up in time', async () => {
    serve = (_, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    };
    expect(await send(BOUND, 100)).toMatchObject({
      ok: false,
      reason: 'unreachable',
      why: 'no answer in 100 ms',
    });
  });

  it('finds no room beside other large ones that are on their way', async () => {
    const large: AnswerBound = { ...BOUND, bytes: 20_000_000 };
    serve = (_, response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(19_000_000, 0x20));
    };
    const abort = new AbortController();
    const outcomes = Array.from({ length: 4 }, async () => {
      const outcome = await send(large, 20_000, abort.signal);
      abort.abort();
      return outcome.ok ? '' : outcome.why;
    });
    expect(await Promise.all(outcomes)).toContain('too much is on its way at once');
    reply('{}');
    expect((await answer()).json).toEqual({});
  });
});

describe('a refusal', () => {
  it('is told by status, kind and the provider’s own words, whatever form they have', async () => {
    const cases: readonly [number, string, string, string][] = [
      [401, '{"jsonrpc":"2.0","error":{"code":-32401,"message":"bad key"},"id":1}', 'key', 'bad key'],
      [402, '{"error":"pay first"}', 'plan', 'pay first'],
      [429, '{"message":"monthly quota used up"}', 'plan', 'monthly quota used up'],
      [502, '<html><style>a{}</style><h1>Bad\n Gateway</h1></html>', 'busy', 'Bad Gateway'],
      [503, 'not now', 'busy', 'not now'],
      [400, '[{"error":{"code":-32600,"message":"no batches"}}]', 'request', 'no batches'],
    ];
    for (const [status, body, kind, sentence] of cases) {
      reply(body, status);
      expect(caller.refusal(await answer())).toMatchObject({ kind, sentence });
    }
  });

  it('keeps its status where its body is endless, deep or cannot be decoded', async () => {
    serve = (_, response) => {
      response.writeHead(503);
      const more = () => {
        while (!response.destroyed && response.write('go away '.repeat(1_000)));
      };
      response.on('drain', more);
      more();
    };
    const endless = await answer();
    expect(endless.status).toBe(503);
    expect(caller.refusal(endless).sentence).toMatch(/^go away .*…$/);
    reply('['.repeat(50_000), 401);
    expect(caller.refusal(await answer()).kind).toBe('key');
    reply('no gzip', 429, { 'content-encoding': 'gzip', 'retry-after': '2' });
    expect(await answer()).toMatchObject({ status: 429, retryAfterMs: 2_000 });
  });

  it('that points elsewhere is not followed', async () => {
    const seen: string[] = [];
    serve = (request, response) => {
      seen.push(String(request.url));
      response.writeHead(302, { location: `http://evil.invalid/${KEY}` }).end();
    };
    expect(caller.refusal(await answer())).toEqual({
      kind: 'gone',
      sentence: 'it redirects to evil.invalid',
    });
    expect(seen).toEqual([`/?api-key=${KEY}`]);
  });
});

describe('our secrets', () => {
  it('come back in nothing: not in the JSON, nor in the words of a refusal', async () => {
    await caller.close();
    const login = 'us%2Fer:pa55word';
    caller = open(`${url.replace('//', `//${login}@`)}/path-key-0123?k=query-key`, {
      'x-api-key': 'header-key',
      authorization: 'Bearer bearer-key',
    });
    serve = (request, response) => {
      const echo = JSON.stringify({ url: request.url, headers: request.headers });
      response
        .writeHead(request.headers['x-status'] === undefined ? 200 : 403)
        .end(JSON.stringify({ version: echo, message: echo }));
    };
    const secret = /path-key|query-key|header-key|bearer-key|pa55word|us\/er/;
    const good = await answer();
    expect(JSON.stringify(good.json)).toContain('****');
    expect(JSON.stringify(good.json)).not.toMatch(secret);
    expect(good.sentence()).not.toMatch(secret);
    expect(caller.refusal(good).sentence).not.toMatch(secret);
  });
});

describe('no answer', () => {
  it('says whether the request can have been seen', async () => {
    serve = (request) => void request.socket.destroy();
    expect(await send()).toMatchObject({ ok: false, reason: 'unreachable', unsent: false });
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await send()).toMatchObject({
      ok: false,
      reason: 'unreachable',
      why: 'ECONNREFUSED',
      unsent: true,
    });
    server = createServer((request, response) => serve(request, response)).listen(0);
  });

  it.each([
    ['connect', 'EHOSTUNREACH', true],
    ['connect', 'ECONNREFUSED', true],
    ['read', 'EHOSTUNREACH', false],
    ['write', 'ENETUNREACH', false],
    ['read', 'ETIMEDOUT', false],
    ['read', 'ECONNRESET', false],
    ['connect', 'ECONNRESET', false],
    ['getaddrinfo', 'ENOTFOUND', true],
  ])('of a %s that ends with %s: unsent is %s', (syscall, code, unsent) => {
    const error = Object.assign(new Error('x'), { syscall, code });
    expect(isUnsent(error)).toBe(unsent);
    expect(isUnsent(new Error('outer', { cause: error }))).toBe(unsent);
    const refused = Object.assign(new Error('x'), { syscall: 'connect', code: 'ECONNREFUSED' });
    expect(isUnsent(new AggregateError([refused, error]))).toBe(unsent);
    expect(isUnsent(new AggregateError([]))).toBe(false);
  });

  it('is what an aborted call has, at once', async () => {
    serve = () => {};
    const abort = new AbortController();
    const outcome = send(BOUND, 2_000, abort.signal);
    setTimeout(() => abort.abort(), 20);
    expect(await outcome).toMatchObject({ ok: false, reason: 'aborted' });
    expect(await send(BOUND, 2_000, abort.signal)).toMatchObject({ ok: false, reason: 'aborted' });
  });
});

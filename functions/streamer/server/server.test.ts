import { once } from 'node:events';
import { createServer, get, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createSampleSource, type SampleSource } from '../dashboard/sample/sample-source.ts';
import type { DashboardState } from '../dashboard/view/view.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Served {
  readonly server: RunningServer;
  readonly source: SampleSource;
  readonly errors: string[];
}

async function serve(change: Partial<ServerOptions> = {}): Promise<Served> {
  const source = createSampleSource();
  source.advanceMs(60_000);
  const errors: string[] = [];
  const server = await startServer({
    port: 0,
    source,
    metricsText: async () => 'arb_updates_total 7\n',
    health: () => ({ ok: true, message: 'alive' }),
    ready: () => ({ ok: false, message: 'no snapshot yet' }),
    onError: (where, error) => errors.push(`${where}: ${String(error)}`),
    ...change,
  });
  closers.push(() => server.close());
  return { server, source, errors };
}

async function tokenOf(server: RunningServer): Promise<string> {
  const page = await (await fetch(server.url)).text();
  return /name="control-token" content="([\w-]{43})"/.exec(page)![1]!;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** As a browser or an attacker could send it: `fetch` would not let the Host and Origin be chosen. */
function send(
  server: RunningServer,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { path = '/', method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function command(
  server: RunningServer,
  token: string,
  change: Record<string, string | undefined> = {},
  body?: string,
) {
  const all: Record<string, string | undefined> = {
    origin: `http://127.0.0.1:${server.port}`,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    'x-control-token': token,
    ...change,
  };
  const headers = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return send(server, { path: '/api/control', method: 'POST', headers, body: body ?? '{"command":"pause"}' });
}

interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events from the wire until closed. */
async function watch(server: RunningServer) {
  const events: StreamEvent[] = [];
  let raw = '';
  let ended = false;
  let waiting: (() => void)[] = [];
  const sent = get({ host: '127.0.0.1', port: server.port, path: '/api/events', agent: false });
  closers.push(() => sent.destroy());
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { headers: NodeJS.Dict<string> },
  ];
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    raw += chunk;
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) events.push({ event, data });
    }
    wake();
  });
  response.on('end', () => {
    ended = true;
    wake();
  });
  response.on('error', wake);
  return {
    events,
    headers: response.headers,
    raw: () => raw,
    ended: () => ended,
    async until(condition: () => boolean) {
      while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

test('one order book is answered by its pool, and any other with the pools that there are', async () => {
  const { server, source } = await serve();
  const { pool } = source.state().books[0]!;
  const found = await send(server, { path: `/api/book?pool=${pool}` });
  expect(found.status).toBe(200);
  expect(JSON.parse(found.text)).toMatchObject({ pool, venue: 'phoenix-v1', base: { symbol: 'SOL' } });
  const other = await send(server, { path: '/api/book?pool=%22nobody' });
  expect(other.status).toBe(404);
  expect(other.text).toContain(pool);
  expect((await send(server, { path: '/api/book' })).status).toBe(400);
});

describe('pages and probes', () => {
  test('the page, its scripts and the plotting library come from the server itself', async () => {
    const { server } = await serve();
    const page = await send(server, {});
    expect(page.status).toBe(200);
    const linked = [...page.text.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g)].map(
      (match) => match[1]!,
    );
    expect(linked.length).toBeGreaterThan(6);
    for (const path of [...linked, '/vendor/uplot.js', '/plot.js']) {
      const file = await send(server, { path });
      expect([path, file.status, file.text.length > 50]).toEqual([path, 200, true]);
    }
    expect(page.text).not.toMatch(/https?:\/\//);
  });

  test('every answer forbids inline scripts, foreign resources and framing', async () => {
    const { server } = await serve();
    for (const path of ['/', '/api/state', '/nowhere']) {
      const { headers } = await send(server, { path });
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('an unchanged file is not sent twice', async () => {
    const { server } = await serve();
    const first = await send(server, { path: '/app.js' });
    const again = await send(server, {
      path: '/app.js',
      headers: { 'if-none-match': String(first.headers.etag) },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('probes answer 200 or 503 with one line, metrics are Prometheus text', async () => {
    const { server } = await serve();
    for (const path of ['/livez', '/healthz']) {
      expect(await send(server, { path })).toMatchObject({ status: 200, text: 'alive\n' });
    }
    expect(await send(server, { path: '/readyz' })).toMatchObject({ status: 503, text: 'no snapshot yet\n' });
    const metrics = await send(server, { path: '/metrics' });
    expect(metrics).toMatchObject({ status: 200, text: 'arb_updates_total 7\n' });
    expect(metrics.headers['content-type']).toContain('version=0.0.4');
  });

  test('the state is the JSON of the source', async () => {
    const { server, source } = await serve();
    source.set({
      updates: { total: 1, perSecond: 1 },
      venues: [],
      memory: { rssBytes: 1 },
      store: { queued: 0, written: 0, dropped: 0 },
    });
    const answer = await send(server, { path: '/api/state?x=1' });
    expect(JSON.parse(answer.text)).toEqual(source.state());
  });

  test('unknown paths are 404 and wrong methods 405 with the right one', async () => {
    const { server } = await serve();
    for (const path of [
      '/nowhere',
      '/../server.ts',
      '/page/app.js',
      '/constructor',
      '/index.html',
      '/jsconfig.json',
      '//',
      '/%2e%2e/view.ts',
    ]) {
      expect([path, (await send(server, { path })).status]).toEqual([path, 404]);
    }
    expect(await send(server, { path: '/api/state', method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await send(server, { path: '/api/control' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    });
    expect(await send(server, { path: '/', method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test('two Hosts are a 400: what stands before the server may have looked at the other', async () => {
    const { server } = await serve();
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(String(first)).toContain('400 Bad Request');
    socket.destroy();
  });

  test('connections that only wait leave room for newcomers, and an open page is not cut off for them', async () => {
    const { server } = await serve();
    const page = connect(server.port, '127.0.0.1');
    page.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(page, 'data');
    const idle: Socket[] = [];
    let ended = 0;
    for (let i = 0; i < 600; i++) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => (ended += 1));
      idle.push(socket);
      await once(socket, 'connect');
      // Half a request, for as long as the server waits for the rest.
      socket.write('GET / HTTP/1.1\r\nHost: l');
    }
    expect((await fetch(`${server.url}metrics`)).status).toBe(200);
    expect([page.destroyed, ended > 0 && ended < 200]).toEqual([false, true]);
    for (const socket of [...idle, page]) socket.destroy();
  }, 30_000);

  test('a source or a metric that throws is a 500 with one line and is told to the service', async () => {
    const { server, errors } = await serve({
      metricsText: () => Promise.reject(new Error('registry gone')),
    });
    const answer = await send(server, { path: '/metrics' });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('registry');
    expect(errors).toEqual(['GET /metrics: Error: registry gone']);
  });
});

describe('commands', () => {
  test("the page's own command reaches control with who sent it and why", async () => {
    const { server, source } = await serve();
    const answer = await command(server, await tokenOf(server), {}, '{"command":"pause","reason":"lunch"}');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { ok: true, message: 'paused' }]);
    expect(source.commands).toEqual([{ command: 'pause', by: 'dashboard 127.0.0.1', reason: 'lunch' }]);
  });

  test('a command that the service refuses is a 409 with its message', async () => {
    const { server, source } = await serve();
    source.refuseWith('draining: nothing can be resumed');
    const answer = await command(server, await tokenOf(server), {}, '{"command":"resume"}');
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([
      409,
      'draining: nothing can be resumed',
    ]);
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['no origin', { origin: undefined }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text, which needs no preflight', { 'content-type': 'text/plain' }, 415],
    ['no content type', { 'content-type': undefined }, 415],
    ['no token', { 'x-control-token': undefined }, 403],
    ['a wrong token', { 'x-control-token': 'x'.repeat(43) }, 403],
  ])('a command from or with %s is refused and never reaches control', async (_name, headers, status) => {
    const { server, source } = await serve();
    const answer = await command(server, await tokenOf(server), headers);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, message: expect.stringMatching(/^[^\n]+$/) });
    expect(source.commands).toEqual([]);
  });

  test.each([
    ['not JSON', '{"command":', 400],
    ['an unknown command', '{"command":"stop"}', 400],
    ['an unknown key', '{"command":"pause","force":true}', 400],
    ['two commands', '{"command":"pause","command":"resume"}', 400],
    ['a list', '[]', 400],
    ['nothing', '', 400],
    ['a reason too long', JSON.stringify({ command: 'pause', reason: 'x'.repeat(201) }), 400],
    ['a body too large', JSON.stringify({ command: 'pause', reason: 'x'.repeat(100_000) }), 413],
  ])('%s is refused and never reaches control', async (_name, body, status) => {
    const { server, source } = await serve();
    const answer = await command(server, await tokenOf(server), {}, body);
    expect(answer.status).toBe(status);
    expect(source.commands).toEqual([]);
  });

  test('each start has its own token', async () => {
    const [first, second] = [await serve(), await serve()];
    const old = await tokenOf(first.server);
    expect(await tokenOf(second.server)).not.toBe(old);
    expect((await command(second.server, old)).status).toBe(403);
  });
});

describe('a server that other machines reach', () => {
  const SECRET = 'a secret of the operator';
  const open = (change: Partial<ServerOptions> = {}) => serve({ host: '0.0.0.0', ...change });

  test('without a token can be looked at and commanded by nobody, and its page carries nothing to command with', async () => {
    const { server, source } = await open();
    expect(server.controls).toBe(false);
    const page = (await send(server, {})).text;
    expect(page).toMatch(/name="control-token" content="nobody"/);
    for (const token of ['', 'nobody', 'secret', 'x'.repeat(43)]) {
      const answer = await command(server, token);
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('server.controlToken')]);
    }
    expect(source.commands).toEqual([]);
  });

  test('takes commands with the configured token only, which its page does not carry', async () => {
    const { server, source } = await open({ controlToken: SECRET });
    expect((await send(server, {})).text).not.toContain(SECRET);
    expect((await command(server, 'secret')).status).toBe(403);
    expect((await command(server, SECRET, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await command(server, SECRET, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(source.commands).toEqual([]);
    expect((await command(server, SECRET)).status).toBe(200);
    // What is no browser sends neither, and proves itself by the secret.
    const curl = { origin: undefined, 'sec-fetch-site': undefined };
    expect((await command(server, SECRET, curl)).status).toBe(200);
    expect((await command(server, `${SECRET}x`, curl)).status).toBe(403);
    expect(source.commands).toHaveLength(2);
  });

  test('wants the configured token on loopback too', async () => {
    const { server } = await serve({ controlToken: SECRET });
    expect((await send(server, {})).text).toMatch(/name="control-token" content="secret"/);
    expect((await command(server, 'secret')).status).toBe(403);
    expect((await command(server, SECRET)).status).toBe(200);
  });

  test('is one on loopback too, once it is given a name for others: they come through a proxy', async () => {
    const { server, source } = await serve({ allowedHosts: ['arb.example'] });
    const page = await send(server, { headers: { host: 'arb.example' } });
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('content="nobody"')]);
    expect((await send(server, { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await command(server, 'nobody')).status).toBe(403);
    expect([server.controls, source.commands]).toEqual([false, []]);
  });

  test('answers to addresses, own names and those allowed, and its probes to every name', async () => {
    const { server } = await open({ allowedHosts: ['.run.app', 'arb.example'] });
    const asked = async (host: string, path = '/api/state') =>
      (await send(server, { path, headers: { host } })).status;
    for (const host of ['10.1.2.3:8080', '[fd00::1]', 'streamer:8080', 'x.a.run.app', 'ARB.example:443']) {
      expect([host, await asked(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      'arb.example.evil.example',
      'run.app.evil.example',
      'notrun.app',
      'run.app',
    ]) {
      expect([host, await asked(host)]).toEqual([host, 421]);
      for (const path of ['/livez', '/healthz', '/metrics']) expect(await asked(host, path)).toBe(200);
    }
  });
});

describe('names and ports', () => {
  test('bound to loopback, a foreign Host gets nothing, not even the page with its token', async () => {
    const { server, source } = await serve();
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '10.0.0.1',
    ]) {
      for (const path of ['/', '/api/state', '/api/events', '/metrics']) {
        expect([host, path, (await send(server, { path, headers: { host } })).status]).toEqual([
          host,
          path,
          421,
        ]);
      }
    }
    const rebound = { host: 'evil.example', origin: 'http://evil.example' };
    expect((await command(server, await tokenOf(server), rebound)).status).toBe(421);
    expect(source.commands).toEqual([]);
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:9', '[::1]:8080']) {
      expect([host, (await send(server, { headers: { host } })).status]).toEqual([host, 200]);
    }
  });

  test('a taken port is an error that names it when no other may be tried', async () => {
    const { server } = await serve();
    await expect(serve({ port: server.port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`port ${server.port} `),
    });
  });

  test('the next free port is taken where that is allowed, and the result says which', async () => {
    const { server } = await serve();
    const second = await serve({ port: server.port, fallbackPorts: true });
    expect(second.server.port).toBeGreaterThan(server.port);
    expect(second.server.port).toBeLessThanOrEqual(server.port + 20);
    expect(second.server.url).toBe(`http://127.0.0.1:${second.server.port}/`);
    expect((await fetch(second.server.url)).status).toBe(200);
  });

  test('a host that is not of this machine is refused by name', async () => {
    await expect(serve({ host: '203.0.113.7' })).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringContaining('203.0.113.7'),
    });
  });

  test('a port is free again after close', async () => {
    const { server } = await serve();
    await server.close();
    const again = createServer().listen(server.port, '127.0.0.1');
    closers.push(() => again.close());
    await once(again, 'listening');
    expect((again.address() as AddressInfo).port).toBe(server.port);
  });
});

describe('the live stream', () => {
  test('sends the whole state first, then what changed, and says how soon to come back', async () => {
    const { server, source } = await serve();
    const stream = await watch(server);
    await stream.until(() => stream.events.length >= 1);
    expect(stream.headers['content-type']).toContain('text/event-stream');
    expect(stream.raw()).toMatch(/^retry: 1000\n\n/);
    expect(stream.events[0]!.event).toBe('snapshot');
    const snapshot = JSON.parse(stream.events[0]!.data) as DashboardState;
    expect(snapshot.runId).toBe(source.state().runId);

    const trade = source.trade({ netLamports: '123456789' });
    const carries = (event: StreamEvent): boolean => event.data.includes(`"${trade.tradeId}"`);
    await stream.until(() => stream.events.some(carries));
    const change = JSON.parse(stream.events.find(carries)!.data);
    expect(change.trades[0]).toEqual(trade);
    expect(change.series.keep).toBeLessThanOrEqual(snapshot.pnl.series.length);
    expect(change.series.points).toHaveLength(1);
    expect(change).not.toHaveProperty('runId');
    expect(change).not.toHaveProperty('skippedPools');
  });

  test('a state that throws keeps the stream open and is told to the service', async () => {
    const source = createSampleSource();
    let broken = false;
    const { server, errors } = await serve({
      source: {
        ...source,
        state() {
          if (broken) throw new Error('no state');
          return source.state();
        },
      },
    });
    const stream = await watch(server);
    await stream.until(() => stream.events.length >= 1);
    broken = true;
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    broken = false;
    source.advanceMs(1_000);
    const seen = stream.events.length;
    await stream.until(() => stream.events.length > seen);
    expect(errors[0]).toContain('no state');
    expect(stream.ended()).toBe(false);
  });

  test('more streams than a person would open are turned away', async () => {
    const { server } = await serve();
    for (let i = 0; i < 32; i++) await watch(server);
    expect(await send(server, { path: '/api/events' })).toMatchObject({ status: 503 });
  });

  test('close ends every stream at once', async () => {
    const { server } = await serve();
    const streams = await Promise.all([watch(server), watch(server)]);
    await sleepingClient(server);
    for (const stream of streams) await stream.until(() => stream.events.length >= 1);
    const startedAt = performance.now();
    await server.close();
    for (const stream of streams) await stream.until(() => stream.ended());
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

/** Opens a stream and reads none of it. */
async function sleepingClient(server: RunningServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return socket;
}

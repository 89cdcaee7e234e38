import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createRandom } from '../../core/random.ts';
import { FAULT_KINDS, type FaultKind, scheduleFaults } from './fault.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { answerLocalNames, forgetLocalNames } from './names.ts';

const DATA = Buffer.from(Uint8Array.from({ length: 90 }, (_, i) => i)).toString('base64');
const ANSWER = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { context: { slot: 5_000 }, value: { data: [DATA, 'base64'] } },
});

function notification(n: number): string {
  return `{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":${5_000 + n}},"value":{"data":["${DATA}","base64"]}},"subscription":1}}`;
}

/** A server that answers every POST alike and sends numbered notifications when a client says how many. */
let node: Server;
let proxy: FaultProxy;

beforeEach(async () => {
  node = createServer((_request, response) => response.end(ANSWER));
  new WebSocketServer({ server: node }).on('connection', (socket) => {
    socket.on('message', (text) => {
      socket.send('{"jsonrpc":"2.0","id":1,"result":1}');
      for (let n = 0; n < Number(text); n++) socket.send(notification(n));
    });
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', () => resolve()));
  const port = (node.address() as AddressInfo).port;
  proxy = await openFaultProxy({
    rpcUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    random: createRandom('proxy'),
  });
});

afterEach(async () => {
  await proxy.close();
  node.closeAllConnections();
  await new Promise((resolve) => node.close(resolve));
});

function ask(timeoutMs = 2_000): Promise<Response> {
  return fetch(proxy.rpcUrl, { method: 'POST', body: '{}', signal: AbortSignal.timeout(timeoutMs) });
}

interface Client {
  readonly socket: WebSocket;
  readonly heard: string[];
}

async function connected(): Promise<Client> {
  const socket = new WebSocket(proxy.wsUrl);
  const heard: string[] = [];
  socket.on('message', (text) => heard.push(String(text)));
  socket.on('error', () => {});
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, heard };
}

/** All that came, once at least so many did and nothing more comes. */
async function hearing(client: Client, atLeast: number): Promise<readonly string[]> {
  for (let i = 0; i < 1_000 && client.heard.length < atLeast; i++) await pause(5);
  for (let before = -1; before < client.heard.length; ) {
    before = client.heard.length;
    await pause(60);
  }
  return client.heard;
}

function slots(heard: readonly string[]): number[] {
  return heard.flatMap((text) => /"slot":(\d+)/.exec(text)?.[1] ?? []).map((slot) => Number(slot) - 5_000);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a fault proxy', () => {
  test('passes everything on as it is until it is told to fail', async () => {
    expect(await (await ask()).text()).toBe(ANSWER);
    const client = await connected();
    client.socket.send('50');
    const heard = await hearing(client, 51);
    expect(slots(heard)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(proxy.touched).toBe(0);
    client.socket.terminate();
  });

  test('refuses connections, cuts open ones, and takes new ones afterwards on the same port', async () => {
    const { socket } = await connected();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await proxy.set('refused');
    await closed;
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await proxy.set(undefined);
    expect((await ask()).status).toBe(200);
  });

  test('has a name that is not found, for sockets and requests', async () => {
    const { port } = new URL(proxy.rpcUrl);
    answerLocalNames();
    const named = await openFaultProxy({
      rpcUrl: proxy.rpcUrl,
      wsUrl: proxy.wsUrl,
      random: createRandom('named'),
      host: 'one.invalid',
    });
    try {
      const post = () => fetch(named.rpcUrl, { method: 'POST', body: '{}' });
      expect([port === new URL(named.rpcUrl).port, (await post()).status]).toEqual([false, 200]);
      await named.set('dns');
      await expect(post()).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } });
      const socket = new WebSocket(named.wsUrl);
      const error = await new Promise((resolve) => socket.once('error', resolve));
      expect(error).toMatchObject({ code: 'ENOTFOUND' });
      await named.set(undefined);
      expect((await post()).status).toBe(200);
    } finally {
      forgetLocalNames();
      await named.close();
    }
  });

  test('resets a connection in the middle of a frame', async () => {
    const client = await connected();
    await proxy.set('reset');
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.socket.send('3');
    await closed;
    expect(client.heard.length).toBeLessThan(4);
  });

  test('lets bytes through a few at a time, and the rest when it is over', async () => {
    const client = await connected();
    await proxy.set('slow-loris');
    client.socket.send('20');
    await pause(150);
    expect(client.heard.length).toBeLessThan(5);
    await proxy.set(undefined);
    expect(slots(await hearing(client, 21))).toHaveLength(20);
    client.socket.terminate();
  });

  test('leaves a connection half-open for good: nothing comes, nobody is told', async () => {
    const client = await connected();
    await proxy.set('half-open');
    client.socket.send('3');
    await proxy.set(undefined);
    client.socket.send('3');
    await pause(100);
    expect(client.heard).toEqual([]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.terminate();
    const fresh = await connected();
    fresh.socket.send('3');
    expect(await hearing(fresh, 4)).toHaveLength(4);
    fresh.socket.terminate();
  });

  test('stays silent on a socket that answers pings', async () => {
    const client = await connected();
    await proxy.set('silent');
    client.socket.send('3');
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await pong;
    await pause(50);
    expect(client.heard).toEqual([]);
    client.socket.terminate();
  });

  test.each([
    ['duplicated', (n: number[]) => n.length > 200 && new Set(n).size === 200],
    ['dropped', (n: number[]) => n.length > 100 && n.length < 200],
    ['reordered', (n: number[]) => n.some((slot, i) => i > 0 && slot < n[i - 1]!) && new Set(n).size >= 199],
  ] as const)('has some notifications %s and replies as they are', async (kind, holds) => {
    const client = await connected();
    await proxy.set(kind);
    client.socket.send('200');
    const heard = await hearing(client, 100);
    expect(heard[0]).toBe('{"jsonrpc":"2.0","id":1,"result":1}');
    expect(holds(slots(heard))).toBe(true);
    expect(proxy.touched).toBeGreaterThan(10);
    client.socket.terminate();
  });

  test('corrupts notifications so that they are no JSON', async () => {
    const client = await connected();
    await proxy.set('corrupted');
    client.socket.send('100');
    const broken = (await hearing(client, 101)).filter((text) => !isJson(text));
    expect(broken.length).toBeGreaterThan(5);
    client.socket.terminate();
  });

  test('lies about slots and bytes in notifications and answers', async () => {
    await proxy.set('stale-slot');
    expect(await (await ask()).text()).toContain('"slot":4600');
    await proxy.set('wrong-bytes');
    const answer = (await (await ask()).json()) as { result: { value: { data: [string] } } };
    const data = answer.result.value.data[0];
    expect(data).not.toBe(DATA);
    expect(Buffer.from(data, 'base64')).toHaveLength(90);
  });

  test('answers requests with 429 and Retry-After, with 503, or not at all', async () => {
    await proxy.set('http-429');
    const limited = await ask();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
    await proxy.set('http-503');
    expect((await ask()).status).toBe(503);
    await proxy.set('http-timeout');
    await expect(ask(100)).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a schedule of faults', () => {
  const params = { endpoints: 2, lengthMs: 60_000, outageMs: 5_000 };

  test('is the same for the same seed and another for another', () => {
    const plan = (seed: number) => scheduleFaults({ ...params, random: createRandom(seed) });
    expect(plan(3)).toEqual(plan(3));
    expect(plan(3)).not.toEqual(plan(4));
  });

  test('holds every kind, stays inside its length, and takes all endpoints down once', () => {
    for (let seed = 0; seed < 100; seed++) {
      const plan = scheduleFaults({ ...params, random: createRandom(seed) });
      expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set<FaultKind>(FAULT_KINDS));
      const outage = plan.filter(({ fromMs, toMs }) => toMs - fromMs === 5_000);
      expect(outage.map(({ endpoint }) => endpoint)).toEqual([0, 1]);
      for (const { fromMs, toMs } of plan) expect(fromMs).toBeLessThan(toMs);
      expect(Math.max(...plan.map(({ toMs }) => toMs))).toBeLessThanOrEqual(params.lengthMs);
    }
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

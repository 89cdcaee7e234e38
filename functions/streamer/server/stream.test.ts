import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSampleSource } from '../dashboard/sample/sample-source.ts';
import { createStateStream, type StateStreamOptions } from './stream.ts';

const MEGABYTE = 1_000_000;
const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** A server of nothing but the stream, whose states are numbered and a megabyte long. */
async function serve(change: Partial<StateStreamOptions> = {}) {
  const source = createSampleSource();
  const padding = 'x'.repeat(MEGABYTE);
  let number = 0;
  const responses: ServerResponse[] = [];
  const stream = createStateStream({
    state: () => ({ ...source.state(), statusReason: `${++number} ${padding}` }),
    onError: (_where, error) => {
      throw error;
    },
    everyMs: 10,
    ...change,
  });
  const server = createServer((_request, response) => {
    responses.push(response);
    stream.open(response);
  }).listen(0, '127.0.0.1');
  closers.push(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, responses, stream, number: () => number };
}

/** A client that reads only from when it is told to. */
async function client(port: number): Promise<{ socket: Socket; numbers: number[]; read(): void }> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  const numbers: number[] = [];
  let tail = '';
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return {
    socket,
    numbers,
    read() {
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => {
        const text = tail + chunk;
        for (const match of text.matchAll(/"statusReason":"(\d+) /g)) numbers.push(Number(match[1]));
        // A number cut in two is matched with the next chunk; one matched already is not kept.
        tail = text.slice(Math.max(text.lastIndexOf('"statusReason":"'), text.length - 40)).slice(0, 40);
        if (/"statusReason":"\d+ /.test(tail)) tail = '';
      });
      socket.resume();
    },
  };
}

test('for a client that does not read, the server never holds more than one event', async () => {
  const { port, responses, number } = await serve();
  await client(port);
  let most = 0;
  await expect
    .poll(
      () => {
        most = Math.max(most, responses[0]?.writableLength ?? 0);
        return number();
      },
      { timeout: 15_000, interval: 5 },
    )
    .toBeGreaterThan(60);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(1.2 * MEGABYTE);
});

test('a client that wakes gets the newest state and not those it slept through', async () => {
  const { port, number } = await serve();
  const reader = await client(port);
  reader.read();
  const sleeper = await client(port);
  await expect.poll(() => reader.numbers.length, { timeout: 15_000 }).toBeGreaterThan(60);
  const wokeAt = number();
  sleeper.read();
  await expect.poll(() => sleeper.numbers.at(-1) ?? 0, { timeout: 10_000 }).toBeGreaterThan(wokeAt);
  const missed = sleeper.numbers.map((seen, index) => seen - (sleeper.numbers[index - 1] ?? seen));
  expect(Math.max(...missed)).toBeGreaterThan(20);
});

test('a client that takes nothing for too long is cut off', async () => {
  const { port, stream } = await serve({ stuckMs: 200 });
  const { socket } = await client(port);
  await expect.poll(() => stream.count()).toBe(1);
  await expect.poll(() => stream.count(), { timeout: 10_000 }).toBe(0);
  socket.destroy();
});

test('a quiet stream is kept alive with comments', async () => {
  const source = createSampleSource();
  const still = source.state();
  const { port } = await serve({ state: () => still, heartbeatMs: 30 });
  const { socket } = await client(port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.resume();
  await expect.poll(() => text.split(': still here\n\n').length).toBeGreaterThan(3);
  expect(text.match(/^event: /gm)).toHaveLength(1);
});

test('the state is not asked for while nobody watches', async () => {
  const { port, number, stream } = await serve();
  const { socket } = await client(port);
  await expect.poll(number).toBeGreaterThan(2);
  socket.destroy();
  await expect.poll(() => stream.count()).toBe(0);
  const asked = number();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(number()).toBe(asked);
});

test('no client locks others out: each has so many at most, and whoever has most gives way', () => {
  const stream = createStateStream({
    state: () => createSampleSource().state(),
    onError: () => {},
    maxStreams: 4,
    maxStreamsEach: 3,
  });
  closers.push(() => stream.close());
  const gone: string[] = [];
  const open = (from: string, name: string): boolean => {
    const response = {
      writeHead: () => response,
      write: () => true,
      on: () => response,
      end: () => response,
      destroy: () => gone.push(name),
    };
    return stream.open(response as never, from);
  };
  expect(['a1', 'a2', 'a3', 'a4'].map((name) => open('a', name))).toEqual([true, true, true, false]);
  expect([open('b', 'b1'), gone]).toEqual([true, []]);
  expect([open('c', 'c1'), gone]).toEqual([true, ['a1']]);
  // Both have two and one: nobody has more than the newcomer would.
  expect([open('c', 'c2'), open('b', 'b2'), gone]).toEqual([false, false, ['a1']]);
  expect(stream.count()).toBe(4);
});

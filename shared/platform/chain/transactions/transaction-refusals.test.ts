import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Address, addressAt } from '../../../core/address.ts';
import { createRandom } from '../../../core/random.ts';
import type { RpcClient } from '../../rpc/rpc-client.ts';
import { createTransactionStream, type TransactionStream } from './transaction-stream.ts';

const BOOKS = [1, 2, 3].map((n): Address => addressAt(new Uint8Array(32).fill(n)));

let server: WebSocketServer;
let stream: TransactionStream | undefined;
let slots: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(slots);
  await stream?.stop();
  for (const client of server.clients) client.terminate();
  server.close();
});

/** A node that answers each subscription as `answer` says, undefined for never, and tells slots. */
async function serve(
  answer: (nth: number, method: string) => unknown,
): Promise<{ url: string; asked: string[] }> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const asked: string[] = [];
  let logs = 0;
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id, method } = JSON.parse(String(data)) as { id: number; method: string };
      asked.push(method);
      if (method === 'logsSubscribe') logs++;
      const reply = method === 'slotSubscribe' ? { result: 1 } : answer(logs, method);
      if (reply === undefined) return;
      if (reply === 'half-close') {
        // A close frame, and the TCP connection stays.
        const { _socket } = socket as unknown as { readonly _socket: Duplex };
        _socket.removeAllListeners('data').removeAllListeners('end').pause();
        _socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe9]));
        return;
      }
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...(reply as object) }));
    });
  });
  slots = setInterval(() => {
    const text =
      '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":2,"parent":1,"root":0},"subscription":1}}';
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(text);
  }, 20);
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function follow(wsUrl: string, silenceMs?: number) {
  const histories: Address[] = [];
  const rpc: Pick<RpcClient, 'getTransaction' | 'getSignaturesForAddress'> = {
    getTransaction: () => Promise.resolve(null),
    getSignaturesForAddress(address) {
      histories.push(address);
      return Promise.resolve({ entries: [], unreadable: 0 });
    },
  };
  const made = createTransactionStream({
    wsUrl,
    rpc,
    random: createRandom('refusals'),
    ...(silenceMs === undefined ? {} : { silenceMs, ackMs: silenceMs }),
    onTransaction: () => {},
    onProblem: () => {},
  });
  stream = made;
  made.follow(BOOKS);
  return { made, histories };
}

it('asks again for a log subscription that was refused, says so meanwhile, and follows all in the end', async () => {
  const { url } = await serve((nth) =>
    nth <= 4
      ? { error: { code: -32_005, message: 'subscription rate limit exceeded' } }
      : { result: 10 + nth },
  );
  const { made } = follow(url);
  await expect
    .poll(() => made.stats().refusal, { timeout: 5_000 })
    .toBe('-32005 subscription rate limit exceeded');
  expect(made.stats().followed).toBeLessThan(3);
  await expect.poll(() => made.stats().followed, { timeout: 20_000 }).toBe(3);
  expect(made.stats()).toMatchObject({ wanted: 3, refusal: '', connections: 1 });
}, 30_000);

it('keeps its connection, and reads no history again, while the books are quiet and slots are told', async () => {
  const { url } = await serve((nth) => ({ result: 10 + nth }));
  const { made, histories } = follow(url, 200);
  await expect.poll(() => made.stats().followed, { timeout: 5_000 }).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(made.stats()).toMatchObject({ live: true, connections: 1 });
  expect(histories).toHaveLength(3);
});

it('asks again for a log subscription that is never answered while slots are told', async () => {
  const { url } = await serve((nth) => (nth === 2 || nth === 4 ? undefined : { result: 10 + nth }));
  const { made } = follow(url, 300);
  await expect
    .poll(() => made.stats().refusal, { timeout: 5_000 })
    .toBe('no answer to logsSubscribe in 300 ms');
  await expect.poll(() => made.stats().followed, { timeout: 10_000 }).toBe(3);
  expect(made.stats()).toMatchObject({ refusal: '', connections: 1 });
});

it('leaves a connection that is said to end and does not', async () => {
  const { url } = await serve((nth) => (nth === 3 ? 'half-close' : { result: 10 + nth }));
  const { made } = follow(url, 300);
  await expect.poll(() => made.stats(), { timeout: 10_000 }).toMatchObject({ connections: 2, followed: 3 });
});

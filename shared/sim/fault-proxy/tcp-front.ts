import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TransportFault } from './fault.ts';

const HOST = '127.0.0.1';
const LORIS_BYTES = 48;
const LORIS_EVERY_MS = 40;

/** The TCP door in front of a server on loopback: what it lets through is up to the fault that is set. */
export interface TcpFront {
  readonly port: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  set(fault: TransportFault | undefined): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** A connection that was half-open once stays so: neither side will ever hear of the other again. */
  dead: boolean;
  loris: NodeJS.Timeout | undefined;
}

export async function openTcpFront(targetPort: number): Promise<TcpFront> {
  const pairs = new Set<Pair>();
  let fault: TransportFault | undefined;
  let accepted = 0;

  function accept(client: Socket): void {
    accepted++;
    const server = connect({ host: HOST, port: targetPort });
    const pair: Pair = { client, server, dead: fault === 'half-open', loris: undefined };
    pairs.add(pair);
    const end = (): void => {
      clearInterval(pair.loris);
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!pair.dead) end();
        else if (socket === client) end();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (!pair.dead && !server.destroyed) server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => deliver(pair, chunk));
  }

  function deliver(pair: Pair, chunk: Buffer): void {
    const { client, server } = pair;
    if (pair.dead || client.destroyed) return;
    if (fault === 'reset') {
      client.write(chunk.subarray(0, chunk.length >> 1), () => client.resetAndDestroy());
      pair.dead = true;
      return;
    }
    if (fault !== 'slow-loris') {
      client.write(chunk);
      return;
    }
    // The rest waits in the kernel: the node sees a client that does not read.
    server.pause();
    let rest = chunk;
    pair.loris ??= setInterval(() => {
      const slow = fault === 'slow-loris';
      const now = slow ? rest.subarray(0, LORIS_BYTES) : rest;
      if (!client.destroyed && now.length > 0) client.write(now);
      rest = rest.subarray(now.length);
      if (rest.length > 0) return;
      clearInterval(pair.loris);
      pair.loris = undefined;
      server.resume();
    }, LORIS_EVERY_MS);
  }

  let listener = await listen(createServer(accept), 0);
  const port = (listener.address() as AddressInfo).port;

  function cutAll(): void {
    for (const { client, server } of [...pairs]) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  return {
    port,
    get accepted() {
      return accepted;
    },
    async set(next) {
      const before = fault;
      fault = next;
      if (next === 'dns') cutAll();
      if (next === 'half-open') for (const pair of pairs) pair.dead = true;
      if (next === 'refused' && before !== 'refused') {
        const closed = shut(listener);
        cutAll();
        await closed;
      }
      if (next !== 'refused' && before === 'refused') listener = await listen(createServer(accept), port);
    },
    async close() {
      const closed = fault === 'refused' ? Promise.resolve() : shut(listener);
      fault = undefined;
      cutAll();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

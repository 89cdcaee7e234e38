import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Bank } from '../chain/bank.ts';
import { fillSlot } from '../chain/fill-slot.ts';
import { createRpcServer } from './rpc-server.ts';
import { createPubsubServer } from './ws-server.ts';

const HOST = '127.0.0.1';
const PORT_PAIR_ATTEMPTS = 20;
/** A timer later than this many slots (a sleeping laptop) starts counting anew instead of racing to catch up. */
const MAX_CATCH_UP_SLOTS = 10;

export interface LocalNodeOptions {
  readonly bank: Bank;
  /** HTTP port; 0 or absent takes a free one whose next port is free too. */
  readonly port?: number;
  /** WebSocket port; by default the next one after HTTP. The HTTP port takes WebSocket clients as well. */
  readonly wsPort?: number;
  /** Paces the slots whatever the chain's rules say, for tests; by default they last what its rules say. */
  readonly slotMs?: number;
  /** Runs at the start of every slot, before any transaction of that slot: where traders act. */
  readonly onSlotStart?: () => void;
  /** Runs before a sent transaction does, with the pools it swaps on: where a rival may get in first. */
  readonly beforeTransaction?: (pools: readonly Address[]) => void;
  /** Monotonic milliseconds; the machine's own by default. */
  readonly nowMs?: () => number;
}

export interface LocalNode {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly bank: Bank;
  /** Live subscriptions of all clients. */
  readonly subscriptions: () => number;
  /** Cuts every WebSocket client off without a closing handshake; they may come back. */
  dropClients(): void;
  /** Stops the slots, cuts every client off and frees both ports. */
  stop(): Promise<void>;
}

/**
 * Serves a bank on loopback and advances its slots by the wall clock. The slot that is open when it starts becomes
 * the genesis: it is closed at once, so that what was put into it can be read.
 * Throws `port-in-use` naming the port.
 */
export async function startLocalNode(options: LocalNodeOptions): Promise<LocalNode> {
  const { bank, nowMs = () => performance.now(), beforeTransaction = () => {} } = options;
  const slotMs = (): number => options.slotMs ?? bank.rules.slotMs;
  const pubsub = createPubsubServer(bank);
  let servers: PortPair;
  try {
    servers = await listenPair(
      () => createRpcServer({ bank, beforeTransaction, pacedMs: options.slotMs }),
      options.port ?? 0,
      options.wsPort,
    );
  } catch (thrown) {
    pubsub.close();
    throw thrown;
  }
  pubsub.attach(servers.http);
  pubsub.attach(servers.ws);

  function step(): void {
    bank.advanceSlot();
    fillSlot(bank, () => options.onSlotStart?.());
  }

  step();
  let due = nowMs() + slotMs();
  let timer = setTimeout(tick, slotMs());
  function tick(): void {
    step();
    const now = nowMs();
    // The slot that began is as long as the rules say now: they may have changed.
    due = now - due > MAX_CATCH_UP_SLOTS * slotMs() ? now + slotMs() : due + slotMs();
    timer = setTimeout(tick, Math.max(0, due - now));
  }

  return {
    rpcUrl: `http://${HOST}:${portOf(servers.http)}`,
    wsUrl: `ws://${HOST}:${portOf(servers.ws)}`,
    bank,
    subscriptions: () => pubsub.subscriptions,
    dropClients: () => pubsub.dropClients(),
    async stop() {
      clearTimeout(timer);
      pubsub.close();
      await Promise.all([closeServer(servers.http), closeServer(servers.ws)]);
    },
  };
}

interface PortPair {
  readonly http: Server;
  readonly ws: Server;
}

/** Two listening servers; with port 0, free ports are tried until two in a row are had. */
async function listenPair(create: () => Server, port: number, wsPort: number | undefined): Promise<PortPair> {
  for (let attempt = 1; ; attempt++) {
    const http = create();
    await listen(http, port);
    const ws = createServer((_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
      response.end('WebSocket connections only\n');
    });
    try {
      await listen(ws, wsPort ?? portOf(http) + 1);
      return { http, ws };
    } catch (thrown) {
      await closeServer(http);
      const mayRetry = port === 0 && wsPort === undefined && attempt < PORT_PAIR_ATTEMPTS;
      if (!mayRetry) throw thrown;
    }
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (port > 65_535) {
      reject(new ArbError('port-in-use', `port ${port} does not exist`, { port }));
      return;
    }
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence = error.code === 'EADDRINUSE' ? `port ${port} is in use` : error.message;
      reject(new ArbError('port-in-use', sentence, { port }, error));
    });
    server.listen(port, HOST, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zstdCompressSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import type { AccountBytes } from '../../core/account.ts';
import { CLOCK_SYSVAR } from '../../core/address.ts';
import { clockAccount } from '../../market/chain-clock.ts';

/** For tests: a node's JSON-RPC over HTTP and WebSocket on loopback, with a switch for every way it can go wrong. */
export interface TestRpcServer {
  readonly httpUrl: string;
  readonly wsUrl: string;
  /** What the node holds. Changing it tells nobody: `write` does. */
  readonly accounts: Map<string, AccountBytes>;
  slot: number;
  readonly faults: TestFaults;
  /** Methods asked for, in order, with their parameters. */
  readonly calls: { readonly method: string; readonly params: readonly unknown[] }[];
  /** Sets an account as of the current slot and notifies its subscribers. */
  write(address: string, account: AccountBytes): void;
  /** Tells the clock of `parent` and that `slot` was built on it, whatever the server's own slot. */
  tellSlot(slot: number, parent: number): void;
  /** The next slot begins, and its subscribers hear of it. */
  nextSlot(): void;
  /** Subscriptions held now by open sockets, the clock's left out. */
  subscriptions(): readonly { readonly address: string; readonly id: number }[];
  sockets(): number;
  /** Sends exactly this to every open socket. */
  sendRaw(frame: string | Uint8Array): void;
  notification(address: string, id: number, slot: number, account: AccountBytes): string;
  /** Ends every socket without a closing handshake. */
  cutSockets(): void;
  stop(): Promise<void>;
}

export interface TestFaults {
  /** Frames are swallowed; the socket stays open and answers pings. */
  silent: boolean;
  /** Reply to every subscription of these addresses with this error. */
  reject: Map<string, { readonly code: number; readonly message: string }>;
  /** How many of the next subscription requests are refused whatever they ask. */
  rejectNext: number;
  /** Acknowledge so many milliseconds late; a negative number: never. */
  ackDelayMs: number;
  acksTwice: boolean;
  /** Send an account notification before the acknowledgement of its subscription. */
  notifyBeforeAck: boolean;
  /** Every subscription gets the same id. */
  oneId: boolean;
  /** The clock sysvar is not told any more: no heartbeat. */
  stillClock: boolean;
  /** Added to the slot that slot notifications tell. */
  slotLie: number;
  /** The HTTP side stands so many slots behind the WebSocket. */
  httpLag: number;
  /** Answers HTTP with this instead; undefined: as usual. */
  http:
    | ((
        method: string,
        id: unknown,
      ) => { readonly status: number; readonly body: string } | 'hang' | 'cut' | undefined)
    | undefined;
}

interface Client {
  readonly socket: WebSocket;
  readonly accounts: Map<number, { readonly address: string; readonly encoding: string }>;
  slots: number;
}

type Params = readonly unknown[];
type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

export async function startTestRpcServer(startSlot = 1_000): Promise<TestRpcServer> {
  const accounts = new Map<string, AccountBytes>();
  const calls: { method: string; params: Params }[] = [];
  const clients = new Set<Client>();
  const timers = new Set<NodeJS.Timeout>();
  const faults: TestFaults = {
    silent: false,
    reject: new Map(),
    rejectNext: 0,
    ackDelayMs: 0,
    acksTwice: false,
    notifyBeforeAck: false,
    oneId: false,
    stillClock: false,
    slotLie: 0,
    httpLag: 0,
    http: undefined,
  };
  let lastId = 0;
  const clockOf = (slot: number) => ({ slot, epoch: 1, unixTimestamp: 1_700_000_000 + slot });
  accounts.set(CLOCK_SYSVAR, clockAccount(clockOf(startSlot)));

  const http = createServer((request, response) => void serveHttp(request, response));
  const webSockets = new WebSocketServer({ server: http });
  webSockets.on('connection', (socket) => {
    const client: Client = { socket, accounts: new Map(), slots: -1 };
    clients.add(client);
    socket.on('message', (data) => onRequest(client, JSON.parse(String(data))));
    socket.on('close', () => clients.delete(client));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;

  async function serveHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { id, method, params } = JSON.parse(Buffer.concat(parts).toString('utf8'));
    calls.push({ method, params });
    const answer = faults.http?.(method, id);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.destroy();
      return;
    }
    response.statusCode = answer?.status ?? 200;
    response.end(answer?.body ?? JSON.stringify({ jsonrpc: '2.0', ...read(method, params), id }));
  }

  function read(method: string, params: Params): Reply {
    const slot = server.slot - faults.httpLag;
    const config = (params.at(-1) ?? {}) as { minContextSlot?: number; encoding?: string };
    if (typeof config === 'object' && config.minContextSlot !== undefined && config.minContextSlot > slot) {
      return { error: { code: -32016, message: 'Minimum context slot has not been reached' } };
    }
    const encoding = config.encoding ?? 'base64';
    const inContext = (value: unknown): Reply => ({
      result: { context: { apiVersion: '2.1.0', slot }, value },
    });
    const held = (address: unknown): unknown => encode(accounts.get(String(address)), encoding);
    if (method === 'getSlot') return { result: slot };
    if (method === 'getVersion') return { result: { 'solana-core': '2.1.0', 'feature-set': 1 } };
    if (method === 'getGenesisHash') return { result: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d' };
    if (method === 'getBalance') return inContext(Number(accounts.get(String(params[0]))?.lamports ?? 0n));
    if (method === 'getAccountInfo') return inContext(held(params[0]));
    if (method === 'getMultipleAccounts') return inContext((params[0] as string[]).map(held));
    if (method === 'getProgramAccounts') {
      const owned = [...accounts].filter(([, account]) => account.owner === params[0]);
      return inContext(owned.map(([pubkey, account]) => ({ pubkey, account: encode(account, encoding) })));
    }
    if (method === 'getLatestBlockhash') {
      return inContext({
        blockhash: 'EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N',
        lastValidBlockHeight: 900,
      });
    }
    return { error: { code: -32601, message: 'Method not found' } };
  }

  function onRequest(client: Client, request: { id: number; method: string; params: Params }): void {
    const { id, method, params } = request;
    calls.push({ method, params });
    const reply = subscribe(client, method, params);
    const early = faults.notifyBeforeAck && method === 'accountSubscribe' && 'result' in reply;
    if (early) {
      const account = accounts.get(String(params[0]));
      if (account !== undefined) {
        send(client, server.notification(String(params[0]), Number(reply.result), server.slot, account));
      }
    }
    const text = JSON.stringify({ jsonrpc: '2.0', ...reply, id });
    const answer = (): void => {
      send(client, text);
      if (faults.acksTwice) send(client, text);
    };
    if (faults.ackDelayMs === 0) answer();
    else if (faults.ackDelayMs > 0) timers.add(setTimeout(answer, faults.ackDelayMs));
  }

  function subscribe(client: Client, method: string, params: Params): Reply {
    if (method.endsWith('Unsubscribe')) {
      const known = client.accounts.delete(Number(params[0]));
      return known ? { result: true } : { error: { code: -32602, message: 'Invalid subscription id.' } };
    }
    if (faults.rejectNext > 0) {
      faults.rejectNext--;
      return { error: { code: 429, message: 'Too many requests' } };
    }
    const address = String(params[0]);
    const rejection = faults.reject.get(method === 'slotSubscribe' ? 'slots' : address);
    if (rejection !== undefined) return { error: rejection };
    if (method === 'slotSubscribe') {
      client.slots = ++lastId;
      return { result: client.slots };
    }
    const { encoding } = params[1] as { encoding: string };
    const subscription = faults.oneId ? 7 : ++lastId;
    client.accounts.set(subscription, { address, encoding });
    return { result: subscription };
  }

  function tellSlotOf(slot: number, parent: number): void {
    for (const client of clients) {
      const params = { result: { parent, root: parent - 31, slot }, subscription: client.slots };
      if (client.slots >= 0)
        send(client, JSON.stringify({ jsonrpc: '2.0', method: 'slotNotification', params }));
    }
  }

  function send(client: Client, frame: string | Uint8Array): void {
    if (!faults.silent && client.socket.readyState === WebSocket.OPEN) client.socket.send(frame);
  }

  const server: TestRpcServer = {
    httpUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    accounts,
    slot: startSlot,
    faults,
    calls,
    write(address, account) {
      accounts.set(address, account);
      for (const client of clients) {
        for (const [id, held] of client.accounts) {
          if (held.address === address) send(client, notify(id, server.slot, account, held.encoding));
        }
      }
    },
    nextSlot() {
      if (!faults.stillClock) server.write(CLOCK_SYSVAR, clockAccount(clockOf(server.slot)));
      server.slot++;
      tellSlotOf(server.slot + faults.slotLie, server.slot + faults.slotLie - 1);
    },
    tellSlot(slot, parent) {
      const clock = clockAccount(clockOf(parent));
      accounts.set(CLOCK_SYSVAR, clock);
      for (const client of clients) {
        for (const [id, held] of client.accounts) {
          if (held.address === CLOCK_SYSVAR) send(client, notify(id, parent, clock, held.encoding));
        }
      }
      tellSlotOf(slot, parent);
    },
    subscriptions: () =>
      [...clients].flatMap((client) =>
        [...client.accounts]
          .filter(([, { address }]) => address !== CLOCK_SYSVAR)
          .map(([id, { address }]) => ({ address, id })),
      ),
    sockets: () => clients.size,
    sendRaw(frame) {
      for (const client of clients) client.socket.send(frame);
    },
    notification: (_address, id, slot, account) => notify(id, slot, account, 'base64'),
    cutSockets() {
      for (const client of clients) client.socket.terminate();
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const client of webSockets.clients) client.terminate();
      webSockets.close();
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
  return server;
}

function notify(id: number, slot: number, account: AccountBytes, encoding: string): string {
  const value = JSON.stringify(encode(account, encoding)).replace(/"lamports":"(\d+)"/, '"lamports":$1');
  return `{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":${slot}},"value":${value}},"subscription":${id}}}`;
}

function encode(account: AccountBytes | undefined, encoding: string): unknown {
  if (account === undefined) return null;
  const { data, lamports, owner } = account;
  const bytes = encoding === 'base64+zstd' ? zstdCompressSync(data) : data;
  return {
    lamports: lamports > BigInt(Number.MAX_SAFE_INTEGER) ? String(lamports) : Number(lamports),
    data: [Buffer.from(bytes).toString('base64'), encoding],
    owner,
    executable: false,
    rentEpoch: 2 ** 53,
    space: data.length,
  };
}

import type { Address } from '../core/address.ts';
import { errorText } from '../core/errors.ts';
import type { Instruction } from '../core/instruction.ts';
import type { Random } from '../core/random.ts';
import { backoffMs, sleep } from './backoff.ts';
import { readLogsFrame } from './logs-frame.ts';
import type { RpcClient } from './rpc-client.ts';
import { createTransactionQueue, type TransactionQueue } from './transaction-queue.ts';
import { openWsConnection, type WsConnection, webSocketHost } from './ws-connection.ts';

/** A transaction that named a followed account and succeeded. */
export interface StreamedTransaction {
  readonly signature: string;
  readonly slot: number;
  /** What its instructions invoked, in order. */
  readonly inner: readonly Instruction[];
}

export interface TransactionStreamOptions {
  readonly wsUrl: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly rpc: Pick<RpcClient, 'getTransaction' | 'getSignaturesForAddress'>;
  readonly random: Random;
  /** In the order of the chain for each account, each signature once. Must not throw. */
  readonly onTransaction: (address: Address, transaction: StreamedTransaction) => void;
  readonly onProblem: (event: string, values: Readonly<Record<string, string | number>>) => void;
  /** Transactions of the past to begin with, for each account. Default 20. */
  readonly history?: number;
  /** Default 15 s. */
  readonly silenceMs?: number;
}

export interface TransactionStreamStats {
  readonly live: boolean;
  readonly connections: number;
  readonly told: number;
  readonly waiting: number;
  /** Transactions that could not be read, and those that were dropped because too many waited. */
  readonly failed: number;
  /** Of the failed ones, those of a version that this program does not read yet. */
  readonly tooNew: number;
  readonly dropped: number;
  /** Of the told ones, those found in an account's history: from before the start, or missed while disconnected. */
  readonly caughtUp: number;
}

/**
 * The transactions of some accounts, as they are confirmed: `logsSubscribe` names them, `getTransaction` reads them,
 * and after every (re)connection each account's history says what was missed. A connection of its own, off the hot
 * line: nothing that goes wrong here touches the account stream or a trade.
 */
export interface TransactionStream {
  /** From now on exactly these accounts. */
  follow(addresses: readonly Address[]): void;
  stats(): TransactionStreamStats;
  stop(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;
const MAX_FRAME_BYTES = 1 << 20;
const CLOSE_GRACE_MS = 500;
const REOPEN = { minMs: 250, baseMs: 500, capMs: 15_000 };
/** The most that a node lists at once: a longer gap begins there. */
const HISTORY_MAX = 1_000;

interface Followed {
  readonly address: Address;
  subscription: number | undefined;
  /** What came while the history was being read; undefined when it has been. */
  held: string[] | undefined;
  last: string | undefined;
}

export function createTransactionStream(options: TransactionStreamOptions): TransactionStream {
  const { rpc, random, onProblem, history = 20, silenceMs = 15_000 } = options;
  const host = webSocketHost(options.wsUrl);
  const followed = new Map<Address, Followed>();
  const asked = new Map<number, Followed>();
  const stopping = new AbortController();
  const queue: TransactionQueue = createTransactionQueue({ ...options, signal: stopping.signal });
  let connection: WsConnection | undefined;
  let live = false;
  let attempt = 0;
  let connections = 0;
  let nextId = 1;
  let caughtUp = 0;

  function open(): void {
    const opened: WsConnection = openWsConnection({
      url: options.wsUrl,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      handshakeTimeoutMs: HANDSHAKE_MS,
      silenceMs,
      maxFrameBytes: MAX_FRAME_BYTES,
      onOpen() {
        live = true;
        attempt = 0;
        connections += 1;
        for (const one of followed.values()) subscribe(one);
      },
      onFrame: (frame) => hear(frame),
      onEnd(reason) {
        live = false;
        asked.clear();
        for (const one of followed.values()) one.subscription = undefined;
        if (stopping.signal.aborted) return;
        onProblem('transactions.disconnected', { host, reason });
        void reopen();
      },
    });
    connection = opened;
  }

  async function reopen(): Promise<void> {
    const waited = await sleep(backoffMs(REOPEN, attempt++, random), stopping.signal);
    if (waited && followed.size > 0) open();
    else connection = undefined;
  }

  function subscribe(one: Followed): void {
    const id = nextId++;
    asked.set(id, one);
    one.held = [];
    send(id, 'logsSubscribe', [{ mentions: [one.address] }, { commitment: 'confirmed' }]);
  }

  function send(id: number, method: string, params: readonly unknown[]): void {
    connection?.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  function hear(frame: Buffer): void {
    const read = readLogsFrame(frame);
    if (read.kind === 'bad') {
      onProblem('transactions.bad-frame', { host, problem: read.problem });
      return;
    }
    if (read.kind === 'subscribed') {
      const one = asked.get(read.id);
      asked.delete(read.id);
      if (one === undefined) return;
      one.subscription = read.subscription;
      void catchUp(one);
      return;
    }
    if (read.kind === 'refused') {
      asked.delete(read.id);
      onProblem('transactions.refused', { host, reason: read.reason });
      return;
    }
    if (read.kind !== 'logs' || read.failed) return;
    for (const one of followed.values()) {
      if (one.subscription !== read.subscription) continue;
      // Bounded as the queue is: what does not fit is in the history too.
      if (one.held === undefined) add(one, read.signature);
      else if (one.held.length < HISTORY_MAX) one.held.push(read.signature);
      return;
    }
  }

  function add(one: Followed, signature: string): boolean {
    one.last = signature;
    return queue.add(one.address, signature);
  }

  /** Tells what the account's history has since the last transaction told, then what came meanwhile. */
  async function catchUp(one: Followed): Promise<void> {
    const { subscription, last } = one;
    const since = last === undefined ? { limit: history } : { until: last, limit: HISTORY_MAX };
    try {
      const missed = history === 0 && last === undefined ? [] : await readHistory(one.address, since);
      if (one.subscription !== subscription) return;
      if (last !== undefined && missed.length === HISTORY_MAX) {
        onProblem('transactions.gap', { host, account: one.address });
      }
      for (const { signature, failed } of [...missed].reverse()) {
        if (!failed && add(one, signature)) caughtUp += 1;
      }
    } catch (error) {
      if (stopping.signal.aborted || one.subscription !== subscription) return;
      onProblem('transactions.history-unread', { account: one.address, error: errorText(error) });
    }
    const held = one.held ?? [];
    one.held = undefined;
    for (const signature of held) add(one, signature);
  }

  function readHistory(address: Address, since: { until?: string; limit: number }) {
    const { signal } = stopping;
    return rpc.getSignaturesForAddress(address, { ...since, signal, priority: 'reports' });
  }

  return {
    follow(addresses) {
      if (stopping.signal.aborted) return;
      const wanted = new Set(addresses);
      for (const [address, one] of followed) {
        if (wanted.has(address)) continue;
        followed.delete(address);
        if (one.subscription !== undefined) send(nextId++, 'logsUnsubscribe', [one.subscription]);
        one.subscription = undefined;
      }
      for (const address of wanted) {
        if (followed.has(address)) continue;
        const one: Followed = { address, subscription: undefined, held: [], last: undefined };
        followed.set(address, one);
        if (live) subscribe(one);
      }
      if (connection === undefined && followed.size > 0) open();
    },
    stats: () => ({ live, connections, caughtUp, ...queue.stats() }),
    async stop() {
      stopping.abort();
      live = false;
      await connection?.close(CLOSE_GRACE_MS);
      await queue.idle();
    },
  };
}

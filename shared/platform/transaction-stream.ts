import type { Address } from '../core/address.ts';
import { errorText } from '../core/errors.ts';
import type { Instruction } from '../core/instruction.ts';
import type { Random } from '../core/random.ts';
import { backoffMs, sleep } from './backoff.ts';
import { endpointSentence } from './endpoint-sentence.ts';
import { type LogsFrame, readLogsFrame } from './logs-frame.ts';
import { RequestWindow } from './request-window.ts';
import type { RpcClient } from './rpc-client.ts';
import type { StreamEnd } from './stream-transport.ts';
import { requestJson, type SubscriptionId } from './subscription-id.ts';
import { subscriptionRefusal } from './subscription-refusal.ts';
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
  /** Accounts wanted, and those of them whose subscription the node has let in. */
  readonly wanted: number;
  readonly followed: number;
  /** What the node said of the last one that it refused; '' while all are followed. */
  readonly refusal: string;
  readonly told: number;
  readonly waiting: number;
  /** Transactions that could not be read, and those that were dropped because too many waited. */
  readonly failed: number;
  /** Of the failed ones, those of a version that this program does not read yet. */
  readonly tooNew: number;
  readonly dropped: number;
  /** Of the told ones, those found in an account's history: from before the start, or missed while disconnected. */
  readonly caughtUp: number;
  /** Entries of histories that were none: what they stood for is not told. */
  readonly unread: number;
}

/**
 * The transactions of some accounts, as they are confirmed: `logsSubscribe` names them, `getTransaction` reads them,
 * and after every (re)connection each account's history says what was missed. A connection of its own, off the hot
 * line: nothing that goes wrong here touches the account stream or a trade. The slots are subscribed beside the logs:
 * accounts may be quiet for hours, and a connection that tells slots is not dead. A subscription that is refused is asked
 * for again for as long as it is wanted.
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
const REOPEN = { minMs: 250, baseMs: 500, capMs: 8_000 };
const REFUSED = { minMs: 1_000, baseMs: 2_000, capMs: 8_000 };
/** The most that a node lists at once: a longer gap begins there. */
const HISTORY_MAX = 1_000;
const REQUESTS_OUT_MAX = 16;

interface Followed {
  readonly address: Address;
  subscription: SubscriptionId | undefined;
  /** Refused so often in a row on this connection. */
  refusals: number;
  /** What came while the history was being read; undefined when it has been. */
  held: string[] | undefined;
  /** The newest transaction known of it, told or failed: a history need not be read further back. */
  last: string | undefined;
}

const NOTHING = { entries: [], unreadable: 0 } as const;

export function createTransactionStream(options: TransactionStreamOptions): TransactionStream {
  const { rpc, random, onProblem, history = 20, silenceMs = 15_000 } = options;
  const host = webSocketHost(options.wsUrl);
  const secrets = { url: options.wsUrl, headers: options.headers };
  const followed = new Map<Address, Followed>();
  const asked = new Map<number, Followed>();
  /** To be asked for when there is room. */
  const waiting = new Set<Followed>();
  const timers = new Set<NodeJS.Timeout>();
  const stopping = new AbortController();
  const queue: TransactionQueue = createTransactionQueue({ ...options, signal: stopping.signal });
  const requests = new RequestWindow(REQUESTS_OUT_MAX, REFUSED, random);
  let connection: WsConnection | undefined;
  let live = false;
  let attempt = 0;
  let connections = 0;
  let nextId = 1;
  let slotsId = 0;
  let hasSlots = false;
  let caughtUp = 0;
  let unread = 0;
  let refusal = '';

  function open(): void {
    connection = openWsConnection({
      url: options.wsUrl,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      handshakeTimeoutMs: HANDSHAKE_MS,
      silenceMs,
      isQuiet: () => !hasSlots,
      maxFrameBytes: MAX_FRAME_BYTES,
      onOpen() {
        live = true;
        connections += 1;
        slotsId = nextId++;
        send(slotsId, 'slotSubscribe', []);
        for (const one of followed.values()) want(one);
      },
      onFrame: (frame) => hear(readLogsFrame(frame)),
      onEnd,
    });
  }

  function onEnd(end: StreamEnd): void {
    live = false;
    hasSlots = false;
    if (end.refused && asked.size > 0) requests.refused(performance.now());
    forgetConnection();
    if (stopping.signal.aborted) return;
    if (end.refused) refusal = end.reason;
    onProblem('transactions.disconnected', { host, reason: end.reason });
    void reopen(end);
  }

  function forgetConnection(): void {
    asked.clear();
    waiting.clear();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const one of followed.values()) {
      one.subscription = undefined;
      one.refusals = 0;
    }
  }

  async function reopen({ refused, retryAfterMs = 0 }: StreamEnd): Promise<void> {
    const waitMs = Math.max(retryAfterMs, backoffMs(refused ? REFUSED : REOPEN, attempt++, random));
    const waited = await sleep(waitMs, stopping.signal);
    if (waited && followed.size > 0) open();
    else connection = undefined;
  }

  function want(one: Followed): void {
    one.held ??= [];
    waiting.add(one);
    pump();
  }

  function pump(): void {
    if (!live) return;
    for (const one of waiting) {
      if (!requests.mayAsk(asked.size, performance.now())) {
        later(pump, REFUSED.minMs);
        return;
      }
      waiting.delete(one);
      const id = nextId++;
      asked.set(id, one);
      send(id, 'logsSubscribe', [{ mentions: [one.address] }, { commitment: 'confirmed' }]);
    }
  }

  function later(act: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  }

  function send(id: number, method: string, params: readonly unknown[]): void {
    connection?.send(requestJson(id, method, params));
  }

  function hear(read: LogsFrame): void {
    if (read.kind === 'bad') {
      onProblem('transactions.bad-frame', { host, problem: read.problem });
    } else if (read.kind === 'slot') {
      hasSlots = true;
    } else if (read.kind === 'subscribed') {
      if (read.id === slotsId) return;
      onSubscribed(read.id, read.subscription);
    } else if (read.kind === 'refused') {
      if (read.id !== slotsId) onRefused(read.id, read.code, read.reason);
    } else if (read.kind === 'logs' && !read.failed) {
      onLogs(read.subscription, read.signature);
    }
  }

  function onSubscribed(id: number, subscription: SubscriptionId): void {
    const one = asked.get(id);
    asked.delete(id);
    requests.acknowledged();
    attempt = 0;
    if (one === undefined) return;
    if (followed.get(one.address) !== one) {
      send(nextId++, 'logsUnsubscribe', [subscription]);
      return;
    }
    one.subscription = subscription;
    one.refusals = 0;
    if (waiting.size === 0 && asked.size === 0) refusal = '';
    pump();
    void catchUp(one);
  }

  /** It is asked for again: after a pause for the rate, one at a time and less often where the plan is full. */
  function onRefused(id: number, code: number, text: string): void {
    const one = asked.get(id);
    asked.delete(id);
    refusal = endpointSentence(`${code} ${text}`, secrets);
    onProblem('transactions.refused', { host, reason: refusal });
    if (subscriptionRefusal(code, text) === 'rate') requests.refused(performance.now());
    if (one === undefined || followed.get(one.address) !== one) return;
    later(() => want(one), backoffMs(REFUSED, one.refusals++, random));
  }

  function onLogs(subscription: SubscriptionId, signature: string): void {
    for (const one of followed.values()) {
      if (one.subscription !== subscription) continue;
      // Bounded as the queue is: what does not fit is in the history too.
      if (one.held === undefined) add(one, signature);
      else if (one.held.length < HISTORY_MAX) one.held.push(signature);
      return;
    }
  }

  function add(one: Followed, signature: string): boolean {
    one.last = signature;
    return queue.add(one.address, signature);
  }

  /** Tells what the account's history has since the last transaction known, then what came meanwhile. */
  async function catchUp(one: Followed): Promise<void> {
    const { subscription } = one;
    for (let tries = 0; ; tries++) {
      const { last } = one;
      const since = last === undefined ? { limit: history } : { until: last, limit: HISTORY_MAX };
      try {
        const none = history === 0 && last === undefined;
        const { entries: missed, unreadable } = none ? NOTHING : await readHistory(one.address, since);
        if (one.subscription !== subscription) return;
        if (unreadable > 0) {
          unread += unreadable;
          onProblem('transactions.history-entries-unreadable', { account: one.address, entries: unreadable });
        }
        if (last !== undefined && missed.length + unreadable === HISTORY_MAX) {
          onProblem('transactions.gap', { host, account: one.address });
        }
        for (const { signature, failed } of [...missed].reverse()) {
          if (failed) one.last = signature;
          else if (add(one, signature)) caughtUp += 1;
        }
        break;
      } catch (error) {
        if (stopping.signal.aborted || one.subscription !== subscription) return;
        onProblem('transactions.history-unread', { account: one.address, error: errorText(error) });
        const waited = await sleep(backoffMs(REOPEN, tries, random), stopping.signal);
        if (!waited || one.subscription !== subscription) return;
      }
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
        waiting.delete(one);
        if (one.subscription !== undefined) send(nextId++, 'logsUnsubscribe', [one.subscription]);
        one.subscription = undefined;
      }
      for (const address of wanted) {
        if (followed.has(address)) continue;
        const one: Followed = { address, subscription: undefined, refusals: 0, held: [], last: undefined };
        followed.set(address, one);
        if (live) want(one);
      }
      if (connection === undefined && followed.size > 0) open();
    },
    stats() {
      let count = 0;
      for (const { subscription } of followed.values()) if (subscription !== undefined) count++;
      const all = count === followed.size;
      const shown = { wanted: followed.size, followed: count, refusal: all ? '' : refusal };
      return { live, connections, caughtUp, unread, ...shown, ...queue.stats() };
    },
    async stop() {
      stopping.abort();
      live = false;
      forgetConnection();
      await connection?.close(CLOSE_GRACE_MS);
      await queue.idle();
    },
  };
}

import type { Address } from '../../../core/address.ts';
import { subscriptionRefusal } from '../../feed/connection/subscription-refusal.ts';
import type { StreamEnd } from '../../feed/wire/stream-transport.ts';
import { requestJson, type SubscriptionId } from '../../feed/wire/subscription-id.ts';
import { openWsConnection, type WsConnection, webSocketHost } from '../../feed/wire/ws-connection.ts';
import { backoffMs, sleep } from '../../process/backoff.ts';
import { endpointSentence } from '../../rpc/endpoint-sentence.ts';
import { RequestWindow } from '../../rpc/request-window.ts';
import { type LogsFrame, readLogsFrame } from './logs-frame.ts';
import type { TransactionStream, TransactionStreamOptions } from './transaction-contract.ts';
import { catchUp, type Followed, HISTORY_MAX, type HistoryOptions } from './transaction-history.ts';
import { createTransactionQueue, type TransactionQueue } from './transaction-queue.ts';

export type {
  StreamedTransaction,
  TransactionStream,
  TransactionStreamOptions,
  TransactionStreamStats,
} from './transaction-contract.ts';

const HANDSHAKE_MS = 10_000;
const MAX_FRAME_BYTES = 1 << 20;
/** Less than a step of the shutdown is waited for: a peer that does not answer is then cut off within it. */
const CLOSE_GRACE_MS = 300;
const REOPEN = { minMs: 250, baseMs: 500, capMs: 8_000 };
const REFUSED = { minMs: 1_000, baseMs: 2_000, capMs: 8_000 };
const REQUESTS_OUT_MAX = 16;

export function createTransactionStream(options: TransactionStreamOptions): TransactionStream {
  const { rpc, random, onProblem, history = 20, silenceMs = 15_000, ackMs = 10_000 } = options;
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
  const past: HistoryOptions = {
    rpc,
    host,
    history,
    random,
    signal: stopping.signal,
    onProblem,
    add,
    onCaughtUp() {
      caughtUp += 1;
    },
    onUnread(entries) {
      unread += entries;
    },
  };

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
        wantSlots();
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

  /** Without them nothing tells a quiet connection from a dead one. */
  function wantSlots(): void {
    const id = nextId++;
    slotsId = id;
    send(id, 'slotSubscribe', []);
    later(() => {
      if (!hasSlots && slotsId === id) wantSlots();
    }, ackMs);
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
      later(() => onUnanswered(id), ackMs);
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
    void catchUp(one, past);
  }

  /** Taken and never answered: what comes of it later is not heard. */
  function onUnanswered(id: number): void {
    const one = asked.get(id);
    if (one === undefined) return;
    asked.delete(id);
    refusal = `no answer to logsSubscribe in ${ackMs} ms`;
    onProblem('transactions.refused', { host, reason: refusal });
    if (followed.get(one.address) === one) want(one);
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

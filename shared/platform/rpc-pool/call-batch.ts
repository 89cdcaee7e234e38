import { ArbError } from '../../core/errors.ts';
import { badAnswer, parseAnswer, readAnswer, readMember } from '../rpc-http.ts';
import type { EndpointHttp, HttpReply } from './endpoint-http.ts';

/** Sends JSON-RPC calls to one endpoint, small ones of the same turn together. */
export interface CallBatch {
  /**
   * The unchecked `result`. Throws as `RpcHttp.call` does; context.retryAfterMs is what an answer of 429 asked for.
   */
  call(
    method: string,
    params: readonly unknown[],
    timeoutMs: number,
    signal: AbortSignal,
    alone: boolean,
  ): Promise<unknown>;
  /** HTTP requests that carried more than one call. */
  readonly batches: number;
}

interface Entry {
  readonly method: string;
  readonly id: number;
  readonly request: object;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads whose answers are small and quick: none holds up another. */
const SMALL: ReadonlySet<string> = new Set([
  'getSlot',
  'getBlockHeight',
  'getBalance',
  'getLatestBlockhash',
  'getSignatureStatuses',
  'getGenesisHash',
  'getVersion',
]);

/** At most `maxSize` calls in a request; 1 sends each alone. An endpoint that refuses a batch gets none any more. */
export function createCallBatch(http: EndpointHttp, maxSize: number): CallBatch {
  let waiting: Entry[] = [];
  let size = maxSize;
  let lastId = 0;
  let batches = 0;

  function flush(): void {
    const entries = waiting.filter(({ signal }) => !signal.aborted);
    waiting = [];
    for (let at = 0; at < entries.length; at += size) void sendTogether(entries.slice(at, at + size));
  }

  async function sendTogether(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 1) return sendAlone(entries[0]!);
    batches++;
    // The request lives as long as anybody waits for it.
    const abort = new AbortController();
    let left = entries.length;
    for (const { signal, reject, method } of entries) {
      const onAbort = (): void => {
        reject(aborted(method, http.host));
        if (--left === 0) abort.abort();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true, signal: abort.signal });
    }
    try {
      const body = JSON.stringify(entries.map(({ request }) => request));
      const timeoutMs = Math.max(...entries.map((entry) => entry.timeoutMs));
      const reply = await http.post(`batch of ${entries.length}`, body, timeoutMs, abort.signal);
      readBatch(entries, reply);
    } catch (thrown) {
      for (const { reject } of entries) reject(thrown);
    } finally {
      abort.abort();
    }
  }

  function readBatch(entries: readonly Entry[], reply: HttpReply): void {
    const parsed = parseAnswer(reply.text);
    if (!Array.isArray(parsed)) {
      if (reply.status === 429 || reply.status >= 500) {
        for (const entry of entries) finish(entry, reply, () => readAnswer(answerOf(entry, reply)));
        return;
      }
      size = 1;
      for (const entry of entries) void sendAlone(entry);
      return;
    }
    const byId = new Map<unknown, unknown>();
    for (const member of parsed as unknown[]) {
      if (typeof member === 'object' && member !== null && 'id' in member) byId.set(member.id, member);
    }
    for (const entry of entries) {
      const { method, id } = entry;
      const member = byId.get(id);
      finish(entry, reply, () => {
        if (member === undefined)
          throw badAnswer(method, http.host, 'id', 'of the request is not in the batch');
        return readMember({ method, host: http.host, id, status: reply.status }, member);
      });
    }
  }

  async function sendAlone(entry: Entry): Promise<void> {
    const { method, request, timeoutMs, signal, reject } = entry;
    try {
      const reply = await http.post(method, JSON.stringify(request), timeoutMs, signal);
      finish(entry, reply, () => readAnswer(answerOf(entry, reply)));
    } catch (thrown) {
      reject(thrown);
    }
  }

  function answerOf({ method, id }: Entry, { status, text }: HttpReply) {
    return { method, host: http.host, id, status, text };
  }

  return {
    get batches() {
      return batches;
    },
    call(method, params, timeoutMs, signal, alone) {
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        const request = { jsonrpc: '2.0', id, method, params };
        const entry: Entry = { method, id, request, timeoutMs, signal, resolve, reject };
        if (signal.aborted) reject(aborted(method, http.host));
        else if (alone || size === 1 || !SMALL.has(method)) void sendAlone(entry);
        else if (waiting.push(entry) === 1) queueMicrotask(flush);
      });
    },
  };
}

function finish({ resolve, reject }: Entry, { retryAfterMs }: HttpReply, read: () => unknown): void {
  try {
    resolve(read());
  } catch (thrown) {
    if (retryAfterMs === undefined || !(thrown instanceof ArbError)) reject(thrown);
    else reject(new ArbError(thrown.code, thrown.message, { ...thrown.context, retryAfterMs }));
  }
}

function aborted(method: string, host: string): ArbError {
  return new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (aborted)`, {
    method,
    host,
    why: 'aborted',
  });
}

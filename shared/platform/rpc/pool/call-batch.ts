import { ArbError } from '../../../core/errors.ts';
import { boundOf, boundOfBatch } from '../../http/answer-bound.ts';
import type { HttpAnswer, HttpCaller } from '../../http/http-caller.ts';
import { answerOf, badAnswer, readMember } from '../rpc-http.ts';
import { faultOf, refusalOf } from './call-fault.ts';

/** Sends JSON-RPC calls to one endpoint, small ones of the same turn together. */
export interface CallBatch {
  /** The unchecked `result`. Throws as `RpcHttp.call` does. */
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

/**
 * At most `maxSize` calls in a request; 1 sends each alone. What a batch leaves out is asked again alone; an endpoint
 * that refuses batches and not the calls in them gets none any more.
 */
export function createCallBatch(caller: HttpCaller, maxSize: number): CallBatch {
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
    if (entries.length === 1) {
      await sendAlone(entries[0]!);
      return;
    }
    batches++;
    // The request lives as long as anybody waits for it.
    const abort = new AbortController();
    let left = entries.length;
    for (const { signal, reject, method } of entries) {
      const onAbort = (): void => {
        reject(aborted(method, caller.host));
        if (--left === 0) abort.abort();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true, signal: abort.signal });
    }
    try {
      const outcome = await caller.send({
        method: 'POST',
        body: JSON.stringify(entries.map(({ request }) => request)),
        timeoutMs: Math.max(...entries.map((entry) => entry.timeoutMs)),
        signal: abort.signal,
        bound: boundOfBatch(entries.map(({ method }) => method)),
      });
      await settle(entries, answerOf(outcome, `batch of ${entries.length}`, caller.host));
    } catch (thrown) {
      for (const { reject } of entries) reject(thrown);
    } finally {
      abort.abort();
    }
  }

  async function settle(entries: readonly Entry[], answer: HttpAnswer): Promise<void> {
    const members = Array.isArray(answer.json) ? (answer.json as unknown[]) : undefined;
    const byId = new Map<string, unknown>();
    for (const member of members ?? []) {
      if (typeof member !== 'object' || member === null || !('id' in member)) continue;
      // Of two answers to one call the good one counts.
      const key = String(member.id);
      if (!byId.has(key) || 'result' in member) byId.set(key, member);
    }
    const missing: Entry[] = [];
    const refused: { readonly entry: Entry; readonly error: unknown }[] = [];
    for (const entry of entries) {
      const member = members === undefined ? answer.json : byId.get(String(entry.id));
      if (member === undefined && members !== undefined) missing.push(entry);
      else {
        const error = finish(entry, answer, member);
        if (error !== undefined) refused.push({ entry, error });
      }
    }
    if (refused.length === entries.length && isOfBatch(refused[0]!.error)) return tryFirst(refused);
    for (const { entry, error } of refused) entry.reject(error);
    for (const entry of missing) void sendAlone(entry);
  }

  /** All were refused. Is it the batch? Then the first call alone is answered. */
  async function tryFirst(
    refused: readonly { readonly entry: Entry; readonly error: unknown }[],
  ): Promise<void> {
    const [first, ...others] = refused;
    const isFine = await sendAlone(first!.entry);
    if (isFine) size = 1;
    for (const { entry, error } of others) {
      if (isFine) void sendAlone(entry);
      else entry.reject(error);
    }
  }

  /** True when the endpoint answered it, whatever it said of the request itself. */
  async function sendAlone(entry: Entry): Promise<boolean> {
    const { method, request, timeoutMs, signal } = entry;
    try {
      const body = JSON.stringify(request);
      const outcome = await caller.send({ method: 'POST', body, timeoutMs, signal, bound: boundOf(method) });
      const answer = answerOf(outcome, method, caller.host);
      const error = finish(entry, answer, answer.json);
      if (error === undefined) return true;
      entry.reject(error);
      return faultOf(error, 'read') === 'behind';
    } catch (thrown) {
      entry.reject(thrown);
      return false;
    }
  }

  /** Resolves the call; gives what is wrong instead, if something is. */
  function finish({ method, id, resolve }: Entry, answer: HttpAnswer, json: unknown): unknown {
    try {
      resolve(readMember({ method, id, caller }, answer, json));
      return undefined;
    } catch (thrown) {
      return thrown instanceof ArbError ? thrown : badAnswer(method, caller.host, 'body', 'cannot be read');
    }
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
        if (signal.aborted) reject(aborted(method, caller.host));
        else if (alone || size === 1 || !SMALL.has(method)) void sendAlone(entry);
        else if (waiting.push(entry) === 1) queueMicrotask(flush);
      });
    },
  };
}

/** Whether it may have been the batch that was refused. A rate, a fault of the moment or a slot has nothing to do with it. */
function isOfBatch(error: unknown): boolean {
  const kind = refusalOf(error);
  return kind !== 'rate' && kind !== 'busy' && kind !== 'behind';
}

function aborted(method: string, host: string): ArbError {
  return new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (aborted)`, {
    method,
    host,
    why: 'aborted',
  });
}

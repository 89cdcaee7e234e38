import { ArbError } from '../../core/errors.ts';
import { boundOf } from '../http/answer-bound.ts';
import type { HttpAnswer, HttpCaller, HttpOutcome } from '../http/http-caller.ts';

export interface RpcHttpOptions {
  readonly caller: HttpCaller;
  /** From the request to the last byte of its answer. */
  readonly timeoutMs: number;
}

export interface RpcHttp {
  /**
   * The `result` of one JSON-RPC call, unchecked but for its size. Throws `rpc-unreachable` (no whole answer came, or an
   * HTTP error status), `rpc-bad-answer` (no JSON-RPC answer to this call, or one beyond its bound) or `rpc-error` (a
   * refusal in JSON-RPC; context has its code). Of a refusal, context.kind says what it is about.
   */
  call(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

/** A JSON-RPC endpoint over HTTP, one attempt a call. */
export function createRpcHttp({ caller, timeoutMs }: RpcHttpOptions): RpcHttp {
  const never = new AbortController().signal;
  let lastId = 0;
  return {
    async call(method, params, signal = never) {
      const id = ++lastId;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const outcome = await caller.send({ method: 'POST', body, timeoutMs, signal, bound: boundOf(method) });
      return readMember({ method, id, caller }, answerOf(outcome, method, caller.host));
    },
  };
}

/** Which call an answer is to. */
export interface RpcAsk {
  readonly method: string;
  readonly id: number;
  readonly caller: HttpCaller;
}

/** The answer, whatever it says. Throws `rpc-unreachable` (context: why, unsent) and `rpc-bad-answer`. */
export function answerOf(outcome: HttpOutcome, method: string, host: string): HttpAnswer {
  if (outcome.ok) return outcome.value;
  const { reason, why, unsent } = outcome;
  if (reason === 'bad-answer') throw badAnswer(method, host, 'body', `cannot be taken: ${why}`);
  throw new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (${why})`, {
    method,
    host,
    why,
    unsent,
  });
}

/** The `result` of one call, alone or a member of a batch; `json` is its part of the answer. */
export function readMember(ask: RpcAsk, answer: HttpAnswer, json: unknown = answer.json): unknown {
  const { method, id, caller } = ask;
  const { host } = caller;
  const body = isObject(json) ? json : undefined;
  if (isRefused(answer, body) || isRefusedInWords(ask, answer, body, json))
    throw refusedError(ask, answer, json);
  if (body === undefined) throw badAnswer(method, host, 'body', 'is not a JSON object');
  if (body.jsonrpc !== '2.0') throw badAnswer(method, host, 'jsonrpc', 'is not "2.0"');
  // Some providers give ids back as text.
  if (String(body.id) !== String(id)) throw badAnswer(method, host, 'id', 'is not that of the request');
  if (!('result' in body)) throw badAnswer(method, host, 'result', 'is missing');
  return body.result;
}

function isRefused({ status }: HttpAnswer, body: Readonly<Record<string, unknown>> | undefined): boolean {
  return status < 200 || status > 299 || (body?.error !== undefined && body.error !== null);
}

/** No answer to a call, but words that say why there is none: a text, or JSON of the provider's own form. */
function isRefusedInWords(
  { caller }: RpcAsk,
  answer: HttpAnswer,
  body: Readonly<Record<string, unknown>> | undefined,
  json: unknown,
): boolean {
  if (body !== undefined && 'result' in body) return false;
  const { kind } = caller.refusal(answer, json);
  return kind !== 'unknown' && kind !== 'request';
}

/** What a refusal is thrown as: `rpc-error` where it has a code of JSON-RPC, else `rpc-unreachable` with the status. */
function refusedError({ method, caller }: RpcAsk, answer: HttpAnswer, json: unknown): ArbError {
  const { host } = caller;
  const { status, retryAfterMs } = answer;
  const { kind: said, code, sentence } = caller.refusal(answer, json);
  // A node says in JSON-RPC that a request is wrong; who says it otherwise has not read it.
  const kind = code === undefined && said === 'request' ? 'unknown' : said;
  const context = { method, host, status, kind, message: sentence, retryAfterMs };
  if (code !== undefined) {
    const error = `${method}: ${host} answered error ${code}: ${sentence}`;
    return new ArbError('rpc-error', error, { ...context, code });
  }
  const why = `HTTP ${status}`;
  const words = sentence === '' ? '' : `: ${sentence}`;
  return new ArbError('rpc-unreachable', `${method}: ${host} refuses (${why}${words})`, { ...context, why });
}

/** The error for an answer of the wrong shape, naming the method and the field. */
export function badAnswer(method: string, host: string, field: string, problem: string): ArbError {
  return new ArbError('rpc-bad-answer', `${method}: the answer of ${host} is no good: ${field} ${problem}`, {
    method,
    host,
    field,
    problem,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The URL, if it may be asked. Throws `rpc-url-invalid`, which tells no more of it than its host. */
export function checkedRpcUrl(text: string): string {
  const target = URL.parse(text);
  const host = target?.host ?? '';
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
    throw new ArbError('rpc-url-invalid', 'the RPC URL is not an http:// or https:// address', { host });
  }
  try {
    decodeURIComponent(`${target.username}:${target.password}`);
  } catch (error) {
    const message = 'the login in the RPC URL has a % that begins no escape; write it %25';
    throw new ArbError('rpc-url-invalid', message, { host }, error);
  }
  return text;
}

import type { ArbError } from '../../../core/errors.ts';
import type { AnswerBound } from '../../http/answer-bound.ts';
import {
  createHttpCaller,
  type HttpAnswer,
  type HttpCallerOptions,
  type HttpOutcome,
  type HttpRequest,
} from '../../http/http-caller.ts';
import type { RefusalKind } from '../../http/refusal.ts';
import { apiError } from './api-gate.ts';

export interface ApiRequest extends Pick<HttpRequest, 'headers' | 'body' | 'signal' | 'bound'> {
  /** Default: the API's own. */
  readonly url?: URL;
}

/** An outside API over HTTP: what is no good answer is thrown in the gate's words. */
export interface ApiCaller {
  readonly host: string;
  /**
   * The JSON of a success: POST where there is a body, else GET. Throws `api-unreachable`, `api-overloaded` and
   * `api-api-failed` (both with `retryAfterMs` where the API says it), `api-refused` (with its own words as `answer`) and
   * `api-bad-answer`.
   */
  json(request: ApiRequest): Promise<unknown>;
  /** The same as a `fetch` for an SDK. */
  fetch(bound: AnswerBound): typeof fetch;
  close(): Promise<void>;
}

/** Further than any gate waits: the gate has its own timeout and tells it by the signal. */
const TIMEOUT_MS = 60_000;
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5_000;

export function createApiCaller(
  options: Pick<HttpCallerOptions, 'url' | 'headers' | 'secrets' | 'nowMs'>,
): ApiCaller {
  const caller = createHttpCaller({
    ...options,
    connections: CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });

  async function json({ url, headers, body, signal, bound }: ApiRequest): Promise<unknown> {
    const host = url?.host ?? caller.host;
    const answer = answerOf(
      host,
      await caller.send({
        method: body === undefined ? 'GET' : 'POST',
        ...(url === undefined ? {} : { url }),
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
        timeoutMs: TIMEOUT_MS,
        signal,
        bound,
      }),
    );
    if (answer.status < 200 || answer.status > 299 || hasError(answer.json)) throw refused(host, answer);
    if (answer.json === undefined) throw apiError('bad-answer', `the answer of ${host} is no JSON`);
    return answer.json;
  }

  function refused(host: string, answer: HttpAnswer): ArbError {
    const { status, retryAfterMs } = answer;
    const { kind, sentence } = caller.refusal(answer);
    const reason = reasonOf(kind, status);
    const words = sentence === '' ? '' : `: ${sentence}`;
    const message = `${host} refuses with status ${status} (${WORDS[kind]})${words}`;
    return apiError(reason, message, {
      answer: sentence,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  return {
    host: caller.host,
    json,
    fetch: (bound) => async (input, init) => {
      const never = new AbortController().signal;
      const answer = await json({
        url: new URL(input instanceof Request ? input.url : input),
        headers: Object.fromEntries(new Headers(init?.headers)),
        ...(typeof init?.body === 'string' ? { body: init.body } : {}),
        signal: init?.signal ?? never,
        bound,
      });
      return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
    },
    close: () => caller.close(),
  };
}

/** What an API's refusal is about, in words that a user may act on. */
const WORDS: Readonly<Record<RefusalKind, string>> = {
  rate: 'asked too often',
  plan: 'the plan is used up, or does not hold this',
  key: 'it does not take the key',
  gone: 'nothing is there',
  size: 'too much at once',
  busy: 'it fails',
  behind: 'it is behind',
  'not-here': 'it does not do that',
  request: 'it finds the request wrong',
  unknown: 'it does not say why in words that are known',
};

/** A key or a plan that is not taken will not be taken the next time either: as good as down. */
function reasonOf(kind: RefusalKind, status: number): 'overloaded' | 'api-failed' | 'refused' {
  if (kind === 'rate') return 'overloaded';
  if (kind === 'request' || kind === 'size' || kind === 'not-here') return 'refused';
  return kind === 'unknown' && status < 500 ? 'refused' : 'api-failed';
}

function answerOf(host: string, outcome: HttpOutcome): HttpAnswer {
  if (outcome.ok) return outcome.value;
  const { reason, why, unsent } = outcome;
  if (reason === 'bad-answer') throw apiError('bad-answer', `the answer of ${host} cannot be taken: ${why}`);
  throw apiError('unreachable', `${host} is unreachable (${why})`, unsent ? { unsent } : {});
}

/** JSON-RPC refuses with status 200. */
function hasError(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || !('jsonrpc' in json)) return false;
  return 'error' in json && json.error !== undefined && json.error !== null;
}

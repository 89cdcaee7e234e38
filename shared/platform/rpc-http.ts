import { ArbError } from '../core/errors.ts';
import { keepLargeLamports } from './account-payload.ts';

export interface RpcHttpOptions {
  readonly url: string;
  /** From the request to the last byte of its answer. */
  readonly timeoutMs: number;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
}

export interface RpcHttp {
  /** Host and port: all of the URL that may be shown, for its path or query may hold a key. */
  readonly host: string;
  /**
   * The `result` of one JSON-RPC call, unchecked. Throws `rpc-unreachable` (no whole answer came, or an HTTP error
   * status), `rpc-bad-answer` (no JSON-RPC answer to this call) or `rpc-error` (the node refused; context has its code).
   */
  call(method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

/** A JSON-RPC endpoint over HTTP, one attempt a call. Throws `rpc-url-invalid` when `url` is not http(s). */
export function createRpcHttp(options: RpcHttpOptions): RpcHttp {
  const { target, headers } = readRpcUrl(options.url);
  const host = target.host;
  const send = options.fetch ?? fetch;
  let lastId = 0;

  return {
    host,
    async call(method, params, signal) {
      const id = ++lastId;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      if (signal?.aborted === true) abort.abort();
      signal?.addEventListener('abort', onAbort, { once: true });
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        abort.abort();
      }, options.timeoutMs);
      let status: number;
      let text: string;
      try {
        const request = { method: 'POST', headers, body, redirect: 'error', signal: abort.signal } as const;
        const response = await send(target, request);
        status = response.status;
        text = await response.text();
      } catch (thrown) {
        // The message of a failed fetch may quote the URL, so only its code is passed on.
        const why = timedOut
          ? `no answer in ${options.timeoutMs} ms`
          : signal?.aborted
            ? 'aborted'
            : faultCode(thrown);
        throw new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (${why})`, {
          method,
          host,
          why,
        });
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      }
      return readAnswer({ method, host, id, status, text });
    },
  };
}

export interface RpcAnswer {
  readonly method: string;
  readonly host: string;
  readonly id: number;
  readonly status: number;
  readonly text: string;
}

/** The `result` of one call, out of the text of its answer; throws as `RpcHttp.call` does. */
export function readAnswer({ method, host, id, status, text }: RpcAnswer): unknown {
  return readMember({ method, host, id, status }, parseAnswer(text));
}

/** One parsed answer, alone or a member of a batch. */
export function readMember({ method, host, id, status }: Omit<RpcAnswer, 'text'>, parsed: unknown): unknown {
  const answer = isObject(parsed) ? parsed : undefined;
  const error = answer?.error;
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) {
    const { code, message } = error;
    if (typeof code === 'number' && typeof message === 'string') {
      const sentence = message.slice(0, 300);
      throw new ArbError('rpc-error', `${method}: ${host} answered error ${code}: ${sentence}`, {
        method,
        host,
        code,
        status,
        message: sentence,
      });
    }
  }
  if (status < 200 || status > 299) {
    const why = `HTTP ${status}`;
    throw new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (${why})`, {
      method,
      host,
      why,
      status,
    });
  }
  if (answer === undefined) throw badAnswer(method, host, 'body', 'is not a JSON object');
  if (answer.jsonrpc !== '2.0') throw badAnswer(method, host, 'jsonrpc', 'is not "2.0"');
  if (answer.id !== id) throw badAnswer(method, host, 'id', 'is not that of the request');
  if (!('result' in answer)) throw badAnswer(method, host, 'result', 'is missing');
  return answer.result;
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

/** The JSON value of an answer's text; undefined when it is none. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(keepLargeLamports(text));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A URL that may be asked, and the headers that stand for the login in it. Throws `rpc-url-invalid`. */
export function readRpcUrl(text: string): { target: URL; headers: Record<string, string> } {
  const target = URL.parse(text);
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
    const host = target?.host ?? '';
    throw new ArbError('rpc-url-invalid', 'the RPC URL is not an http:// or https:// address', { host });
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (target.username !== '' || target.password !== '') {
    // fetch refuses a URL with credentials in it, quoting them.
    const login = loginOf(target);
    headers.authorization = `Basic ${Buffer.from(login).toString('base64')}`;
    target.username = '';
    target.password = '';
  }
  return { target, headers };
}

function loginOf({ username, password, host }: URL): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch (error) {
    const message = 'the login in the RPC URL has a % that begins no escape; write it %25';
    throw new ArbError('rpc-url-invalid', message, { host }, error);
  }
}

function faultCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code;
  }
  return thrown instanceof Error ? thrown.name : 'fault';
}

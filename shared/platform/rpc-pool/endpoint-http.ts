import { Pool } from 'undici';
import { ArbError } from '../../core/errors.ts';
import { readRpcUrl } from '../rpc-http.ts';

export interface EndpointHttpOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Most connections at one time. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Today, for a Retry-After that is a date. */
  readonly nowMs: () => number;
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
  /** What the Retry-After header says, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
}

/** One endpoint over kept-alive connections, one request at a time on each. */
export interface EndpointHttp {
  /** Host and port: all of the URL that may be shown. */
  readonly host: string;
  /**
   * Sends one POST and reads the whole answer. Throws `rpc-unreachable` (context: why; `unsent` where the request
   * surely did not reach the server) when no whole answer came within `timeoutMs`. `what` names the call in the error.
   */
  post(what: string, body: string, timeoutMs: number, signal: AbortSignal): Promise<HttpReply>;
  close(): Promise<void>;
}

/** No answer of a node is larger; it bounds what a broken one can make us hold. */
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;
/** What fails before a byte of the request was sent. */
const UNSENT: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** Throws `rpc-url-invalid`; connects only when first asked. */
export function createEndpointHttp(options: EndpointHttpOptions): EndpointHttp {
  const { target, headers: login } = readRpcUrl(options.url);
  const { host } = target;
  const pool = new Pool(target.origin, {
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: options.connectTimeoutMs },
    maxResponseSize: MAX_ANSWER_BYTES,
    // The whole attempt has one timeout, below: a server that drips bytes would reset undici's with each of them.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const path = `${target.pathname}${target.search}`;
  const headers = { ...login, ...options.headers, 'content-type': 'application/json' };

  return {
    host,
    async post(what, body, timeoutMs, signal) {
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      if (signal.aborted) abort.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        abort.abort();
      }, timeoutMs);
      try {
        const request = { path, method: 'POST', headers, body, signal: abort.signal } as const;
        const response = await pool.request(request);
        const text = await response.body.text();
        return {
          status: response.statusCode,
          text,
          retryAfterMs: retryAfterMs(response.headers['retry-after'], options.nowMs()),
        };
      } catch (thrown) {
        const code = faultCode(thrown);
        const why = timedOut ? `no answer in ${Math.round(timeoutMs)} ms` : signal.aborted ? 'aborted' : code;
        const unsent = !timedOut && !signal.aborted && UNSENT.includes(code);
        throw new ArbError('rpc-unreachable', `${what}: ${host} is unreachable (${why})`, {
          method: what,
          host,
          why,
          unsent,
        });
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => pool.destroy(),
  };
}

/** Seconds or an HTTP date. */
function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function faultCode(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
  }
  return thrown instanceof Error ? thrown.name : 'fault';
}

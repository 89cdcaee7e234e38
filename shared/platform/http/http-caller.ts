import { Agent } from 'undici';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { type AnswerBound, REFUSAL_BYTES } from './answer-bound.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { createHeldBytes, readBody } from './read-body.ts';
import { type RefusalKind, refusalKind } from './refusal.ts';
import { retryAfterMs } from './retry-after.ts';
import { createSecretMask, type SecretMask, secretsOfHeaders, secretsOfUrl, sentenceOf } from './secrets.ts';

export interface HttpCallerOptions {
  /** Where most requests go, with whatever secrets it holds. A login in it becomes a header. */
  readonly url: string;
  /** Sent with every request; their values are secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further secrets that a server may echo. */
  readonly secrets?: readonly string[];
  /** Most connections to one origin at one time. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Today, for a Retry-After that is a date. */
  readonly nowMs: () => number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Default: the caller's own. */
  readonly url?: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the request to the last byte of its answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Of the answer; of a refusal a few kilobytes are enough. */
  readonly bound: AnswerBound;
}

/** An answer as it came, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  /** The JSON in it; undefined where there is none. Integers of more than 15 digits are texts. */
  readonly json: unknown;
  /** The text of a header, by its name in lower case, without our secrets; '' where there is none. */
  readonly header: (name: string) => string;
  /** What the Retry-After header says, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
  /** Where a redirect points to: only its host. Nothing is followed. */
  readonly redirect: string | undefined;
  /** The start of the body as a sentence that may be shown. */
  readonly sentence: () => string;
}

/**
 * Why there is no answer. `unreachable`: none came, or not whole, or not in time; `aborted`: nobody waits for it any more;
 * `bad-answer`: it is too large, too deep, or not encoded as it says. `why` may be shown.
 */
export type HttpFault = 'unreachable' | 'aborted' | 'bad-answer';

export type HttpOutcome =
  | { readonly ok: true; readonly value: HttpAnswer }
  | {
      readonly ok: false;
      readonly reason: HttpFault;
      readonly why: string;
      /** The request surely did not reach the server. */
      readonly unsent: boolean;
    };

/** The one way in which this program speaks HTTP to what stands outside. */
export interface HttpCaller {
  /** Host and port: all of the URL that may be shown. */
  readonly host: string;
  readonly secrets: SecretMask;
  /** One attempt. Never rejects for what the network or the server does. Follows no redirect. */
  send(request: HttpRequest): Promise<HttpOutcome>;
  /** What a refusal is about, and its words. `json`: the part of the body that holds them; default: the whole. */
  refusal(answer: HttpAnswer, json?: unknown): HttpRefusal;
  close(): Promise<void>;
}

export interface HttpRefusal {
  readonly kind: RefusalKind;
  /** Of the error in the body; undefined where it has none. */
  readonly code: number | undefined;
  /** The provider's own words; '' where there are none. May be shown. */
  readonly sentence: string;
}

const KEEP_ALIVE_MS = 30_000;
/** All answers of one caller that are on their way, together, unless one alone may be larger. */
const HELD_BYTES = 48 * 1_024 * 1_024;
/** Texts up to here are looked through for our secrets before anything is read out of them. */
const MASKED_BYTES = 256 * 1_024;
/** What fails before a byte of the request was sent, wherever it happens. */
const UNSENT: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];
/** What also happens to a connection long after its requests were sent: unsent only where connecting failed so. */
const UNSENT_WHILE_CONNECTING: readonly string[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
];

/** Connects only when first asked. `url` is http(s): whoever reads it from outside has checked that. */
export function createHttpCaller(options: HttpCallerOptions): HttpCaller {
  const { target, login } = splitLogin(options.url);
  const { host } = target;
  const headers = { ...login, ...options.headers };
  const secrets = createSecretMask([
    ...secretsOfUrl(options.url),
    ...secretsOfHeaders({ ...login, ...options.headers }),
    ...(options.secrets ?? []),
  ]);
  const held = createHeldBytes();
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: options.connectTimeoutMs },
    // The whole attempt has one timeout, below: a server that drips bytes would reset undici's with each of them.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function exchange(
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<Outcome<HttpAnswer, 'bad-answer'>> {
    const { origin, pathname, search } = request.url ?? target;
    const response = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: request.method,
      headers: {
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal,
    });
    const status = response.statusCode;
    const isGood = status >= 200 && status < 300;
    const { bound } = request;
    const body = await readBody({
      body: response.body,
      encoding: textOf(response.headers['content-encoding']),
      maxBytes: isGood ? bound.bytes : Math.min(REFUSAL_BYTES, bound.bytes),
      held,
      maxHeld: Math.max(HELD_BYTES, bound.bytes),
      cut: !isGood,
    });
    if (!body.ok && isGood) return refusal('bad-answer', body.detail);
    // Of a refusal that cannot be read the status still tells.
    const bytes = body.ok ? withoutSecrets(body.value) : Buffer.alloc(0);
    const parsed = parseBoundedJson(bytes, bound);
    if (isGood && !parsed.ok && parsed.reason !== 'no-json')
      return refusal('bad-answer', `it has ${parsed.detail}`);
    return success({
      status,
      json: parsed.ok ? parsed.value : undefined,
      header: (name) => secrets.mask(textOf(response.headers[name])),
      retryAfterMs: retryAfterMs(response.headers['retry-after'], options.nowMs()),
      redirect: redirectOf(status, response.headers.location, request.url ?? target),
      sentence: () => sentenceOf(plainText(bytes.toString('utf8', 0, REFUSAL_BYTES)), secrets),
    });
  }

  /** A server that echoes what we sent as proof of who we are must not bring it into anything. */
  function withoutSecrets(bytes: Buffer): Buffer {
    if (bytes.length > MASKED_BYTES || !secrets.isIn(bytes)) return bytes;
    return Buffer.from(secrets.mask(bytes.toString('utf8')));
  }

  return {
    host,
    secrets,
    async send(request) {
      const { signal, timeoutMs } = request;
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
        const answer = await exchange(request, abort.signal);
        if (answer.ok) return answer;
        return { ok: false, reason: 'bad-answer', why: answer.detail ?? 'it is no good', unsent: false };
      } catch (thrown) {
        if (timedOut) return unreachable(`no answer in ${Math.round(timeoutMs)} ms`);
        if (signal.aborted) return { ok: false, reason: 'aborted', why: 'aborted', unsent: false };
        // The message of what undici throws may quote the URL, so only its code is passed on.
        return unreachable(faultCode(thrown), isUnsent(thrown));
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      }
    },
    refusal(answer, json = answer.json) {
      const { status, redirect } = answer;
      const { code, text } = errorIn(json);
      if (redirect !== undefined) {
        return { kind: refusalKind({ status }), code, sentence: `it redirects to ${redirect}` };
      }
      const sentence = text === undefined ? answer.sentence() : sentenceOf(text, secrets);
      return { kind: refusalKind({ status, code, text: sentence }), code, sentence };
    },
    close: () => agent.destroy(),
  };
}

function unreachable(why: string, unsent = false): HttpOutcome {
  return { ok: false, reason: 'unreachable', why, unsent };
}

/** A URL that may be asked, and the header that stands for the login in it. */
function splitLogin(text: string): {
  readonly target: URL;
  readonly login: Readonly<Record<string, string>>;
} {
  const target = new URL(text);
  const { username, password } = target;
  if (username === '' && password === '') return { target, login: {} };
  target.username = '';
  target.password = '';
  const plain = `${decoded(username)}:${decoded(password)}`;
  return { target, login: { authorization: `Basic ${Buffer.from(plain).toString('base64')}` } };
}

/** A percent sign that starts no code is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The code and the words of an error in whichever of the usual forms. */
function errorIn(json: unknown): { readonly code: number | undefined; readonly text: string | undefined } {
  const body = fieldsOf(Array.isArray(json) ? (json[0] as unknown) : json);
  const listed = Array.isArray(body.errors) ? (body.errors[0] as unknown) : undefined;
  const own = body.error ?? listed;
  const inner = typeof own === 'object' && own !== null ? fieldsOf(own) : body;
  const isText = (words: unknown): words is string => typeof words === 'string' && words !== '';
  const name = [body.errorCode, inner.errorCode].find(isText);
  const words = [inner.message, inner.error, inner.detail, listed].find(isText);
  const text = name === undefined ? words : words === undefined ? name : `${words} (${name})`;
  const code =
    typeof inner.code === 'string' && /^-?\d{1,6}$/.test(inner.code) ? Number(inner.code) : inner.code;
  return { code: typeof code === 'number' && Number.isSafeInteger(code) ? code : undefined, text };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function redirectOf(status: number, location: unknown, from: URL): string | undefined {
  if (status < 300 || status > 399) return undefined;
  return URL.parse(textOf(location), from.href)?.host ?? 'nowhere';
}

/** The words of a web page, where it is one. */
function plainText(text: string): string {
  return /^\s*</.test(text)
    ? text.replace(/<(?:style|script)[\s\S]*?<\/(?:style|script)>|<[^>]*>/gi, ' ')
    : text;
}

function textOf(header: unknown): string {
  return typeof header === 'string' ? header : '';
}

/**
 * True of what surely happened before the request was written. A code alone does not tell: an established connection
 * ends with EHOSTUNREACH too, when a router on the way gives up.
 */
export function isUnsent(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    // Several addresses of one host were tried in turn: each must have failed so.
    if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isUnsent);
    if (!('code' in error) || typeof error.code !== 'string') continue;
    if (UNSENT.includes(error.code)) return true;
    const connecting = 'syscall' in error && error.syscall === 'connect';
    return connecting && UNSENT_WHILE_CONNECTING.includes(error.code);
  }
  return false;
}

function faultCode(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
  }
  return thrown instanceof Error ? thrown.name : 'fault';
}

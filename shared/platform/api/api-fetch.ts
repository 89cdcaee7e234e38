import { ArbError } from '../../core/errors.ts';
import { apiError } from './api-gate.ts';

const MAX_BYTES = 4 * 1_024 * 1_024;
const MAX_DETAIL = 300;
/** Faults before a connection stood: the API has not seen the request. */
const UNSENT: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/**
 * `fetch` for an outside API, its answer read whole and bounded. Throws `api-unreachable`, `api-overloaded` (with
 * `retryAfterMs` where the API says it), `api-api-failed` and `api-refused` (with the start of the `answer`); what it
 * returns is a success. Neither URL nor headers ever get into a message: they may hold a key.
 */
export async function apiFetch(url: string | URL, init: RequestInit): Promise<Response> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, redirect: 'error' });
    text = await readBounded(response);
  } catch (thrown) {
    if (thrown instanceof ArbError) throw thrown;
    throw unreachable(hostOf(url), thrown);
  }
  checkStatus(hostOf(url), response.status, response.headers.get('retry-after'), text);
  return new Response(text, { status: response.status, headers: { 'content-type': 'application/json' } });
}

/** Throws what an HTTP status other than success means. */
export function checkStatus(host: string, status: number, retryAfter: string | null, text: string): void {
  if (status >= 200 && status < 300) return;
  const answer = text.slice(0, MAX_DETAIL);
  if (status === 429) {
    const retryAfterMs = readRetryAfter(retryAfter);
    const context = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw apiError('overloaded', `${host} says 429, too many requests`, context);
  }
  // A key that is not taken will not be taken the next time either: as good as down.
  if (status === 401 || status === 403) {
    throw apiError('api-failed', `${host} does not take the key (status ${status})`);
  }
  if (status >= 500) throw apiError('api-failed', `${host} failed with status ${status}`);
  throw apiError('refused', `${host} refused the request with status ${status}: ${answer}`, { answer });
}

/** Whole seconds; the date form of the header is left to the breaker's own pause. */
function readRetryAfter(text: string | null): number | undefined {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body === null) return '';
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw apiError('bad-answer', `the answer is over ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What it means that no whole answer came from `host`. */
export function unreachable(host: string, thrown: unknown): ArbError {
  const code = faultCode(thrown);
  const context = UNSENT.includes(code) ? { unsent: true } : {};
  return apiError('unreachable', `${host} is unreachable (${code})`, context);
}

export function hostOf(url: string | URL): string {
  return URL.parse(String(url))?.host ?? 'the API';
}

function faultCode(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code;
  }
  return thrown instanceof Error ? thrown.name : 'fault';
}

import { gzipSync } from 'node:zlib';
import type { HttpBehaviour, HttpReply, ProviderRow } from './provider-row.ts';
import { answers, json, refuses } from './replies.ts';

const LASTS_MS = 1_500;
const WHOLE_WITHIN_MS = 10_000;

type OddRow = Pick<ProviderRow, 'name' | 'does' | 'http'> & Partial<ProviderRow>;

function row(given: OddRow): ProviderRow {
  return { service: 'rpc', who: 'one', lastsMs: LASTS_MS, wholeWithinMs: WHOLE_WITHIN_MS, ...given };
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: { 'content-type': 'text/plain', ...headers }, body };
}

function page(status: number, title: string): HttpReply {
  const body = `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  return text(status, body, { 'content-type': 'text/html' });
}

/** Statuses that no RPC documents, from what stands before it. */
const STATUSES: readonly ProviderRow[] = [
  row({
    name: 'media-415',
    does: 'takes no JSON: HTTP 415',
    http: answers(text(415, 'Unsupported Media Type')),
  }),
  row({ name: 'teapot-418', does: 'is a teapot: HTTP 418', http: answers(text(418, 'no')) }),
  row({
    name: 'unprocessable-422',
    does: 'cannot process anything: HTTP 422',
    http: answers(json({ detail: 'unprocessable' }, 422)),
  }),
  row({ name: 'headers-431', does: 'finds our headers too large: HTTP 431', http: answers(text(431, '')) }),
  row({
    name: 'bandwidth-509',
    does: 'has no more bandwidth: HTTP 509',
    http: answers(text(509, 'Bandwidth Limit Exceeded')),
    says: /509|Bandwidth/,
  }),
  row({
    name: 'edge-1015',
    does: 'is kept back by what stands before it: HTTP 429, error code 1015',
    http: answers(text(429, 'error code: 1015')),
    says: /1015|429/,
  }),
  row({
    name: 'edge-520',
    does: 'cannot be reached behind its edge: HTTP 520',
    http: answers(text(520, 'error code: 520')),
    says: /520/,
  }),
  row({
    name: 'edge-530',
    does: 'cannot be found behind its edge: HTTP 530',
    http: answers(text(530, 'error code: 1016')),
    says: /1016|530/,
  }),
  row({
    name: 'challenge-403',
    does: 'wants to see a browser: HTTP 403 with a web page',
    http: answers(page(403, 'Just a moment...')),
    says: /403|moment/,
  }),
  row({ name: 'empty-200', does: 'answers HTTP 200 with nothing', http: answers({ status: 200, body: '' }) }),
  row({ name: 'empty-204', does: 'answers HTTP 204', http: answers({ status: 204 }) }),
  row({ name: 'null-200', does: 'answers HTTP 200 with null', http: answers(json(null)) }),
  row({ name: 'list-200', does: 'answers HTTP 200 with an empty list', http: answers(json([])) }),
];

/** Refusals whose form is not that of JSON-RPC. */
const SENTENCES: readonly ProviderRow[] = [
  row({
    name: 'error-text',
    does: 'refuses by a text where an error should be: HTTP 200',
    http: answers(json({ error: 'Too many requests, please slow down' })),
    says: /Too many requests/,
  }),
  row({
    name: 'error-no-code',
    does: 'refuses without a code: HTTP 200',
    http: answers(json({ jsonrpc: '2.0', id: 1, error: { message: 'rate limited' } })),
    says: /rate limited/,
  }),
  row({
    name: 'error-code-text',
    does: 'gives its code as a word: HTTP 200',
    http: answers(
      json({ jsonrpc: '2.0', id: 1, error: { code: 'RATE_LIMITED', message: 'rate limit exceeded' } }),
    ),
    says: /rate limit/,
  }),
  row({
    name: 'message-only',
    does: 'refuses by a message alone: HTTP 200',
    http: answers(json({ message: 'API rate limit exceeded' })),
    says: /rate limit/,
  }),
  row({
    name: 'errors-list',
    does: 'refuses by a list of errors: HTTP 200',
    http: answers(json({ errors: [{ message: 'Your plan has expired' }] })),
    says: /expired/,
  }),
  row({
    name: 'text-200',
    does: 'refuses by a plain text: HTTP 200',
    http: answers(text(200, 'Too many requests')),
    says: /Too many requests/,
  }),
  row({
    name: 'compute-429',
    does: 'counts units a second: HTTP 200, 429',
    http: refuses({
      code: 429,
      message:
        'Your app has exceeded its compute units per second capacity. If you have retries enabled, you can ignore this.',
    }),
    says: /compute units/,
  }),
  row({
    name: 'retry-in-text',
    does: 'says in words when to come back: HTTP 200, -32090',
    http: refuses({
      code: -32_090,
      message: 'Too many requests, reason: call rate limit exhausted, retry in 1s',
    }),
    says: /retry in 1s/,
  }),
  row({
    name: 'concurrent-32000',
    does: 'counts requests at one time: HTTP 200, -32000',
    http: refuses({ code: -32_000, message: 'concurrent requests limit reached for this endpoint' }),
    says: /concurrent/,
  }),
  ...['0', '-5', '1.5', 'soon', '1, 2', 'Wed, 21 Oct 2015 07:28:00 GMT', ''].map((after, i) =>
    row({
      name: `retry-after-${i}`,
      does: `asks for a pause of "${after}": HTTP 429`,
      http: answers(
        json({ error: { code: 429, message: 'Too many requests' } }, 429, { 'retry-after': after }),
      ),
      says: /Too many requests/,
    }),
  ),
];

/** The node's answer in another form. */
function altered(name: string, does: string, alter: (body: string) => HttpReply): ProviderRow {
  const http = (): HttpBehaviour => () => ({ alter });
  return row({ name, does, http });
}

const JSON_TYPE = { 'content-type': 'application/json' };

function packed(encoding: string, body: Uint8Array): HttpReply {
  return { status: 200, headers: { ...JSON_TYPE, 'content-encoding': encoding }, body };
}

function parsed(body: string, change: (member: Record<string, unknown>) => unknown): HttpReply {
  const whole = JSON.parse(body) as Record<string, unknown> | Record<string, unknown>[];
  return json(Array.isArray(whole) ? whole.map(change) : change(whole));
}

const FORMS: readonly ProviderRow[] = [
  altered('error-null', 'puts an error of null beside its results', (body) =>
    parsed(body, (member) => ({ error: null, ...member })),
  ),
  altered('version-1', 'speaks of JSON-RPC 1.0', (body) =>
    parsed(body, (member) => ({ ...member, jsonrpc: '1.0' })),
  ),
  altered('version-none', 'names no version of JSON-RPC', (body) =>
    parsed(body, ({ jsonrpc: _, ...member }) => member),
  ),
  altered('bom', 'begins with a byte order mark', (body) => ({
    status: 200,
    headers: JSON_TYPE,
    body: `\ufeff${body}`,
  })),
  altered('blank-lines', 'puts lines around its answers', (body) => ({
    status: 200,
    headers: JSON_TYPE,
    body: `\r\n\n${body}\n\n`,
  })),
  altered('type-text', 'calls its JSON a plain text', (body) => text(200, body)),
  altered('packed-twice', 'packs its answers twice', (body) =>
    packed('gzip, gzip', gzipSync(gzipSync(body))),
  ),
  altered('packed-upper', 'writes GZIP in capitals', (body) => packed('GZIP', gzipSync(body))),
  altered('packed-not', 'says gzip and packs nothing', (body) => packed('gzip', Buffer.from(body))),
  altered('packed-half', 'sends half of what it packed', (body) => {
    const whole = gzipSync(body);
    return packed('gzip', whole.subarray(0, whole.length >> 1));
  }),
  altered('packed-tail', 'sends zeros after what it packed', (body) =>
    packed('gzip', Buffer.concat([gzipSync(body), Buffer.alloc(64)])),
  ),
  altered('packed-utf8', 'names a character set as its packing', (body) =>
    packed('utf-8', Buffer.from(body)),
  ),
  altered('length-short', 'says that its answers are shorter than they are', (body) => ({
    status: 200,
    headers: {
      ...JSON_TYPE,
      'content-length': String(Math.max(1, Buffer.byteLength(body) >> 1)),
      connection: 'close',
    },
    body: body.slice(0, Math.max(1, body.length >> 1)),
  })),
  altered('result-none', 'answers without a result', (body) =>
    parsed(body, ({ result: _, ...member }) => member),
  ),
  altered('result-null', 'answers null to everything', (body) =>
    parsed(body, (member) => ({ ...member, result: null })),
  ),
  altered('id-other', 'answers with ids that nobody asked with', (body) =>
    parsed(body, (member) => ({ ...member, id: 987_654_321 })),
  ),
  altered('id-none', 'answers without ids', (body) => parsed(body, ({ id: _, ...member }) => member)),
  altered('value-half', 'gives half of the accounts that were asked', (body) =>
    parsed(body, (member) => halved(member)),
  ),
  altered('value-none', 'gives a context and no value', (body) =>
    parsed(body, (member) => {
      const { result } = member;
      if (typeof result !== 'object' || result === null || !('context' in result)) return member;
      return { ...member, result: { context: result.context } };
    }),
  ),
  altered('slot-text', 'writes slots as texts', (body) => ({
    status: 200,
    headers: JSON_TYPE,
    body: body.replace(/"slot":(\d+)/g, '"slot":"$1"'),
  })),
];

function halved(member: Record<string, unknown>): Record<string, unknown> {
  const { result } = member;
  if (typeof result !== 'object' || result === null || !('value' in result)) return member;
  const { value } = result;
  return Array.isArray(value)
    ? { ...member, result: { ...result, value: value.slice(0, value.length >> 1) } }
    : member;
}

/** What stands in no document, and is met all the same. */
export const ODD_ROWS: readonly ProviderRow[] = [...STATUSES, ...SENTENCES, ...FORMS];

import { bomb, deep, drip, encoded, endless, endlessBlank, endlessRefusal, wide } from './hostile.ts';
import type { HttpAsk, HttpBehaviour, ProviderRow } from './provider-row.ts';
import { always, answers, json, type Refusal, refused, refuses, refusesMethods } from './replies.ts';

const LASTS_MS = 1_500;
const WHOLE_WITHIN_MS = 10_000;

type HttpRow = Pick<ProviderRow, 'name' | 'does' | 'http'> & Partial<ProviderRow>;

function row(given: HttpRow): ProviderRow {
  return { service: 'rpc', who: 'one', lastsMs: LASTS_MS, wholeWithinMs: WHOLE_WITHIN_MS, ...given };
}

/** A refusal of every call, and the words that must reach the user. */
function refusal(name: string, does: string, refusal: Refusal, says: RegExp): ProviderRow {
  return row({ name, does, http: refuses(refusal), says });
}

/** JSON-RPC refusals that concern the endpoint, not the request. */
const REFUSALS: readonly ProviderRow[] = [
  refusal(
    'key-401',
    'takes no key: HTTP 401 with a JSON body',
    { status: 401, code: -32401, message: 'invalid api key provided' },
    /invalid api key/,
  ),
  refusal(
    'payment-402',
    'wants to be paid: HTTP 402',
    { status: 402, code: -32402, message: 'payment required: top up your account' },
    /payment required/,
  ),
  refusal(
    'forbidden-403',
    'forbids: HTTP 403',
    {
      status: 403,
      code: -32052,
      message: 'API key is not allowed to access blockchain, json-rpc code: -32052',
    },
    /not allowed/,
  ),
  refusal(
    'gone-404',
    'knows no such path: HTTP 404 with a JSON body',
    { status: 404, code: -32000, message: 'project not found' },
    /project not found/,
  ),
  refusal(
    'gone-410',
    'is switched off for good: HTTP 410',
    { status: 410, code: -32000, message: 'The RPC call or parameters have been disabled.' },
    /disabled/,
  ),
  refusal(
    'large-413',
    'finds every body too large: HTTP 413',
    { status: 413, code: -32600, message: 'Request Entity Too Large' },
    /Too Large/,
  ),
  refusal(
    'rate-429',
    'asks for a pause in seconds: HTTP 429, Retry-After 1',
    {
      status: 429,
      code: 429,
      message: 'Too many requests for a specific RPC call',
      headers: { 'retry-after': '1' },
    },
    /Too many requests/,
  ),
  row({
    name: 'rate-429-date',
    does: 'asks for a pause until a date: HTTP 429, Retry-After with an HTTP date',
    http: () => (ask) => ({
      reply: refused(ask, {
        status: 429,
        code: 429,
        message: 'Too many requests',
        headers: { 'retry-after': new Date(Date.now() + 1_000).toUTCString() },
      }),
    }),
    says: /Too many requests/,
  }),
  refusal(
    'failing-500',
    'fails: HTTP 500 with a JSON body',
    { status: 500, code: -32603, message: 'Internal error' },
    /Internal error/,
  ),
  refusal(
    'busy-503',
    'is overloaded: HTTP 503 with a JSON body',
    { status: 503, code: -32000, message: 'no available upstreams' },
    /no available upstreams/,
  ),
  refusal(
    'daily-32003',
    'has no more calls for the day: HTTP 200, -32003',
    { code: -32003, message: 'daily request limit reached - upgrade your account' },
    /daily request limit/,
  ),
  refusal(
    'second-32007',
    'has no more calls for the second: HTTP 200, -32007',
    { code: -32007, message: '50/second request limit reached - reduce calls per second' },
    /request limit reached/,
  ),
  refusal(
    'disabled-32052',
    'knows the key and refuses it: HTTP 200, -32052',
    { code: -32052, message: 'API key disabled' },
    /API key disabled/,
  ),
  refusal(
    'rate-7429',
    'is asked too often: HTTP 200, 7429',
    { code: 7429, message: 'rate limit exceeded' },
    /rate limit/,
  ),
  refusal(
    'rate-32029',
    'is asked too often: HTTP 200, -32029',
    { code: -32029, message: 'Too Many Requests' },
    /Too Many Requests/,
  ),
  refusal(
    'quota-32005',
    'says of its quota what a node says of its health: HTTP 200, -32005',
    { code: -32005, message: 'daily request count exceeded, request rate limited' },
    /count exceeded/,
  ),
  refusal(
    'over-32016',
    'says of its rate what a node says of a slot: HTTP 200, -32016',
    { code: -32016, message: 'over rate limit' },
    /over rate limit/,
  ),
  refusal(
    'quota-text',
    'has a code of its own and only the text tells: HTTP 200',
    { code: 15, message: 'Monthly capacity limit exceeded. Visit your dashboard to upgrade your plan.' },
    /capacity limit/,
  ),
  row({
    name: 'plan-method',
    does: 'leaves the reading of many accounts to a dearer plan: HTTP 200, -32600',
    http: refusesMethods(['getMultipleAccounts'], {
      code: -32600,
      message: 'getMultipleAccounts is not available on the free plan',
    }),
  }),
  row({
    name: 'all-refuse',
    does: 'refuses everything at every endpoint for a while: HTTP 200, -32005',
    who: 'all',
    http: refuses({ code: -32005, message: 'daily request count exceeded, request rate limited' }),
    says: /count exceeded/,
  }),
  row({
    name: 'all-429',
    does: 'asks for a pause at every endpoint for a while: HTTP 429',
    who: 'all',
    http: refuses({ status: 429, code: 429, message: 'Too many requests', headers: { 'retry-after': '1' } }),
    says: /Too many requests/,
  }),
  row({
    name: 'html-200',
    does: 'answers HTTP 200 with a web page',
    http: answers({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>welcome</html>' }),
  }),
  row({
    name: 'html-502',
    does: 'answers HTTP 502 with a web page',
    http: answers({
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><h1>502 Bad Gateway</h1></html>',
    }),
    says: /502/,
  }),
  row({
    name: 'elsewhere-302',
    does: 'sends its callers to another host: HTTP 302',
    http: answers({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }),
    says: /redirect/,
  }),
];

/** Reads that a plan holds to so many accounts. */
function accountsLimit(max: number, message: string): () => HttpBehaviour {
  return () => (ask) => {
    const over = ask.calls.some(
      ({ method, params }) => method === 'getMultipleAccounts' && lengthOf(params) > max,
    );
    return over ? { reply: refused(ask, { code: -32602, message }) } : 'pass';
  };
}

function lengthOf(params: unknown): number {
  const [addresses] = Array.isArray(params) ? (params as unknown[]) : [];
  return Array.isArray(addresses) ? addresses.length : 0;
}

/** The members of a batch's answer, changed. */
function batches(change: (members: Record<string, unknown>[]) => unknown): () => HttpBehaviour {
  return () => (ask: HttpAsk) =>
    ask.isBatch ? { alter: (body) => json(change(JSON.parse(body) as Record<string, unknown>[])) } : 'pass';
}

/** Answers whose form differs. */
const FORMS: readonly ProviderRow[] = [
  row({
    name: 'accounts-75',
    does: 'gives at most 75 accounts a call',
    http: accountsLimit(75, 'Too many inputs provided; max 75'),
  }),
  row({
    name: 'accounts-5',
    does: 'gives at most 5 accounts a call',
    http: accountsLimit(5, 'getMultipleAccounts is limited to a 5 accounts range on this plan'),
  }),
  row({
    name: 'accounts-413',
    does: 'finds a body of more than 20 accounts too large: HTTP 413',
    http: () => (ask) =>
      ask.calls.some(({ params }) => lengthOf(params) > 20)
        ? {
            reply: {
              status: 413,
              headers: { 'content-type': 'text/plain' },
              body: 'Request Entity Too Large',
            },
          }
        : 'pass',
  }),
  row({
    name: 'batch-refused',
    does: 'refuses a batch member by member',
    http: () => (ask) =>
      ask.isBatch
        ? { reply: refused(ask, { code: -32005, message: 'batch requests are not available on your plan' }) }
        : 'pass',
  }),
  row({
    name: 'batch-one-error',
    does: 'answers a batch by one error',
    http: () => (ask) =>
      ask.isBatch
        ? {
            reply: json({
              jsonrpc: '2.0',
              id: null,
              error: { code: -32600, message: 'batch not supported' },
            }),
          }
        : 'pass',
  }),
  row({
    name: 'batch-half',
    does: 'answers half of a batch',
    http: batches((members) => members.slice(0, Math.ceil(members.length / 2))),
  }),
  row({
    name: 'batch-reversed',
    does: 'answers a batch in another order, and some twice',
    http: batches((members) => [...members, ...members.slice(0, 1)].reverse()),
  }),
  row({
    name: 'id-as-text',
    does: 'gives ids back as strings',
    http: () => () => ({
      alter: (body) => ({ status: 200, body: body.replace(/"id":\s*(\d+)/g, '"id":"$1"') }),
    }),
  }),
  ...(['gzip', 'br', 'deflate'] as const).map((encoding) =>
    row({
      name: `packed-${encoding}`,
      does: `packs its answers in ${encoding} unasked`,
      http: () => () => ({ alter: (body) => encoded(encoding, body) }),
    }),
  ),
];

/** Answers that would kill a process that trusts them. */
const HOSTILE: readonly ProviderRow[] = [
  row({ name: 'endless', does: 'answers without an end', http: () => endless }),
  row({ name: 'endless-blank', does: 'sends spaces without an end', http: always(endlessBlank()) }),
  row({
    name: 'endless-refusal',
    does: 'refuses with a sentence without an end: HTTP 503',
    http: always(endlessRefusal(503)),
    says: /503/,
  }),
  row({ name: 'drip', does: 'sends a byte every 20 ms', http: () => drip }),
  row({
    name: 'deep',
    does: 'answers with a million lists in each other',
    http: () => (ask) => deep(ask, 1_000_000),
  }),
  row({
    name: 'wide',
    does: 'answers with twenty million empty objects',
    http: () => (ask) => wide(ask, 20_000_000),
  }),
  ...(['gzip', 'br', 'deflate'] as const).map((encoding) =>
    row({
      name: `bomb-${encoding}`,
      does: `packs a flood of blanks into a small answer in ${encoding}`,
      http: () => {
        const act = bomb(encoding);
        return () => act;
      },
    }),
  ),
  row({ name: 'hang', does: 'takes requests and never answers', http: always('hang') }),
  row({ name: 'cut', does: 'ends connections without an answer', http: always('cut') }),
];

/** The same, of the APIs beside the node. */
const OUTSIDE: readonly ProviderRow[] = (['jupiter', 'helius'] as const).flatMap((service) =>
  [
    row({ name: `${service}-endless`, does: 'answers without an end', http: () => endless }),
    row({
      name: `${service}-deep`,
      does: 'answers with a million lists in each other',
      http: () => (ask) => deep(ask, 1_000_000),
    }),
    row({
      name: `${service}-wide`,
      does: 'answers with twenty million empty objects',
      http: () => (ask) => wide(ask, 20_000_000),
    }),
    row({
      name: `${service}-bomb`,
      does: 'packs 1 GiB of blanks into a small answer',
      http: () => {
        const act = bomb('gzip');
        return () => act;
      },
    }),
    row({
      name: `${service}-key`,
      does: 'takes no key: HTTP 401',
      http: answers(json({ error: 'invalid api key' }, 401)),
      says: /key/,
    }),
    row({
      name: `${service}-429`,
      does: 'asks for a pause: HTTP 429',
      http: answers(json({ error: 'Rate limit exceeded' }, 429, { 'retry-after': '1' })),
      says: /429|[Rr]ate limit/,
    }),
  ].map((given) => ({ ...given, service })),
);

export const HTTP_ROWS: readonly ProviderRow[] = [...REFUSALS, ...FORMS, ...HOSTILE, ...OUTSIDE];

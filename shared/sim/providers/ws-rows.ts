import type { ProviderRow, WsAct, WsBehaviour } from './provider-row.ts';

const LASTS_MS = 2_000;
const WHOLE_WITHIN_MS = 10_000;

function row(given: Pick<ProviderRow, 'name' | 'does' | 'ws'> & Partial<ProviderRow>): ProviderRow {
  return { service: 'rpc', who: 'one', lastsMs: LASTS_MS, wholeWithinMs: WHOLE_WITHIN_MS, ...given };
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** Fewer than the built-in market wants, so that the limit is met. */
const LIMIT = 40;

const isSubscribe = (method: unknown): boolean => String(method).endsWith('Subscribe');

/** So many subscriptions at a time on each connection; what comes of one more. */
function atMost(most: number, beyond: WsAct): () => WsBehaviour {
  return () => {
    const held = new Map<number, number>();
    return {
      asked: ({ method }, { nth }) => {
        const now = held.get(nth) ?? 0;
        if (String(method).endsWith('Unsubscribe')) held.set(nth, now - 1);
        if (!isSubscribe(method)) return 'pass';
        if (now >= most) return beyond;
        held.set(nth, now + 1);
        return 'pass';
      },
    };
  };
}

/** Subscriptions are refused. */
function refuses(code: number, message: string): () => WsBehaviour {
  return () => ({ asked: ({ method }) => (isSubscribe(method) ? { error: { code, message } } : 'pass') });
}

function refusesHandshake(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): () => WsBehaviour {
  return () => ({ handshake: () => ({ status, headers: { ...JSON_TYPE, ...headers }, body }) });
}

/** What happens to handshakes, subscriptions and what they tell. */
export const WS_ROWS: readonly ProviderRow[] = [
  row({
    name: 'ws-429',
    does: 'refuses WebSocket handshakes: HTTP 429, Retry-After 1',
    ws: refusesHandshake(429, '{"error":"too many connections"}', { 'retry-after': '1' }),
    says: /429/,
  }),
  row({
    name: 'ws-401',
    does: 'refuses WebSocket handshakes: HTTP 401 with a JSON body',
    ws: refusesHandshake(401, '{"error":"invalid api key"}'),
    says: /401/,
  }),
  row({
    name: 'ws-503',
    does: 'refuses WebSocket handshakes: HTTP 503 without a word',
    ws: refusesHandshake(503, ''),
    says: /503/,
  }),
  row({
    name: 'ws-refused-subscription',
    does: 'refuses every subscription for its rate: -32005',
    ws: refuses(-32_005, 'subscription rate limit exceeded'),
  }),
  row({
    name: 'ws-7429',
    does: 'refuses every subscription for its rate: 7429',
    ws: refuses(7_429, 'Too many requests, slow down'),
  }),
  row({
    name: 'ws-plan',
    does: `lets ${LIMIT} subscriptions in on a connection and refuses more: -32602 with the plan's words`,
    lastsMs: 6_000,
    ws: atMost(LIMIT, {
      error: { code: -32_602, message: `Maximum of ${LIMIT} subscriptions reached, upgrade your plan` },
    }),
  }),
  row({
    name: 'ws-1008',
    does: `closes a connection at its ${LIMIT + 1}th subscription: 1008`,
    lastsMs: 6_000,
    ws: atMost(LIMIT, { close: 1_008, reason: 'too many subscriptions' }),
  }),
  row({
    name: 'ws-swallow',
    does: 'takes subscriptions and never acknowledges them',
    ws: () => ({ asked: ({ method }) => (isSubscribe(method) ? 'swallow' : 'pass') }),
  }),
  row({
    name: 'ws-no-accounts',
    does: 'goes on telling slots, and no account changes, the clock among them',
    lastsMs: 6_000,
    ws: () => ({ told: (text) => (text.includes('"accountNotification"') ? undefined : text) }),
  }),
  row({
    name: 'ws-hang',
    does: 'takes connections and never answers the handshake',
    ws: () => ({ handshake: () => 'hang' }),
  }),
  row({
    name: 'ws-page',
    does: 'answers the handshake with a web page: HTTP 200',
    ws: () => ({
      handshake: () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>hello</h1>' }),
    }),
    says: /200/,
  }),
  row({
    name: 'ws-elsewhere',
    does: 'sends the handshake to another host: HTTP 302',
    ws: () => ({ handshake: () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }) }),
    says: /302/,
  }),
  row({
    name: 'ws-half-close',
    does: 'says that a connection ends at its first subscription, and keeps it',
    lastsMs: 8_000,
    ws: () => ({ asked: ({ method }) => (isSubscribe(method) ? 'half-close' : 'pass') }),
  }),
  row({
    name: 'ws-no-slots',
    does: 'goes on telling accounts, the clock among them, and no slots',
    lastsMs: 6_000,
    ws: () => ({ told: (text) => (text.includes('"slotNotification"') ? undefined : text) }),
  }),
  row({
    name: 'ws-swallow-slots',
    does: 'never acknowledges the slots, and all else',
    lastsMs: 6_000,
    ws: () => ({ asked: ({ method }) => (method === 'slotSubscribe' ? 'swallow' : 'pass') }),
  }),
  row({
    name: 'ws-ids-as-text',
    does: 'gives ids back as strings',
    ws: () => ({ told: (text) => text.replace(/"id":\s*(\d+)/, '"id":"$1"') }),
  }),
  row({
    name: 'ws-keepalive',
    does: 'puts messages of its own between those of the node',
    ws: () => ({ told: (text) => [text, '{"type":"keepalive"}', '{"jsonrpc":"2.0","method":"ping"}'] }),
  }),
  row({
    name: 'ws-slots-ahead',
    does: 'tells slots that are 40 ahead',
    lastsMs: 6_000,
    ws: () => ({
      told: (text) =>
        text.includes('"slotNotification"')
          ? text.replace(/"(slot|parent|root)":(\d+)/g, (_, name, slot) => `"${name}":${Number(slot) + 40}`)
          : text,
    }),
  }),
  row({
    name: 'ws-nothing',
    does: 'keeps the connection open and tells nothing',
    lastsMs: 6_000,
    ws: () => ({ told: () => undefined }),
  }),
];

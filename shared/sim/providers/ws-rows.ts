import type { ProviderRow } from './provider-row.ts';

const LASTS_MS = 2_000;
const WHOLE_WITHIN_MS = 10_000;

function row(given: Pick<ProviderRow, 'name' | 'does' | 'ws'> & Partial<ProviderRow>): ProviderRow {
  return { service: 'rpc', who: 'one', lastsMs: LASTS_MS, wholeWithinMs: WHOLE_WITHIN_MS, ...given };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** What happens to handshakes, subscriptions and what they tell. */
export const WS_ROWS: readonly ProviderRow[] = [
  row({
    name: 'ws-429',
    does: 'refuses WebSocket handshakes: HTTP 429, Retry-After 1',
    ws: () => ({
      handshake: () => ({
        status: 429,
        headers: { ...JSON_TYPE, 'retry-after': '1' },
        body: '{"error":"too many connections"}',
      }),
    }),
  }),
  row({
    name: 'ws-refused-subscription',
    does: 'refuses every subscription for its rate: -32005',
    ws: () => ({
      asked: ({ method }) =>
        String(method).endsWith('Subscribe')
          ? { error: { code: -32005, message: 'subscription rate limit exceeded' } }
          : 'pass',
    }),
  }),
];

import { describe, expect, it } from 'vitest';
import { limitIn, type Refusal, type RefusalKind, refusalKind } from './refusal.ts';

const CASES: readonly (readonly [RefusalKind, Refusal])[] = [
  ['key', { status: 401, code: -32401, text: 'invalid api key provided' }],
  ['key', { status: 403, text: 'Forbidden' }],
  ['key', { code: -32052, text: 'API key disabled' }],
  ['key', { grpcCode: 16 }],
  ['plan', { status: 402 }],
  ['plan', { status: 403, text: 'This method is not available on your plan' }],
  ['plan', { status: 429, code: 429, text: 'Monthly capacity limit exceeded' }],
  ['plan', { code: -32003, text: 'daily request limit reached - upgrade your account' }],
  ['plan', { code: -32003, text: '' }],
  ['plan', { code: -32005, text: 'daily request count exceeded, request rate limited' }],
  ['plan', { code: -32600, text: 'batch requests are not available on your plan' }],
  ['plan', { code: 15, text: 'out of credits' }],
  ['plan', { closeCode: 1008 }],
  ['rate', { status: 429 }],
  ['rate', { status: 503, text: 'too many requests, slow down' }],
  ['rate', { code: 7429, text: 'whatever it says' }],
  ['rate', { code: -32029, text: '' }],
  ['rate', { code: -32005, text: 'rate limit exceeded; upgrade your plan' }],
  ['rate', { code: -32007, text: '50/second request limit reached - reduce calls per second' }],
  ['rate', { code: -32016, text: 'over rate limit' }],
  ['rate', { code: 429, text: 'exceeded its compute units per second capacity' }],
  ['rate', { grpcCode: 8 }],
  ['gone', { status: 404, code: -32000, text: 'project not found' }],
  ['gone', { status: 410 }],
  ['gone', { status: 302 }],
  ['size', { status: 413, code: -32600, text: 'Request Entity Too Large' }],
  ['size', { code: -32602, text: 'Too many inputs provided; max 100' }],
  ['size', { code: -32602, text: 'getMultipleAccounts is limited to a 5 accounts range on this plan' }],
  ['busy', { status: 500, code: -32603, text: 'Internal error' }],
  ['busy', { status: 502, text: '<html>' }],
  ['busy', { code: -32005, text: 'Node is behind by 42 slots' }],
  ['busy', { closeCode: 1013 }],
  ['behind', { code: -32016, text: 'Minimum context slot has not been reached' }],
  ['not-here', { code: -32601, text: 'Method not found' }],
  [
    'not-here',
    { code: -32007, text: 'Slot 5 was skipped, or missing due to ledger jump to recent snapshot' },
  ],
  ['not-here', { code: -32011, text: 'Transaction history is not available from this node' }],
  ['request', { code: -32602, text: 'Invalid param: WrongSize' }],
  ['request', { code: -32602, text: 'Invalid params: upgrade your plan is no pubkey' }],
  ['request', { code: -32003, text: 'Transaction signature verification failure' }],
  ['request', { code: -32002, text: 'Transaction simulation failed: program says: rate limit exceeded' }],
  ['request', { code: -32015, text: 'Transaction version (1) is not supported' }],
  ['request', { status: 400, text: 'bad request' }],
  ['unknown', { code: 15, text: 'computer says no' }],
  ['unknown', {}],
];

describe('what a refusal is about', () => {
  it.each(CASES)('%s: %o', (kind, refusal) => {
    expect(refusalKind(refusal)).toBe(kind);
  });

  it.each([
    ['Too many inputs provided; max 75', 75],
    ['getMultipleAccounts is limited to a 5 accounts range', 5],
    ['up to 10 addresses', 10],
    ['too many', undefined],
  ])('reads the limit out of "%s"', (text, limit) => {
    expect(limitIn(text)).toBe(limit);
  });
});

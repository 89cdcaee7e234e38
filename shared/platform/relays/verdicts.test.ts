import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SYSTEM_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { combineSends, type Sender, type SendOutcome, type SendTerms } from '../../execution/sender.ts';
import { createTestBudget } from '../outside/gate/test-budget.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createTestPool } from '../rpc/pool/test-pool.ts';
import type { RelayTakes } from './before-sending.ts';
import { createHeliusSender } from './helius-sender.ts';
import { createJitoSender } from './jito-sender.ts';
import { createRelayLine, type RelayLine } from './relay-line.ts';
import { createRpcSender } from './rpc-sender.ts';
import {
  errors,
  openTestWire,
  replies,
  results,
  type Script,
  type TestWire,
  testTransaction,
} from './test-wire.ts';
import { VERDICT_ROWS, verdictOf } from './verdicts.ts';

const OURS = testTransaction(7);
const THEIRS = testTransaction(8);
const BUNDLE = 'ab'.repeat(32);
const TIP = SYSTEM_PROGRAM;
/** Far more than an answer takes on a busy machine; silence alone is waited for less. */
const TIMEOUT_MS = 4_000;
const SILENCE_MS = 150;
const HTML = '<html><h1>Welcome</h1></html>';

type Via = 'bundle' | 'transaction' | 'helius' | 'rpc';
const clock = createSystemClock();
let wire: TestWire;
let close: (() => Promise<void>)[];

beforeEach(async () => {
  wire = await openTestWire();
  close = [() => wire.stop()];
});
afterEach(async () => {
  for (const end of close) await end();
});

const TAKES: RelayTakes = {
  relay: 'test',
  tip: { minimumLamports: 1_000n, isTipAccount: (address) => address === TIP },
  takesVersion: (version) => version !== 1,
};

function terms(changed: Partial<SendTerms> = {}): SendTerms {
  const deadlineMicros = clock.monotonicMicros() + 5_000_000;
  return { deadlineMicros, version: 0, tipLamports: 1_000n, tipAccount: TIP, ...changed };
}

function senderVia(via: Via, timeoutMs = TIMEOUT_MS): Sender {
  if (via === 'rpc') {
    const { pool } = createTestPool([wire], { timeoutMs });
    close.push(() => pool.close());
    const takes = { ...TAKES, tip: undefined };
    return createRpcSender({ pool, endpoint: 'a', takes, clock, nodePreflight: true });
  }
  const line: RelayLine = createRelayLine({
    name: `test/${via}`,
    url: wire.url,
    requestsPerSecond: 1_000,
    timeoutMs,
    clock,
    random: createRandom(1),
    budget: createTestBudget(),
  });
  close.push(() => line.close());
  if (via === 'helius') return createHeliusSender({ line, takes: TAKES, swqosOnly: false });
  return createJitoSender({ line, takes: TAKES, by: via });
}

async function sent(via: Via, script: Script, changed: Partial<SendTerms> = {}): Promise<SendOutcome> {
  wire.script = script;
  const sender = senderVia(via, script === hang ? SILENCE_MS : TIMEOUT_MS);
  return sender.send(OURS.bytes, OURS.signature, terms(changed));
}

const ALL: readonly Via[] = ['bundle', 'transaction', 'helius', 'rpc'];
const JITO: readonly Via[] = ['bundle', 'transaction'];
const TIPPED: readonly Via[] = [...JITO, 'helius'];
const reset: Script = (_, socket) => socket.resetAndDestroy();
const cut: Script = (_, socket) => socket.destroy();
const hang: Script = () => {};
/** The head and half the body of an acceptance, then the end. */
const halfway: Script = (_, socket) => {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"jsonrpc":"2.0","id":1,');
  setTimeout(() => socket.destroy(), 10);
};

/** What answers, by whom, and what it proves. */
const CASES: readonly (readonly [string, readonly Via[], Script, SendOutcome['verdict'], string])[] = [
  ['an acceptance', ['bundle'], results(BUNDLE), 'sent', 'accepted'],
  ['our signature', ['transaction', 'helius', 'rpc'], results(OURS.signature), 'sent', 'accepted'],
  // Never accepted.
  [
    'a bundle of doubles',
    ['bundle'],
    errors(
      -32_602,
      'bundles must not contain any duplicate transactions and every transaction must be signed',
      400,
    ),
    'never-accepted',
    'malformed-bundle',
  ],
  [
    'a bundle that is too long',
    ['bundle'],
    errors(-32_602, 'bundle exceeds max transaction length: 5'),
    'never-accepted',
    'malformed-bundle',
  ],
  [
    'no tip account',
    JITO,
    errors(-32_602, 'Bundles must write lock at least one tip account to be eligible for the auction.', 400),
    'never-accepted',
    'tip-refused',
  ],
  [
    'no tip account, in other words',
    JITO,
    errors(-32_602, 'bundle does not lock any of the tip PDAs'),
    'never-accepted',
    'tip-refused',
  ],
  [
    'a tip that is too low',
    TIPPED,
    errors(-32_003, 'Transaction rejected: tip below minimum'),
    'never-accepted',
    'tip-refused',
  ],
  [
    'a tip to another',
    ['helius'],
    errors(
      -32_602,
      'transaction must send a tip of at least 200000 lamports to one of the following Helius wallets',
    ),
    'never-accepted',
    'tip-refused',
  ],
  [
    'a tip refused in JSON of its own',
    TIPPED,
    replies(400, () => ({ error: { message: 'Bundles must write lock at least one tip account' } })),
    'never-accepted',
    'tip-refused',
  ],
  [
    'an expired blockhash',
    JITO,
    errors(-32_602, 'bundle contains an expired blockhash', 400),
    'never-accepted',
    'blockhash-refused',
  ],
  [
    'a blockhash that a node does not know',
    ['rpc'],
    errors(-32_002, 'Transaction simulation failed: Blockhash not found'),
    'never-accepted',
    'blockhash-refused',
  ],
  [
    'a failed simulation of the node',
    ['rpc'],
    errors(
      -32_002,
      'Transaction simulation failed: Error processing Instruction 2: custom program error: 0x1774',
    ),
    'never-accepted',
    'simulation-failed',
  ],
  [
    'a failed simulation that speaks of duplicates',
    ['rpc'],
    errors(
      -32_002,
      'Transaction simulation failed: Transaction contains a duplicate instruction (3) that is not allowed',
    ),
    'never-accepted',
    'simulation-failed',
  ],
  [
    'a signature that does not hold',
    ALL,
    errors(-32_003, 'Transaction signature verification failure'),
    'never-accepted',
    'signature-refused',
  ],
  [
    'too many locks',
    JITO,
    errors(-32_603, 'transaction has too many account locks'),
    'never-accepted',
    'too-many-locks',
  ],
  [
    'a node that is behind',
    ['rpc'],
    errors(-32_005, 'Node is behind by 112 slots'),
    'never-accepted',
    'node-behind',
  ],
  [
    'a request that it cannot read',
    ALL,
    errors(-32_602, 'failed to deserialize solana_transaction::versioned::VersionedTransaction', 400),
    'never-accepted',
    'request-refused',
  ],
  [
    'a method that it does not know',
    ALL,
    errors(-32_601, 'Method not found'),
    'never-accepted',
    'request-refused',
  ],
  ['JSON that it cannot parse', ALL, errors(-32_700, 'Parse error'), 'never-accepted', 'request-refused'],
  ['an invalid request', ALL, errors(-32_600, 'Invalid request'), 'never-accepted', 'request-refused'],
  [
    '429 as Jito says it',
    JITO,
    errors(-32_097, 'Network congested. Endpoint is globally rate limited.', 429),
    'never-accepted',
    'asked-too-often',
  ],
  ['429 with a web page', ALL, replies(429, HTML), 'never-accepted', 'asked-too-often'],
  ['200 with a rate code inside', ALL, errors(-32_429, 'slow down'), 'never-accepted', 'asked-too-often'],
  [
    '200 with a quota inside',
    ALL,
    errors(-32_003, 'daily request limit reached - upgrade your account'),
    'never-accepted',
    'asked-too-often',
  ],
  [
    '200 with a rate in words inside',
    ALL,
    errors(-32_007, '50/second request limit reached'),
    'never-accepted',
    'asked-too-often',
  ],
  ['200 with a wrong key inside', ALL, errors(-32_401, 'invalid api key'), 'never-accepted', 'not-allowed'],
  ['401', ALL, replies(401, () => ({ error: 'Unauthorized' })), 'never-accepted', 'not-allowed'],
  ['402', ALL, replies(402, ''), 'never-accepted', 'not-allowed'],
  ['403 with a web page', ALL, replies(403, HTML), 'never-accepted', 'not-allowed'],
  ['404', ALL, replies(404, 'Not Found'), 'never-accepted', 'not-allowed'],
  ['413', ALL, replies(413, 'Request Entity Too Large'), 'never-accepted', 'not-allowed'],
  [
    'a 308 to elsewhere',
    ALL,
    replies(308, '', { location: 'https://elsewhere.invalid/' }),
    'never-accepted',
    'sent-elsewhere',
  ],
  // The chain or the relay has it.
  [
    'a bundle that was processed',
    JITO,
    errors(-32_602, 'bundle contains an already processed transaction', 400),
    'sent',
    'already-processed',
  ],
  [
    'a transaction that was processed',
    ['helius', 'rpc'],
    errors(-32_002, 'Transaction simulation failed: This transaction has already been processed'),
    'sent',
    'already-processed',
  ],
  ['a duplicate', TIPPED, errors(-32_602, 'duplicate bundle'), 'sent', 'duplicate'],
  ['what was received before', TIPPED, errors(-32_000, 'transaction already received'), 'sent', 'duplicate'],
  // Everything else.
  ['a reset after the request', ALL, reset, 'unknown', 'no-answer'],
  ['an end after the request', ALL, cut, 'unknown', 'no-answer'],
  ['silence', ALL, hang, 'unknown', 'no-answer'],
  ['half an acceptance', ALL, halfway, 'unknown', 'no-answer'],
  ['a web page with 200', ALL, replies(200, HTML), 'unknown', 'odd-answer'],
  [
    'a web page with 200 that speaks of limits',
    ALL,
    replies(200, '<p>Too many requests</p>'),
    'unknown',
    'odd-answer',
  ],
  ['nothing with 200', ALL, replies(200, ''), 'unknown', 'odd-answer'],
  [
    'neither result nor error',
    ALL,
    replies(200, ({ id }) => ({ jsonrpc: '2.0', id })),
    'unknown',
    'odd-answer',
  ],
  [
    'the answer to another request',
    ALL,
    replies(200, () => ({ jsonrpc: '2.0', id: 99, result: OURS.signature })),
    'unknown',
    'odd-answer',
  ],
  [
    'a signature that is not ours',
    ['transaction', 'helius', 'rpc'],
    results(THEIRS.signature),
    'unknown',
    'odd-answer',
  ],
  ['a signature of ones', ['helius', 'rpc'], results('1'.repeat(64)), 'unknown', 'odd-answer'],
  ['no bundle id', ['bundle'], results('ok'), 'unknown', 'odd-answer'],
  ['no text', ALL, results({ bundle: BUNDLE }), 'unknown', 'odd-answer'],
  ['an internal error', ALL, errors(-32_603, 'Internal error'), 'unknown', 'unknown-error'],
  [
    'a code that nobody knows, which speaks of limits',
    ALL,
    errors(-32_000, 'rate limit: try again later'),
    'unknown',
    'unknown-error',
  ],
  [
    'a provider’s code with words of its own',
    ALL,
    errors(-32_003, 'transaction dropped'),
    'unknown',
    'unknown-error',
  ],
  [
    'a failed simulation at a relay that was not asked to simulate',
    TIPPED,
    errors(-32_002, 'Transaction simulation failed: custom program error: 0x1'),
    'unknown',
    'unknown-error',
  ],
  [
    'no leader',
    JITO,
    errors(-32_000, 'Bundle Dropped, no connected leader up soon'),
    'unknown',
    'unknown-error',
  ],
  ['400 in words of its own', ALL, replies(400, () => ({ error: 'bad' })), 'unknown', 'odd-answer'],
  [
    'a 302, which some say after the deed',
    ALL,
    replies(302, '', { location: 'https://elsewhere.invalid/' }),
    'unknown',
    'odd-answer',
  ],
  ['408', ALL, replies(408, ''), 'unknown', 'odd-answer'],
  ['500', ALL, replies(500, HTML), 'unknown', 'server-fault'],
  ['502', ALL, replies(502, HTML), 'unknown', 'server-fault'],
  ['503 that speaks of limits', ALL, replies(503, 'rate limit exceeded'), 'unknown', 'server-fault'],
  ['504', ALL, replies(504, ''), 'unknown', 'server-fault'],
];

const EACH = CASES.flatMap(([what, vias, script, verdict, reason]) =>
  vias.map((via) => ({ what, via, script, verdict, reason })),
);

describe('the answer of a relay', () => {
  it.each(EACH)('$what by $via is $verdict ($reason)', async ({ via, script, verdict, reason }) => {
    expect(await sent(via, script)).toMatchObject({ verdict, reason });
  });

  it.each(ALL)('never comes from a port that is closed: by %s nothing was sent', async (via) => {
    await wire.refuse();
    expect(await sent(via, hang)).toMatchObject({ verdict: 'never-accepted', reason: 'not-connected' });
  });

  it.each(ALL)('is not asked for once the deadline has passed: by %s nothing was sent', async (via) => {
    const outcome = await sent(via, results(OURS.signature), { deadlineMicros: clock.monotonicMicros() });
    expect(outcome).toMatchObject({ verdict: 'never-accepted', reason: 'not-connected' });
    expect(wire.requests).toEqual([]);
  });

  it('names the bundle that it became', async () => {
    expect(await sent('bundle', results(BUNDLE))).toMatchObject({ bundleId: BUNDLE });
    const script = results(OURS.signature, { 'x-bundle-id': BUNDLE });
    expect(await sent('transaction', script)).toMatchObject({ bundleId: BUNDLE });
    expect(await sent('transaction', results(OURS.signature))).toMatchObject({ bundleId: undefined });
  });

  it('meets every row of the table that is about HTTP', () => {
    const proven = new Set(EACH.map(({ reason, verdict }) => `${verdict} ${reason}`));
    proven.add('never-accepted not-connected');
    const rows = VERDICT_ROWS.filter(({ grpcCodes }) => grpcCodes === undefined);
    expect(
      rows.map(({ verdict, reason }) => `${verdict} ${reason}`).filter((row) => !proven.has(row)),
    ).toEqual([]);
  });

  it('that no row knows proves nothing, whatever it says', () => {
    for (const text of ['ok', 'accepted', 'never accepted', 'rejected', 'rate limit', '']) {
      for (const status of [undefined, 200, 202, 301, 418, 500, 599]) {
        const answer = {
          relay: 'jito',
          unsent: false,
          text,
          ...(status === undefined ? {} : { status }),
        } as const;
        expect(verdictOf(answer).verdict).toBe('unknown');
      }
    }
  });
});

describe('what is sent', () => {
  it('is the bytes in base64, as each relay wants them, once', async () => {
    const encoded = Buffer.from(OURS.bytes).toString('base64');
    for (const via of ALL) await sent(via, reset);
    expect(
      wire.requests.map(({ path, method, params }) => [path.split('?api-key')[0], method, params]),
    ).toEqual([
      ['/api/v1/bundles', 'sendBundle', [[encoded], { encoding: 'base64' }]],
      ['/api/v1/transactions?bundleOnly=true', 'sendTransaction', [encoded, { encoding: 'base64' }]],
      ['/fast', 'sendTransaction', [encoded, { encoding: 'base64', skipPreflight: true, maxRetries: 0 }]],
      [
        '/',
        'sendTransaction',
        [
          encoded,
          { encoding: 'base64', skipPreflight: false, preflightCommitment: 'processed', maxRetries: 0 },
        ],
      ],
    ]);
  });

  it.each<[string, Partial<SendTerms>, string]>([
    [
      'a tip account of somebody else',
      { tipAccount: 'So11111111111111111111111111111111111111112' as never },
      'foreign-tip-account',
    ],
    ['no tip', { tipAccount: undefined, tipLamports: 0n }, 'no-tip'],
    ['a tip below the least', { tipLamports: 999n }, 'tip-too-low'],
    ['a version that it does not take', { version: 1 }, 'version-not-taken'],
  ])('is nothing where the transaction has %s', async (_, changed, reason) => {
    for (const via of TIPPED) {
      expect(await sent(via, results(BUNDLE), changed)).toMatchObject({ verdict: 'never-accepted', reason });
    }
    expect(wire.requests).toEqual([]);
  });

  it('is nothing where the bytes do not hold the signature', async () => {
    for (const via of ALL) {
      const call = senderVia(via).send(OURS.bytes, THEIRS.signature, terms());
      await expect(call).rejects.toMatchObject({ code: 'send-foreign-signature' });
    }
    expect(wire.requests).toEqual([]);
  });
});

describe('several sends of one signature', () => {
  const never: SendOutcome = { verdict: 'never-accepted', reason: 'asked-too-often', detail: '' };
  const unknown: SendOutcome = { verdict: 'unknown', reason: 'no-answer', detail: '' };
  const taken: SendOutcome = { verdict: 'sent', reason: 'accepted', detail: '', bundleId: undefined };

  it('were never accepted only if none of them was', () => {
    expect(combineSends([never, never]).verdict).toBe('never-accepted');
    expect(combineSends([never, unknown, never]).verdict).toBe('unknown');
    expect(combineSends([unknown, taken, never]).verdict).toBe('sent');
    expect(combineSends([]).verdict).toBe('never-accepted');
  });
});

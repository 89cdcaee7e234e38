import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import type { SendTerms } from '../../execution/sender.ts';
import { createTestBudget } from '../outside/gate/test-budget.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createTestPool } from '../rpc/pool/test-pool.ts';
import { createRelayRegistry, type RelayRegistry } from './relay-registry.ts';
import { readRelaySettings } from './relay-settings.ts';
import {
  errors,
  openTestWire,
  replies,
  results,
  type Script,
  type TestWire,
  testTransaction,
} from './test-wire.ts';
import { jitoTipAccounts } from './tip-accounts.ts';

const clock = createSystemClock();
const OURS = testTransaction(5);
const BUNDLE = 'cd'.repeat(32);
let ny: TestWire;
let tokyo: TestWire;
let node: TestWire;
let registry: RelayRegistry;
let closePool: () => Promise<void>;

const inTime = (): number => clock.monotonicMicros() + 3_000_000;
const terms = (version: SendTerms['version'] = 0): SendTerms => ({
  deadlineMicros: inTime(),
  version,
  tipLamports: 1_000n,
  tipAccount: jitoTipAccounts()[0]!,
});

beforeEach(async () => {
  [ny, tokyo, node] = await Promise.all([openTestWire(), openTestWire(), openTestWire()]);
  const { pool } = createTestPool([node]);
  closePool = () => pool.close();
  registry = createRelayRegistry({
    settings: readRelaySettings([
      {
        name: 'jito',
        protocol: 'jito-bundle',
        regions: { ny: ny.url, tokyo: tokyo.url },
        token: 'S3CRET-uuid',
        requestsPerSecond: 500,
        timeoutMs: 3_000,
      },
      { name: 'rpc', protocol: 'rpc' },
    ]),
    clock,
    random: createRandom(1),
    budget: createTestBudget(),
    pool,
  });
});
afterEach(async () => {
  await registry.close();
  await closePool();
  await Promise.all([ny.stop(), tokyo.stop(), node.stop()]);
});

/** Answers to several, by method. */
function byMethod(scripts: Readonly<Record<string, Script>>): Script {
  return (request, socket) => scripts[request.method]?.(request, socket);
}

describe('the registry of relays', () => {
  it('has a way for every region, and for every endpoint of the RPC', async () => {
    expect(registry.relays.flatMap(({ outlets }) => outlets.map(({ name }) => name))).toEqual([
      'jito/ny',
      'jito/tokyo',
      'rpc/a',
    ]);
    tokyo.script = results(BUNDLE);
    const [, outlet] = registry.relay('jito').outlets;
    expect(await outlet!.sender.send(OURS.bytes, OURS.signature, terms())).toMatchObject({
      bundleId: BUNDLE,
    });
    expect(tokyo.requests[0]!.headers).toMatch(/x-jito-auth: S3CRET-uuid/i);
    node.script = results(OURS.signature);
    const rpc = registry.relay('rpc').outlets[0]!;
    expect(await rpc.sender.send(OURS.bytes, OURS.signature, terms())).toMatchObject({ verdict: 'sent' });
    expect(() => registry.relay('jitto')).toThrow('there is no relay jitto: configured are jito, rpc');
  });

  it('puts a region that is down behind one that answers, and tells why without our token', async () => {
    ny.script = replies(403, ({ headers }) => ({
      error: `forbidden ${/x-jito-auth: (\S+)/i.exec(headers)?.[1]}`,
    }));
    tokyo.script = results(BUNDLE);
    const relay = registry.relay('jito');
    for (let i = 0; i < 3; i++) await relay.outlets[0]!.sender.send(OURS.bytes, OURS.signature, terms());
    expect(relay.ranked().map(({ region }) => region)).toEqual(['tokyo', 'ny']);
    const { up, problem } = relay.outlets[0]!.status();
    expect(up).toBe(false);
    expect(problem).toMatch(/refuses \(HTTP 403: forbidden \*\*\*\*/);
    ny.script = results(BUNDLE);
    await relay.outlets[0]!.sender.send(OURS.bytes, OURS.signature, terms());
    expect(relay.outlets[0]!.status()).toMatchObject({ up: true, problem: '' });
  });

  it('learns from a refusal for the rate to ask less often, and goes by what the relay says', async () => {
    ny.script = errors(-32_097, 'Rate limit exceeded. Retry after 400 ms', 429);
    const [outlet] = registry.relay('jito').outlets;
    expect(await outlet!.sender.send(OURS.bytes, OURS.signature, terms())).toMatchObject({
      reason: 'asked-too-often',
    });
    ny.script = results(BUNDLE);
    const soon = { ...terms(), deadlineMicros: clock.monotonicMicros() + 100_000 };
    expect(await outlet!.sender.send(OURS.bytes, OURS.signature, soon)).toMatchObject({
      reason: 'not-connected',
    });
    expect(ny.requests).toHaveLength(1);
    expect(await outlet!.sender.send(OURS.bytes, OURS.signature, terms())).toMatchObject({ verdict: 'sent' });
  });

  it('takes the list of tip accounts from the next region where the first does not tell it', async () => {
    ny.script = replies(503, '');
    tokyo.script = results(jitoTipAccounts().slice(1));
    const relay = registry.relay('jito');
    expect(await relay.refreshTipAccounts(inTime())).toBe(true);
    expect(relay.tips.accounts).toHaveLength(7);
    const dropped = await relay.outlets[1]!.sender.send(OURS.bytes, OURS.signature, terms());
    expect(dropped).toMatchObject({ verdict: 'never-accepted', reason: 'foreign-tip-account' });
    tokyo.script = replies(200, '<html>');
    expect(await relay.refreshTipAccounts(inTime())).toBe(false);
    expect(relay.tips.accounts).toHaveLength(7);
  });

  it('gives a relay a new version only once it was seen to read it', async () => {
    const relay = registry.relay('jito');
    const send = () => relay.outlets[0]!.sender.send(OURS.bytes, OURS.signature, terms(1));
    const probe = () => relay.probe(1, OURS.bytes, OURS.signature, terms(1));
    expect(await send()).toMatchObject({ reason: 'version-not-taken' });
    // Taking it is not reading it.
    ny.script = results(BUNDLE);
    await probe();
    expect(relay.versions.shown(1)).toBeUndefined();
    ny.script = errors(-32_602, 'transaction #0 could not be decoded');
    await probe();
    expect(relay.versions.shown(1)).toBe(false);
    ny.script = errors(-32_602, 'bundle contains an expired blockhash');
    await probe();
    expect(relay.versions.shown(1)).toBe(true);
    ny.script = results(BUNDLE);
    expect(await send()).toMatchObject({ verdict: 'sent' });
  });

  it('keeps what each way lands', () => {
    const { landing } = registry.relay('jito').outlets[0]!;
    expect(landing.landedShare).toBeUndefined();
    for (let i = 0; i < 200; i++) landing.note({ landed: i % 2 === 0, slots: 2 });
    expect(landing).toMatchObject({ ended: 200, landed: 100, slotsToLand: 2 });
    expect(landing.landedShare).toBeCloseTo(0.5, 1);
    for (let i = 0; i < 5_000; i++) landing.note({ landed: false, slots: 0 });
    expect(landing.landedShare).toBeLessThan(0.001);
  });
});

describe('what a block engine says of bundles', () => {
  const asked = [{ bundleId: BUNDLE, signature: OURS.signature }];
  const inflight = (value: unknown) => results({ context: { slot: 9 }, value });
  const statuses = () => registry.relay('jito').outlets[0]!.statuses!;

  it.each<[string, unknown, unknown]>([
    ['Pending', [{ bundle_id: BUNDLE, status: 'Pending', landed_slot: null }], { state: 'pending' }],
    [
      'Landed',
      [{ bundle_id: BUNDLE, status: 'Landed', landed_slot: 7 }],
      { state: 'landed', slot: 7, failed: false },
    ],
    ['Failed', [{ bundle_id: BUNDLE, status: 'Failed', landed_slot: null }], { state: 'given-up' }],
    [
      'Invalid',
      [{ bundle_id: BUNDLE, status: 'Invalid', landed_slot: null }],
      { state: 'unknown', why: 'not-found' },
    ],
    ['something new', [{ bundle_id: BUNDLE, status: 'Parked' }], { state: 'unknown', why: 'unreadable' }],
    [
      'another bundle',
      [{ bundle_id: 'ef'.repeat(32), status: 'Landed', landed_slot: 7 }],
      { state: 'unknown', why: 'not-found' },
    ],
    ['nothing', [], { state: 'unknown', why: 'not-found' }],
    ['null', null, { state: 'unknown', why: 'not-found' }],
    ['a null in it', [null], { state: 'unknown', why: 'not-found' }],
  ])('while it is on its way: %s', async (_, value, state) => {
    ny.script = inflight(value);
    expect((await statuses().inflight(asked, inTime())).get(BUNDLE)).toEqual(state);
  });

  const landed = {
    bundle_id: BUNDLE,
    transactions: [OURS.signature],
    slot: 8,
    confirmation_status: 'confirmed',
  };
  it.each<[string, unknown, unknown]>([
    ['landed', { ...landed, err: { Ok: null } }, { state: 'landed', slot: 8, failed: false }],
    ['failed', { ...landed, err: { Err: 'x' } }, { state: 'landed', slot: 8, failed: true }],
    [
      'with other transactions',
      { ...landed, transactions: ['x'], err: null },
      { state: 'unknown', why: 'other-transactions' },
    ],
  ])('once it is in a block: %s', async (_, member, state) => {
    ny.script = byMethod({ getBundleStatuses: inflight([member]) });
    expect((await statuses().landed(asked, inTime())).get(BUNDLE)).toEqual(state);
  });

  it('is not taken where it is no answer', async () => {
    for (const value of [7, 'x', {}, [7]]) {
      ny.script = inflight(value);
      await expect(statuses().landed(asked, inTime())).rejects.toMatchObject({ code: 'rpc-bad-answer' });
    }
    ny.script = inflight([{ ...landed, slot: -1 }]);
    await expect(statuses().landed(asked, inTime())).rejects.toMatchObject({ code: 'rpc-bad-answer' });
  });

  it('is asked of five at most', async () => {
    ny.script = inflight([]);
    const many = Array.from({ length: 9 }, (_, i) => ({ bundleId: `b${i}`, signature: 's' }));
    expect((await statuses().landed(many, inTime())).size).toBe(5);
    expect((ny.requests[0]!.params[0] as unknown[]).length).toBe(5);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Address, addressAt } from '../../../core/address.ts';
import { createTestGenesis } from '../../../sim/chain/test-genesis.ts';
import { openProviderProxy, type ProviderProxy } from '../../../sim/providers/provider-proxy.ts';
import { PROVIDER_ROWS } from '../../../sim/providers/rows.ts';
import { type LocalNode, startLocalNode } from '../../../sim/wire/node.ts';
import type { RpcPool } from './rpc-pool.ts';
import { createTestPool, type TestPool } from './test-pool.ts';

let node: LocalNode;
let bad: ProviderProxy;
let good: ProviderProxy;
let opened: TestPool[];
let addresses: readonly Address[];

beforeAll(async () => {
  const { bank, pools } = createTestGenesis();
  const known = [...new Set(pools.flatMap(({ state }) => state.accounts.map(({ address }) => address)))]
    .filter((address) => (bank.get(address)?.data.length ?? 0) < 2_000)
    .slice(0, 50);
  const none = Array.from({ length: 100 - known.length }, (_, i) =>
    addressAt(new Uint8Array(32).fill(i + 1)),
  );
  addresses = [...known, ...none];
  node = await startLocalNode({ bank, slotMs: 50 });
});
afterAll(() => node.stop());

beforeEach(async () => {
  opened = [];
  bad = await openProviderProxy({ url: node.rpcUrl });
  good = await openProviderProxy({ url: node.rpcUrl });
});
afterEach(async () => {
  for (const { pool, limiter } of opened) {
    await pool.close();
    limiter.close();
  }
  await bad.close();
  await good.close();
});

/** Long enough for a busy machine, short where the row takes all of it. */
const timeoutOf = ({ name }: { readonly name: string }): number => (/^(drip|hang)/.test(name) ? 800 : 4_000);

function open(proxies: readonly ProviderProxy[], timeoutMs = 4_000): RpcPool {
  const test = createTestPool(proxies, { batchSize: 8, timeoutMs, deadlineMs: 15_000 });
  opened.push(test);
  return test.pool;
}

/** Calls of every size, five of each at a time, none the same as another. */
async function ask(pool: RpcPool, from: number): Promise<readonly PromiseSettledResult<unknown>[]> {
  const calls = Array.from({ length: 5 }, (_, i) => {
    const minContextSlot = from + i + 1;
    return [
      pool.getSlot({ minContextSlot }),
      pool.getBalance(addresses[i]!, { minContextSlot }),
      pool.getMultipleAccounts(addresses, { minContextSlot }),
    ];
  });
  return await Promise.allSettled<unknown>(calls.flat());
}

const failures = (outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] =>
  outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`not within 10 s: ${what}`);
    await sleep(20);
  }
}

const ROWS = PROVIDER_ROWS.filter(({ service, http }) => service === 'rpc' && http !== undefined);
/** Those that answer nothing at all. */
const DEAF = ROWS.filter(
  ({ says, name }) =>
    says !== undefined ||
    /^(endless|drip|deep|wide|bomb|hang|cut|html|empty|null|list|media|teapot|unproc|headers)/.test(name) ||
    /^(packed-half|length-short|result|id-(other|none))/.test(name),
);

describe('beside a healthy endpoint, one that', () => {
  it.each(ROWS.map((row) => [row.name, row] as const))('%s fails no call', async (_, row) => {
    const pool = open([bad, good], timeoutOf(row));
    bad.set(row);
    expect(failures(await ask(pool, 0))).toEqual([]);
    expect(failures(await ask(pool, 5))).toEqual([]);
    expect(bad.requests).toBeGreaterThan(0);
    const [endpoint] = pool.status().endpoints;
    if (row.says !== undefined && endpoint!.problem !== '') expect(endpoint!.problem).toMatch(row.says);
    // Whatever it did, it is not the one to ask for being quick about it.
    if (DEAF.includes(row)) {
      const before = bad.requests;
      expect(failures(await ask(pool, 10))).toEqual([]);
      expect(bad.requests - before).toBeLessThan(6);
    }
  });
});

describe('alone, an endpoint that', () => {
  it.each(DEAF.map((row) => [row.name, row] as const))(
    '%s is down, says why, and is whole again after it',
    async (_, row) => {
      const pool = open([bad], timeoutOf(row));
      await pool.getSlot();
      bad.set(row);
      const endpoint = () => pool.status().endpoints[0]!;
      const asking = setInterval(() => void pool.getSlot({ deadlineMs: 1_000 }).catch(() => {}), 50);
      try {
        await until(() => !endpoint().up, 'it is down');
        expect(endpoint().problem).toMatch(row.says ?? /./);
        bad.set(undefined);
        await until(() => endpoint().up && endpoint().problem === '', 'it is up');
      } finally {
        clearInterval(asking);
      }
      await until(() => endpoint().inFlight === 0, 'nothing is on its way');
      expect(failures(await ask(pool, 0))).toEqual([]);
    },
  );
});

describe('a plan that gives few accounts a call', () => {
  it.each([
    ['accounts-75', 75],
    ['accounts-5', 5],
    ['accounts-413', 12],
  ])('(%s) is learned, kept to, and gives the same accounts', async (name, max) => {
    const whole = await open([good]).getMultipleAccounts(addresses);
    const pool = open([bad]);
    bad.set(PROVIDER_ROWS.find((row) => row.name === name));
    const first = await pool.getMultipleAccounts(addresses, { minContextSlot: 1 });
    const asked = bad.requests;
    const second = await pool.getMultipleAccounts(addresses, { minContextSlot: 2 });
    expect(first.accounts.length).toBe(addresses.length);
    const bytes = (read: typeof whole) => read.accounts.map((account) => account?.data.length);
    expect(bytes(first)).toEqual(bytes(whole));
    expect(bytes(second)).toEqual(bytes(whole));
    expect(pool.status().endpoints[0]).toMatchObject({ accountsMax: max, up: true, problem: '' });
    // No call of the second read was one too large.
    expect(bad.requests - asked).toBe(Math.ceil(addresses.length / max));
  });
});

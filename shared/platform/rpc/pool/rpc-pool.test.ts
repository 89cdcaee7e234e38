import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { answerLocalNames, forgetLocalNames, setNameKnown } from '../../../sim/fault-proxy/names.ts';
import type { RpcPool } from './rpc-pool.ts';
import { type Behaviour, startTestNode, type TestNode } from './test-node.ts';
import { createTestPool, type TestPool, type TestPoolOptions } from './test-pool.ts';

let a: TestNode;
let b: TestNode;
let opened: TestPool[];

beforeEach(async () => {
  opened = [];
  a = await startTestNode();
  b = await startTestNode();
});

afterEach(async () => {
  for (const { pool, limiter } of opened) {
    await pool.close();
    limiter.close();
  }
  await a.goDown();
  await b.goDown();
});

function open(nodes: readonly TestNode[], options: TestPoolOptions = {}): TestPool {
  const test = createTestPool(nodes, options);
  opened.push(test);
  return test;
}

const poolOf = (nodes: readonly TestNode[], options: TestPoolOptions = {}): RpcPool =>
  open(nodes, options).pool;

async function refusalOf(call: Promise<unknown>): Promise<ArbError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ArbError) return error;
  throw new Error('the call was not refused');
}

/** Different calls, so that none shares another's answer. */
function slots(pool: RpcPool, count: number): Promise<number>[] {
  return Array.from({ length: count }, (_, i) => pool.getSlot({ minContextSlot: i + 1 }));
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error('it did not come true');
    await sleep(10);
  }
}

/** An address whose first two characters tell the number. */
function address(i: number): Address {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
  const text = letters[Math.floor(i / 24)]! + letters[i % 24]!;
  return `${text}${'1'.repeat(0)}So11111111111111111111111111111111111111`.slice(0, 43) as Address;
}

const lamports = (i: number): bigint => BigInt(address(i).charCodeAt(0) * 256 + address(i).charCodeAt(1));

describe('an endpoint that fails', () => {
  const faults: readonly (readonly [string, Behaviour])[] = [
    ['resets the connection in the middle of its answer', 'reset-mid-body'],
    ['drips its answer byte by byte', 'drip'],
    ['does not answer', 'hang'],
    ['cuts the connection', 'cut'],
    ['answers 503', { status: 503 }],
    ['answers 403', { status: 403 }],
    ['answers that it is unhealthy', { error: -32005 }],
    ['does not know the method', { error: -32601 }],
    ['answers something else', { result: 'yes' }],
    ['answers no JSON', { status: 200, body: '<html>' }],
  ];
  it.each(faults)('is passed over for another when it %s', async (_, behaviour) => {
    const pool = poolOf([a, b], behaviour === 'hang' || behaviour === 'drip' ? { timeoutMs: 250 } : {});
    a.behave = () => behaviour;
    expect(await Promise.all(slots(pool, 10))).toEqual(Array(10).fill(1_000));
    expect(a.requests).toBeGreaterThan(0);
    expect(b.requests).toBeGreaterThanOrEqual(10);
  });

  it.each(faults.slice(0, 5))(
    'is asked again, a bounded number of times, when it is the only one and %s',
    async (_, behaviour) => {
      const pool = poolOf([a], behaviour === 'hang' || behaviour === 'drip' ? { timeoutMs: 150 } : {});
      a.behave = (__, request) => (request < 3 ? behaviour : undefined);
      expect(await pool.getSlot()).toBe(1_000);
      expect(a.requests).toBe(3);
      a.behave = () => behaviour;
      expect(await refusalOf(pool.getSlot())).toMatchObject({ code: 'rpc-unreachable' });
      expect(a.requests).toBe(3 + 4);
      expect(pool.stats()).toMatchObject({ calls: 2, failures: 1, retries: 2 + 3 });
    },
  );

  it('is passed over while its name is unknown, costs nothing meanwhile, and returns when it is known again', async () => {
    const named: TestNode = Object.create(a, {
      url: { get: () => a.url.replace('127.0.0.1', 'endpoint.invalid') },
    });
    answerLocalNames();
    try {
      setNameKnown('endpoint.invalid', false);
      const { pool, costs } = open([named, b]);
      expect(await Promise.all(slots(pool, 10))).toEqual(Array(10).fill(1_000));
      expect([a.requests, b.requests]).toEqual([0, 10]);
      const state = () => pool.status().endpoints[0]!;
      expect(state()).toMatchObject({ name: 'a', up: false });
      expect(state().failures).toBeGreaterThan(0);
      expect(costs.total()).toMatchObject([{ method: 'getSlot', requests: 10 }]);
      const only = poolOf([named]);
      expect(await refusalOf(only.getSlot())).toMatchObject({
        code: 'rpc-unreachable',
        message: expect.stringContaining('ENOTFOUND'),
      });
      setNameKnown('endpoint.invalid', true);
      await until(() => state().up);
      expect(await only.getSlot()).toBe(1_000);
      expect(a.requests).toBeGreaterThan(0);
    } finally {
      forgetLocalNames();
    }
  });

  it('is believed that a request is wrong once another says so too, and neither is asked again', async () => {
    const pool = poolOf([a, b]);
    a.behave = () => ({ error: -32602 });
    b.behave = () => ({ error: -32602 });
    const error = await refusalOf(pool.getSlot());
    expect(error).toMatchObject({ code: 'rpc-error', context: { code: -32602, kind: 'request' } });
    expect([a.requests, b.requests]).toEqual([1, 1]);
    expect(pool.status().endpoints).toMatchObject([{ failures: 0 }, { failures: 0 }]);
    b.behave = undefined;
    for (let i = 0; i < 10; i++) expect(await pool.getBalance(address(i))).toMatchObject({ lamports: 7n });
    // Whoever alone finds every request wrong is wrong, and soon not asked any more.
    expect(a.requests).toBeLessThanOrEqual(3);
    expect(pool.status().endpoints[0]!.failures).toBe(a.requests - 1);
    const alone = poolOf([a]);
    a.requests = 0;
    expect((await refusalOf(alone.getSlot())).context.code).toBe(-32602);
    expect(a.requests).toBe(1);
  });

  it('is named by its host and never by its key', async () => {
    const pool = poolOf([a], { timeoutMs: 50 });
    const { host } = new URL(a.url);
    expect(pool.host).toBe(host);
    const echo = {
      status: 401,
      body: '{"error":{"code":-32401,"message":"who is S3CRET at /?api-key=S3CRET"}}',
    };
    for (const behaviour of [
      'hang',
      'cut',
      { status: 401 },
      echo,
      { error: -32602 },
      { result: 1.5 },
    ] as const) {
      a.behave = () => behaviour;
      const error = await refusalOf(pool.getSlot());
      expect(error.message).toContain(host);
      const { endpoints } = pool.status();
      expect(JSON.stringify([error.message, error.context, String(error.cause), endpoints])).not.toContain(
        'S3CRET',
      );
      if (behaviour === echo) expect(endpoints[0]!.problem).toContain('who is ****');
    }
  });

  it('is down when nothing listens, and has its share again when it is back', async () => {
    const pool = poolOf([a, b]);
    await a.goDown();
    await Promise.all(slots(pool, 20));
    expect(b.requests).toBe(20);
    expect(pool.status().endpoints.map(({ up }) => up)).toEqual([false, true]);
    await a.comeBack();
    await until(() => pool.status().endpoints[0]!.up);
    a.requests = 0;
    await Promise.all(slots(pool, 40));
    expect(a.requests).toBeGreaterThan(0);
  });

  it('lets calls wait for its return when all are down, until their deadline', async () => {
    const pool = poolOf([a, b]);
    await a.goDown();
    await b.goDown();
    const error = await refusalOf(pool.getSlot({ deadlineMs: 30 }));
    expect(error.code).toBe('rpc-unreachable');
    await b.comeBack();
    expect(await pool.getSlot()).toBe(1_000);
    await until(() => pool.status().endpoints[1]!.up);
    await a.comeBack();
    await until(() => pool.status().endpoints[0]!.up);
  });
});

describe('the share of an endpoint', () => {
  it('is larger the quicker it answers', async () => {
    const pool = poolOf([a, b]);
    a.behave = () => ({ delayMs: 150 });
    for (let i = 0; i < 4; i++) await Promise.all(slots(pool, 5).concat(pool.getSlot()));
    a.requests = 0;
    b.requests = 0;
    for (let i = 0; i < 6; i++) await Promise.all(slots(pool, 4));
    expect(b.requests).toBeGreaterThan(a.requests * 2);
    const [slow, quick] = pool.status().endpoints;
    expect(slow!.latencyMs).toBeGreaterThan(quick!.latencyMs);
  });

  it('is small while it is behind the others', async () => {
    const pool = poolOf([a, b]);
    a.slot = 900;
    for (let i = 0; a.requests === 0 || b.requests === 0; i++) await pool.getBalance(address(i));
    expect(pool.status().endpoints.map(({ slotLag }) => slotLag)).toEqual([100, 0]);
    a.requests = 0;
    for (let i = 0; i < 30; i++) await pool.getBalance(address(i));
    expect(a.requests).toBeLessThan(3);
  });
});

describe('a call for state of a slot', () => {
  it('does not go to an endpoint that has not reached it', async () => {
    const pool = poolOf([a, b]);
    a.slot = 900;
    expect(await pool.getSlot({ minContextSlot: 950 })).toBe(1_000);
    const asked = a.requests;
    for (let i = 0; i < 20; i++) expect(await pool.getSlot({ minContextSlot: 951 + i })).toBe(1_000);
    expect(a.requests).toBeLessThanOrEqual(Math.max(asked, 1));
  });

  it('waits for the first endpoint to reach it', async () => {
    const pool = poolOf([a, b]);
    setTimeout(() => {
      b.slot = 1_002;
    }, 30);
    expect(await pool.getSlot({ minContextSlot: 1_002 })).toBe(1_002);
    const error = await refusalOf(pool.getSlot({ minContextSlot: 9_999 }));
    expect(error).toMatchObject({ code: 'rpc-error', context: { code: -32016 } });
  });

  it('is asked elsewhere when an endpoint answers from before it all the same', async () => {
    const pool = poolOf([a, b]);
    a.behave = () => ({ result: 10 });
    for (let i = 0; i < 10; i++) expect(await pool.getSlot({ minContextSlot: 900 + i })).toBe(1_000);
    const alone = await refusalOf(poolOf([a]).getSlot({ minContextSlot: 900 }));
    expect(alone).toMatchObject({ code: 'rpc-bad-answer', context: { field: 'slot' } });
  });

  it('believes two of three when one tells a slot of the future', async () => {
    const c = await startTestNode();
    const pool = poolOf([a, b, c]);
    a.slot = 5_000_000;
    for (let i = 0; i < 6; i++) await Promise.all(slots(pool, 6));
    const [liar, ...others] = pool.status().endpoints;
    expect(liar!.slotLag).toBeGreaterThan(1_000_000);
    expect(others.map(({ slotLag }) => slotLag)).toEqual([0, 0]);
    a.requests = 0;
    await Promise.all(slots(pool, 20));
    expect(a.requests).toBe(0);
    await c.goDown();
  });
});

describe('an urgent call', () => {
  it('asks a second endpoint when the first is slow, and gives up the slower request', async () => {
    const pool = poolOf([a, b], { timeoutMs: 2_000 });
    for (let i = 0; i < 10; i++) await Promise.all(slots(pool, 4));
    const slow = (): Behaviour => 'hang';
    a.behave = slow;
    // Whichever is asked first; the other answers.
    for (let i = 0; i < 5; i++)
      expect(await pool.getBalance(address(i), { urgent: true })).toMatchObject({ lamports: 7n });
    b.behave = slow;
    a.behave = undefined;
    for (let i = 5; i < 10; i++)
      expect(await pool.getBalance(address(i), { urgent: true })).toMatchObject({ lamports: 7n });
    const { hedges, hedgesWon, hedgesAborted } = pool.status();
    expect(hedges).toBeGreaterThan(0);
    expect(hedgesWon).toBeGreaterThan(0);
    expect(hedgesAborted).toBeGreaterThan(0);
    // A request that was given up before the server read it is one that the server never counts.
    await until(() => a.open + b.open === 0);
  });

  it('sends no second request while the first is quick', async () => {
    const pool = poolOf([a, b]);
    a.behave = () => ({ delayMs: 300 });
    b.behave = () => ({ delayMs: 300 });
    await Promise.all(slots(pool, 10));
    a.behave = undefined;
    b.behave = undefined;
    for (let i = 0; i < 4; i++) await pool.getBalance(address(i), { urgent: true });
    expect(pool.status().hedges).toBe(0);
  });
});

describe('identical reads on their way', () => {
  it('share one answer', async () => {
    const pool = poolOf([a]);
    a.behave = () => ({ delayMs: 20 });
    const answers = await Promise.all([
      pool.getSlot(),
      pool.getSlot(),
      pool.getSlot({ commitment: 'finalized' }),
    ]);
    expect(answers).toEqual([1_000, 1_000, 1_000]);
    expect(a.requests).toBe(2);
    expect(pool.status().joined).toBe(1);
    await pool.getSlot();
    expect(a.requests).toBe(3);
  });

  it('go on for the others when one is aborted, and end when all are', async () => {
    const pool = poolOf([a]);
    a.behave = () => ({ delayMs: 60 });
    const first = new AbortController();
    const second = new AbortController();
    const calls = [pool.getSlot({ signal: first.signal }), pool.getSlot({ signal: second.signal })];
    first.abort();
    expect((await refusalOf(calls[0]!)).context.why).toBe('aborted');
    expect(await calls[1]).toBe(1_000);
    const third = pool.getSlot({ signal: second.signal });
    await until(() => a.requests === 2);
    second.abort();
    expect((await refusalOf(third)).context.why).toBe('aborted');
    await until(() => a.aborted === 1);
    expect(await pool.getSlot()).toBe(1_000);
  });

  it('do not join what would wait behind them', async () => {
    const pool = poolOf([a]);
    a.behave = () => ({ delayMs: 20 });
    await Promise.all([
      pool.getSlot({ priority: 'reports' }),
      pool.getSlot({ priority: 'execution' }),
      pool.getSlot({ priority: 'discovery' }),
    ]);
    expect(a.requests).toBe(2);
  });
});

describe('reads of accounts asked in one turn', () => {
  it('go out as one, each with its own accounts in its own order', async () => {
    const pool = poolOf([a]);
    const [first, second] = await Promise.all([
      pool.getMultipleAccounts([address(1), address(2)]),
      pool.getMultipleAccounts([address(3), address(1)]),
    ]);
    expect(first.accounts.map((account) => account?.lamports)).toEqual([lamports(1), lamports(2)]);
    expect(second.accounts.map((account) => account?.lamports)).toEqual([lamports(3), lamports(1)]);
    expect(a.calls.map(({ params }) => (params[0] as string[]).length)).toEqual([3]);
    expect(pool.status().merged).toBe(1);
  });

  it('keep to a hundred a request and split no read of a hundred', async () => {
    const pool = poolOf([a]);
    const range = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => address(from + i));
    const answers = await Promise.all([
      pool.getMultipleAccounts(range(0, 80)),
      pool.getMultipleAccounts(range(80, 150)),
      pool.getMultipleAccounts(range(0, 220)),
      pool.getMultipleAccounts([]),
    ]);
    expect(answers.map(({ accounts }) => accounts.length)).toEqual([80, 70, 220, 0]);
    expect(answers[2]!.accounts.map((account) => account?.lamports)).toEqual(
      range(0, 220).map((_, i) => lamports(i)),
    );
    for (const { params } of a.calls) expect((params[0] as string[]).length).toBeLessThanOrEqual(100);
  });

  it('fail alone when one is aborted', async () => {
    const pool = poolOf([a]);
    a.behave = () => ({ delayMs: 30 });
    const abort = new AbortController();
    const doomed = refusalOf(pool.getMultipleAccounts([address(1)], { signal: abort.signal }));
    const other = pool.getMultipleAccounts([address(2)]);
    setTimeout(() => abort.abort(), 5);
    expect((await doomed).context.why).toBe('aborted');
    expect((await other).accounts).toHaveLength(1);
    expect(a.requests).toBe(1);
  });
});

describe('small calls of one turn', () => {
  it('go in one HTTP request, each with its own outcome', async () => {
    const pool = poolOf([a], { batchSize: 8 });
    const calls = [...slots(pool, 3), pool.getSlot({ minContextSlot: 9_999, deadlineMs: 5 })];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(pool.status().batches).toBe(1);
    expect(a.calls).toHaveLength(4);
  });

  it('go alone once the endpoint refused a batch', async () => {
    const pool = poolOf([a], { batchSize: 8 });
    a.behave = () => 'no-batches';
    expect(await Promise.all(slots(pool, 4))).toHaveLength(4);
    expect(a.requests).toBe(5);
    expect(await Promise.all(slots(pool, 4))).toHaveLength(4);
    expect(a.requests).toBe(9);
  });

  it('are all tried again when their batch is lost, and refused when it is throttled', async () => {
    const pool = poolOf([a, b], { batchSize: 8 });
    a.behave = () => 'cut';
    expect(await Promise.all(slots(pool, 6))).toHaveLength(6);
    a.behave = () => ({ status: 429, headers: { 'retry-after': '1' } });
    expect(await Promise.all(slots(pool, 6))).toHaveLength(6);
  });
});

describe('a deadline', () => {
  it('holds for the whole call, with waiting and repeats', async () => {
    // Four attempts of 400 ms would take 1.6 s.
    const pool = poolOf([a], { timeoutMs: 400 });
    a.behave = () => 'hang';
    const startMs = Date.now();
    expect(await refusalOf(pool.getSlot({ deadlineMs: 500 }))).toMatchObject({
      code: 'rpc-unreachable',
      context: { host: new URL(a.url).host },
    });
    expect(Date.now() - startMs).toBeLessThan(1_400);
    const busy = poolOf([b], { perHour: { generic: 3_600 } });
    await busy.getSlot();
    expect(await refusalOf(busy.getSlot({ deadlineMs: 30 }))).toMatchObject({ code: 'rpc-unreachable' });
    expect(b.requests).toBe(1);
  });
});

describe('a storm of 429', () => {
  it('reaches no caller: its endpoint rests for as long as it asked, and others serve', async () => {
    const { pool, limiter } = open([a, b], { timeoutMs: 3_000 });
    a.behave = () => ({ status: 429, headers: { 'retry-after': '1' } });
    expect(await Promise.all(slots(pool, 60))).toHaveLength(60);
    const refused = a.requests;
    expect(pool.status().endpoints[0]!.throttled).toBe(refused);
    expect(await Promise.all(slots(pool, 30))).toHaveLength(30);
    expect(a.requests).toBe(refused);
    expect(limiter.lanes.find(({ name }) => name === 'a')!.stats().throttled).toBe(refused);
    a.behave = undefined;
    await sleep(1_200);
    await Promise.all(slots(pool, 40));
    expect(a.requests).toBeGreaterThan(refused);
    // Being held to its limit is no failure.
    expect(pool.status().endpoints[0]).toMatchObject({ up: true, failures: 0 });
  });

  it('makes calls of the only endpoint wait and then succeed', async () => {
    const pool = poolOf([a]);
    a.behave = (_, request) =>
      request === 1 ? { status: 429, headers: { 'retry-after': '0.2' } } : undefined;
    const startMs = Date.now();
    expect(await pool.getSlot()).toBe(1_000);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(195);
    expect(a.requests).toBe(2);
  });
});

describe('a write', () => {
  const send = (pool: RpcPool) =>
    pool.call('sendTransaction', ['AQ=='], { kind: 'write', priority: 'execution' }, (_, result) => result);

  it.each<[string, Behaviour]>([
    ['lost', 'hang'],
    ['cut', 'cut'],
    ['reset-mid-body', 'reset-mid-body'],
    ['answered 503', { status: 503 }],
    ['answered that the node is unhealthy', { error: -32005 }],
  ])('is not repeated when its answer was %s: it may have been done', async (_, behaviour) => {
    const pool = poolOf([a, b], behaviour === 'hang' ? { timeoutMs: 250 } : {});
    a.behave = () => behaviour;
    b.behave = () => behaviour;
    await refusalOf(send(pool));
    expect(a.requests + b.requests).toBe(1);
  });

  it('goes elsewhere when it surely was not done, and shares nothing', async () => {
    const pool = poolOf([a, b]);
    await a.goDown();
    for (let i = 0; i < 5; i++) expect(await send(pool)).toBe('done sendTransaction');
    expect(await Promise.all([send(pool), send(pool)])).toHaveLength(2);
    expect(b.requests).toBe(7);
  });
});

describe('more calls than the limits let through', () => {
  it('are bounded in memory: lower levels give way, and nothing is left behind', async () => {
    const { pool, limiter } = open([a], {
      perHour: { generic: 3_600 * 100 },
      maxQueued: 50,
      deadlineMs: 3_000,
    });
    const outcomes: Promise<string>[] = [];
    for (let i = 0; i < 900; i++) {
      const priority = i % 10 === 0 ? 'execution' : 'reports';
      outcomes.push(
        pool
          .getSlot({
            minContextSlot: 1 + (i % 900),
            priority,
            commitment: i < 450 ? 'processed' : 'confirmed',
          })
          .then(
            () => 'answered',
            (error: ArbError) => `${priority} ${error.code}`,
          ),
      );
      if (i % 40 === 0) await sleep(1);
      expect(limiter.queued).toBeLessThanOrEqual(50);
    }
    const counts = new Map<string, number>();
    for (const outcome of await Promise.all(outcomes)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    expect(counts.get('reports rpc-shed')).toBeGreaterThan(400);
    expect(counts.get('answered')).toBeGreaterThan(20);
    expect(limiter.queued).toBe(0);
    await until(() => pool.status().endpoints[0]!.inFlight === 0);
    expect(a.sockets()).toBeLessThanOrEqual(64);
  });
});

it('counts credits and dollars by provider and method, and nothing for what never arrived', async () => {
  const { pool, costs } = open([a, b], { provider: 'helius', perHour: { helius: 3_600_000 } });
  await b.goDown();
  await Promise.all(slots(pool, 10));
  expect(costs.total()).toEqual([
    { provider: 'helius', method: 'getSlot', requests: 10, throttled: 0, credits: 10, costNanoUsd: 50_000n },
  ]);
});

it('needs an endpoint to ask', () => {
  expect(() => poolOf([])).toThrow(expect.objectContaining({ code: 'rpc-no-endpoint' }));
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../core/address.ts';
import { referencePrice, scaledUnits } from '../../../market/reference-price.ts';
import { bestQuote } from '../../../routing/sizing/best-quote.ts';
import type { ApiServer } from '../../../sim/apis/api-server.ts';
import { createChainMarket } from '../../../sim/apis/chain-market.ts';
import { startJupiterServer } from '../../../sim/apis/jupiter-server.ts';
import type { Bank } from '../../../sim/chain/bank.ts';
import { createTestGenesis, TAXED_MINT } from '../../../sim/chain/test-genesis.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createTestBudget } from '../gate/test-budget.ts';
import { createJupiter, JUPITER_EDITIONS, type Jupiter, type JupiterOptions } from './jupiter.ts';
import { unitsPerLamport } from './price-answer.ts';

const SOL = 1_000_000_000n;
const ASK = { mintIn: WSOL_MINT, mintOut: USDC_MINT, amountIn: 3n * SOL, slippageBps: 30 };
const STRANGER = 'JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN' as Address;
const KEY = 'key-that-nobody-may-see';

let bank: Bank;
let server: ApiServer;
let named: readonly { readonly venue: string; readonly address: Address }[];
let liar: Server | undefined;

beforeEach(async () => {
  const genesis = createTestGenesis();
  bank = genesis.bank;
  bank.advanceSlot();
  named = genesis.pools.map(({ venue, state }) => ({ venue: venue.id, address: state.address }));
  server = await startJupiterServer({ bank, pools: named });
});

afterEach(async () => {
  await server.stop();
  liar?.closeAllConnections();
  liar?.close();
  liar = undefined;
});

function open(options: Partial<JupiterOptions>): Jupiter {
  const clock = createSystemClock();
  const budget = createTestBudget();
  return createJupiter({
    url: server.url,
    apiKey: KEY,
    clock,
    budget,
    requestsPerSecond: 1_000,
    ...options,
  });
}

/** A server that gives every request the true answer, changed. */
async function lying(change: (answer: Record<string, unknown>) => unknown): Promise<string> {
  liar = createServer(async (request, response) => {
    const truth = await fetch(`${server.url}${request.url}`);
    const answer = (await truth.json()) as Record<string, unknown>;
    response.writeHead(truth.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(change(answer)));
  });
  await new Promise<void>((resolve) => liar!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
}

describe.each(JUPITER_EDITIONS)('Jupiter over HTTP, edition %s', (edition) => {
  const client = (options: Partial<JupiterOptions> = {}) => open({ edition, ...options });

  it('quotes what the venues’ own code pays, with the least that slippage leaves', async () => {
    const own = bestQuote(createChainMarket(bank, named).now().market, ASK);
    const answer = await client().quote(ASK);
    expect(own.ok && answer.ok).toBe(true);
    if (!own.ok || !answer.ok) return;
    expect(answer.value.amountOut).toBe(own.value.amountOut);
    expect(answer.value.minAmountOut).toBe((own.value.amountOut * 9_970n + 9_999n) / 10_000n);
    expect(answer.value.slot).toBe(bank.slotAt('processed'));
    expect(answer.value.steps).toMatchObject(
      own.value.legs.map(({ venue, pool, amountOut }) => ({ label: venue, pool, amountOut })),
    );
  });

  it('goes through a third mint where no pool joins the two', async () => {
    const answer = await client().quote({ ...ASK, mintIn: TAXED_MINT, amountIn: 50_000_000n });
    expect(answer.ok && answer.value.steps.map(({ mintOut }) => mintOut)).toEqual([WSOL_MINT, USDC_MINT]);
  });

  it('says "no route" for what nothing trades, and does not take that for a fault', async () => {
    const jupiter = client();
    for (let i = 0; i < 5; i++) {
      expect(await jupiter.quote({ ...ASK, mintOut: STRANGER })).toMatchObject({ reason: 'no-route' });
    }
    expect(jupiter.status()).toMatchObject({ breaker: 'closed', opened: 0 });
  });

  it('loses no digit of an amount above 2^53', async () => {
    const seen: string[] = [];
    liar = createServer((request, response) => {
      seen.push(new URL(request.url!, 'http://x').searchParams.get('amount')!);
      response.writeHead(400).end('{"errorCode":"COULD_NOT_FIND_ANY_ROUTE"}');
    });
    await new Promise<void>((resolve) => liar!.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    await client({ url }).quote({ ...ASK, amountIn: (1n << 60n) + 1n });
    expect(seen).toEqual([String((1n << 60n) + 1n)]);
  });

  it('prices mints as the pools do', async () => {
    const answer = await client().prices([WSOL_MINT, USDC_MINT, STRANGER]);
    if (!answer.ok) throw new Error(answer.detail);
    expect([...answer.value.keys()].sort()).toEqual([USDC_MINT, WSOL_MINT].sort());
    const own = referencePrice(createChainMarket(bank, named).now().market, USDC_MINT)!;
    const told = scaledUnits(unitsPerLamport(answer.value, USDC_MINT)!)!;
    const offBy = Number(told - own.unitsPerLamportScaled) / Number(own.unitsPerLamportScaled);
    expect(Math.abs(offBy)).toBeLessThan(1e-9);
  });

  it('drops a price that cannot be, and keeps its neighbours', async () => {
    for (const usdPrice of [0, -1, null, '12', 1e300, 1e-300, undefined]) {
      const url = await lying((answer) => ({
        ...answer,
        [USDC_MINT]: { usdPrice, decimals: 6 },
        [STRANGER]: 'worthless',
      }));
      const prices = await client({ url }).prices([WSOL_MINT, USDC_MINT, STRANGER]);
      expect(prices.ok && [...prices.value.keys()], String(usdPrice)).toEqual([WSOL_MINT]);
      liar?.closeAllConnections();
      liar?.close();
    }
  });

  it('is told its key, and nobody else is, though the API echoes it', async () => {
    const keyed = await startJupiterServer({ bank, pools: named, apiKey: KEY });
    expect((await client({ url: keyed.url }).quote(ASK)).ok).toBe(true);
    const wrong = client({ url: keyed.url, apiKey: 'another' });
    expect(await wrong.quote(ASK)).toMatchObject({
      reason: 'api-failed',
      detail: expect.stringMatching(/key/),
    });
    await keyed.stop();
    liar = createServer((request, response) => {
      response.writeHead(403).end(JSON.stringify({ error: `who is ${request.headers['x-api-key']}?` }));
    });
    await new Promise<void>((resolve) => liar!.listen(0, '127.0.0.1', resolve));
    const echoing = client({ url: `http://127.0.0.1:${(liar.address() as AddressInfo).port}` });
    const answer = await echoing.quote(ASK);
    expect(answer).toMatchObject({ detail: expect.stringContaining('who is ****?') });
    expect(JSON.stringify([answer, echoing.status()])).not.toContain(KEY);
  });

  it.each([
    ['inputMint', { inputMint: STRANGER }],
    ['outputMint', { outputMint: STRANGER }],
    ['inAmount', { inAmount: '1' }],
    ['slippageBps', { slippageBps: 500 }],
    ['otherAmountThreshold', { otherAmountThreshold: '1' }],
    ['outAmount', { outAmount: '0' }],
    ['outAmount', { outAmount: 12 }],
    ['swapMode', { swapMode: 'ExactOut' }],
    ['routePlan', { routePlan: [] }],
    ['contextSlot', { contextSlot: 'yesterday' }],
  ])('refuses a quote whose %s is not what was asked', async (field, change) => {
    const url = await lying((answer) => ({ ...answer, ...change }));
    const answer = await client({ url }).quote(ASK);
    expect(answer).toMatchObject({ ok: false, reason: 'bad-answer', detail: expect.stringContaining(field) });
  });

  it('refuses an answer that has nothing of a quote', async () => {
    const url = await lying(() => ['surprise']);
    expect(await client({ url }).quote(ASK)).toMatchObject({ ok: false, reason: 'bad-answer' });
  });

  it.each([
    ['garbage', 'bad-answer'],
    ['failing', 'api-failed'],
    ['silent', 'unreachable'],
    ['slow', 'unreachable'],
  ] as const)(
    'calls a %s API %s, stops asking after three in a row, and tries again later',
    async (fault, reason) => {
      const clock = createSystemClock();
      let skippedMs = 0;
      const jumping = {
        nowMs: () => clock.nowMs() + skippedMs,
        monotonicMicros: () => clock.monotonicMicros() + skippedMs * 1_000,
      };
      // The local Jupiter decodes its pools when it is first asked: not within the short deadline.
      await client().quote(ASK);
      const jupiter = client({ clock: jumping, timeoutMs: fault === 'slow' ? 500 : 4_000 });
      server.setFault(fault);
      for (let i = 0; i < 3; i++) expect(await jupiter.quote(ASK)).toMatchObject({ ok: false, reason });
      const asked = server.requests;
      expect(await jupiter.quote(ASK)).toMatchObject({ ok: false, reason: 'breaker-open' });
      expect(server.requests).toBe(asked);
      expect(jupiter.status()).toMatchObject({
        breaker: 'open',
        opened: 1,
        refused: { [reason]: 3, 'breaker-open': 1 },
      });
      expect(JSON.stringify(jupiter.status())).not.toContain(KEY);

      server.setFault('none');
      skippedMs = 2_100;
      expect((await jupiter.quote(ASK)).ok).toBe(true);
      expect(jupiter.status()).toMatchObject({ breaker: 'closed', succeeded: 1, lastError: undefined });
    },
  );

  it('stays away as long as a 429 says', async () => {
    const jupiter = client();
    server.setFault('limited');
    expect(await jupiter.quote(ASK)).toMatchObject({ ok: false, reason: 'overloaded' });
    expect(await jupiter.quote(ASK)).toMatchObject({ ok: false, reason: 'breaker-open' });
    expect(server.requests).toBe(1);
  });

  it('counts its calls by method, and lets a backup route go before prices and those before comparisons', async () => {
    const budget = createTestBudget();
    const jupiter = client({ budget, requestsPerSecond: 10 });
    await jupiter.quote(ASK);
    const { lane } = budget.lanes.ofApi('jupiter', 10, 'quote');
    lane.throttled(0, 100);
    const order: string[] = [];
    await Promise.all([
      jupiter.quote(ASK).then(() => order.push('comparison')),
      jupiter.prices([ASK.mintIn]).then(() => order.push('price')),
      jupiter.plan(ASK, ASK.mintOut).then(() => order.push('instructions')),
      jupiter.quote(ASK, 'execution').then(() => order.push('backup')),
    ]);
    expect(order.slice(0, 2).sort()).toEqual(['backup', 'instructions']);
    expect(order.slice(2)).toEqual(['price', 'comparison']);
    const counted = budget.costs
      .total()
      .map(({ provider, method, requests }) => [provider, method, requests]);
    expect(counted.sort()).toEqual([
      ['jupiter', 'plan', 1],
      ['jupiter', 'price', 1],
      ['jupiter', 'quote', 3],
    ]);
    expect(lane.stats().granted).toEqual([2, 0, 1, 0, 2]);
  });

  it('keeps its own limit', async () => {
    const jupiter = client({ requestsPerSecond: 2, maxWaitMs: 100 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => jupiter.quote(ASK)));
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.reason))).toEqual([
      'ok',
      'ok',
      'rate-limited',
      'rate-limited',
    ]);
    expect(server.requests).toBe(2);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import type { SendOutcome } from '../../../execution/sender.ts';
import { HELIUS_TIP_ACCOUNTS } from '../../../platform/relays/tip-accounts.ts';
import { keyOf, WALLET, WALLET_LAMPORTS } from '../../chain/test-genesis.ts';
import { openProviderProxy, type ProviderProxy } from '../../providers/provider-proxy.ts';
import { PROVIDER_ROWS } from '../../providers/rows.ts';
import { startLocalNode } from '../node.ts';
import type { BlockEngineOptions, BundleNews } from './block-engine.ts';
import { startBlockEngineServer } from './block-engine-server.ts';
import { checkedBundle } from './bundle.ts';
import { startHeliusSenderServer } from './helius-sender-server.ts';
import { createRivalBids } from './rival-bids.ts';
import {
  createTestEngine,
  HELIUS_TIP,
  openWays,
  swap,
  type TestTransaction,
  type TestWays,
  termsOf,
  tipped,
} from './test-relays.ts';

const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

async function openEngine(
  options: Partial<BlockEngineOptions> = {},
  server: { requestsPerSecond?: number; auctionMs?: number } = {},
) {
  const made = createTestEngine(options);
  const { bank, engine } = made;
  const news: BundleNews[] = [];
  engine.onNews((_, one) => news.push(one));
  const served = await startBlockEngineServer({ bank, engine, auctionMs: 0, ...server });
  close.push(() => served.stop());
  const ways = openWays(served.url);
  close.push(() => ways.close());
  const sendBy = (
    way: 'jito' | 'bundleOnly' | 'helius',
    transaction: TestTransaction,
  ): Promise<SendOutcome> => ways[way].send(transaction.bytes, transaction.signature, termsOf(transaction));
  return { ...made, news, served, ways, sendBy };
}

async function inflight(ways: TestWays, outcome: SendOutcome, { signature }: TestTransaction) {
  const bundleId = outcome.verdict === 'sent' ? outcome.bundleId! : '';
  const { deadlineMicros } = termsOf({ signature } as TestTransaction);
  const asked = [{ bundleId, signature }];
  const [one, other] = await Promise.all([
    ways.statuses.inflight(asked, deadlineMicros),
    ways.statuses.landed(asked, deadlineMicros),
  ]);
  return { inflight: one.get(bundleId), landed: other.get(bundleId) };
}

/** All that the wallet has spent. */
function spent(bank: { get(address: never): { lamports: bigint } | null }): bigint {
  return WALLET_LAMPORTS - bank.get(keyOf(WALLET) as never)!.lamports;
}

describe('a bundle', () => {
  it.each(['jito', 'bundleOnly'] as const)(
    'by %s lands in the open slot at the next auction, and is told of',
    async (way) => {
      const { genesis, bank, engine, news, ways, sendBy } = await openEngine();
      const transaction = tipped(genesis, []);
      const outcome = await sendBy(way, transaction);
      expect(outcome).toMatchObject({ verdict: 'sent', bundleId: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect((await inflight(ways, outcome, transaction)).inflight).toEqual({ state: 'pending' });
      expect(bank.landed(transaction.signature)).toBeUndefined();
      engine.auction();
      const { slot } = bank;
      expect(bank.landed(transaction.signature)?.result).toMatchObject({ slot, err: null });
      expect(spent(bank)).toBe(5_000n + transaction.tipLamports);
      bank.advanceSlot();
      const state = { state: 'landed', slot, failed: false };
      expect(await inflight(ways, outcome, transaction)).toEqual({ inflight: state, landed: state });
      for (let i = 0; i < 33; i++) bank.advanceSlot();
      expect(news.map(({ kind }) => kind)).toEqual(['accepted', 'processed', 'finalized']);
    },
  );

  it('that came before is taken once more, and lands once; then the engine says that it has landed', async () => {
    const { genesis, bank, engine, sendBy } = await openEngine();
    const transaction = tipped(genesis, []);
    const first = await sendBy('jito', transaction);
    expect(await sendBy('jito', transaction)).toEqual(first);
    engine.auction();
    engine.auction();
    expect(engine.received(transaction.signature)).toBe(2);
    expect(spent(bank)).toBe(5_000n + transaction.tipLamports);
    expect(await sendBy('jito', transaction)).toMatchObject({ verdict: 'sent', reason: 'already-processed' });
  });

  it.each<[string, Parameters<typeof tipped>[2], string]>([
    ['to a tip account of somebody else', { tipAccount: HELIUS_TIP }, 'foreign-tip-account'],
    ['on a blockhash that is none', { blockhash: '1'.repeat(32) }, 'blockhash-refused'],
  ])('%s is refused, provably', async (_, options, reason) => {
    const { genesis, engine, sendBy } = await openEngine();
    const transaction = tipped(genesis, [], options);
    expect(await sendBy('jito', transaction)).toMatchObject({ verdict: 'never-accepted', reason });
    expect(engine.received(transaction.signature)).toBe(0);
  });

  it('whose tip goes elsewhere than it says is refused by the engine itself', async () => {
    const { genesis, sendBy, engine } = await openEngine();
    const real = tipped(genesis, [], { tipAccount: HELIUS_TIP });
    const lie = { ...real, tipAccount: tipped(genesis, []).tipAccount };
    expect(await sendBy('jito', lie)).toMatchObject({ verdict: 'never-accepted', reason: 'tip-refused' });
    expect(engine.received(real.signature)).toBe(0);
  });

  it('that would fail costs nothing: the engine simulates it and stops', async () => {
    const { genesis, bank, engine, news, ways, sendBy } = await openEngine();
    const transaction = tipped(genesis, [swap(genesis, 1_000_000n, 10n ** 15n)]);
    const outcome = await sendBy('jito', transaction);
    engine.auction();
    expect(news).toMatchObject([{ kind: 'simulation-failed', signature: transaction.signature }]);
    expect(spent(bank)).toBe(0n);
    expect((await inflight(ways, outcome, transaction)).inflight).toEqual({ state: 'given-up' });
  });

  it('whose wallet is emptied between auction and block is dropped whole', async () => {
    let move = (): void => {};
    const { genesis, bank, engine, news, sendBy } = await openEngine({ beforeTransaction: () => move() });
    const other = tipped(genesis, [swap(genesis, 10_000_000_000n)]);
    await expect(sendBy('jito', other)).resolves.toMatchObject({ verdict: 'sent' });
    // The wallet is empty all at once.
    move = () => bank.set({ address: keyOf(WALLET), account: { ...bank.get(keyOf(WALLET))!, lamports: 1n } });
    engine.auction();
    expect(news.map(({ kind }) => kind)).toEqual(['accepted', 'simulation-failed']);
    expect(bank.landed(other.signature)).toBeUndefined();
  });

  it('expires with its blockhash, and says so', async () => {
    const { genesis, bank, engine, news, sendBy } = await openEngine({ connectedShare: 0 });
    const transaction = tipped(genesis, []);
    await sendBy('jito', transaction);
    for (let i = 0; i < 149; i++) {
      bank.advanceSlot();
      engine.auction();
    }
    expect(news).toEqual([]);
    for (let i = 0; i < 3; i++) {
      bank.advanceSlot();
      engine.auction();
    }
    expect(news).toEqual([{ kind: 'dropped', reason: 'blockhash-expired' }]);
  });

  it('waits for a leader that the engine reaches', async () => {
    const { genesis, bank, engine, sendBy } = await openEngine({
      connectedShare: 0.3,
      random: createRandom(4),
    });
    while (engine.leaders.leaderOf(bank.slot).connected) bank.advanceSlot();
    const next = engine.leaders.nextConnected(bank.slot)!;
    const transaction = tipped(genesis, []);
    await sendBy('jito', transaction);
    while (bank.landed(transaction.signature) === undefined && bank.slot < next.slot + 10) {
      engine.auction();
      if (bank.landed(transaction.signature) === undefined) bank.advanceSlot();
    }
    expect(bank.landed(transaction.signature)?.result.slot).toBe(next.slot);
  });

  it('is no longer landed when its leader gives the block up', async () => {
    const { genesis, bank, engine, news, ways, sendBy } = await openEngine();
    const transaction = tipped(genesis, []);
    const outcome = await sendBy('jito', transaction);
    engine.auction();
    bank.dropBlock();
    bank.advanceSlot();
    expect(await inflight(ways, outcome, transaction)).toEqual({
      inflight: { state: 'given-up' },
      landed: { state: 'unknown', why: 'not-found' },
    });
    for (let i = 0; i < 33; i++) bank.advanceSlot();
    expect(news.at(-1)).toEqual({ kind: 'dropped', reason: 'not-finalized' });
  });
});

describe('an auction', () => {
  const always = { contestedShare: 1, most: 3, medianProfitLamports: 1_000_000, spread: 0.5 };

  it('is lost to a rival who bids more, and tells what the rival bid', async () => {
    const won: unknown[] = [];
    const { genesis, bank, engine, news, sendBy } = await openEngine({
      rivals: always,
      onRivalWon: (pools) => won.push(...pools),
    });
    const transaction = tipped(genesis, [swap(genesis, 1_000_000n)], { tipLamports: 1_000n });
    await sendBy('jito', transaction);
    engine.auction();
    expect(news).toMatchObject([{ kind: 'bid-rejected' }]);
    const [lost] = news;
    expect(lost!.kind === 'bid-rejected' && lost!.simulatedBidLamports > 1_000n).toBe(true);
    expect(won).toHaveLength(1);
    expect(spent(bank)).toBe(0n);
  });

  it('is won by a tip that no rival reaches, and never contested over a transfer', async () => {
    const { genesis, bank, engine, sendBy } = await openEngine({ rivals: always });
    const rich = tipped(genesis, [swap(genesis, 1_000_000n)], { tipLamports: 1_000_000_000n });
    const plain = tipped(genesis, [], { tipLamports: 1_000n });
    for (const one of [rich, plain]) await sendBy('jito', one);
    engine.auction();
    expect(bank.landed(rich.signature)).toBeDefined();
    expect(bank.landed(plain.signature)).toBeDefined();
  });

  it('gives rivals who bid half to nine tenths of a profit with a long tail, the same for a seed', () => {
    const bids = (seed: number) => {
      const rivals = createRivalBids(createRandom(seed), { ...always, spread: 0, most: 1 });
      return Array.from({ length: 500 }, () => Number(rivals.best()!.lamports));
    };
    const shares = bids(1).map((bid) => bid / 1_000_000);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.9);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.35);
    expect(bids(1)).toEqual(bids(1));
    expect(bids(1)).not.toEqual(bids(2));
  });

  it('is won more often the more is bid', () => {
    const landed = (tipLamports: bigint): number => {
      const { genesis, bank, engine } = createTestEngine({ rivals: { ...always, spread: 1.5 } });
      let count = 0;
      for (let i = 0; i < 60; i++) {
        const transaction = tipped(genesis, [swap(genesis, 1_000n + BigInt(i))], { tipLamports });
        engine.submit(checkedBundle(bank, [transaction.bytes], engine.rules));
        engine.auction();
        if (bank.landed(transaction.signature) !== undefined) count++;
      }
      return count;
    };
    const [low, middle, high] = [landed(100_000n), landed(1_000_000n), landed(10_000_000n)];
    expect(low).toBeLessThan(middle);
    expect(middle).toBeLessThan(high);
  });
});

describe('what goes wrong at a block engine', () => {
  const faults = { dropped: 0, uncled: 0, silent: 0, doubled: 0 };

  it('is a bundle that it accepts, and that is in no block', async () => {
    const { genesis, bank, engine, news, sendBy } = await openEngine({ faults: { ...faults, dropped: 1 } });
    const transaction = tipped(genesis, []);
    await sendBy('jito', transaction);
    engine.auction();
    for (let i = 0; i < 40; i++) bank.advanceSlot();
    expect(news.map(({ kind }) => kind)).toEqual(['accepted']);
    expect(bank.landed(transaction.signature)).toBeUndefined();
  });

  it('is a bundle that it gave up, whose transaction lands alone and is charged', async () => {
    const { genesis, bank, engine, ways, sendBy } = await openEngine({
      faults: { ...faults, dropped: 1, uncled: 1 },
    });
    const transaction = tipped(genesis, []);
    const outcome = await sendBy('jito', transaction);
    engine.auction();
    bank.advanceSlot();
    expect(bank.landed(transaction.signature)?.result.err).toBeNull();
    expect((await inflight(ways, outcome, transaction)).inflight).toEqual({ state: 'given-up' });
  });

  it('is silence about a bundle that lands, and the same told twice', async () => {
    const { genesis, bank, engine, news, sendBy } = await openEngine({ faults: { ...faults, silent: 1 } });
    const quiet = tipped(genesis, []);
    await sendBy('jito', quiet);
    engine.auction();
    expect(bank.landed(quiet.signature)).toBeDefined();
    expect(news).toEqual([]);
    engine.faults = { ...faults, doubled: 1 };
    await sendBy('jito', tipped(genesis, [], { tipLamports: 20_000n }));
    engine.auction();
    expect(news.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'processed']);
  });

  it('is a limit of one request a second: refused, and provably not taken', async () => {
    const { genesis, engine, sendBy } = await openEngine({}, { requestsPerSecond: 1 });
    const first = tipped(genesis, []);
    const second = tipped(genesis, [], { tipLamports: 11_000n });
    expect(await sendBy('jito', first)).toMatchObject({ verdict: 'sent' });
    expect(await sendBy('jito', second)).toMatchObject({
      verdict: 'never-accepted',
      reason: 'asked-too-often',
    });
    expect(engine.received(second.signature)).toBe(0);
  });
});

describe('Helius Sender', () => {
  async function openHelius(droppedShare = 0) {
    const made = createTestEngine();
    const { bank, genesis } = made;
    const server = await startHeliusSenderServer({
      bank,
      random: createRandom(2),
      tipAccounts: HELIUS_TIP_ACCOUNTS,
      droppedShare,
    });
    close.push(() => server.stop());
    const ways = openWays(server.url);
    close.push(() => ways.close());
    const pay = (tipLamports: bigint, instructions: Parameters<typeof tipped>[1] = []) =>
      tipped(genesis, instructions, { tipLamports, tipAccount: HELIUS_TIP });
    const send = (transaction: TestTransaction) =>
      ways.helius.send(transaction.bytes, transaction.signature, termsOf(transaction));
    return { ...made, server, pay, send };
  }

  it('lands what it is given within two slots, and charges what fails', async () => {
    const { bank, genesis, pay, send } = await openHelius();
    const good = pay(1_000_000n);
    const bad = pay(1_000_001n, [swap(genesis, 1_000_000n, 10n ** 15n)]);
    expect(await send(good)).toMatchObject({ verdict: 'sent', bundleId: undefined });
    expect(await send(bad)).toMatchObject({ verdict: 'sent' });
    for (let i = 0; i < 2; i++) bank.advanceSlot();
    expect(bank.landed(good.signature)?.result.err).toBeNull();
    expect(bank.landed(bad.signature)?.result.err).not.toBeNull();
    // Both fees, and the tip of the one that went through.
    expect(spent(bank)).toBe(10_000n + 1_000_000n);
  });

  it('refuses a tip that is too small or goes elsewhere, provably, and drops what it drops without a word', async () => {
    const { bank, genesis, server, pay, send } = await openHelius(1);
    const small = pay(999_999n);
    expect(await send(small)).toMatchObject({ verdict: 'never-accepted', reason: 'tip-refused' });
    const elsewhere = { ...tipped(genesis, []), tipAccount: HELIUS_TIP };
    expect(await send(elsewhere)).toMatchObject({ verdict: 'never-accepted', reason: 'tip-refused' });
    expect(server.received(small.signature)).toBe(0);
    const dropped = pay(1_000_000n);
    expect(await send(dropped)).toMatchObject({ verdict: 'sent' });
    for (let i = 0; i < 5; i++) bank.advanceSlot();
    expect(bank.landed(dropped.signature)).toBeUndefined();
  });
});

describe('every way in which providers treat their callers', () => {
  const rows = PROVIDER_ROWS.filter(({ http, service }) => http !== undefined && service === 'rpc');
  const { bank, engine, genesis } = createTestEngine();
  /** Of all rows: sends of each verdict that the engine had taken, and that it had not. */
  const seen = new Map<string, number>();
  let proxy: ProviderProxy;
  let stop: () => Promise<void>;
  let tipLamports = 10_000n;

  beforeAll(async () => {
    const server = await startBlockEngineServer({ bank, engine, auctionMs: 0 });
    proxy = await openProviderProxy({ url: server.url });
    stop = async () => {
      await proxy.close();
      await server.stop();
    };
  });
  afterAll(() => stop());

  it.each(rows.map((row) => [row.name, row] as const))(
    '%s: nothing that was taken is said to have never been',
    async (_, row) => {
      proxy.set(row);
      for (let i = 0; i < 2; i++) {
        const transaction = tipped(genesis, [], { tipLamports: tipLamports++ });
        const ways = openWays(proxy.url, 300);
        const terms = termsOf(transaction, 600);
        const { verdict } = await ways.jito.send(transaction.bytes, transaction.signature, terms);
        await ways.close();
        const taken = engine.received(transaction.signature) > 0;
        const key = `${verdict} ${taken ? 'taken' : 'not taken'}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (verdict === 'never-accepted') expect(taken).toBe(false);
        if (verdict === 'sent') expect(taken).toBe(true);
      }
    },
  );

  it('were of all kinds: proven, taken and answered badly, and neither', () => {
    expect(seen.get('never-accepted not taken')).toBeGreaterThan(20);
    expect(seen.get('unknown taken')).toBeGreaterThan(5);
    expect(seen.get('unknown not taken')).toBeGreaterThan(20);
    expect(seen.get('sent taken')).toBeGreaterThan(0);
  });
});

describe('the local node', () => {
  it('shows what a block engine has landed, by auctions every 50 ms', async () => {
    const { genesis, bank, engine } = createTestEngine();
    const node = await startLocalNode({ bank, slotMs: 100 });
    close.push(() => node.stop());
    const server = await startBlockEngineServer({ bank, engine });
    close.push(() => server.stop());
    const ways = openWays(server.url);
    close.push(() => ways.close());
    const transaction = tipped(genesis, [swap(genesis, 1_000_000n)], { tipLamports: 1_000_000_000n });
    expect(
      await ways.jito.send(transaction.bytes, transaction.signature, termsOf(transaction)),
    ).toMatchObject({
      verdict: 'sent',
    });
    const status = async () => {
      const response = await fetch(node.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'getSignatureStatuses',
          params: [[transaction.signature]],
        }),
      });
      return ((await response.json()) as { result: { value: unknown[] } }).result.value[0];
    };
    await expect.poll(status, { timeout: 8_000 }).toMatchObject({ err: null });
  });
});

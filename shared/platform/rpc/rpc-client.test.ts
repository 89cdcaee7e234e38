import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { addressAt, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { createSystemClock } from '../process/system-clock.ts';
import type { RpcClient, RpcClientOptions } from './rpc-client.ts';
import { createRpcClient } from './rpc-client.ts';
import type { TestRpcServer } from './test-rpc-server.ts';
import { startTestRpcServer } from './test-rpc-server.ts';

let server: TestRpcServer;
beforeEach(async () => {
  server = await startTestRpcServer();
});
afterEach(() => server.stop());

function client(options: Partial<RpcClientOptions> = {}): RpcClient {
  const waits = { sleep: async () => true };
  const random = createRandom('rpc');
  return createRpcClient({
    url: server.httpUrl,
    clock: createSystemClock(),
    random,
    retry: waits,
    ...options,
  });
}

function account(size: number, fill: number, lamports = 2_039_280n): AccountBytes {
  return { owner: TOKEN_PROGRAM, lamports, data: new Uint8Array(size).fill(fill) };
}

async function refusalOf(read: Promise<unknown>): Promise<ArbError> {
  try {
    await read;
  } catch (thrown) {
    if (thrown instanceof ArbError) return thrown;
    throw thrown;
  }
  throw new Error('it was expected to throw');
}

it('reads accounts with their slot, in the order asked, null where the chain has none', async () => {
  server.accounts.set(USDC_MINT, account(165, 7));
  const { slot, accounts } = await client().getMultipleAccounts([WSOL_MINT, USDC_MINT], {
    minContextSlot: 999,
  });
  expect(slot).toBe(1_000);
  expect(accounts).toEqual([null, account(165, 7)]);
  expect(accounts[1]?.data.constructor).toBe(Uint8Array);
});

it('asks for more than a hundred accounts in chunks and tells the lowest of their slots', async () => {
  const addresses = Array.from({ length: 250 }, (_, i) => addressAt(new Uint8Array(32).fill(1).with(0, i)));
  for (const [i, address] of addresses.entries()) server.accounts.set(address, account(i, i));
  const { accounts } = await client().getMultipleAccounts(addresses);
  expect(accounts).toEqual(addresses.map((_, i) => account(i, i)));
  expect(server.calls.map(({ params }) => (params[0] as string[]).length)).toEqual([100, 100, 50]);
});

it('reads the same bytes in zstd', async () => {
  server.accounts.set(USDC_MINT, account(9_988, 3));
  const rpc = client();
  expect(await rpc.getAccount(USDC_MINT, { encoding: 'base64+zstd' })).toEqual(
    await rpc.getAccount(USDC_MINT),
  );
  const { accounts } = await rpc.getProgramAccounts(TOKEN_PROGRAM, {
    dataSize: 9_988,
    memcmp: [{ offset: 0, bytes: Uint8Array.of(3, 3) }],
  });
  expect(accounts).toEqual([{ address: USDC_MINT, account: account(9_988, 3) }]);
  expect(server.calls.at(-1)?.params[1]).toMatchObject({
    encoding: 'base64+zstd',
    filters: [{ dataSize: 9_988 }, { memcmp: { offset: 0, bytes: 'EJ' } }],
  });
});

it('keeps every digit of lamports beyond 53 bits', async () => {
  const value =
    '{"lamports":18446744073709551615,"data":["","base64"],"owner":"11111111111111111111111111111111"}';
  server.faults.http = (_, id) => ({
    status: 200,
    body: `{"jsonrpc":"2.0","result":{"context":{"slot":5},"value":${value}},"id":${id}}`,
  });
  expect((await client().getAccount(USDC_MINT)).account?.lamports).toBe(18_446_744_073_709_551_615n);
});

it('keeps every digit of a balance beyond 53 bits', async () => {
  server.faults.http = (_, id) => ({
    status: 200,
    body: `{"jsonrpc":"2.0","result":{"context":{"slot":5},"value":18446744073709551615},"id":${id}}`,
  });
  expect(await client().getBalance(USDC_MINT)).toEqual({ slot: 5, lamports: 18_446_744_073_709_551_615n });
});

it('gives the neighbours of an account that is none, to those who ask for them', async () => {
  const good = `{"lamports":1,"data":["","base64"],"owner":"${TOKEN_PROGRAM}"}`;
  server.faults.http = (_, id) => ({
    status: 200,
    body: `{"jsonrpc":"2.0","result":{"context":{"slot":5},"value":[${good},{"lamports":-1},null]},"id":${id}}`,
  });
  const asked = [USDC_MINT, WSOL_MINT, TOKEN_PROGRAM];
  const read = await client().getMultipleAccounts(asked, { partial: true });
  expect(read.accounts).toEqual([account(0, 0, 1n), null, null]);
  expect([...read.unreadable!]).toEqual([[1, expect.stringContaining('result.value[1].data')]]);
  expect((await refusalOf(client().getMultipleAccounts(asked))).code).toBe('rpc-bad-answer');
  server.faults.http = (_, id) => ({
    status: 200,
    body: `{"jsonrpc":"2.0","result":{"context":{"slot":5},"value":[7,8]},"id":${id}}`,
  });
  const none = client().getMultipleAccounts([USDC_MINT, WSOL_MINT], { partial: true });
  expect((await refusalOf(none)).code).toBe('rpc-bad-answer');
});

it('reads slot, balance, block hash, genesis hash and version', async () => {
  server.accounts.set(USDC_MINT, account(0, 0, 5_000_000_001n));
  const rpc = client();
  expect(await rpc.getSlot()).toBe(1_000);
  expect(await rpc.getBalance(USDC_MINT)).toEqual({ slot: 1_000, lamports: 5_000_000_001n });
  expect(await rpc.getLatestBlockhash()).toEqual({
    slot: 1_000,
    blockhash: 'EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N',
    lastValidBlockHeight: 900,
  });
  expect(await rpc.getGenesisHash()).toMatch(/^5eykt/);
  expect(await rpc.getVersion()).toBe('2.1.0');
  expect(rpc.stats()).toMatchObject({ calls: 5, retries: 0, failures: 0 });
});

it.each([
  ['{"jsonrpc":"2.0","id":ID}', 'result'],
  ['{"jsonrpc":"1.0","result":{},"id":ID}', 'jsonrpc'],
  ['{"jsonrpc":"2.0","result":{},"id":77}', 'id'],
  ['<html>gateway</html>', 'body'],
  ['[1,2]', 'body'],
  ['{"jsonrpc":"2.0","result":{"value":[]},"id":ID}', 'result.context'],
  ['{"jsonrpc":"2.0","result":{"context":{"slot":"9"},"value":[]},"id":ID}', 'result.context.slot'],
  ['{"jsonrpc":"2.0","result":{"context":{"slot":1.5},"value":[]},"id":ID}', 'result.context.slot'],
  ['{"jsonrpc":"2.0","result":{"context":{"slot":9}},"id":ID}', 'result.value'],
  ['{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[]},"id":ID}', 'result.value'],
  ['{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[7]},"id":ID}', 'result.value[0]'],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":"AA","lamports":1,"owner":"O"}]},"id":ID}',
    'result.value[0].data',
  ],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":["","base64"],"lamports":-1,"owner":"O"}]},"id":ID}',
    'result.value[0].lamports',
  ],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":["","base64"],"lamports":1,"owner":"O"}]},"id":ID}',
    'result.value[0]',
  ],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":["A?==","base64"],"lamports":1,"owner":"OWNER"}]},"id":ID}',
    'result.value[0]',
  ],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":["AAAA","base64+zstd"],"lamports":1,"owner":"OWNER"}]},"id":ID}',
    'result.value[0]',
  ],
  [
    '{"jsonrpc":"2.0","result":{"context":{"slot":9},"value":[{"data":["","base58"],"lamports":1,"owner":"OWNER"}]},"id":ID}',
    'result.value[0]',
  ],
])('refuses the answer %s, naming %s', async (body, field) => {
  server.faults.http = (_, id) => ({
    status: 200,
    body: body.replace('ID', String(id)).replace('OWNER', TOKEN_PROGRAM),
  });
  const error = await refusalOf(client().getMultipleAccounts([USDC_MINT]));
  expect(error.code).toBe('rpc-bad-answer');
  expect(error.context).toMatchObject({ method: 'getMultipleAccounts', field });
  expect(server.calls).toHaveLength(1);
});

it('keeps the neighbours of an entry of a history that is none, and counts it', async () => {
  const signature = '5'.repeat(87);
  const entry = { signature, slot: 7, err: null };
  const answer = (result: readonly unknown[]): void => {
    server.faults.http = (_, id) => ({ status: 200, body: JSON.stringify({ jsonrpc: '2.0', result, id }) });
  };
  answer([entry, { ...entry, signature: 'none' }, null, { ...entry, slot: -1 }, { ...entry, err: {} }]);
  expect(await client().getSignaturesForAddress(USDC_MINT)).toEqual({
    entries: [
      { signature, slot: 7, failed: false },
      { signature, slot: 7, failed: true },
    ],
    unreadable: 3,
  });
  // Of which nothing can be read is no answer.
  answer([null, {}]);
  expect((await refusalOf(client().getSignaturesForAddress(USDC_MINT))).code).toBe('rpc-bad-answer');
});

it('refuses an answer from before the slot it asked for', async () => {
  server.faults.http = (_, id) => ({ status: 200, body: `{"jsonrpc":"2.0","result":999,"id":${id}}` });
  expect((await refusalOf(client().getSlot({ minContextSlot: 1_000 }))).context.field).toBe('slot');
});

it('passes on the code and the message of an error without trying again', async () => {
  server.faults.http = (_, id) => ({
    status: 200,
    body: `{"jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid param"},"id":${id}}`,
  });
  const error = await refusalOf(client().getSlot());
  expect(error).toMatchObject({ code: 'rpc-error', context: { code: -32602, message: 'Invalid param' } });
  expect(server.calls).toHaveLength(1);
});

it('waits, a bounded number of times, for a node that has not reached the slot', async () => {
  const rpc = client({ retry: { slotAttempts: 5, sleep: async () => Boolean(++server.slot) } });
  expect(await rpc.getSlot({ minContextSlot: 1_003 })).toBe(1_003);
  expect(rpc.stats().retries).toBe(3);
  const error = await refusalOf(rpc.getSlot({ minContextSlot: 9_999 }));
  expect(error.context.code).toBe(-32016);
  expect(server.calls).toHaveLength(4 + 5);
});

it('tries again after a cut connection, a timeout and a busy node, and then says what was wrong', async () => {
  const answers = ['cut', 'hang', { status: 503, body: 'busy' }] as const;
  let asked = 0;
  server.faults.http = () => answers[asked++];
  expect(await client({ timeoutMs: 100 }).getSlot()).toBe(1_000);
  expect(server.calls).toHaveLength(4);
  server.faults.http = () => ({ status: 429, body: 'slow down' });
  expect((await refusalOf(client().getSlot())).context).toMatchObject({ why: 'HTTP 429', status: 429 });
  expect(server.calls).toHaveLength(8);
  server.faults.http = () => ({ status: 403, body: 'no' });
  await refusalOf(client().getSlot());
  expect(server.calls).toHaveLength(9);
});

it('waits longer between attempts, never longer than the cap', async () => {
  const waits: number[] = [];
  server.faults.http = () => ({ status: 500, body: '' });
  const sleep = async (ms: number): Promise<boolean> => waits.push(ms) > 0;
  const random = { ...createRandom(1), next: () => 0.999 };
  await refusalOf(client({ random, retry: { attempts: 7, sleep } }).getSlot());
  expect(waits.map(Math.round)).toEqual([200, 400, 799, 1_598, 1_998, 1_998]);
});

it('shows the host and never the rest of the URL', async () => {
  const host = new URL(server.httpUrl).host;
  const url = `http://name:pass@${host}/key-in-path?api-key=key-in-query`;
  expect(await client({ url }).getSlot()).toBe(1_000);
  server.faults.http = () => 'cut';
  const error = await refusalOf(client({ url, retry: { attempts: 1 } }).getSlot());
  expect(error.code).toBe('rpc-unreachable');
  expect(error.message).toContain(host);
  expect(JSON.stringify([error.message, error.context, String(error.cause)])).not.toMatch(/key-in|pass/);
  expect(() => client({ url: 'ftp://x/key-in-path' })).toThrow(/not an http/);
  expect(() => client({ url: 'key-in-path' })).not.toThrow(/key-in/);
});

it('says that a node is unreachable when nothing listens, and stops at once when aborted', async () => {
  const url = server.httpUrl;
  await server.stop();
  const error = await refusalOf(client({ url, retry: { attempts: 1 } }).getSlot());
  expect(error).toMatchObject({ code: 'rpc-unreachable', context: { why: 'ECONNREFUSED' } });
  server = await startTestRpcServer();
  server.faults.http = () => 'hang';
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 20);
  const aborted = await refusalOf(client().getSlot({ signal: abort.signal }));
  expect(aborted.context.why).toBe('aborted');
  expect(server.calls).toHaveLength(1);
});

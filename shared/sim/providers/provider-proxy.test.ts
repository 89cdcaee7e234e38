import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createTestGenesis } from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from '../wire/node.ts';
import { openProviderProxy, type ProviderProxy } from './provider-proxy.ts';
import { PROVIDER_ROWS } from './rows.ts';

let node: LocalNode;
let proxy: ProviderProxy;

beforeAll(async () => {
  node = await startLocalNode({ bank: createTestGenesis().bank, slotMs: 50 });
  proxy = await openProviderProxy({ url: node.rpcUrl, wsUrl: node.wsUrl });
});
afterAll(async () => {
  await proxy.close();
  await node.stop();
});

const rowNamed = (name: string) => PROVIDER_ROWS.find((row) => row.name === name)!;

async function ask(...methods: readonly string[]): Promise<{ status: number; text: string }> {
  const calls = methods.map((method, i) => ({ jsonrpc: '2.0', id: i + 1, method, params: [] }));
  const body = JSON.stringify(calls.length === 1 ? calls[0] : calls);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(proxy.url, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

describe('a provider proxy', () => {
  it('is the node itself while no row is set', async () => {
    proxy.set(undefined);
    expect(await ask('getSlot')).toMatchObject({ status: 200, text: expect.stringMatching(/"result":\d+/) });
  });

  it('behaves as its row says, counts, and is healthy again afterwards', async () => {
    proxy.set(rowNamed('daily-32003'));
    const answer = await ask('getSlot', 'getVersion');
    expect(JSON.parse(answer.text)).toMatchObject([
      { id: 1, error: { code: -32003 } },
      { id: 2, error: { code: -32003 } },
    ]);
    expect(proxy.requests).toBe(1);
    proxy.set(rowNamed('batch-half'));
    expect(JSON.parse((await ask('getSlot', 'getVersion')).text)).toHaveLength(1);
    proxy.set(rowNamed('packed-br'));
    expect((await ask('getSlot')).text).toMatch(/"result":\d+/);
    proxy.set(undefined);
    expect(JSON.parse((await ask('getSlot', 'getVersion')).text)).toHaveLength(2);
  });

  it('refuses handshakes and subscriptions', async () => {
    proxy.set(rowNamed('ws-429'));
    const refused = new WebSocket(proxy.wsUrl);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(429);
    refused.terminate();
    refused.on('error', () => {});
    proxy.set(rowNamed('ws-refused-subscription'));
    const socket = new WebSocket(proxy.wsUrl);
    await once(socket, 'open');
    socket.send('{"jsonrpc":"2.0","id":4,"method":"slotSubscribe"}');
    const [told] = (await once(socket, 'message')) as [unknown];
    expect(JSON.parse(String(told))).toMatchObject({ id: 4, error: { code: -32005 } });
    proxy.set(undefined);
    socket.send('{"jsonrpc":"2.0","id":5,"method":"slotSubscribe"}');
    const [again] = (await once(socket, 'message')) as [unknown];
    expect(JSON.parse(String(again))).toMatchObject({ id: 5, result: expect.any(Number) });
    proxy.cut();
    await once(socket, 'close');
  });
});

describe('the table of providers', () => {
  it('names each row once, and each does something for a while', () => {
    const names = PROVIDER_ROWS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { does, http, ws, lastsMs, wholeWithinMs } of PROVIDER_ROWS) {
      expect(does).not.toBe('');
      expect(http ?? ws).toBeDefined();
      expect(lastsMs).toBeGreaterThan(0);
      expect(wholeWithinMs).toBeLessThanOrEqual(10_000);
    }
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGenesis, keyOf, WALLET } from '../../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from '../node.ts';

let node: LocalNode;

beforeAll(async () => {
  node = await startLocalNode({ bank: createTestGenesis().bank, slotMs: 3_600_000 });
});

afterAll(async () => {
  await node.stop();
});

async function post(body: string, type = 'application/json') {
  const response = await fetch(node.rpcUrl, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) };
}

const failure = (code: number, message: string, id: unknown = null) => ({
  jsonrpc: '2.0',
  error: { code, message },
  id,
});

describe('requests that are none', () => {
  it('get the protocol error of what is wrong', async () => {
    expect((await post('{"jsonrpc":"2.0",')).json()).toEqual(failure(-32_700, 'Parse error'));
    expect((await post('')).json()).toEqual(failure(-32_700, 'Parse error'));
    expect((await post('[]')).json()).toEqual(failure(-32_600, 'Invalid request'));
    expect((await post('7')).json()).toEqual(failure(-32_600, 'Invalid request'));
    expect((await post('{"id":3,"method":"getSlot"}')).json()).toEqual(
      failure(-32_600, 'Invalid request', 3),
    );
    expect((await post('{"jsonrpc":"2.0","id":3,"method":5}')).json()).toEqual(
      failure(-32_600, 'Invalid request', 3),
    );
    expect((await post('{"jsonrpc":"2.0","id":{},"method":"getSlot"}')).json()).toEqual(
      failure(-32_600, 'Invalid request'),
    );
    for (const method of ['getNothing', 'constructor', '__proto__', 'accountSubscribe']) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 'a', method });
      expect((await post(body)).json()).toEqual(failure(-32_601, 'Method not found', 'a'));
    }
  });

  it('get the parameter that is wrong', async () => {
    const ask = async (method: string, params: unknown) => {
      const answer = (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).json();
      return `${answer.error?.code} ${answer.error?.message}`;
    };
    expect(await ask('getAccountInfo', [])).toBe('-32602 `params` should have at least 1 argument(s)');
    expect(await ask('getAccountInfo', { key: 1 })).toBe('-32602 `params` should be an array');
    expect(await ask('getAccountInfo', ['0OIl'])).toBe('-32602 Invalid param: Invalid');
    expect(await ask('getAccountInfo', ['abc'])).toBe('-32602 Invalid param: WrongSize');
    expect(await ask('getAccountInfo', [7])).toBe(
      '-32602 Invalid params: invalid type: number `7`, expected a string.',
    );
    expect(await ask('getBalance', [keyOf(WALLET), { commitment: 'maybe' }])).toBe(
      '-32602 Invalid params: unknown variant `maybe`, expected one of `processed`, `confirmed`, `finalized`.',
    );
    expect(await ask('sendTransaction', ['AAAA', { encoding: 'base64' }])).toMatch(
      /^-32602 failed to deserialize solana_transaction::versioned::VersionedTransaction/,
    );
    expect(await ask('sendTransaction', ['not base64!', { encoding: 'base64' }])).toBe(
      '-32602 invalid base64 encoding',
    );
    expect(await ask('sendTransaction', ['A'.repeat(1_648), { encoding: 'base64' }])).toBe(
      '-32602 base64 encoded solana_transaction::versioned::VersionedTransaction too large: 1648 bytes (max: encoded/raw 1644/1232)',
    );
    expect(await ask('getSignatureStatuses', [Array(257).fill('1')])).toBe(
      '-32602 Too many inputs provided; max 256',
    );
  });

  it('get the HTTP status of what is wrong', async () => {
    expect((await fetch(node.rpcUrl)).status).toBe(405);
    expect((await post('{}', 'text/plain')).status).toBe(415);
    expect((await post(`"${'x'.repeat(60_000)}"`)).status).toBe(413);
  });

  it('never stop the node or get anything but JSON-RPC back, whatever they hold', async () => {
    const methods = [
      'getAccountInfo',
      'getProgramAccounts',
      'sendTransaction',
      'simulateTransaction',
      'getTransaction',
    ];
    const junk = fc.record({
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.jsonValue()),
      method: fc.oneof(fc.constantFrom(...methods), fc.string()),
      params: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          junk.map((one) => JSON.stringify(one)),
          fc.string(),
          fc.json(),
        ),
        async (body) => {
          const { status, json } = await post(body);
          expect(status).toBe(200);
          const answers = [json()].flat();
          for (const answer of answers) {
            expect(answer.jsonrpc).toBe('2.0');
            expect(answer.error?.message ?? '').not.toMatch(/Internal error/);
          }
        },
      ),
      { numRuns: 150 },
    );
    const alive = '{"jsonrpc":"2.0","id":1,"method":"getHealth"}';
    expect((await post(alive)).json().result).toBe('ok');
  });
});

describe('batches', () => {
  it('are answered in order, notifications left out', async () => {
    const health = { jsonrpc: '2.0', method: 'getHealth' };
    const body = [{ ...health, id: 1 }, health, 5, { ...health, id: 'b', method: 'getNothing' }];
    expect((await post(JSON.stringify(body))).json()).toEqual([
      { jsonrpc: '2.0', result: 'ok', id: 1 },
      failure(-32_600, 'Invalid request'),
      failure(-32_601, 'Method not found', 'b'),
    ]);
    expect((await post(JSON.stringify([health]))).text).toBe('');
  });
});

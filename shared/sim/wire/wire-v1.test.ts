import { createPrivateKey, sign } from 'node:crypto';
import type { MessageV1 } from '@solana/web3.js';
import bs58 from 'bs58';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { encodeV1Message, type V1Config } from '../../execution/build/encode-v1.ts';
import { createTestGenesis, keyOf, OTHER, WALLET } from '../chain/test-genesis.ts';
import { type LocalNode, startLocalNode } from './node.ts';
import { decodeWireTransaction, signaturesValid } from './wire-transaction.ts';
import { configOfV1, signedPartOfV1 } from './wire-v1.ts';

/** Signed with the wallet's key by @solana/kit 8.x: two instructions, a priority fee, two limits. */
const BY_KIT =
  'gQEAAw8AAAAJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQIF6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iwVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXF9IEAAAAAAAA4JMEAAAAAQACAwUABAAsAQEDAAECAwQFBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGW7r8AYXULdxYwx3+peOFJ7SB5rD3QYj8Dwzuv0WuRSs9/fXRFr1AULQaNQnPxI2NNHBkuk+vE+4OrEjWuavFAA==';

const bytes = Uint8Array.from(Buffer.from(BY_KIT, 'base64'));
const named = (byte: number): Address => addressAt(new Uint8Array(32).fill(byte));

function decoded(of: Uint8Array) {
  const wire = decodeWireTransaction(of);
  if (!wire.ok) throw new Error(`${wire.reason}: ${wire.detail}`);
  return { ...wire.value, message: wire.value.message as MessageV1 };
}

describe('a transaction of version 1', () => {
  it('is read as its own client wrote it, to the byte', () => {
    const wire = decoded(bytes);
    expect(wire.version).toBe(1);
    expect(wire.staticKeys).toEqual([keyOf(WALLET), named(21), named(20), named(22), named(23)]);
    expect(wire.recentBlockhash).toBe(bs58.encode(new Uint8Array(32).fill(9)));
    expect(configOfV1(wire.message)).toEqual({
      priorityFeeLamports: 1_234n,
      computeUnitLimit: 300_000,
      loadedDataLimit: 65_536,
      heapBytes: undefined,
    });
    expect(wire.message.compiledInstructions.map(({ data }) => data.length)).toEqual([5, 300]);
    expect(signaturesValid(wire)).toBe(true);
    const { bytes: again } = encodeV1Message({
      header: wire.message.header,
      config: configOfV1(wire.message),
      blockhash: bs58.decode(wire.recentBlockhash),
      addresses: wire.staticKeys,
      instructions: wire.message.compiledInstructions,
    });
    expect(Buffer.compare(again, signedPartOfV1(bytes))).toBe(0);
  });

  it('is none with a byte too many or too few, with limits nobody knows, or with an address twice', () => {
    const spoilt = (change: (copy: Buffer) => Buffer) => {
      const wire = decodeWireTransaction(change(Buffer.from(bytes)));
      return wire.ok ? 'taken' : wire.reason;
    };
    expect(spoilt((copy) => Buffer.concat([copy, Buffer.from([0])]))).not.toBe('taken');
    expect(spoilt((copy) => copy.subarray(0, copy.length - 1))).not.toBe('taken');
    const withByte = (at: number, value: number) =>
      spoilt((copy) => {
        copy.writeUInt8(value, at);
        return copy;
      });
    expect(withByte(4, 0b10_1111)).toBe('malformed');
    expect(withByte(4, 0b1110)).not.toBe('taken');
    expect(withByte(1, 13)).not.toBe('taken');
    expect(withByte(0, 0x82)).toBe('malformed');
    // The second address as the third.
    const twice = spoilt((copy) => {
      copy.copy(copy, 42 + 64, 42 + 32, 42 + 64);
      return copy;
    });
    expect(twice).toBe('unsanitary');
  });
});

describe('a node that takes version 1', () => {
  let node: LocalNode;
  const genesis = () => node.bank;

  beforeEach(async () => {
    node = await startLocalNode({ bank: createTestGenesis().bank, slotMs: 3_600_000 });
  });

  afterEach(() => node.stop());

  async function ask(method: string, params: readonly unknown[]) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(node.rpcUrl, { method: 'POST', headers, body });
    // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what is tested
    return (await response.json()) as { result?: any; error?: { code: number; message: string } };
  }

  /** The wallet sends the other some lamports. */
  function transfer(config: V1Config): string {
    const data = Buffer.alloc(12);
    data.writeUInt32LE(2);
    data.writeBigUInt64LE(5_000_000n, 4);
    const { bytes: message } = encodeV1Message({
      header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
      config,
      blockhash: bs58.decode(genesis().latestBlockhash().blockhash),
      addresses: [keyOf(WALLET), keyOf(OTHER), SYSTEM_PROGRAM],
      instructions: [{ programIdIndex: 2, accountKeyIndexes: [0, 1], data }],
    });
    const der = Buffer.concat([
      Buffer.from('302e020100300506032b657004220420', 'hex'),
      WALLET.secretKey.slice(0, 32),
    ]);
    const signature = sign(null, message, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    return Buffer.concat([message, signature]).toString('base64');
  }

  const send = (wire: string) =>
    ask('sendTransaction', [wire, { encoding: 'base64', preflightCommitment: 'processed' }]);

  it('runs one and charges what it says as a whole', async () => {
    const before = genesis().get(keyOf(WALLET))!.lamports;
    const wire = transfer({ priorityFeeLamports: 777n, computeUnitLimit: 10_000 });
    const { result: signature, error } = await send(wire);
    expect(error).toBeUndefined();
    genesis().advanceSlot();
    genesis().advanceSlot();
    expect(before - genesis().get(keyOf(WALLET))!.lamports).toBe(5_000_000n + 5_000n + 777n);
    const read = (settings: object) =>
      ask('getTransaction', [signature, { commitment: 'confirmed', ...settings }]);
    for (const settings of [{}, { maxSupportedTransactionVersion: 0 }]) {
      expect((await read(settings)).error).toMatchObject({
        code: -32_015,
        message: expect.stringContaining('version (1)'),
      });
    }
    const { result } = await read({ maxSupportedTransactionVersion: 1 });
    expect(result).toMatchObject({ version: 1, meta: { fee: 5_777, err: null } });
    expect(result.transaction.message.transactionConfig).toEqual({
      computeUnitLimit: 10_000,
      heapSize: null,
      loadedAccountsDataSizeLimit: null,
      priorityFee: 777,
    });
    expect(result.transaction.message).not.toHaveProperty('addressTableLookups');
    const raw = await read({ maxSupportedTransactionVersion: 1, encoding: 'base64' });
    expect(raw.result.transaction).toEqual([wire, 'base64']);
  });

  it('lets one that sets no limit use nothing, and refuses all while the chain takes none', async () => {
    expect((await send(transfer({}))).error?.message).toMatch(/[Cc]omput/);
    genesis().change({ transactionVersion: 0 });
    expect((await send(transfer({ computeUnitLimit: 10_000 }))).error?.message).toMatch(/[Uu]nsupported/);
  });
});

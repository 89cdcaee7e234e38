import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { VersionedTransaction } from '@solana/web3.js';
import { describe, expect, test } from 'vitest';
import { type Address, addressAt } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { LITESVM_FOLDER } from './module.ts';
import { encodeTransaction, MAX_TRANSACTION_BYTES } from './wire.ts';

const PAYER = numbered(1);
const TABLE = numbered(2);

function numbered(n: number): Address {
  const bytes = new Uint8Array(32).fill(5);
  new DataView(bytes.buffer).setUint16(0, n);
  return addressAt(bytes);
}

function instruction(accounts: number, dataBytes: number): Instruction {
  return {
    programId: numbered(3),
    accounts: [
      { address: PAYER, isSigner: true, isWritable: true },
      ...Array.from({ length: accounts }, (_, i) => ({
        address: numbered(100 + i),
        isSigner: false,
        isWritable: i % 2 === 0,
      })),
    ],
    data: new Uint8Array(dataBytes).fill(8),
  };
}

test('the folder that LiteSVM is installed into stands beside the manifest, where git leaves it out', () => {
  expect(existsSync(join(LITESVM_FOLDER, '..', 'package-lock.json'))).toBe(true);
});

describe('a transaction for a program', () => {
  test('names its accounts itself while they fit', () => {
    const wire = encodeTransaction([instruction(10, 20)], PAYER, TABLE);
    expect(wire?.lookupTable).toBeUndefined();
    const { message } = VersionedTransaction.deserialize(wire!.bytes);
    expect(message.version).toBe(0);
    expect(message.staticAccountKeys.map(String)).toContain(numbered(109));
    expect(message.compiledInstructions.map(({ data }) => data.length)).toEqual([5, 20]);
  });

  test('looks them up in a table where they do not, in the order of the table', () => {
    const wire = encodeTransaction([instruction(40, 20)], PAYER, TABLE);
    expect(wire!.bytes.length).toBeLessThanOrEqual(MAX_TRANSACTION_BYTES);
    const table = wire!.lookupTable!;
    expect(table.data.length).toBe(56 + 40 * 32);
    const { message } = VersionedTransaction.deserialize(wire!.bytes);
    const [lookup] = message.addressTableLookups;
    expect(String(lookup!.accountKey)).toBe(TABLE);
    const writable = lookup!.writableIndexes.map((i) => addressAt(table.data, 56 + 32 * i));
    const expected = Array.from({ length: 20 }, (_, i) => numbered(100 + 2 * i));
    expect(writable.sort()).toEqual(expected.sort());
    // Programs and signers never stand in a table.
    expect(message.staticAccountKeys.map(String)).toEqual(expect.arrayContaining([PAYER, numbered(3)]));
  });

  test('is none where nothing makes it fit', () => {
    expect(encodeTransaction([instruction(3, 1_300)], PAYER, TABLE)).toBeUndefined();
    expect(encodeTransaction([instruction(300, 1)], PAYER, TABLE)).toBeUndefined();
  });
});

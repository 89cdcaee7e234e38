import bs58 from 'bs58';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { bytesByWeb3 } from '../../platform/chain/vm/outside-encoders.ts';
import { decodeWireTransaction } from '../../sim/wire/wire-transaction.ts';
import { compileV0 } from './compile-v0.ts';
import { type LookupTable, lookupTable } from './lookup-table.ts';
import { blockhash, instructions, numbered, PAYER, ROOMY, tables } from './test-instructions.ts';

/** The same transaction by @solana/web3.js; undefined where it does not fit. */
function byWeb3(
  given: readonly Instruction[],
  over: readonly LookupTable[],
  hash: Uint8Array,
): Uint8Array | undefined {
  try {
    const bytes = bytesByWeb3({ payer: PAYER, instructions: given, blockhash: hash }, over);
    return bytes.length > ROOMY.transactionBytes ? undefined : bytes;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function ours(given: readonly Instruction[], over: readonly LookupTable[], hash: Uint8Array) {
  const compiled = compileV0({ payer: PAYER, instructions: given }, over, ROOMY);
  if (!compiled.ok) return compiled;
  compiled.value.bytes.set(hash, compiled.value.blockhashAt);
  return compiled;
}

const reader = (address: Address): Instruction => ({
  programId: numbered(100),
  accounts: [{ address, isSigner: false, isWritable: true }],
  data: Uint8Array.of(1, 2, 3),
});

describe('a compiled transaction of version 0', () => {
  test('is what @solana/web3.js makes of it, byte for byte, and too long where that is', () => {
    let fitted = 0;
    let long = 0;
    fc.assert(
      fc.property(instructions, tables, blockhash, (given, over, hash) => {
        const theirs = byWeb3(given, over, hash);
        const compiled = ours(given, over, hash);
        if (theirs === undefined) {
          long += 1;
          expect(compiled).toMatchObject({ ok: false, reason: 'too-many-bytes' });
        } else {
          fitted += 1;
          expect(compiled.ok && Buffer.from(compiled.value.bytes).equals(theirs)).toBe(true);
        }
      }),
      { numRuns: 250, seed: 12 },
    );
    expect(fitted).toBeGreaterThan(100);
    expect(long).toBeGreaterThan(5);
  });

  test('reads back: signers, data where it is said to stand, the part that is signed', () => {
    fc.assert(
      fc.property(instructions, tables, blockhash, (given, over, hash) => {
        const compiled = ours(given, over, hash);
        if (!compiled.ok) return;
        const { bytes, signers, dataAt, messageStart, messageEnd, accounts } = compiled.value;
        const read = decodeWireTransaction(bytes);
        if (!read.ok) throw new Error(`${read.reason} ${read.detail}`);
        expect(read.value.recentBlockhash).toBe(bs58.encode(hash));
        expect(read.value.staticKeys.slice(0, signers.length)).toEqual(signers);
        expect(bytes.subarray(messageStart, messageEnd)).toEqual(
          Uint8Array.from(read.value.message.serialize()),
        );
        given.forEach(({ data }, i) => {
          expect(bytes.subarray(dataAt[i]!, dataAt[i]! + data.length)).toEqual(data);
        });
        const named = given.flatMap((one) => [one.programId, ...one.accounts.map(({ address }) => address)]);
        expect(accounts).toBe(new Set([PAYER, ...named]).size);
      }),
      { numRuns: 200, seed: 13 },
    );
  });

  test('is refused where it locks more accounts than the chain lets one, tables or not', () => {
    const named = Array.from({ length: 64 }, (_, i) => numbered(300 + i));
    const table = lookupTable(numbered(200), named);
    const all = named.map(reader);
    const limits = { transactionAccounts: 64, transactionBytes: 9_999 };
    expect(compileV0({ payer: PAYER, instructions: all.slice(0, 62) }, [table], limits).ok).toBe(true);
    expect(compileV0({ payer: PAYER, instructions: all }, [table], limits)).toEqual({
      ok: false,
      reason: 'too-many-accounts',
      detail: '66 accounts; a transaction takes 64',
    });
    expect(
      compileV0({ payer: PAYER, instructions: all }, [table], { ...limits, transactionAccounts: 128 }).ok,
    ).toBe(true);
  });

  test('is refused over the bytes of the version, at exactly one more', () => {
    const given = [reader(numbered(300))];
    const fit = compileV0({ payer: PAYER, instructions: given }, [], ROOMY);
    const size = fit.ok ? fit.value.bytes.length : 0;
    expect(
      compileV0({ payer: PAYER, instructions: given }, [], { ...ROOMY, transactionBytes: size }).ok,
    ).toBe(true);
    expect(
      compileV0({ payer: PAYER, instructions: given }, [], { ...ROOMY, transactionBytes: size - 1 }),
    ).toEqual({
      ok: false,
      reason: 'too-many-bytes',
      detail: `${size} bytes; version 0 takes ${size - 1}`,
    });
  });

  test('is refused while its tip account stands in a table', () => {
    const tipAccount = numbered(300);
    const table = lookupTable(numbered(200), [numbered(301), tipAccount]);
    const parts = { payer: PAYER, instructions: [reader(tipAccount)], tipAccount };
    expect(compileV0(parts, [table], ROOMY)).toMatchObject({ ok: false, reason: 'tip-account-in-table' });
    expect(compileV0(parts, [], ROOMY).ok).toBe(true);
  });
});

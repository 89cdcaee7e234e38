import { Keypair, VersionedTransaction } from '@solana/web3.js';
import bs58 from 'bs58';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import { compileV0 } from '../../execution/build/compile-v0.ts';
import type { UnsignedTransaction } from '../../execution/build/order-builder.ts';
import { signTransaction } from '../../execution/build/signer.ts';
import { ROOMY } from '../../execution/build/test-instructions.ts';
import { decodeWireTransaction, signaturesValid } from '../../sim/wire/wire-transaction.ts';
import { createEd25519Signer, readSecretKey } from './ed25519-signer.ts';

const KEYPAIR = Keypair.fromSeed(new Uint8Array(32).fill(5));
const PAYER = KEYPAIR.publicKey.toBase58() as Address;

function unsigned(): UnsignedTransaction {
  const instruction = { programId: PAYER, accounts: [], data: Uint8Array.of(1) };
  const compiled = compileV0(
    {
      payer: PAYER,
      instructions: [{ ...instruction, programId: 'ComputeBudget111111111111111111111111111111' as Address }],
    },
    [],
    ROOMY,
  );
  if (!compiled.ok) throw new Error(compiled.reason);
  const { bytes, messageStart, messageEnd, signatureAt, accounts } = compiled.value;
  return {
    orderId: '1-1',
    version: 0,
    bytes,
    message: bytes.subarray(messageStart, messageEnd),
    signatureAt,
    accounts,
    tables: [],
  };
}

describe('a signer of a key in memory', () => {
  test('signs as @solana/web3.js does, from the whole key or its seed', async () => {
    const theirs = VersionedTransaction.deserialize(unsigned().bytes);
    theirs.sign([KEYPAIR]);
    for (const key of [KEYPAIR.secretKey, KEYPAIR.secretKey.slice(0, 32)]) {
      const signed = await signTransaction(unsigned(), PAYER, createEd25519Signer(key));
      if (!signed.ok) throw new Error(signed.reason);
      expect(signed.value.bytes).toEqual(theirs.serialize());
      const wire = decodeWireTransaction(signed.value.bytes);
      expect(wire.ok && signaturesValid(wire.value)).toBe(true);
      expect(wire.ok && wire.value.signatures).toEqual([bs58.encode(signed.value.signature)]);
    }
  });

  test.each([0, 31, 33, 63, 65, 128])('refuses a key of %i bytes by its length', (length) => {
    expect(() => createEd25519Signer(new Uint8Array(length))).toThrow(
      expect.objectContaining({
        code: 'key-wrong-length',
        message: `a wallet key has 64 bytes (or 32: its seed), and this one has ${length}`,
      }),
    );
  });

  test('refuses halves that are no pair', () => {
    const broken = KEYPAIR.secretKey.slice();
    broken[40]! ^= 1;
    expect(() => createEd25519Signer(broken)).toThrow(expect.objectContaining({ code: 'key-mismatch' }));
  });

  test('reads a key from either of its texts, and says nothing of one that it cannot read', () => {
    expect(readSecretKey(` ${JSON.stringify([...KEYPAIR.secretKey])}\n`)).toEqual(KEYPAIR.secretKey);
    expect(readSecretKey(bs58.encode(KEYPAIR.secretKey))).toEqual(KEYPAIR.secretKey);
    for (const text of ['', 'secret0word', '[1,2', '[1,256]', '[1,"2"]', '{"a":1}']) {
      let thrown: unknown;
      try {
        readSecretKey(text);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'key-unreadable' });
      if (text.length > 3) expect(String(thrown)).not.toContain(text);
    }
  });
});

describe('a transaction is not signed', () => {
  test('for another wallet, or by what is no signature', async () => {
    const other = createEd25519Signer(new Uint8Array(32).fill(6));
    expect(await signTransaction(unsigned(), PAYER, other)).toMatchObject({
      ok: false,
      reason: 'signer-other-wallet',
    });
    for (const given of [[], new Array(63).fill(1), new Array(64).fill(0), new Array(65).fill(1)]) {
      const broken = { publicKey: PAYER, sign: async () => Uint8Array.from(given) };
      expect(await signTransaction(unsigned(), PAYER, broken)).toMatchObject({
        ok: false,
        reason: 'signature-invalid',
      });
    }
  });
});

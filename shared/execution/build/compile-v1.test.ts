import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { hasLiteSvm, LITESVM_FOLDER } from '../../platform/chain/vm/module.ts';
import { bytesByKit } from '../../platform/chain/vm/outside-encoders.ts';
import { decodeWireTransaction } from '../../sim/wire/wire-transaction.ts';
import { compareAddresses, compileV1 } from './compile-v1.ts';
import { blockhash, instructions, numbered, PAYER, ROOMY } from './test-instructions.ts';

/** Those that are installed: 6.10 comes with helius-sdk, 8 with `npm run prove:install`. */
function kits(): readonly { readonly name: string; readonly load: NodeJS.Require }[] {
  const loaders = [createRequire(import.meta.url)];
  if (hasLiteSvm()) loaders.push(createRequire(`${LITESVM_FOLDER}/package.json`));
  return loaders.map((load) => {
    const [folder] = /^.*@solana.kit./.exec(load.resolve('@solana/kit'))!;
    const { version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string };
    return { name: version, load };
  });
}

const config = fc.record({
  priorityFeeLamports: fc.option(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { nil: undefined }),
  computeUnitLimit: fc.option(fc.integer({ min: 0, max: 1_400_000 }), { nil: undefined }),
  loadedDataLimit: fc.option(fc.integer({ min: 1, max: 64 << 20 }), { nil: undefined }),
  heapBytes: fc.option(
    fc.integer({ min: 32, max: 256 }).map((n) => n * 1_024),
    { nil: undefined },
  ),
});

describe('a compiled transaction of version 1', () => {
  test.each(kits())('is what @solana/kit $name makes of it, byte for byte', ({ load }) => {
    fc.assert(
      fc.property(instructions, config, blockhash, (given, asked, hash) => {
        const compiled = compileV1({ payer: PAYER, instructions: given }, asked, ROOMY);
        if (!compiled.ok) {
          expect(compiled.reason).toBe('too-many-signers');
          return;
        }
        const { bytes, blockhashAt } = compiled.value;
        bytes.set(hash, blockhashAt);
        expect(
          Buffer.from(bytes).equals(
            bytesByKit({ payer: PAYER, instructions: given, blockhash: hash }, asked, load),
          ),
        ).toBe(true);
      }),
      { numRuns: 250, seed: 14 },
    );
  });

  test('reads back: signers, data where it is said to stand, the part that is signed', () => {
    fc.assert(
      fc.property(instructions, config, blockhash, (given, drawn, hash) => {
        // What reads it knows fees up to 2^53 only.
        const asked = {
          ...drawn,
          priorityFeeLamports: drawn.computeUnitLimit === undefined ? undefined : 7n,
        };
        const compiled = compileV1({ payer: PAYER, instructions: given }, asked, ROOMY);
        if (!compiled.ok) return;
        const { bytes, blockhashAt, signers, dataAt, messageEnd } = compiled.value;
        bytes.set(hash, blockhashAt);
        const read = decodeWireTransaction(bytes);
        if (!read.ok) throw new Error(`${read.reason} ${read.detail}`);
        expect(read.value.version).toBe(1);
        expect(read.value.staticKeys.slice(0, signers.length)).toEqual(signers);
        expect(messageEnd).toBe(bytes.length - 64 * signers.length);
        given.forEach(({ data }, i) => {
          expect(bytes.subarray(dataAt[i]!, dataAt[i]! + data.length)).toEqual(data);
        });
      }),
      { numRuns: 200, seed: 15 },
    );
  });

  const naming = (count: number, data = 0): Instruction => ({
    programId: numbered(100),
    accounts: Array.from({ length: count }, (_, i) => ({
      address: numbered(300 + i),
      isSigner: false,
      isWritable: true,
    })),
    data: new Uint8Array(data),
  });

  test.each([
    ['over 64 accounts', [naming(63)], ROOMY, 'too-many-accounts', '65 accounts; version 1 takes 64'],
    [
      'over what the chain locks',
      [naming(40)],
      { ...ROOMY, transactionAccounts: 41 },
      'too-many-accounts',
      '42 accounts; version 1 takes 41',
    ],
    [
      'over the bytes of the version',
      [naming(2, 4_000)],
      ROOMY,
      'too-many-bytes',
      '4240 bytes; version 1 takes 4096',
    ],
    [
      'over 64 instructions',
      Array.from({ length: 65 }, () => naming(0)),
      ROOMY,
      'too-many-instructions',
      '65 instructions; version 1 takes 64',
    ],
    [
      'before the chain takes it',
      [naming(1)],
      { ...ROOMY, transactionVersion: 0 },
      'version-unsupported',
      'the chain takes versions up to 0',
    ],
  ])('is refused %s', (_, given, limits, reason, detail) => {
    expect(compileV1({ payer: PAYER, instructions: given }, {}, limits)).toEqual({
      ok: false,
      reason,
      detail,
    });
  });

  test('sorts addresses as the collator of @solana/kit does, also those that differ in case alone', () => {
    const { compare } = new Intl.Collator('en', {
      caseFirst: 'lower',
      ignorePunctuation: false,
      localeMatcher: 'best fit',
      numeric: false,
      sensitivity: 'variant',
      usage: 'sort',
    });
    const text = fc.array(fc.constantFrom('1', '9', 'a', 'A', 'b', 'B', 'z', 'Z'), { maxLength: 5 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [one, other] = [a.join(''), b.join('')] as [Address, Address];
        expect(Math.sign(compareAddresses(one, other))).toBe(Math.sign(compare(one, other)));
      }),
      { numRuns: 2_000, seed: 18 },
    );
  });

  test('has all of what 64 accounts and 4,096 bytes allow', () => {
    expect(compileV1({ payer: PAYER, instructions: [naming(62)] }, {}, ROOMY).ok).toBe(true);
    expect(compileV1({ payer: PAYER, instructions: [naming(2, 3_850)] }, {}, ROOMY).ok).toBe(true);
  });
});

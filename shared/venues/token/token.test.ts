import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import {
  type Address,
  addressAt,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import {
  decodeMint,
  decodeTokenAccount,
  encodeMint,
  encodeTokenAccount,
  inverseTransferFee,
  type MintFacts,
  preTransferFeeAmount,
  rentExemptLamports,
  transferFee,
  withTokenAmount,
} from './token.ts';

const MINT = addressAt(new Uint8Array(32).fill(7));
const OWNER = addressAt(new Uint8Array(32).fill(9));
const CONFIG = {
  older: { epoch: 1, maximumFee: 10n, feeBps: 100n },
  newer: { epoch: 100, maximumFee: 5_000n, feeBps: 1n },
};

function facts(account: AccountBytes): MintFacts {
  const decoded = decodeMint(MINT, account);
  if (!decoded.ok) throw new Error(`${decoded.reason}: ${decoded.detail}`);
  return decoded.value;
}

/** A Token-2022 mint with these extensions, in the order given. */
function mintWith(...extensions: readonly (readonly [type: number, value: Uint8Array])[]): AccountBytes {
  const base = encodeMint({ tokenProgram: TOKEN_2022_PROGRAM, decimals: 6, supply: 5n }).data;
  const bytes = [...base, ...new Uint8Array(83), 1];
  for (const [type, value] of extensions) {
    bytes.push(type & 255, type >> 8, value.length & 255, value.length >> 8, ...value);
  }
  return { owner: TOKEN_2022_PROGRAM, lamports: 1n, data: Uint8Array.from(bytes) };
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const endingWith = (length: number, last: number): Uint8Array => zeros(length).fill(last, length - 1);

describe('a mint', () => {
  test.each([TOKEN_PROGRAM, TOKEN_2022_PROGRAM])('of %s reads back as it was encoded', (tokenProgram) => {
    const account = encodeMint({ tokenProgram, decimals: 9, supply: U64_MAX, freezeAuthority: OWNER });
    expect(account.data.length).toBe(82);
    expect(account.lamports).toBe(1_461_600n);
    expect(facts(account)).toEqual({
      address: MINT,
      tokenProgram,
      decimals: 9,
      supply: U64_MAX,
      freezeAuthority: OWNER,
      transferFee: undefined,
    });
  });

  test('with a transfer fee carries both of its rates', () => {
    const account = encodeMint({
      tokenProgram: TOKEN_2022_PROGRAM,
      decimals: 5,
      supply: 1n,
      transferFee: CONFIG,
    });
    expect(facts(account).transferFee).toEqual(CONFIG);
  });

  test('is read past extensions that cannot touch a transfer', () => {
    const account = mintWith(
      [18, zeros(64)],
      [19, zeros(185)],
      [10, zeros(52)],
      [25, zeros(56)],
      [3, zeros(32)],
    );
    expect(facts(account).decimals).toBe(6);
  });

  test.each([
    ['a transfer hook with a program', 14, endingWith(64, 3), 'transfer hook'],
    ['no transfers at all', 9, zeros(0), 'non-transferable'],
    ['a pause in force', 26, endingWith(33, 1), 'paused'],
    ['accounts that start frozen', 6, Uint8Array.of(2), 'default account state frozen'],
    ['a permanent delegate', 12, zeros(32), 'permanent delegate'],
    ['an extension nobody knows', 4_000, zeros(1), 'unknown extension 4000'],
    ['a fee above the whole amount', 1, zeros(108).fill(255, 106), 'transfer fee above 100%'],
    ['a fee of a wrong length', 1, zeros(107), 'transfer fee of a wrong length'],
  ] as const)('with %s is refused by name', (_, type, value, detail) => {
    const decoded = decodeMint(MINT, mintWith([18, zeros(64)], [type, value]));
    expect(decoded).toMatchObject({ ok: false, reason: 'unsupported-mint' });
    expect(decoded.ok ? '' : decoded.detail).toContain(detail);
  });

  test.each([
    ['a transfer hook without a program', 14, zeros(64)],
    ['a pause that is off', 26, zeros(33)],
    ['accounts that start initialized', 6, Uint8Array.of(1)],
  ] as const)('with %s is accepted', (_, type, value) => {
    expect(decodeMint(MINT, mintWith([type, value])).ok).toBe(true);
  });

  test('whose extensions are cut is refused', () => {
    const whole = mintWith([18, zeros(64)]);
    const cut = (length: number) => decodeMint(MINT, { ...whole, data: whole.data.slice(0, length) });
    expect(cut(166 + 4 + 63)).toMatchObject({
      reason: 'unsupported-mint',
      detail: 'extension 18 runs past the end',
    });
    expect(cut(166 + 3)).toMatchObject({ reason: 'unsupported-mint', detail: 'extension 18 has no length' });
  });

  test('is refused when foreign, uninitialized, cut, or of a multisig’s length', () => {
    const good = encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals: 9, supply: 1n });
    const reason = (account: AccountBytes) => {
      const decoded = decodeMint(MINT, account);
      return decoded.ok ? 'ok' : decoded.reason;
    };
    expect(reason({ ...good, owner: OWNER })).toBe('unsupported-mint');
    expect(reason({ ...good, data: zeros(82) })).toBe('unsupported-mint');
    expect(reason({ ...good, data: good.data.subarray(0, 81) })).toBe('wrong-length');
    expect(reason({ ...good, owner: TOKEN_2022_PROGRAM, data: zeros(355) })).toBe('wrong-length');
    const tokenAccount = encodeTokenAccount({
      mint: MINT,
      owner: OWNER,
      amount: 1n,
      tokenProgram: TOKEN_2022_PROGRAM,
      withheldAmount: 0n,
    });
    expect(reason(tokenAccount)).toBe('wrong-discriminator');
  });
});

describe('a transfer fee', () => {
  const mint = facts(
    encodeMint({ tokenProgram: TOKEN_2022_PROGRAM, decimals: 0, supply: 1n, transferFee: CONFIG }),
  );

  test('is the older one before the newer one’s epoch and the newer one from it on', () => {
    expect(transferFee(mint, 99, 1_000_000n)).toBe(10n);
    expect(transferFee(mint, 100, 1_000_000n)).toBe(100n);
  });

  test('rounds up, stops at the maximum, and is nothing on nothing', () => {
    expect(transferFee(mint, 100, 0n)).toBe(0n);
    expect(transferFee(mint, 100, 1n)).toBe(1n);
    expect(transferFee(mint, 100, 10_000n)).toBe(1n);
    expect(transferFee(mint, 100, 10_001n)).toBe(2n);
    expect(transferFee(mint, 100, 49_990_001n)).toBe(5_000n);
    expect(transferFee(mint, 100, U64_MAX)).toBe(5_000n);
  });

  test('is nothing where the mint has none', () => {
    const plain = facts(encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals: 0, supply: 1n }));
    expect(transferFee(plain, 5, U64_MAX)).toBe(0n);
    expect(inverseTransferFee(plain, 5, 77n)).toBe(0n);
  });

  test('inverts with the program’s own values', () => {
    expect(inverseTransferFee(mint, 100, 0n)).toBe(0n);
    expect(inverseTransferFee(mint, 100, 9_999n)).toBe(1n);
    expect(inverseTransferFee(mint, 100, 10_000n)).toBe(2n);
    expect(inverseTransferFee(mint, 100, U64_MAX - 5_000n)).toBe(5_000n);
    const whole = { epoch: 0, maximumFee: 5_000n, feeBps: 10_000n };
    expect(preTransferFeeAmount({ ...mint, transferFee: { older: whole, newer: whole } }, 0, 1n)).toBe(
      5_001n,
    );
  });

  test('leaves what was asked for when the amount before it is sent, and never one unit less would do', () => {
    const arbitraryFee = fc.record({
      epoch: fc.constant(0),
      maximumFee: fc.bigInt(0n, U64_MAX),
      feeBps: fc.bigInt(0n, 9_999n),
    });
    fc.assert(
      fc.property(arbitraryFee, fc.bigInt(1n, U64_MAX), (rate, post) => {
        const charged = { ...mint, transferFee: { older: rate, newer: rate } };
        const pre = preTransferFeeAmount(charged, 0, post);
        expect(pre - transferFee(charged, 0, pre)).toBe(post);
        expect(pre - 1n - transferFee(charged, 0, pre - 1n)).toBeLessThan(post);
      }),
    );
  });
});

describe('a token account', () => {
  test('reads back as it was encoded, and says when it is frozen', () => {
    const account = encodeTokenAccount({
      mint: MINT,
      owner: OWNER,
      amount: 42n,
      tokenProgram: TOKEN_PROGRAM,
    });
    expect(account.lamports).toBe(2_039_280n);
    expect(decodeTokenAccount(account)).toEqual({
      ok: true,
      value: { mint: MINT, owner: OWNER, amount: 42n, frozen: false },
    });
    const frozen = account.data.slice();
    frozen[108] = 2;
    expect(decodeTokenAccount({ ...account, data: frozen })).toMatchObject({ value: { frozen: true } });
  });

  test('takes another amount as a copy', () => {
    const account = encodeTokenAccount({ mint: MINT, owner: OWNER, amount: 1n, tokenProgram: TOKEN_PROGRAM });
    const more = withTokenAmount(account, U64_MAX);
    expect(decodeTokenAccount(more)).toMatchObject({ value: { amount: U64_MAX } });
    expect(decodeTokenAccount(account)).toMatchObject({ value: { amount: 1n } });
    expect(more.lamports).toBe(account.lamports);
    expect(() => withTokenAmount(account, U64_MAX + 1n)).toThrow(/64-bit/);
    expect(() => withTokenAmount(account, 1n, 1n)).toThrow(/withhold/);
  });

  test('of wrapped SOL holds its amount in lamports too', () => {
    const account = encodeTokenAccount({
      mint: WSOL_MINT,
      owner: OWNER,
      amount: 500n,
      tokenProgram: TOKEN_PROGRAM,
    });
    expect(account.lamports).toBe(rentExemptLamports(165) + 500n);
    expect(withTokenAmount(account, 200n).lamports).toBe(rentExemptLamports(165) + 200n);
  });

  test('of a transfer-fee mint gathers what is withheld', () => {
    const account = encodeTokenAccount({
      mint: MINT,
      owner: OWNER,
      amount: 1n,
      tokenProgram: TOKEN_2022_PROGRAM,
      withheldAmount: 3n,
    });
    expect(account.data.length).toBe(178);
    const after = withTokenAmount(account, 2n, 4n);
    expect(new DataView(after.data.buffer).getBigUint64(170, true)).toBe(7n);
    expect(after.data.length).toBe(178);
  });

  test('or mint of any bytes at all is read or refused, never thrown on', () => {
    const owner = fc.constantFrom<Address>(TOKEN_PROGRAM, TOKEN_2022_PROGRAM, USDC_MINT);
    const feeMint = encodeMint({
      tokenProgram: TOKEN_2022_PROGRAM,
      decimals: 5,
      supply: 1n,
      transferFee: CONFIG,
    });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.tuple(fc.nat(277), fc.nat(255)).map(([at, value]) => {
        const data = feeMint.data.slice();
        data[at] = value;
        return data;
      }),
      fc.nat(278).map((length) => feeMint.data.slice(0, length)),
    );
    fc.assert(
      fc.property(owner, bytes, (program, data) => {
        const account = { owner: program, lamports: 0n, data };
        expect(typeof decodeMint(MINT, account).ok).toBe('boolean');
        expect(typeof decodeTokenAccount(account).ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});

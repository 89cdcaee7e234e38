import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SYSTEM_PROGRAM, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { parseMarketSnapshot, parseVectorFile, readMarketSnapshot } from './snapshot-file.ts';

const CLOCK = { slot: 5, unixTimestamp: 1_700_000_000, epoch: 1 };
const ACCOUNT = { pubkey: USDC_MINT, owner: SYSTEM_PROGRAM, lamports: '18446744073709551615', data: 'AQID' };
const SNAPSHOT = {
  clock: CLOCK,
  pools: [{ venue: 'raydium-cpmm', address: USDC_MINT }],
  accounts: [ACCOUNT],
};
const VECTORS = {
  venue: 'raydium-cpmm',
  accounts: [ACCOUNT],
  cases: [
    {
      name: 'c',
      pool: USDC_MINT,
      clock: CLOCK,
      accounts: [0],
      swaps: [
        { aToB: true, amountIn: '7', amountOut: null, error: 'Why' },
        { aToB: false, amountIn: '9', amountOut: '8', consumedIn: '6' },
      ],
    },
  ],
};

/** The error that parsing this gives. */
function thrown(run: () => unknown): ArbError {
  try {
    run();
  } catch (error) {
    if (error instanceof ArbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a market snapshot', () => {
  test('is read with its bytes and 64-bit lamports', () => {
    const snapshot = parseMarketSnapshot(JSON.stringify(SNAPSHOT), 'm.json');
    expect(snapshot.clock).toEqual(CLOCK);
    expect(snapshot.pools).toEqual(SNAPSHOT.pools);
    expect(snapshot.accounts).toEqual([
      {
        address: USDC_MINT,
        account: {
          owner: SYSTEM_PROGRAM,
          lamports: 18_446_744_073_709_551_615n,
          data: Uint8Array.of(1, 2, 3),
        },
      },
    ]);
  });

  test.each([
    ['accounts[0].data', { accounts: [{ ...ACCOUNT, data: 'A?' }] }, /"A\?": must be base64/],
    ['accounts[0].pubkey', { accounts: [{ ...ACCOUNT, pubkey: 'abc' }] }, /"abc": must be a Solana address/],
    ['accounts[0].lamports', { accounts: [{ ...ACCOUNT, lamports: -1 }] }, /-1: must be a whole number/],
    ['accounts[0].lamports', { accounts: [{ ...ACCOUNT, lamports: '18446744073709551616' }] }, /64 bits/],
    ['accounts[1].pubkey', { accounts: [ACCOUNT, ACCOUNT] }, /stands twice/],
    ['pools[0].address', { pools: [{ venue: 'x', address: WSOL_MINT }] }, /not among the accounts/],
    ['clock.slot', { clock: { ...CLOCK, slot: 1.5 } }, /1\.5: must be a whole number/],
    ['clock', { clock: undefined }, /nothing/],
    ['pools', { pools: [] }, /must name a pool/],
  ])('with a bad %s is refused by file, field and value', (field, change, message) => {
    const error = thrown(() => parseMarketSnapshot(JSON.stringify({ ...SNAPSHOT, ...change }), 'm.json'));
    expect(error.code).toBe('snapshot-invalid');
    expect(error.context.field).toBe(field);
    expect(error.message).toContain(`m.json: ${field} is`);
    expect(error.message).toMatch(message);
  });

  test('that is not JSON, or not there, says so with the file’s name', () => {
    expect(thrown(() => parseMarketSnapshot('{"clock":', 'm.json'))).toMatchObject({
      code: 'snapshot-not-json',
      message: expect.stringContaining('m.json is not JSON') as string,
    });
    expect(thrown(() => parseMarketSnapshot('3', 'm.json')).message).toContain('m.json is 3');
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
    try {
      const path = join(folder, 'm.json');
      expect(thrown(() => readMarketSnapshot(path))).toMatchObject({ code: 'snapshot-unreadable' });
      writeFileSync(path, JSON.stringify(SNAPSHOT));
      expect(readMarketSnapshot(path).pools).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a vector file', () => {
  test('is read with each case’s own accounts', () => {
    const file = parseVectorFile(JSON.stringify(VECTORS), 'v.json');
    expect(file.venue).toBe('raydium-cpmm');
    expect(file.cases[0]?.accounts.get(USDC_MINT)?.data).toEqual(Uint8Array.of(1, 2, 3));
    expect(file.cases[0]?.swaps).toEqual([
      { aToB: true, amountIn: 7n, amountOut: null, consumedIn: undefined },
      { aToB: false, amountIn: 9n, amountOut: 8n, consumedIn: 6n },
    ]);
  });

  test('that points past its accounts is refused by field', () => {
    const cases = [{ ...VECTORS.cases[0], accounts: [0, 1] }];
    const error = thrown(() => parseVectorFile(JSON.stringify({ ...VECTORS, cases }), 'v.json'));
    expect(error.message).toContain('v.json: cases[0].accounts[1] is 1: must be below 1');
  });
});

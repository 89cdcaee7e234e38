import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../shared/core/clock.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool } from '../../../shared/venues/contract.ts';
import { VENUES, venueById } from '../../../shared/venues/registry.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';

const CPMM = venueById('raydium-cpmm')!;
const pool = contractPool(CPMM, CONTRACT_CASES[0]!);
const { mintA, mintB } = pool.state;

const ACCOUNTS = [...pool.accounts].map(([pubkey, { owner, lamports, data }]) => ({
  pubkey,
  owner,
  lamports: String(lamports),
  data: Buffer.from(data).toString('base64'),
}));
const SNAPSHOT = {
  clock: CONTRACT_CLOCK,
  pools: [
    { venue: CPMM.id, address: pool.address },
    { venue: 'nowhere', address: mintA },
  ],
  accounts: ACCOUNTS,
};

/** What the pool pays for a million base units of mint A. */
function expectedOut(): string {
  const quote = CPMM.quote(pool.state, true, 1_000_000n, CONTRACT_CLOCK);
  return quote.ok ? String(quote.amountOut) : quote.reason;
}

function vectors(venue: string, amountOut: string | null) {
  const swaps = [{ aToB: true, amountIn: '1000000', amountOut }];
  const one = {
    name: 'one',
    pool: pool.address,
    clock: CONTRACT_CLOCK,
    accounts: ACCOUNTS.map((_, i) => i),
    swaps,
  };
  return { venue, accounts: ACCOUNTS, cases: [one] };
}

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quote-'));
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  write('snapshot.json', SNAPSHOT);
  write('lacking.json', {
    ...SNAPSHOT,
    accounts: ACCOUNTS.filter(({ pubkey }) => pubkey !== pool.state.vaultA),
  });
  mkdirSync(join(folder, 'all'));
  write('all/a-equal.json', vectors(CPMM.id, expectedOut()));
  write('all/b-unbuilt.json', vectors('nowhere', '1'));
  write('wrong.json', vectors(CPMM.id, null));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `arb quote …` in the folder of the fixtures. */
async function quote(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write: (text) => {
      written[name] += text;
    },
    line: (text) => {
      written[name] += `${text}\n`;
    },
  });
  const code = await main(['quote', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: folder,
    clock: createManualClock(0),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

const onSnapshot = (mint: string, amount: string, ...rest: readonly string[]) =>
  quote('--snapshot', 'snapshot.json', '--pool', pool.address, '--in', mint, '--amount', amount, ...rest);

describe('arb quote --snapshot', () => {
  test('prints what the pool pays, as a line or as JSON', async () => {
    const line = await onSnapshot(mintA, '1000000');
    expect(line.code).toBe(0);
    expect(line.stdout).toContain(`-> ${expectedOut()} (`);
    const { code, stdout } = await onSnapshot(mintA, '1000000', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      venue: CPMM.id,
      pool: pool.address,
      mintIn: mintA,
      mintOut: mintB,
      amountIn: '1000000',
      amountOut: expectedOut(),
      consumedIn: '1000000',
    });
  });

  test('exits 1 with the reason when the pool refuses', async () => {
    const { code, stdout } = await onSnapshot(mintB, '0', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ mintIn: mintB, mintOut: mintA, refused: 'zero-amount' });
  });

  test.each([
    ['an unknown pool', ['--pool', 'abc', '--in', mintA, '--amount', '1'], 2, pool.address],
    ['a mint of another pool', ['--pool', pool.address, '--in', 'abc', '--amount', '1'], 2, mintB],
    ['an unbuilt venue', ['--pool', mintA, '--in', mintA, '--amount', '1'], 2, '"nowhere" is not built'],
    ['no amount', ['--pool', pool.address, '--in', mintA], 2, '--amount'],
  ] as const)('refuses %s and says what would do', async (_, args, code, message) => {
    const result = await quote('--snapshot', 'snapshot.json', ...args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  test('names the account that the file lacks', async () => {
    const args = ['--pool', pool.address, '--in', mintA, '--amount', '1'];
    const { code, stderr } = await quote('--snapshot', 'lacking.json', ...args);
    expect(code).toBe(3);
    expect(stderr).toContain(`lacking.json lacks ${pool.state.vaultA}`);
  });
});

describe('arb quote --vectors', () => {
  test('replays a file and exits 0 when every swap is equal', async () => {
    const { code, stdout } = await quote('--vectors', 'all/a-equal.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ venue: CPMM.id, swaps: 1, equal: 1, mismatches: [] }]);
  });

  test('exits 1 and shows the swap that differs', async () => {
    const { code, stdout } = await quote('--vectors', 'wrong.json');
    expect(code).toBe(1);
    expect(stdout).toContain('0 of 1 swaps equal');
    expect(stdout).toContain(`one A to B 1000000: pays nothing (fails), quoted ${expectedOut()}`);
  });

  test('lists the unbuilt venues of a directory as errors and exits 1', async () => {
    const { code, stdout } = await quote('--vectors', 'all', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { venue: CPMM.id, equal: 1 },
      { venue: 'nowhere', error: expect.stringContaining(VENUES[0]!.id) as string },
    ]);
  });

  test('refuses a file of an unbuilt venue by its name', async () => {
    const { code, stderr } = await quote('--vectors', 'all/b-unbuilt.json');
    expect(code).toBe(2);
    expect(stderr).toContain('"nowhere" is not built');
  });

  test('refuses flags that go with a snapshot, and a path that is not there', async () => {
    expect(await quote('--vectors', 'all', '--pool', 'x')).toMatchObject({ code: 2 });
    expect(await quote()).toMatchObject({ code: 2 });
    expect(await quote('--vectors', 'absent')).toMatchObject({ code: 3 });
  });
});

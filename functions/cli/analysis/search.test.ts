import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { localHalf } from '../../../shared/venues/local-registry.ts';
import { raydiumCpmm } from '../../../shared/venues/raydium-cpmm/index.ts';
import { encodeMint } from '../../../shared/venues/token/token.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';

/** Two pools a tenth apart in price, the first of them named twice. */
const POOLS = [150, 165].map((price, i) =>
  localHalf(raydiumCpmm).synthesize({
    seed: `search ${i}`,
    mintA: WSOL_MINT,
    mintB: USDC_MINT,
    decimalsA: 9,
    decimalsB: 6,
    price,
    depthA: 1_000,
    feeBps: 25,
    variant: 0,
  }),
);
const MINTS = [
  { address: WSOL_MINT, decimals: 9 },
  { address: USDC_MINT, decimals: 6 },
].map(({ address, decimals }) => ({
  address,
  account: encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals, supply: 10n ** 18n }),
}));
const ACCOUNTS = new Map(
  [...MINTS, ...POOLS.flatMap(({ accounts }) => accounts)].map(({ address, account }) => [address, account]),
);
const SNAPSHOT = {
  clock: { slot: 350_000_000, unixTimestamp: 1_800_000_000, epoch: 810 },
  pools: [...POOLS, POOLS[0]!].map(({ address }) => ({ venue: 'raydium-cpmm', address })),
  accounts: [...ACCOUNTS].map(([pubkey, { owner, lamports, data }]) => ({
    pubkey,
    owner,
    lamports: String(lamports),
    data: Buffer.from(data).toString('base64'),
  })),
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'arb-search-'));
  writeFileSync(join(folder, 'market.json'), JSON.stringify(SNAPSHOT));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `arb search …` from wrapped SOL in the folder of the snapshot. */
async function search(maxIn: string) {
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
  const flags = ['--snapshot', 'market.json', '--start-mint', WSOL_MINT, '--max-in', maxIn, '--json'];
  const code = await main(['search', ...flags], {
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

test('arb search takes a pool that a snapshot names twice for one', async () => {
  const { code, stdout } = await search('1000000000');
  expect(code).toBe(0);
  const { pools, found, opportunities } = JSON.parse(stdout);
  expect({ pools, found }).toEqual({ pools: 2, found: 1 });
  expect(new Set(opportunities[0].legs.map(({ pool }: { pool: string }) => pool)).size).toBe(2);
});

test('arb search --max-in 0 finds nothing and says that there is no capital', async () => {
  const { code, stdout } = await search('0');
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 0,
    found: 0,
    opportunities: [],
    refused: { 'no-capital': 1 },
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createProofs } from '../../../shared/platform/chain/proofs.ts';
import { startTestRpcServer } from '../../../shared/platform/rpc/test-rpc-server.ts';
import { createSqliteStore } from '../../../shared/platform/store/sqlite-store.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, contractPool } from '../../../shared/venues/contract.ts';
import { VENUES, venueById } from '../../../shared/venues/registry.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';
import type { PoolRow, VenueRow } from './venues.ts';

const CPMM = venueById('raydium-cpmm')!;
const pool = contractPool(CPMM, CONTRACT_CASES[0]!);
const other = contractPool(CPMM, CONTRACT_CASES[1]!);

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'venues-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function venues(...args: readonly string[]) {
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
  const code = await main(['venues', ...args], {
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

function readJson(text: string) {
  return JSON.parse(text) as { readonly venues: readonly VenueRow[]; readonly pools: readonly PoolRow[] };
}

/** A snapshot with a live pool, one that lacks a vault, one whose bytes are none and one of an unbuilt venue. */
function writeSnapshot(): void {
  const accounts = new Map([...pool.accounts, ...other.accounts]);
  accounts.delete(other.state.vaultA);
  const broken = accounts.get(pool.state.mintA)!;
  accounts.set(pool.state.tokenProgramA, { ...broken, owner: CPMM.programId });
  const list = [...accounts].map(([pubkey, { owner, lamports, data }]) => ({
    pubkey,
    owner,
    lamports: String(lamports),
    data: Buffer.from(data).toString('base64'),
  }));
  const pools = [
    { venue: CPMM.id, address: pool.address },
    { venue: CPMM.id, address: other.address },
    { venue: CPMM.id, address: pool.state.tokenProgramA },
    { venue: 'nowhere', address: pool.state.mintA },
  ];
  const snapshot = { clock: CONTRACT_CLOCK, pools, accounts: list };
  writeFileSync(join(folder, 'market.json'), JSON.stringify(snapshot));
}

describe('arb venues', () => {
  test('lists the pools of a snapshot with what keeps each from trading', async () => {
    writeSnapshot();
    const { code, stdout } = await venues('--snapshot', 'market.json', '--json');
    expect(code).toBe(0);
    const { pools, venues: rows } = readJson(stdout);
    expect(pools.map(({ state }) => state)).toEqual(['live', 'loading', 'excluded', 'skipped']);
    expect(pools[1]!.reason).toBe(`lacks ${other.state.vaultA}`);
    expect(pools[2]!.reason).toMatch(/^wrong-/);
    expect(pools[3]!.reason).toBe('the venue nowhere is not built');
    expect(rows.map(({ venue }) => venue)).toEqual(VENUES.map(({ id }) => id));
    expect(rows.find(({ venue }) => venue === CPMM.id)).toMatchObject({ pools: 3, live: 1, proof: null });
  });

  test('shows the last proof of each venue, and when it does not hold', async () => {
    const proof = {
      venue: CPMM.id,
      programId: CPMM.programId,
      programDataHash: 'ab'.repeat(32),
      otherPrograms: [],
      date: '2026-01-02T00:00:00.000Z',
      pools: [pool.address],
      samples: 10,
      equal: 10,
      paid: 8,
    };
    createProofs(join(folder, 'data')).record([proof]);
    const { stdout } = await venues();
    expect(stdout).toMatch(/^raydium-cpmm .* 2026-01-02T00:00:00\.000Z +10 of 10 +(ab){32}$/m);
    expect(stdout).toMatch(/^orca-whirlpool .* none +- +-$/m);
    createProofs(join(folder, 'data')).record([{ ...proof, equal: 9 }]);
    expect((await venues()).stdout).toMatch(/9 of 10, DOES NOT HOLD/);
  });

  test('says which venues are proven, in quarantine, or let trade by whom', async () => {
    const store = createSqliteStore({ dir: join(folder, 'data') });
    const hash = 'cd'.repeat(32);
    const row = { name: `venue:${CPMM.id}`, by: 'program watch', atMs: 1 } as const;
    const state = async () =>
      readJson((await venues('--json')).stdout).venues.find(({ venue }) => venue === CPMM.id);
    try {
      expect(await state()).toMatchObject({ state: 'unproven', reason: '' });
      await store.setControl({ ...row, value: 'paused', reason: `${hash} program redeployed in slot 7` });
      expect(await state()).toMatchObject({
        state: 'quarantined',
        reason: `${hash} program redeployed in slot 7`,
      });
      expect((await venues('--override', CPMM.id, '--reason', 'read the diff')).code).toBe(0);
      expect(await state()).toMatchObject({
        state: 'overridden',
        reason: expect.stringMatching(/^arb venues, user .*: (cd){32} read the diff$/) as string,
      });
    } finally {
      await store.close();
    }
  });

  test('lists the built-in market, all of it live', async () => {
    const { pools } = readJson((await venues('--json')).stdout);
    expect(pools.length).toBeGreaterThan(20);
    expect(pools.filter(({ state }) => state !== 'live')).toEqual([]);
  });

  test('reads a live market once from its RPC', async () => {
    const server = await startTestRpcServer();
    try {
      for (const [address, account] of pool.accounts) server.accounts.set(address, account);
      const universe = `${CPMM.id}:${pool.address},${CPMM.id}:${other.address}`;
      const args = ['--market', 'live', '--rpc-url', server.httpUrl, '--universe-pools', universe, '--json'];
      const { code, stdout, stderr } = await venues(...args);
      expect([code, stderr]).toEqual([0, '']);
      const { pools } = readJson(stdout);
      expect(pools[0]).toMatchObject({ pool: pool.address, state: 'live' });
      expect(pools[1]!.state).not.toBe('live');
      expect(pools[1]!.reason).not.toBe('');
    } finally {
      await server.stop();
    }
    expect((await venues('--market', 'live')).code).toBe(2);
  });
});

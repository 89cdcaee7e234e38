import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Address, addressAt, addressBytes } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createProofs, proofHolds } from '../../../shared/platform/chain/proofs.ts';
import { hasLiteSvm } from '../../../shared/platform/chain/vm/module.ts';
import { startTestRpcServer } from '../../../shared/platform/rpc/test-rpc-server.ts';
import { venueById } from '../../../shared/venues/registry.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';
import type { VenueCaps } from './prove-caps.ts';
import type { ProofReport } from './prove-report.ts';

const PROGRAMS = process.env.ARB_TEST_PROGRAMS;
const SNAPSHOT = join(process.env.ARB_VECTORS ?? '/nowhere', '..', 'market-mainnet.json');
const CPMM = venueById('raydium-cpmm')!;
const AMM = venueById('raydium-amm-v4')!;
const LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111' as Address;
const CPMM_POOL = 'Q2sPHPdUWFMg7M7wwrQKLrn619cAucfRsmhVJffodSp' as Address;

/** Why nothing can be proven here; undefined when it can. */
function skipReason(): string | undefined {
  if (!hasLiteSvm()) return 'LiteSVM is not installed (npm run prove:install)';
  if (!existsSync(SNAPSHOT)) return 'ARB_VECTORS names no vectors beside a market-mainnet.json';
  if (PROGRAMS === undefined) return 'ARB_TEST_PROGRAMS is not set: it names a folder of <program id>.so';
  const lacking = [CPMM, AMM].find(({ programId }) => !existsSync(join(PROGRAMS, `${programId}.so`)));
  return lacking === undefined ? undefined : `${PROGRAMS} lacks ${lacking.programId}.so`;
}

const reason = skipReason();
if (reason !== undefined) console.log(`skipped: proofs with real programs: ${reason}`);

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prove-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs `arb prove …` with its data directory in the test's folder. */
async function prove(...args: readonly string[]) {
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
  const code = await main(['prove', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: folder,
    clock: createManualClock(Date.UTC(2026, 0, 2)),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

describe('arb prove', () => {
  test('proves a snapshot or the caps of compute units, not both and not neither', async () => {
    const both = await prove('--snapshot', 'absent.json', '--compute-caps', '--programs', '.');
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--snapshot does not go with') as string,
    });
    const neither = await prove('--programs', '.');
    expect(neither).toMatchObject({ code: 2, stderr: expect.stringContaining('--compute-caps') as string });
  });

  test('needs programs from one place', async () => {
    for (const args of [[], ['--programs', '.', '--rpc', 'http://127.0.0.1:1']]) {
      const { code, stderr } = await prove('--snapshot', 'absent.json', ...args);
      expect(code).toBe(2);
      expect(stderr).toContain('either --programs DIR or --rpc URL');
    }
  });

  test('says which folder or file is not there', async () => {
    expect(await prove('--snapshot', 'absent.json', '--programs', 'none')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/cannot read .*none/) as string,
    });
    expect(await prove('--snapshot', 'absent.json', '--programs', '.')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/cannot read .*absent\.json/) as string,
    });
  });
});

describe.skipIf(reason !== undefined)('arb prove with real programs', () => {
  test('holds the caps of compute units against them', { timeout: 300_000 }, async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    for (const { programId } of [CPMM, AMM]) {
      copyFileSync(join(PROGRAMS!, `${programId}.so`), join(programs, `${programId}.so`));
    }
    const { code, stdout } = await prove('--compute-caps', '--programs', programs, '--json');
    const report = JSON.parse(stdout) as { holds: boolean; venues: readonly VenueCaps[] };
    expect([code, report.holds]).toEqual([0, true]);
    const run = report.venues.filter(({ skipped }) => skipped === undefined);
    expect(run.map(({ venue }) => venue).sort()).toEqual([AMM.id, CPMM.id].sort());
    for (const venue of run) {
      expect(venue).toMatchObject({ wrong: 0 });
      expect(venue.ran).toBeGreaterThan(50);
      expect(venue.leastRatio).toBeGreaterThanOrEqual(1);
    }
  });

  test('finds our swaps equal to the unit and keeps the venue’s proof', { timeout: 120_000 }, async () => {
    const args = ['--pool', CPMM_POOL, '--samples', '12', '--json'];
    const { code, stdout } = await prove('--snapshot', SNAPSHOT, '--programs', PROGRAMS!, ...args);
    const report = JSON.parse(stdout) as ProofReport;
    expect(report.pools).toHaveLength(1);
    expect(report.pools[0]).toMatchObject({
      venue: CPMM.id,
      pool: CPMM_POOL,
      swaps: 24,
      equal: 24,
      mismatches: [],
    });
    expect(report.pools[0]).toMatchObject({ minOut: { checked: 16, equal: 16 }, minOutSlack: 0 });
    expect(report.pools[0]!.paid).toBeGreaterThan(15);
    expect(report.pools[0]!.secondSwaps.equal).toBeGreaterThan(0);
    expect([report.allEqual, code]).toEqual([true, 0]);

    const proof = createProofs(join(folder, 'data')).of(CPMM.id)!;
    expect(proofHolds(proof)).toBe(true);
    expect(proof).toMatchObject({
      programId: CPMM.programId,
      pools: [CPMM_POOL],
      date: '2026-01-02T00:00:00.000Z',
    });
    expect(report.programs.map(({ programDataHash }) => programDataHash)).toEqual([proof.programDataHash]);
  });

  test('executes routes, among them chains of pools that no cycle joins', { timeout: 120_000 }, async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    for (const { programId } of [CPMM, AMM]) {
      copyFileSync(join(PROGRAMS!, `${programId}.so`), join(programs, `${programId}.so`));
    }
    const args = ['--samples', '2', '--routes', '--json'];
    const { code, stdout, stderr } = await prove('--snapshot', SNAPSHOT, '--programs', programs, ...args);
    const { routes, orders, pools, skipped } = JSON.parse(stdout) as ProofReport;
    expect(pools.map(({ venue }) => venue).sort()).toEqual([AMM.id, CPMM.id].sort());
    expect(skipped.length).toBeGreaterThan(0);
    expect(stderr).toContain('could not be had');
    expect(routes!.executed).toBeGreaterThan(2);
    expect(routes!.equal).toBe(routes!.executed);
    for (const order of orders!) {
      expect(order).toMatchObject({ equal: true, revertsWhenLosing: true, encodersEqual: true });
    }
    expect(routes!.proofs[0]!.venues).toHaveLength(2);
    expect(code).toBe(0);
  });

  test('takes the programs from the program accounts of an RPC', { timeout: 120_000 }, async () => {
    const server = await startTestRpcServer();
    try {
      const elf = readFileSync(join(PROGRAMS!, `${CPMM.programId}.so`));
      const dataAddress = addressAt(new Uint8Array(32).fill(77));
      const pointer = Uint8Array.of(2, 0, 0, 0, ...addressBytes(dataAddress));
      const data = Buffer.concat([Uint8Array.of(3), new Uint8Array(44), elf]);
      server.accounts.set(CPMM.programId, { owner: LOADER, lamports: 1n, data: pointer });
      server.accounts.set(dataAddress, { owner: LOADER, lamports: 1n, data });
      const args = ['--pool', CPMM_POOL, '--samples', '4', '--json'];
      const { code, stdout } = await prove('--snapshot', SNAPSHOT, '--rpc', server.httpUrl, ...args);
      const { programs, allEqual } = JSON.parse(stdout) as ProofReport;
      expect([code, allEqual]).toEqual([0, true]);
      expect(programs).toMatchObject([
        { programId: CPMM.programId, sha256: createHash('sha256').update(elf).digest('hex') },
      ]);
    } finally {
      await server.stop();
    }
  });

  test('does not hold with a program that is not the venue’s', { timeout: 120_000 }, async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    copyFileSync(join(PROGRAMS!, `${AMM.programId}.so`), join(programs, `${CPMM.programId}.so`));
    const args = ['--pool', CPMM_POOL, '--samples', '6'];
    const { code, stdout } = await prove('--snapshot', SNAPSHOT, '--programs', programs, ...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/DIFFERS swap A to B \d+: predicted A -\d+, B \d+; the program fails/);
    expect(stdout).toContain('NOT all equal');
    expect(proofHolds(createProofs(join(folder, 'data')).of(CPMM.id)!)).toBe(false);
    expect(readFileSync(join(folder, 'data', 'proofs.json'), 'utf8')).toContain(CPMM.id);
  });
});

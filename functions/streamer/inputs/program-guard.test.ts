import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createRandom } from '../../../shared/core/random.ts';
import { createProofs, type Proofs } from '../../../shared/platform/chain/proofs.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { createRpcClient } from '../../../shared/platform/rpc/rpc-client.ts';
import { createSqliteStore } from '../../../shared/platform/store/sqlite-store.ts';
import type { Store } from '../../../shared/platform/store/store.ts';
import { type Bank, createBank } from '../../../shared/sim/chain/bank.ts';
import { localBuild } from '../../../shared/sim/chain/local-rules.ts';
import { deployProgram } from '../../../shared/sim/chain/program-accounts.ts';
import { type LocalNode, startLocalNode } from '../../../shared/sim/wire/node.ts';
import { VENUES, venueById } from '../../../shared/venues/registry.ts';
import { createProgramGuard, type ProgramGuard, venueControl } from './program-guard.ts';

const [VENUE] = VENUES;
const { id: venue, programId } = VENUE!;

let folder = '';
let bank: Bank;
let node: LocalNode;
let store: Store;
let proofs: Proofs;
let guard: ProgramGuard;
let heard: string[] = [];
let programs: { venue: string; programHash: string; rules: string }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'));
  bank = createBank({ startSlot: 500, startUnixTimestamp: 1_700_000_000 });
  for (const { programId: program } of VENUES) deployProgram(bank, program, `${program} 1`);
  node = await startLocalNode({ bank, slotMs: 20 });
  store = createSqliteStore({ dir: folder });
  proofs = createProofs(folder);
  heard = [];
  programs = [];
  guard = createGuard();
  await guard.start();
});

function createGuard(): ProgramGuard {
  const clock = createManualClock(0);
  return createProgramGuard({
    pipeline: {
      process: (event) => {
        if (event.kind === 'venue') heard.push(`${event.venue}: ${event.quarantine}`);
        else programs.push(event);
      },
    },
    rpc: createRpcClient({ url: node.rpcUrl, clock, random: createRandom('guard') }),
    proofs,
    store,
    clock,
    log: createLogger({ stream: { write: () => true }, clock }),
    checkMs: 20,
  });
}

afterEach(async () => {
  guard.stop();
  await node.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000 && !(await holds()); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await holds()).toBe(true);
}

const control = async () => (await store.controls()).find(({ name }) => name === venueControl(venue));

/** The hash of the binary that is deployed now, as the quarantine names it. */
async function quarantinedHash(): Promise<string> {
  await until(async () => /^[0-9a-f]{64} /.test((await control())?.reason ?? ''));
  return (await control())!.reason.slice(0, 64);
}

function prove(programDataHash: string, of = venue, program = programId, rules?: string): void {
  const pools: Address[] = [program];
  const date = '2026-01-02T00:00:00.000Z';
  proofs.record([
    {
      venue: of,
      programId: program,
      programDataHash,
      rules,
      otherPrograms: [],
      date,
      pools,
      samples: 5,
      equal: 5,
      paid: 5,
    },
  ]);
}

const CPMM = venueById('raydium-cpmm')!;

describe('the guard over programs whose versions pay differently', () => {
  const last = () => programs.filter((program) => program.venue === CPMM.id).at(-1);

  test('tells that nobody knows what an unknown binary does, and what a known one does', async () => {
    const ruled = VENUES.filter(({ programRules }) => programRules !== undefined).map(({ id }) => id);
    expect(programs.map((program) => program.venue).sort()).toEqual(ruled.sort());
    expect(last()).toMatchObject({ programHash: expect.stringMatching(/^[0-9a-f]{64}$/), rules: '' });
    deployProgram(bank, CPMM.programId, localBuild(CPMM));
    await until(() => last()?.rules === 'creator-fee');
    // Unknown from the first sight of the next deployment on, not from when its binary was read.
    const before = programs.length;
    deployProgram(bank, CPMM.programId, 'another binary');
    await until(() => programs.length > before);
    expect(programs[before]).toMatchObject({ venue: CPMM.id, programHash: '', rules: '' });
    await until(() => last()?.programHash !== '');
    expect(last()).toMatchObject({ rules: '' });
  });

  test('goes by the rules that a proof of this very binary found', async () => {
    const { programHash } = last()!;
    prove(programHash, CPMM.id, CPMM.programId, 'no-creator-fee');
    await until(() => last()?.rules === 'no-creator-fee');
    prove('ef'.repeat(32), CPMM.id, CPMM.programId, 'creator-fee');
    await until(() => last()?.rules === '');
  });
});

describe('the guard over the venues’ programs', () => {
  test('quarantines a venue whose program is redeployed, on record, and no other', async () => {
    expect(heard).toEqual([]);
    deployProgram(bank, programId, 'another binary');
    await until(() => heard.length > 0);
    expect(heard[0]).toMatch(new RegExp(`^${venue}: program redeployed in slot \\d+$`));
    await quarantinedHash();
    expect(await control()).toMatchObject({ value: 'paused', by: 'program watch' });
    expect((await store.controls()).length).toBe(1);
  });

  test('lets it trade again once the deployed binary is proven, and says so on record', async () => {
    deployProgram(bank, programId, 'another binary');
    const hash = await quarantinedHash();
    prove('ef'.repeat(32));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.at(-1)).not.toBe(`${venue}: `);
    prove(hash);
    await until(() => heard.at(-1) === `${venue}: `);
    await until(async () => (await control())?.value === 'running');
    expect(await control()).toMatchObject({ by: 'program watch', reason: `${hash} proven` });
  });

  test('lets it trade on an operator’s word for that binary, and keeps the word', async () => {
    deployProgram(bank, programId, 'another binary');
    const hash = await quarantinedHash();
    const word = { by: 'me', reason: `${hash} read the diff`, atMs: 1 };
    await store.setControl({ name: venueControl(venue), value: 'running', ...word });
    await until(() => heard.at(-1) === `${venue}: `);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await control()).toMatchObject(word);
  });

  test('keeps a venue quarantined over a restart, before anything is traded, until it is proven', async () => {
    deployProgram(bank, programId, 'another binary');
    const hash = await quarantinedHash();
    guard.stop();
    heard = [];
    guard = createGuard();
    await guard.start();
    expect(heard[0]).toMatch(new RegExp(`^${venue}: program redeployed in slot \\d+$`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.at(-1)).not.toBe(`${venue}: `);
    prove(hash);
    await until(() => heard.at(-1) === `${venue}: `);
  });
});

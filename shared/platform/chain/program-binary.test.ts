import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Address, addressAt, addressBytes, USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { startTestRpcServer, type TestRpcServer } from '../rpc/test-rpc-server.ts';
import { createProgramFolder, createProgramRpc, programDataHash } from './program-binary.ts';

const LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111' as Address;
const FIXED_LOADER = 'BPFLoader2111111111111111111111111111111111' as Address;
const ELF = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 2, 3);
const PADDED = Uint8Array.of(...ELF, 0, 0, 0, 0);
const DATA_ADDRESS = addressAt(new Uint8Array(32).fill(3));
const OTHER = addressAt(new Uint8Array(32).fill(4));

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('the hash of a program is the same whatever room its account was given', () => {
  expect(programDataHash(PADDED)).toBe(sha256(ELF));
  expect(programDataHash(ELF)).toBe(sha256(ELF));
  expect(programDataHash(Uint8Array.of(...ELF, 0, 9))).not.toBe(sha256(ELF));
});

describe('programs from a folder', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'));
    writeFileSync(join(folder, `${USDC_MINT}.so`), PADDED);
    writeFileSync(join(folder, `${OTHER}.so`), 'no program');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are found by their id, and those that are not there are not', async () => {
    const found = await createProgramFolder(folder).find([WSOL_MINT, USDC_MINT]);
    const source = join(folder, `${USDC_MINT}.so`);
    expect(found).toMatchObject([
      { programId: USDC_MINT, sha256: sha256(PADDED), programDataHash: sha256(ELF), source },
    ]);
    expect(Uint8Array.from(found[0]!.elf)).toEqual(PADDED);
  });

  test('are refused when they are no programs, or when there is no folder', async () => {
    await expect(createProgramFolder(folder).find([OTHER])).rejects.toThrow(/\.so is no program/);
    expect(() => createProgramFolder(join(folder, 'absent'))).toThrow(/cannot read .*absent/);
  });
});

describe('programs from an RPC', () => {
  let server: TestRpcServer;
  beforeAll(async () => {
    server = await startTestRpcServer();
  });
  afterAll(() => server.stop());

  const find = (...ids: readonly Address[]) => {
    const clock = createSystemClock();
    const rpc = createRpcClient({ url: server.httpUrl, clock, random: createRandom('programs') });
    return createProgramRpc(rpc).find(ids);
  };

  const pointer = Uint8Array.of(2, 0, 0, 0, ...addressBytes(DATA_ADDRESS));
  const account = (owner: Address, data: Uint8Array) => ({ owner, lamports: 1n, data });

  test('are read through their program data account, or are the account itself under the old loader', async () => {
    server.accounts.set(USDC_MINT, account(LOADER, pointer));
    server.accounts.set(DATA_ADDRESS, account(LOADER, Uint8Array.of(3, ...new Array(44).fill(0), ...PADDED)));
    server.accounts.set(OTHER, account(FIXED_LOADER, ELF));
    const found = await find(WSOL_MINT, USDC_MINT, OTHER);
    const byId = new Map(found.map((binary) => [binary.programId, binary]));
    expect([...byId.keys()].sort()).toEqual([USDC_MINT, OTHER].sort());
    expect(byId.get(USDC_MINT)).toMatchObject({ sha256: sha256(PADDED), programDataHash: sha256(ELF) });
    expect(Uint8Array.from(byId.get(OTHER)!.elf)).toEqual(ELF);
  });

  test('that were closed are refused by name', async () => {
    server.accounts.set(USDC_MINT, account(LOADER, pointer));
    server.accounts.delete(DATA_ADDRESS);
    await expect(find(USDC_MINT)).rejects.toMatchObject({
      code: 'rpc-program-closed',
      context: { programId: USDC_MINT, dataAddress: DATA_ADDRESS },
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressBytes } from '../../core/address.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { createProgramWatch, type ProgramWatch } from './program-watch.ts';

const LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111' as Address;
const PROGRAMS = [
  ['a', 'whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc', '9KEPoZmtHUrBbhWN1v1KWLMkkvwY6WLtAVUCPRtRjP4z'],
  ['b', 'CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C', 'LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj'],
] as const;

/** A chain that says of each program what a test makes it say, and fails for what it is told to. */
function chain(endpoints?: readonly string[]) {
  const says = {
    slot: 1_000,
    deployed: { a: 500, b: 600 } as Record<string, number>,
    failing: new Set<string>(),
    /** Their binary is not there any more. */
    closed: new Set<string>(),
    /** Of one endpoint of two: what it says instead; undefined: nothing. */
    others: new Map<string, Record<string, number> | undefined>(),
    asked: [] as string[],
  };
  const account = (data: Uint8Array): AccountBytes =>
    ({ owner: LOADER, data, lamports: 1n, executable: false }) as unknown as AccountBytes;
  const read = (address: string, only = ''): AccountBytes | null => {
    const deployed = says.others.has(only) ? says.others.get(only) : says.deployed;
    if (deployed === undefined) throw new Error(`${only} does not answer`);
    for (const [venue, program, data] of PROGRAMS) {
      if (says.failing.has(venue) && (address === program || address === data))
        throw new Error(`no ${venue}`);
      if (says.closed.has(venue) && address === data) return null;
      const bytes = new Uint8Array(64);
      const view = new DataView(bytes.buffer);
      if (address === program) {
        view.setUint32(0, 2, true);
        bytes.set(addressBytes(data as Address), 4);
        return account(bytes);
      }
      if (address === data) {
        view.setUint32(0, 3, true);
        view.setBigUint64(4, BigInt(deployed[venue]!), true);
        bytes.set([0x7f, 0x45, 0x4c, 0x46, deployed[venue]! & 0xff], 45);
        return account(bytes);
      }
    }
    throw new Error(`asked for ${address}`);
  };
  const rpc = {
    host: 'node',
    ...(endpoints === undefined ? {} : { endpoints }),
    getMultipleAccounts: async (addresses: readonly string[], { only }: { only?: string } = {}) => {
      says.asked.push(only ?? '');
      return { slot: says.slot, accounts: addresses.map((address) => read(address, only)) };
    },
    getAccount: async (address: string) => ({ slot: says.slot, account: read(address) }),
  } as unknown as RpcClient;
  return { says, rpc };
}

function watching(quarantined?: ReadonlyMap<string, string>, endpoints?: readonly string[]) {
  const { says, rpc } = chain(endpoints);
  const told: string[] = [];
  const errors: string[] = [];
  const watch: ProgramWatch = createProgramWatch({
    rpc,
    programs: PROGRAMS.map(([venue, programId]) => ({ venue, programId: programId as Address })),
    proofs: { of: () => undefined },
    ...(quarantined === undefined ? {} : { quarantined }),
    isOverridden: async () => false,
    onQuarantine: ({ venue, quarantine, confirmed }) =>
      told.push(`${venue} ${quarantine === '' ? 'free' : quarantine}${confirmed ? '' : '?'}`),
    onError: (error, venue) => errors.push(`${venue}: ${error}`),
  });
  const look = async (more = 5): Promise<void> => {
    says.slot += more;
    await watch.check();
  };
  return { says, told, errors, watch, look };
}

describe('the watch over programs', () => {
  it('believes two endpoints where there are two, each asked by itself, and not one of them twice', async () => {
    const { says, told, watch, look } = watching(undefined, ['one', 'two']);
    await look();
    const before = { ...says.deployed };
    // One of them says so, whoever is asked first; the other says that nothing was redeployed.
    says.others.set('two', before);
    says.deployed.a = says.slot + 2;
    for (let i = 0; i < 5; i++) await look();
    expect(told).toEqual([`a program redeployed in slot ${says.deployed.a}?`]);
    expect(says.asked).toContain('two');
    says.others.clear();
    await look();
    expect(told.at(-1)).toBe(`a program redeployed in slot ${says.deployed.a}`);
    expect(watch.states()[0]).toMatchObject({ confirmed: true, saidBy: 'one and two' });
  });

  it('takes back what neither of two endpoints says when asked by itself', async () => {
    const { says, told, look } = watching(undefined, ['one', 'two']);
    await look();
    const before = { ...says.deployed };
    says.others.set('one', before).set('two', before);
    says.deployed.a = says.slot + 2;
    await look();
    await look();
    expect(told.slice(0, 2)).toEqual([`a program redeployed in slot ${says.deployed.a}?`, 'a free?']);
  });

  it('believes one of two endpoints in the end where the other does not answer, and says so', async () => {
    const { says, told, watch, look } = watching(undefined, ['one', 'two']);
    await look();
    says.others.set('two', undefined);
    says.deployed.a = says.slot + 2;
    await look();
    expect(told).toEqual([`a program redeployed in slot ${says.deployed.a}?`]);
    for (let i = 0; i < 3; i++) await look();
    expect(told.at(-1)).toBe(`a program redeployed in slot ${says.deployed.a}`);
    expect(watch.states()[0]!.saidBy).toMatch(/^one alone, read \d times$/);
  });

  it('believes a second redeployment while the first is in doubt, whatever the number of endpoints', async () => {
    for (const endpoints of [undefined, ['one', 'two']]) {
      const { says, told, watch, look } = watching(undefined, endpoints);
      await look();
      const before = { ...says.deployed };
      if (endpoints !== undefined) says.others.set('two', before);
      says.deployed.a = says.slot + 2;
      await look();
      says.others.clear();
      says.deployed.a = says.slot + 2;
      for (let i = 0; i < 3; i++) await look();
      expect(told.at(-1)).toBe(`a program redeployed in slot ${says.deployed.a}`);
      expect(watch.states()[0]).toMatchObject({ confirmed: true, deployedSlot: says.deployed.a });
    }
  });

  it('takes back a second redeployment, too, that never was', async () => {
    const { says, told, look } = watching(undefined, ['one', 'two']);
    await look();
    const before = { ...says.deployed };
    says.others.set('two', before);
    says.deployed.a = says.slot + 2;
    await look();
    says.deployed.a = says.slot + 2;
    await look();
    says.others.set('one', before);
    for (let i = 0; i < 3; i++) await look();
    expect(told.at(-1)).toBe('a free?');
  });

  it('stops a venue whose program was closed, and frees it when that never was', async () => {
    for (const endpoints of [undefined, ['one', 'two']]) {
      const { says, told, watch, look } = watching(undefined, endpoints);
      await look();
      says.closed.add('a');
      await look();
      expect(told[0]).toBe('a program closed?');
      await look();
      await look();
      expect(told.at(-1)).toBe('a program closed');
      expect(watch.states()[0]).toMatchObject({ confirmed: true, deployedSlot: undefined });
      for (let i = 0; i < 3; i++) await look();
      expect(told.at(-1)).toBe('a program closed');
      says.closed.clear();
      for (let i = 0; i < 4; i++) await look();
      expect(told.at(-1)).toBe('a free');
    }
  });

  it('takes a closed program back that one answer alone told', async () => {
    const { says, told, look } = watching();
    await look();
    says.closed.add('a');
    await look();
    says.closed.clear();
    await look();
    await look();
    expect(told).toEqual(['a program closed?', 'a free?']);
  });

  it('stops at one answer, believes two of different slots, and tells which it is', async () => {
    const { says, told, look } = watching();
    await look();
    await look();
    expect(told).toEqual([]);
    says.deployed.a = says.slot + 2;
    await look();
    expect(told).toEqual([`a program redeployed in slot ${says.deployed.a}?`]);
    await look(0);
    expect(told).toHaveLength(1);
    await look();
    expect(new Set(told.slice(1))).toEqual(new Set([`a program redeployed in slot ${says.deployed.a}`]));
  });

  it('takes a redeployment back that a second answer denies, and one that was never there', async () => {
    const { says, told, look } = watching();
    await look();
    says.deployed.a = says.slot + 2;
    await look();
    says.deployed.a = 500;
    await look();
    expect(told.map((text) => text.replace(/\d+/, 'N'))).toEqual([
      'a program redeployed in slot N?',
      'a free?',
    ]);
    told.length = 0;
    // Twice the same lie is believed; the truth, told twice, ends it.
    says.deployed.a = says.slot + 2;
    await look();
    await look();
    says.deployed.a = 500;
    await look();
    expect(told.at(-1)).toMatch(/^a program redeployed in slot \d+$/);
    await look();
    expect(told.at(-1)).toBe('a free');
    await look();
    expect(told.at(-1)).toBe('a free');
  });

  it('does not take the truth for a redeployment when the first answer was wrong', async () => {
    const { says, told, look } = watching();
    says.deployed.a = 7;
    await look();
    says.deployed.a = 500;
    await look();
    await look();
    await look();
    expect(told).toEqual([]);
    says.deployed.a = says.slot + 1;
    await look();
    expect(told).toHaveLength(1);
  });

  it('is told nothing by a node that is behind', async () => {
    const { says, told, look } = watching();
    await look();
    const deployed = says.slot + 20;
    says.deployed.a = deployed;
    await look(30);
    await look();
    const quarantined = told.length;
    says.deployed.a = 500;
    says.slot = deployed - 10;
    for (let i = 0; i < 5; i++) await look(1);
    expect(told).toHaveLength(quarantined);
    says.deployed.a = deployed;
    says.slot = deployed + 50;
    await look();
    expect(told).toHaveLength(quarantined);
  });

  it('sees the others when one program cannot be read, says so once, and holds what it has never seen', async () => {
    const { says, told, errors, watch, look } = watching();
    says.failing.add('a');
    await look();
    watch.holdUnread();
    expect(told).toEqual(['a its program has not been seen yet?']);
    says.deployed.b = says.slot + 1;
    await look();
    await look();
    expect(told.at(-1)).toMatch(/^b program redeployed/);
    expect(errors).toEqual(['a: no a']);
    says.failing.clear();
    await look();
    expect(told.at(-1)).toBe('a free');
    says.failing.add('a');
    await look();
    expect(errors).toEqual(['a: no a', 'a: no a']);
  });

  it('keeps quarantined what an earlier run had quarantined', async () => {
    const { told, watch, look } = watching(new Map([['a', 'program redeployed in slot 9']]));
    await look();
    await look();
    expect(new Set(told)).toEqual(new Set(['a program redeployed in slot 9']));
    expect(watch.states().map(({ venue, quarantine }) => [venue, quarantine])).toEqual([
      ['a', 'program redeployed in slot 9'],
      ['b', ''],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Address, addressAt, CLOCK_SYSVAR, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createWorld } from '../world.ts';
import { createBank } from './bank.ts';
import { RENT_SYSVAR } from './chain-rules.ts';

const START = { startSlot: 441_900_000, startUnixTimestamp: 1_790_000_000 };
const [ONE, TWO] = [1, 2].map((byte) => addressAt(new Uint8Array(32).fill(byte))) as [Address, Address];

function account(lamports: bigint) {
  return { owner: SYSTEM_PROGRAM, lamports, data: new Uint8Array(0) };
}

function advance(bank: ReturnType<typeof createBank>, slots: number) {
  for (let i = 0; i < slots; i++) bank.advanceSlot();
}

describe('the rules of the local chain', () => {
  it('let its own clock run as fast as its slots do, through every change of theirs', () => {
    const schedule = [
      { afterSlots: 100, slotMs: 300 },
      { afterSlots: 200, slotMs: 200 },
    ];
    const bank = createBank({ ...START, schedule });
    advance(bank, 300);
    // 100 slots of each: 40 s, 30 s and 20 s.
    expect(bank.clock().unixTimestamp - START.startUnixTimestamp).toBe(90);
    expect(bank.clockAt(START.startSlot + 150).unixTimestamp - START.startUnixTimestamp).toBe(55);
    expect(bank.rules.slotMs).toBe(200);
    const inMinute = [bank.slotsInMinute(0), bank.slotsInMinute(1)];
    // Back from the end: 20 s of 200 ms, 30 s of 300 ms, 10 s of 400 ms; then 400 ms throughout.
    expect(inMinute).toEqual([225, 150]);
  });

  it('say in the Rent sysvar what an account must hold, and hold its programs to it', () => {
    const bank = createBank({ ...START, schedule: [{ afterSlots: 3, rentLamportsPerByte: 696n }] });
    const read = () => Buffer.from(bank.get(RENT_SYSVAR)!.data).readBigUInt64LE(0);
    advance(bank, 2);
    expect([read(), bank.rent(165)]).toEqual([6_960n, 2_039_280n]);
    advance(bank, 1);
    const { changed } = bank.advanceSlot();
    expect(changed.map(({ address }) => address)).toContain(RENT_SYSVAR);
    expect([read(), bank.rent(165)]).toEqual([696n, 203_928n]);
  });

  it('confirm and finalize nothing while the consensus changes, and both at once afterwards', () => {
    const bank = createBank({
      ...START,
      schedule: [
        { afterSlots: 50, consensus: 'migrating' },
        { afterSlots: 150, consensus: 'alpenglow' },
      ],
    });
    advance(bank, 49);
    const settled = () =>
      [bank.slotAt('confirmed'), bank.slotAt('finalized')].map((slot) => slot - START.startSlot);
    const before = settled();
    expect(before).toEqual([47, 16]);
    advance(bank, 100);
    expect(settled()).toEqual(before);
    expect(bank.slotAt('processed')).toBe(START.startSlot + 148);
    // What was final before can still be read.
    expect(bank.at(START.startSlot + 16).get(CLOCK_SYSVAR)).not.toBeNull();
    expect(bank.alpenglowGenesis).toBeUndefined();
    advance(bank, 10);
    expect(settled()).toEqual([157, 157]);
    expect(bank.alpenglowGenesis).toBe(START.startSlot + 149);
  });

  it('undo a block that its leader gives up, and tell of what it had changed once more', () => {
    const bank = createBank({ ...START, rules: { consensus: 'alpenglow' } });
    bank.set({ address: ONE, account: account(5n) });
    advance(bank, 1);
    const dropped: string[] = [];
    bank.onDropped(({ changed }) => dropped.push(...changed.map(({ address }) => address)));
    bank.set({ address: ONE, account: account(7n) });
    bank.set({ address: TWO, account: account(9n) });
    bank.dropBlock();
    expect(dropped).toEqual(expect.arrayContaining([ONE, TWO]));
    expect([bank.get(ONE)?.lamports, bank.get(TWO)]).toEqual([5n, null]);
    bank.set({ address: TWO, account: account(3n) });
    const { changed, parent } = bank.advanceSlot();
    const told = new Map(changed.map((write) => [write.address, write.account.lamports]));
    expect([told.get(ONE), told.get(TWO), told.has(CLOCK_SYSVAR)]).toEqual([5n, 3n, true]);
    expect(bank.at(parent).get(ONE)?.lamports).toBe(5n);
    expect(bank.programAccounts(SYSTEM_PROGRAM).map(({ address }) => address)).toEqual([ONE, TWO].sort());
  });

  it('are refused by field where no chain could have them', () => {
    const bank = createBank({ ...START, rules: { consensus: 'alpenglow' } });
    expect(() => bank.change({ consensus: 'tower' })).toThrow('consensus of the local chain cannot be tower');
    expect(() => bank.change({ slotMs: 0 })).toThrow('slotMs of the local chain cannot be 0');
    expect(() => bank.change({ rentLamportsPerByte: 0n })).toThrow('rentLamportsPerByte');
  });

  it('leave the market alone while blocks hold votes only', () => {
    const world = createWorld({ market: 'built-in', seed: 3, chain: { rules: { consensus: 'migrating' } } });
    const fresh = createWorld({ market: 'built-in', seed: 3 });
    world.step();
    fresh.step();
    let moved = 0;
    for (let i = 0; i < 10; i++) {
      expect(world.step().changed.map(({ address }) => address)).toEqual([CLOCK_SYSVAR]);
      moved += fresh.step().changed.length;
    }
    expect(moved).toBeGreaterThan(20);
  });
});

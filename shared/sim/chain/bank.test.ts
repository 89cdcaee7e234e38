import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Address,
  addressAt,
  CLOCK_SYSVAR,
  MEMO_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
} from '../../core/address.ts';
import { createBank } from './bank.ts';
import { createBankTransaction } from './transaction.ts';

const START = { startSlot: 441_900_000, startUnixTimestamp: 1_790_000_000, epoch: 1_022 };
const PAYER = addressAt(new Uint8Array(32).fill(1));

function system(lamports: bigint) {
  return { owner: SYSTEM_PROGRAM, lamports, data: new Uint8Array(0) };
}

describe('the bank', () => {
  it('moves its clock 400 ms a slot, in whole seconds, and into the next epoch', () => {
    const bank = createBank(START);
    for (let i = 0; i < 7; i++) bank.advanceSlot();
    expect(bank.clock()).toEqual({ slot: 441_900_007, unixTimestamp: 1_790_000_002, epoch: 1_022 });
    const sysvar = Buffer.from(bank.get(CLOCK_SYSVAR)?.data ?? []);
    expect([0, 16, 32].map((at) => Number(sysvar.readBigUInt64LE(at)))).toEqual([
      441_900_007, 1_022, 1_790_000_002,
    ]);
    const nextEpochSlot = 1_023 * 432_000;
    expect(bank.clockAt(nextEpochSlot - 1).epoch).toBe(1_022);
    expect(bank.clockAt(nextEpochSlot).epoch).toBe(1_023);
  });

  it('tells each changed account once, as the slot left it', () => {
    const bank = createBank(START);
    bank.advanceSlot();
    bank.set({ address: PAYER, account: system(1n) });
    bank.set({ address: PAYER, account: system(2n) });
    const { changed, slot, parent } = bank.advanceSlot();
    expect([slot, parent]).toEqual([441_900_002, 441_900_001]);
    expect(changed.filter(({ address }) => address === PAYER)).toEqual([
      { address: PAYER, account: system(2n) },
    ]);
    expect(bank.slotOf(PAYER)).toBe(parent);
    expect(bank.advanceSlot().changed.map(({ address }) => address)).toEqual([CLOCK_SYSVAR]);
  });

  it('refuses bytes that nobody pays rent for', () => {
    const bank = createBank(START);
    const account = { owner: TOKEN_PROGRAM, lamports: 0n, data: new Uint8Array(5) };
    expect(() => bank.set({ address: PAYER, account })).toThrow(
      expect.objectContaining({ code: 'account-without-lamports' }),
    );
  });

  it('remembers every account as each of the last slots left it', () => {
    const addresses = Array.from({ length: 4 }, (_, i) => addressAt(new Uint8Array(32).fill(i + 10)));
    const owners = [SYSTEM_PROGRAM, TOKEN_PROGRAM];
    const write = fc.record({
      who: fc.nat(3),
      lamports: fc.constantFrom(0n, 5n, 6n, 7n),
      owner: fc.constantFrom(...owners),
    });
    fc.assert(
      fc.property(fc.array(fc.array(write, { maxLength: 5 }), { minLength: 1, maxLength: 50 }), (slots) => {
        const bank = createBank(START);
        const kept: Map<Address, bigint>[] = [];
        const state = new Map<Address, { lamports: bigint; owner: Address }>();
        const owned: string[][] = [];
        for (const writes of slots) {
          for (const { who, lamports, owner } of writes) {
            const address = addresses[who]!;
            bank.set({ address, account: { owner, lamports, data: new Uint8Array(0) } });
            if (lamports === 0n) state.delete(address);
            else state.set(address, { lamports, owner });
          }
          kept.push(new Map([...state].map(([address, account]) => [address, account.lamports])));
          owned.push(
            [...state]
              .filter(([, account]) => account.owner === TOKEN_PROGRAM)
              .map(([address]) => address)
              .sort(),
          );
          bank.advanceSlot();
        }
        for (let back = 1; back <= Math.min(slots.length, 34); back++) {
          const view = bank.at(bank.slot - back);
          const expected = kept[kept.length - back]!;
          for (const address of addresses) expect(view.get(address)?.lamports).toBe(expected.get(address));
          expect(view.programAccounts(TOKEN_PROGRAM).map(({ address }) => address)).toEqual(
            owned[owned.length - back],
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says so when a slot is too old or not yet there', () => {
    const bank = createBank(START);
    for (let i = 0; i < 40; i++) bank.advanceSlot();
    for (const slot of [bank.slot - 40, bank.slot + 1]) {
      expect(() => bank.at(slot)).toThrow(expect.objectContaining({ code: 'slot-not-kept' }));
    }
  });

  it('gives the same hashes for the same start, and others for another', () => {
    const hashes = (startSlot: number) => {
      const bank = createBank({ ...START, startSlot });
      bank.advanceSlot();
      return [bank.genesisHash, bank.latestBlockhash().blockhash];
    };
    expect(hashes(5_000)).toEqual(hashes(5_000));
    expect(hashes(5_001)[1]).not.toBe(hashes(5_000)[1]);
  });

  it('takes transactions made in this process, and forgets them after 300 slots', () => {
    const bank = createBank(START);
    bank.set({ address: PAYER, account: system(1_000_000_000n) });
    bank.advanceSlot();
    const heard: string[] = [];
    const stop = bank.onTransaction(({ transaction }) => heard.push(transaction.signature));
    const memo = { programId: MEMO_PROGRAM, accounts: [], data: new TextEncoder().encode('gm') };
    const { blockhash } = bank.latestBlockhash();
    const make = (signature: string) =>
      createBankTransaction({ signature, feePayer: PAYER, recentBlockhash: blockhash, instructions: [memo] });
    expect(bank.execute(make('one'))).toMatchObject({ landed: true, err: null, feeLamports: 5_000n });
    expect(bank.execute(make('one'))).toMatchObject({ landed: false, err: 'AlreadyProcessed' });
    expect(bank.simulate(make('two'))).toMatchObject({ landed: true, err: null });
    expect(bank.get(PAYER)?.lamports).toBe(999_995_000n);
    stop();
    bank.execute(make('three'));
    expect(heard).toEqual(['one']);
    expect(bank.transactionCount).toBe(2);
    for (let i = 0; i < 299; i++) bank.advanceSlot();
    expect(bank.landed('one')?.result.err).toBeNull();
    bank.advanceSlot();
    expect(bank.landed('one')).toBeUndefined();
    expect(bank.execute(make('four'))).toMatchObject({ landed: false, err: 'BlockhashNotFound' });
  });
});

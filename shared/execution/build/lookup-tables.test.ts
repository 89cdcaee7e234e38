import { AddressLookupTableProgram, PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { U64_MAX } from '../../core/units.ts';
import { chooseTables } from './choose-tables.ts';
import { compileV0 } from './compile-v0.ts';
import {
  encodeLookupTable,
  type LookupTable,
  type LookupTableAccount,
  lookupTable,
  readLookupTable,
} from './lookup-table.ts';
import { closeTable, createTable, deactivateTable, extendTable } from './lookup-table-instructions.ts';
import { planTables, type TablePool } from './plan-tables.ts';
import { instructions, numbered, PAYER, ROOMY, tables } from './test-instructions.ts';

const TABLE = numbered(900);
const LIMITS = { ...ROOMY, transactionBytes: 99_999 };
const account = (
  addresses: readonly Address[],
  with_: Partial<LookupTableAccount> = {},
): LookupTableAccount => ({
  deactivationSlot: U64_MAX,
  lastExtendedSlot: 100n,
  lastExtendedStart: 0,
  authority: PAYER,
  addresses,
  ...with_,
});

describe('the tables of a message', () => {
  const bytesOver = (given: readonly Instruction[], chosen: readonly LookupTable[]): number => {
    const compiled = compileV0({ payer: PAYER, instructions: given }, chosen, LIMITS);
    if (!compiled.ok) throw new Error(compiled.reason);
    return compiled.value.bytes.length;
  };

  test('are those over which it is shortest, of all choices', () => {
    let used = 0;
    fc.assert(
      fc.property(instructions, tables, (given, known) => {
        const chosen = chooseTables({ payer: PAYER, instructions: given }, known);
        if (chosen.length > 0) used += 1;
        const ours = bytesOver(given, chosen);
        for (let mask = 0; mask < 1 << known.length; mask++) {
          const others = known.filter((_, i) => (mask >> i) & 1);
          // A byte or two of counts are not weighed.
          expect(ours).toBeLessThanOrEqual(bytesOver(given, others) + 2);
        }
      }),
      { numRuns: 150, seed: 17 },
    );
    expect(used).toBeGreaterThan(10);
  });

  test('are the two that fit together, not the one that has most and two that fill its gaps', () => {
    const named = Array.from({ length: 20 }, (_, i) => numbered(300 + i));
    const accounts = named.map((address) => ({ address, isSigner: false, isWritable: true }));
    const given = [{ programId: numbered(100), accounts, data: new Uint8Array(1) }];
    const [low, high, middle] = [named.slice(0, 10), named.slice(10), named.slice(4, 16)].map((of, i) =>
      lookupTable(numbered(900 + i), of),
    );
    const chosen = chooseTables({ payer: PAYER, instructions: given }, [middle!, low!, high!]);
    expect(new Set(chosen)).toEqual(new Set([low, high]));
  });

  test('are none where none saves its own place', () => {
    const given = [
      {
        programId: numbered(100),
        accounts: [{ address: numbered(2), isSigner: false, isWritable: true }],
        data: new Uint8Array(1),
      },
    ];
    expect(chooseTables({ payer: PAYER, instructions: given }, [lookupTable(TABLE, [numbered(2)])])).toEqual(
      [],
    );
  });
});

describe('a table as the chain has it', () => {
  const addresses = [numbered(1), numbered(2), numbered(3)];

  test('reads back, and gives what was added in this slot from the next on', () => {
    const bytes = encodeLookupTable(account(addresses, { lastExtendedSlot: 200n, lastExtendedStart: 2 }), 5n);
    const now = readLookupTable(TABLE, bytes, 200);
    const later = readLookupTable(TABLE, bytes, 201);
    expect(now.ok && now.value.addresses).toEqual(addresses.slice(0, 2));
    expect(later.ok && later.value.addresses).toEqual(addresses);
  });

  test('is refused once it is closed or its end was asked for, and where it is no table', () => {
    const closing = encodeLookupTable(account(addresses, { deactivationSlot: 300n }), 5n);
    expect(readLookupTable(TABLE, closing, 300)).toMatchObject({
      ok: false,
      reason: 'AddressLookupTableNotFound',
    });
    expect(readLookupTable(TABLE, null, 300)).toMatchObject({
      ok: false,
      reason: 'AddressLookupTableNotFound',
    });
    const open = encodeLookupTable(account(addresses), 5n);
    expect(readLookupTable(TABLE, { ...open, owner: PAYER }, 300)).toMatchObject({
      reason: 'InvalidAddressLookupTableOwner',
    });
    for (let cut = 0; cut < open.data.length; cut++) {
      if ((cut - 56) % 32 === 0 && cut >= 56) continue;
      const read = readLookupTable(TABLE, { ...open, data: open.data.subarray(0, cut) }, 300);
      expect(read).toMatchObject({ ok: false, reason: 'InvalidAddressLookupTableData' });
    }
  });
});

describe('the instructions of a table', () => {
  const owner = { authority: numbered(5), payer: PAYER };
  const key = (address: Address) => new PublicKey(address);
  const [authority, payer, table] = [key(owner.authority), key(owner.payer), key(TABLE)];
  const recent = createTable(owner, 350_000_000);
  const [theirs, theirTable] = AddressLookupTableProgram.createLookupTable({
    authority,
    payer,
    recentSlot: 350_000_000,
  });
  const addresses = [numbered(7), numbered(8)];

  test('make the table where @solana/web3.js does', () => {
    expect(recent.table).toBe(theirTable.toBase58());
  });

  test.each([
    ['create', recent.instruction, theirs],
    [
      'extend',
      extendTable(owner, TABLE, addresses),
      AddressLookupTableProgram.extendLookupTable({
        lookupTable: table,
        authority,
        payer,
        addresses: addresses.map(key),
      }),
    ],
    [
      'deactivate',
      deactivateTable(owner, TABLE),
      AddressLookupTableProgram.deactivateLookupTable({ lookupTable: table, authority }),
    ],
    [
      'close',
      closeTable(owner, TABLE),
      AddressLookupTableProgram.closeLookupTable({ lookupTable: table, authority, recipient: payer }),
    ],
  ])('%s as it does', (_, ours, expected) => {
    expect(ours.programId).toBe(expected.programId.toBase58());
    expect(Buffer.from(ours.data)).toEqual(Buffer.from(expected.data));
    expect(ours.accounts).toEqual(
      expected.keys.map(({ pubkey, isSigner, isWritable }) => ({
        address: pubkey.toBase58(),
        isSigner,
        isWritable,
      })),
    );
  });
});

describe('a plan of tables', () => {
  const pool = (n: number, accounts = 15): TablePool => ({
    mintA: numbered(4_000 + (n % 5)),
    mintB: numbered(4_100),
    accounts: new Set([
      numbered(4_100),
      numbered(4_000 + (n % 5)),
      numbered(5_000),
      ...Array.from({ length: accounts }, (_, i) => numbered(6_000 + 20 * n + i)),
    ]),
  });
  const never = new Set([numbered(5_000)]);
  const about = { tables: new Map<Address, LookupTableAccount>(), never, slot: 10_000, addressesAtOnce: 20 };

  /** The tables once the plan was carried out. */
  function carriedOut(plan: ReturnType<typeof planTables>, before: ReadonlyMap<Address, LookupTableAccount>) {
    const all = new Map(before);
    for (const { table, addresses } of plan.add) {
      const name = typeof table === 'string' ? table : numbered(950 + table);
      all.set(name, account([...(all.get(name)?.addresses ?? []), ...addresses]));
    }
    return all;
  }

  test('holds all that the pools name once, each pool whole in one table beside what is shared, nothing that never may', () => {
    const pools = Array.from({ length: 60 }, (_, i) => pool(i));
    const plan = planTables({ ...about, pools });
    const made = carriedOut(plan, about.tables);
    const all = [...made.values()].flatMap(({ addresses }) => addresses);
    expect(new Set(all).size).toBe(all.length);
    expect(all).not.toContain(numbered(5_000));
    expect(new Set(all)).toEqual(
      new Set(pools.flatMap(({ accounts }) => [...accounts]).filter((one) => !never.has(one))),
    );
    for (const { addresses } of made.values()) expect(addresses.length).toBeLessThanOrEqual(256);
    for (const { addresses } of plan.add) expect(addresses.length).toBeLessThanOrEqual(20);
    for (const { accounts } of pools) {
      const own = [...accounts].filter(
        (one) => all.filter((other) => other === one).length === 1 && !never.has(one),
      );
      const holding = [...made.values()].filter(({ addresses }) =>
        own.some((one) => addresses.includes(one)),
      );
      expect(holding.length).toBeLessThanOrEqual(2);
    }
    expect(planTables({ ...about, pools, tables: made })).toEqual({
      add: [],
      newTables: 0,
      deactivate: [],
      close: [],
    });
  });

  test('adds what is new to a table that has room, ends a table that nobody wants, and closes it when the chain lets it', () => {
    const first = planTables({ ...about, pools: [pool(1)] });
    const tables = new Map([...carriedOut(first, about.tables), [TABLE, account([numbered(8_000)])]]);
    const grown = planTables({ ...about, tables, pools: [pool(1), pool(6)] });
    expect(grown.newTables).toBe(0);
    expect(new Set(grown.add.flatMap(({ addresses }) => addresses))).toEqual(
      new Set([...pool(6).accounts].filter((one) => !pool(1).accounts.has(one))),
    );
    expect(planTables({ ...about, tables, pools: [pool(1)] }).deactivate).toEqual([TABLE]);
    const ending = new Map([[TABLE, account([numbered(8_000)], { deactivationSlot: 9_000n })]]);
    expect(planTables({ ...about, tables: ending, pools: [], slot: 9_512 }).close).toEqual([]);
    expect(planTables({ ...about, tables: ending, pools: [], slot: 9_513 }).close).toEqual([TABLE]);
  });

  test('spreads a pool that no table holds over several', () => {
    const plan = planTables({
      ...about,
      pools: [{ ...pool(1), accounts: new Set(Array.from({ length: 300 }, (_, i) => numbered(6_000 + i))) }],
    });
    expect(plan.newTables).toBe(2);
    expect(plan.add.flatMap(({ addresses }) => addresses)).toHaveLength(300);
  });
});

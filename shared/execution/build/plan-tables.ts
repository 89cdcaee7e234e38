import type { Address } from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import { LOOKUP_TABLE_MAX, type LookupTableAccount } from './lookup-table.ts';

/** A pool, and what its swaps name. */
export interface TablePool {
  readonly mintA: Address;
  readonly mintB: Address;
  /** Of both directions, programs included. */
  readonly accounts: ReadonlySet<Address>;
}

export interface TablePlanParams {
  readonly pools: readonly TablePool[];
  /** The tables that are ours, by address. */
  readonly tables: ReadonlyMap<Address, LookupTableAccount>;
  /** Never to be looked up: the wallet, which signs; programs that are called; every relay's tip accounts. */
  readonly never: ReadonlySet<Address>;
  readonly slot: number;
  /** How many addresses one transaction can add. */
  readonly addressesAtOnce: number;
}

/** What is to be done so that the tables serve the pools. Each step of `add` fits one transaction. */
export interface TablePlan {
  /** `table` is the address of one that stands, or the number, from 0, of a new one. */
  readonly add: readonly { readonly table: Address | number; readonly addresses: readonly Address[] }[];
  readonly newTables: number;
  /** Nothing of them is wanted any more. */
  readonly deactivate: readonly Address[];
  /** Their end was asked for long enough ago. */
  readonly close: readonly Address[];
}

/** What this many pools name stands with what others share, not with one of them. */
const SHARED_BY = 3;
/** The chain remembers so many slots, and reads a table for as long after its end was asked for. */
const REMEMBERED_SLOTS = 512;

interface Draft {
  readonly table: Address | number;
  readonly addresses: Set<Address>;
  readonly added: Address[];
}

/**
 * Puts what the pools name into tables: what many share first, then pool by pool, those of one pair of mints beside each
 * other, a pool whole into one table where it has room. What stands in a table already is not added again.
 */
export function planTables(params: TablePlanParams): TablePlan {
  const { pools, tables, never, slot, addressesAtOnce } = params;
  const uses = new Map<Address, number>();
  for (const { accounts } of pools) {
    for (const address of accounts) if (!never.has(address)) uses.set(address, (uses.get(address) ?? 0) + 1);
  }
  const drafts: Draft[] = [];
  const deactivate: Address[] = [];
  const close: Address[] = [];
  for (const [table, { deactivationSlot, addresses }] of tables) {
    if (deactivationSlot !== U64_MAX) {
      if (deactivationSlot + BigInt(REMEMBERED_SLOTS) < BigInt(slot)) close.push(table);
    } else if (addresses.length > 0 && !addresses.some((address) => uses.has(address)))
      deactivate.push(table);
    else drafts.push({ table, addresses: new Set(addresses), added: [] });
  }
  const held = new Set(drafts.flatMap(({ addresses }) => [...addresses]));
  let newTables = 0;
  const place = (wanted: readonly Address[]): void => {
    const missing = wanted.filter((address) => !held.has(address));
    if (missing.length === 0) return;
    const near = (draft: Draft): number => wanted.filter((address) => draft.addresses.has(address)).length;
    const fits = drafts.filter(({ addresses }) => addresses.size + missing.length <= LOOKUP_TABLE_MAX);
    let draft = fits.sort((a, b) => near(b) - near(a))[0];
    if (draft === undefined) {
      draft = { table: newTables++, addresses: new Set(), added: [] };
      drafts.push(draft);
    }
    // More than a whole table takes: the rest goes into the next.
    const room = LOOKUP_TABLE_MAX - draft.addresses.size;
    for (const address of missing.slice(0, room)) {
      draft.addresses.add(address);
      draft.added.push(address);
      held.add(address);
    }
    if (missing.length > room) place(missing.slice(room));
  };

  const shared = [...uses].filter(([, count]) => count >= SHARED_BY).sort((a, b) => b[1] - a[1]);
  place(shared.map(([address]) => address));
  const pairOf = ({ mintA, mintB }: TablePool): string => (mintA < mintB ? mintA + mintB : mintB + mintA);
  const byPair = pools.map((pool) => ({ pool, pair: pairOf(pool) }));
  byPair.sort((a, b) => (a.pair === b.pair ? 0 : a.pair < b.pair ? -1 : 1));
  for (const { pool } of byPair) place([...pool.accounts].filter((address) => !never.has(address)));

  const add: { table: Address | number; addresses: Address[] }[] = [];
  for (const { table, added } of drafts) {
    for (let i = 0; i < added.length; i += addressesAtOnce) {
      add.push({ table, addresses: added.slice(i, i + addressesAtOnce) });
    }
  }
  return { add, newTables, deactivate, close };
}

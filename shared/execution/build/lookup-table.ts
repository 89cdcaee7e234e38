import type { AccountBytes } from '../../core/account.ts';
import { ADDRESS_BYTES, type Address, addressAt, addressBytes, isAddress } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';

export const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111' as Address;
/** An index into it is one byte. */
export const LOOKUP_TABLE_MAX = 256;
const HEADER_BYTES = 56;
const TABLE = 1;
const DEACTIVATION_SLOT_AT = 4;
const LAST_EXTENDED_SLOT_AT = 12;
const LAST_EXTENDED_START_AT = 20;
const HAS_AUTHORITY_AT = 21;
const AUTHORITY_AT = 22;

/** A look-up table as a transaction may use it. */
export interface LookupTable {
  readonly address: Address;
  /** By index. */
  readonly addresses: readonly Address[];
  /** The first index of each address. */
  readonly indexes: ReadonlyMap<Address, number>;
}

/** A look-up table's account, decoded. */
export interface LookupTableAccount {
  /** The slot in which its end was asked for; U64_MAX while it is in use. */
  readonly deactivationSlot: bigint;
  readonly lastExtendedSlot: bigint;
  /** The first index of what was added in that slot. */
  readonly lastExtendedStart: number;
  /** Who may extend and close it; undefined once nobody may. */
  readonly authority: Address | undefined;
  readonly addresses: readonly Address[];
}

/** Why an account is no table; each is what the runtime calls it. */
export type TableRefusal =
  | 'AddressLookupTableNotFound'
  | 'InvalidAddressLookupTableOwner'
  | 'InvalidAddressLookupTableData';

export function lookupTable(address: Address, addresses: readonly Address[]): LookupTable {
  const indexes = new Map<Address, number>();
  addresses.forEach((one, index) => {
    if (!indexes.has(one)) indexes.set(one, index);
  });
  return { address, addresses, indexes };
}

export function decodeLookupTable(account: AccountBytes | null): Outcome<LookupTableAccount, TableRefusal> {
  if (account === null) return refusal('AddressLookupTableNotFound');
  if (account.owner !== LOOKUP_TABLE_PROGRAM) return refusal('InvalidAddressLookupTableOwner');
  const { data } = account;
  const body = data.length - HEADER_BYTES;
  if (body < 0 || body % ADDRESS_BYTES !== 0 || body / ADDRESS_BYTES > LOOKUP_TABLE_MAX) {
    return refusal('InvalidAddressLookupTableData');
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(0, true) !== TABLE) return refusal('InvalidAddressLookupTableData');
  return success({
    deactivationSlot: view.getBigUint64(DEACTIVATION_SLOT_AT, true),
    lastExtendedSlot: view.getBigUint64(LAST_EXTENDED_SLOT_AT, true),
    lastExtendedStart: data[LAST_EXTENDED_START_AT]!,
    authority: data[HAS_AUTHORITY_AT] === 1 ? addressAt(data, AUTHORITY_AT) : undefined,
    addresses: Array.from({ length: body / ADDRESS_BYTES }, (_, i) =>
      addressAt(data, HEADER_BYTES + ADDRESS_BYTES * i),
    ),
  });
}

/**
 * The addresses that a transaction of `slot` may look up: those added in that very slot are not yet among them. A table
 * whose end was asked for before is not found: the chain would still read it for some five hundred slots, and may stop at
 * any of them.
 */
export function usableAddresses(
  table: LookupTableAccount,
  slot: number,
): Outcome<readonly Address[], TableRefusal> {
  const { deactivationSlot, lastExtendedSlot, lastExtendedStart, addresses } = table;
  if (deactivationSlot < BigInt(slot)) return refusal('AddressLookupTableNotFound');
  return success(lastExtendedSlot >= BigInt(slot) ? addresses.slice(0, lastExtendedStart) : addresses);
}

/** A table of ours as a builder may use it at `slot`. Refused once its end was asked for at all, be it in this slot. */
export function readLookupTable(
  address: Address,
  account: AccountBytes | null,
  slot: number,
): Outcome<LookupTable, TableRefusal> {
  const decoded = decodeLookupTable(account);
  if (!decoded.ok) return refusal(decoded.reason, `look-up table ${address}`);
  if (decoded.value.deactivationSlot !== U64_MAX) {
    return refusal('AddressLookupTableNotFound', `look-up table ${address} is being closed`);
  }
  const usable = usableAddresses(decoded.value, slot);
  return usable.ok ? success(lookupTable(address, usable.value)) : usable;
}

export function encodeLookupTable(table: LookupTableAccount, lamports: bigint): AccountBytes {
  const { deactivationSlot, lastExtendedSlot, lastExtendedStart, authority, addresses } = table;
  const data = new Uint8Array(HEADER_BYTES + ADDRESS_BYTES * addresses.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, TABLE, true);
  view.setBigUint64(DEACTIVATION_SLOT_AT, deactivationSlot, true);
  view.setBigUint64(LAST_EXTENDED_SLOT_AT, lastExtendedSlot, true);
  data[LAST_EXTENDED_START_AT] = lastExtendedStart;
  if (authority !== undefined && isAddress(authority)) {
    data[HAS_AUTHORITY_AT] = 1;
    data.set(addressBytes(authority), AUTHORITY_AT);
  }
  addresses.forEach((one, i) => {
    data.set(addressBytes(one), HEADER_BYTES + ADDRESS_BYTES * i);
  });
  return { owner: LOOKUP_TABLE_PROGRAM, lamports, data };
}

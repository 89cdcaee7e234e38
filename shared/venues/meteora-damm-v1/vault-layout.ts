import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';

/** Bytes of the vault program's `Vault` (packed, little-endian), of which accounts have more than it uses. */
export const VAULT_DISCRIMINATOR = Uint8Array.of(211, 8, 232, 43, 2, 152, 117, 119);
export const ENABLED_OFFSET = 8;
export const VAULT_BUMP_OFFSET = 9;
export const TOTAL_AMOUNT_OFFSET = 11;
export const TOKEN_VAULT_OFFSET = 19;
export const TOKEN_MINT_OFFSET = 83;
export const LP_MINT_OFFSET = 115;
const KEYS_END = 147;
export const BASE_OFFSET = 1_107;
export const LOCKED_PROFIT_OFFSET = 1_203;
export const LAST_REPORT_OFFSET = 1_211;
export const DEGRADATION_OFFSET = 1_219;
/** What vaults take; other lengths have not been proven. */
export const VAULT_BYTES = 1_232;
const WIDE_VAULT_BYTES = 10_240;

export interface DynamicVaultKeys {
  /** The token account that pays. */
  readonly tokenVault: Address;
  readonly mint: Address;
  readonly lpMint: Address;
}

/** Amounts in base units of the vault's mint, times in unix seconds. */
export interface DynamicVaultFigures {
  /** Off: it takes no deposits, but still pays out. */
  readonly enabled: boolean;
  /** What it holds and what its strategies owe it. */
  readonly totalAmount: bigint;
  /** Profit of the last report, which becomes the shares' own little by little. */
  readonly lockedProfit: bigint;
  readonly lastReport: bigint;
  /** Parts of 10^12 freed each second. */
  readonly degradation: bigint;
}

function checkBytes(data: Uint8Array) {
  const { length } = data;
  if (length !== VAULT_BYTES && length !== WIDE_VAULT_BYTES) {
    return refusal<LoadRefusal>('wrong-length', `vault of ${length} bytes`);
  }
  for (let i = 0; i < 8; i++) {
    if (data[i] !== VAULT_DISCRIMINATOR[i]) return refusal<LoadRefusal>('wrong-discriminator', 'vault');
  }
  return undefined;
}

/** The unchanging part of a vault account. Never throws. */
export function decodeVaultKeys(data: Uint8Array): Outcome<DynamicVaultKeys, LoadRefusal> {
  const wrong = checkBytes(data);
  if (wrong !== undefined) return wrong;
  return success({
    tokenVault: addressAt(data, TOKEN_VAULT_OFFSET),
    mint: addressAt(data, TOKEN_MINT_OFFSET),
    lpMint: addressAt(data, LP_MINT_OFFSET),
  });
}

/** True when both arrays, whole vault accounts, name the same mints and token account. */
export function sameVaultKeys(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = TOKEN_VAULT_OFFSET; i < KEYS_END; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The changing part of a vault account. Never throws. */
export function decodeVaultFigures(data: Uint8Array): Outcome<DynamicVaultFigures, LoadRefusal> {
  const wrong = checkBytes(data);
  if (wrong !== undefined) return wrong;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return success({
    enabled: data[ENABLED_OFFSET] !== 0,
    totalAmount: view.getBigUint64(TOTAL_AMOUNT_OFFSET, true),
    lockedProfit: view.getBigUint64(LOCKED_PROFIT_OFFSET, true),
    lastReport: view.getBigUint64(LAST_REPORT_OFFSET, true),
    degradation: view.getBigUint64(DEGRADATION_OFFSET, true),
  });
}

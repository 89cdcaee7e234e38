import { type Address, addressAt } from '../../core/address.ts';
import { BPS } from '../../core/units.ts';

/**
 * Extensions of Token-2022 mints and accounts: a list of (type u16, length u16, value) after the 166th byte.
 * Numbers and layouts: solana-program/token-2022 `interface/src/extension/mod.rs`.
 */
export const EXTENSIONS_OFFSET = 166;
const HEADER_BYTES = 4;

const UNINITIALIZED = 0;
export const TRANSFER_FEE_CONFIG = 1;
export const TRANSFER_FEE_AMOUNT = 2;
export const TRANSFER_FEE_CONFIG_BYTES = 108;
export const TRANSFER_FEE_AMOUNT_BYTES = 8;
const DEFAULT_ACCOUNT_STATE = 6;
const TRANSFER_HOOK = 14;
const PAUSABLE = 26;
const FROZEN = 2;

/** Mint extensions that change neither what a transfer moves nor whether it may happen. */
const HARMLESS: ReadonlySet<number> = new Set([
  3, // mint close authority: a mint closes only at zero supply
  4, // confidential transfer: plain transfers are untouched
  10, // interest-bearing: only the displayed amount grows
  16, // confidential transfer fee
  18, // metadata pointer
  19, // token metadata
  20, // group pointer
  21, // token group
  22, // group member pointer
  23, // token group member
  25, // scaled UI amount: only the displayed amount is scaled
  28, // permissioned burn: burning only
]);

/** Mint extensions that always keep a mint out. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [9, 'non-transferable'],
  [12, 'permanent delegate'], // its holder can take any balance of this mint, ours and the vault's
  [24, 'confidential mint-burn'],
]);

/** One rate of the transfer-fee extension, in force from `epoch` on. */
export interface TransferFee {
  readonly epoch: number;
  /** Base units; no transfer pays more. */
  readonly maximumFee: bigint;
  /** 0 to 10,000. */
  readonly feeBps: bigint;
}

export interface TransferFeeConfig {
  readonly older: TransferFee;
  readonly newer: TransferFee;
}

/**
 * Offset and length of each extension's value, by type; the reason as text when the list is cut or overlong.
 * The walk ends at the first uninitialized entry, as the program's does.
 */
export function extensionValues(
  data: Uint8Array,
): ReadonlyMap<number, { readonly offset: number; readonly length: number }> | string {
  const found = new Map<number, { offset: number; length: number }>();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = EXTENSIONS_OFFSET;
  while (at + 2 <= data.length) {
    const type = view.getUint16(at, true);
    if (type === UNINITIALIZED) break;
    if (at + HEADER_BYTES > data.length) return `extension ${type} has no length`;
    const length = view.getUint16(at + 2, true);
    const offset = at + HEADER_BYTES;
    if (offset + length > data.length) return `extension ${type} runs past the end`;
    if (!found.has(type)) found.set(type, { offset, length });
    at = offset + length;
  }
  return found;
}

/** What the extensions of a mint mean for a swap, or the sentence that says why the mint is kept out. */
export function readMintExtensions(
  data: Uint8Array,
): { transferFee: TransferFeeConfig | undefined } | string {
  const values = extensionValues(data);
  if (typeof values === 'string') return values;
  let transferFee: TransferFeeConfig | undefined;
  for (const [type, { offset, length }] of values) {
    const value = data.subarray(offset, offset + length);
    if (type === TRANSFER_FEE_CONFIG) {
      const config = decodeTransferFeeConfig(value);
      if (typeof config === 'string') return config;
      transferFee = config;
      continue;
    }
    const why = mintExtensionRefusal(type, value);
    if (why !== undefined) return why;
  }
  return { transferFee };
}

function mintExtensionRefusal(type: number, value: Uint8Array): string | undefined {
  if (HARMLESS.has(type)) return undefined;
  const name = REFUSED.get(type);
  if (name !== undefined) return name;
  switch (type) {
    case DEFAULT_ACCOUNT_STATE:
      if (value.length !== 1) return 'default account state of a wrong length';
      return value[0] === FROZEN ? 'default account state frozen' : undefined;
    case TRANSFER_HOOK: {
      if (value.length !== 64) return 'transfer hook of a wrong length';
      const program: Address = addressAt(value, 32);
      return value.subarray(32).every((byte) => byte === 0) ? undefined : `transfer hook ${program}`;
    }
    case PAUSABLE:
      if (value.length !== 33) return 'pausable of a wrong length';
      return value[32] === 0 ? undefined : 'paused';
    default:
      return `unknown extension ${type}`;
  }
}

function decodeTransferFeeConfig(value: Uint8Array): TransferFeeConfig | string {
  if (value.length !== TRANSFER_FEE_CONFIG_BYTES) return 'transfer fee of a wrong length';
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const older = decodeTransferFee(view, 72);
  const newer = decodeTransferFee(view, 90);
  if (older.feeBps > BPS || newer.feeBps > BPS) return 'transfer fee above 100%';
  return { older, newer };
}

function decodeTransferFee(view: DataView, at: number): TransferFee {
  return {
    epoch: Number(view.getBigUint64(at, true)),
    maximumFee: view.getBigUint64(at + 8, true),
    feeBps: BigInt(view.getUint16(at + 16, true)),
  };
}

/** Writes the transfer-fee extension, header included, at `at`; its authorities and withheld amount stay zero. */
export function writeTransferFeeConfig(data: Uint8Array, at: number, config: TransferFeeConfig): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  view.setUint16(at, TRANSFER_FEE_CONFIG, true);
  view.setUint16(at + 2, TRANSFER_FEE_CONFIG_BYTES, true);
  writeTransferFee(view, at + HEADER_BYTES + 72, config.older);
  writeTransferFee(view, at + HEADER_BYTES + 90, config.newer);
}

function writeTransferFee(view: DataView, at: number, fee: TransferFee): void {
  view.setBigUint64(at, BigInt(fee.epoch), true);
  view.setBigUint64(at + 8, fee.maximumFee, true);
  view.setUint16(at + 16, Number(fee.feeBps), true);
}

/** Writes the withheld-amount extension of a token account, header included, at `at`. */
export function writeTransferFeeAmount(data: Uint8Array, at: number, withheldAmount: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  view.setUint16(at, TRANSFER_FEE_AMOUNT, true);
  view.setUint16(at + 2, TRANSFER_FEE_AMOUNT_BYTES, true);
  view.setBigUint64(at + HEADER_BYTES, withheldAmount, true);
}

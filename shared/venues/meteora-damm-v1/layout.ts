import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';

/**
 * Bytes of the program's `Pool` (packed, little-endian). Accounts are longer than what is used, by how much depends
 * on the year they were made in; the curve comes last so that it could grow.
 */
export const POOL_DISCRIMINATOR = Uint8Array.of(241, 154, 109, 4, 17, 177, 109, 188);
export const MINT_A_OFFSET = 40;
export const MINT_B_OFFSET = 72;
export const LP_MINT_OFFSET = 8;
export const VAULT_A_OFFSET = 104;
export const VAULT_B_OFFSET = 136;
export const VAULT_LP_A_OFFSET = 168;
export const VAULT_LP_B_OFFSET = 200;
export const VAULT_LP_BUMP_OFFSET = 232;
export const ENABLED_OFFSET = 233;
export const PROTOCOL_FEE_A_OFFSET = 234;
export const PROTOCOL_FEE_B_OFFSET = 266;
const KEYS_END = 298;
export const FEES_OFFSET = 330;
export const POOL_TYPE_OFFSET = 362;
export const STAKE_OFFSET = 363;
export const ACTIVATION_POINT_OFFSET = 403;
export const ACTIVATION_TYPE_OFFSET = 475;
export const PARTNER_FEE_OFFSET = 476;
export const PENDING_FEE_A_OFFSET = 516;
export const PENDING_FEE_B_OFFSET = 524;
export const CURVE_OFFSET = 874;
export const AMPLIFICATION_OFFSET = 875;
export const MULTIPLIER_A_OFFSET = 883;
export const MULTIPLIER_B_OFFSET = 891;
export const PRECISION_OFFSET = 899;
export const VIRTUAL_PRICE_OFFSET = 900;
export const CACHE_UPDATED_OFFSET = 908;
export const DEPEG_OFFSET = 916;
/** What a pool made today takes, and what those of 2023 take; other lengths have not been proven. */
export const POOL_BYTES = 944;
const OLDER_POOL_BYTES = 1_387;

const CONSTANT_PRODUCT = 0;
export const STABLE = 1;
const POOL_TYPES = 2;

export const ACTIVATION_BY_SLOT = 0;
export const ACTIVATION_BY_TIME = 1;

/** Where the virtual price of B comes from. */
export const DEPEG = { none: 0, marinade: 1, lido: 2, splStake: 3 } as const;

/** What no instruction of the program changes. */
export interface DammV1Keys {
  readonly lpMint: Address;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  /** The pool's token accounts of the vaults' LP mints. */
  readonly vaultLpA: Address;
  readonly vaultLpB: Address;
  readonly vaultLpBump: number;
  readonly protocolFeeA: Address;
  readonly protocolFeeB: Address;
  readonly stake: Address;
}

/** Token amounts are multiplied before they meet the curve, B's by the virtual price too when there is a depeg. */
export interface StableCurve {
  readonly amplification: bigint;
  readonly multiplierA: bigint;
  readonly multiplierB: bigint;
  /** The virtual price of B that the last swap to need a new one left, in millionths, and when (unix seconds). */
  readonly virtualPrice: bigint;
  readonly cacheUpdated: bigint;
  /** One of `DEPEG`. */
  readonly depeg: number;
}

/** What swaps and administrators change. Amounts in base units. */
export interface DammV1Figures {
  readonly enabled: boolean;
  readonly tradeFeeNumerator: bigint;
  readonly tradeFeeDenominator: bigint;
  /** Of the trade fee. */
  readonly protocolFeeNumerator: bigint;
  readonly protocolFeeDenominator: bigint;
  readonly activationType: number;
  readonly activationPoint: bigint;
  readonly partnerFeeNumerator: bigint;
  readonly pendingFeeA: bigint;
  readonly pendingFeeB: bigint;
  /** undefined: constant product. */
  readonly curve: StableCurve | undefined;
}

function checkBytes(data: Uint8Array) {
  const { length } = data;
  if (length !== POOL_BYTES && length !== OLDER_POOL_BYTES) {
    return refusal<LoadRefusal>('wrong-length', `${length} bytes, not ${POOL_BYTES} or ${OLDER_POOL_BYTES}`);
  }
  for (let i = 0; i < 8; i++) {
    if (data[i] !== POOL_DISCRIMINATOR[i]) return refusal<LoadRefusal>('wrong-discriminator');
  }
  return undefined;
}

/** The unchanging part of a pool account. Never throws. */
export function decodeKeys(data: Uint8Array): Outcome<DammV1Keys, LoadRefusal> {
  const wrong = checkBytes(data);
  if (wrong !== undefined) return wrong;
  return success({
    lpMint: addressAt(data, LP_MINT_OFFSET),
    mintA: addressAt(data, MINT_A_OFFSET),
    mintB: addressAt(data, MINT_B_OFFSET),
    vaultA: addressAt(data, VAULT_A_OFFSET),
    vaultB: addressAt(data, VAULT_B_OFFSET),
    vaultLpA: addressAt(data, VAULT_LP_A_OFFSET),
    vaultLpB: addressAt(data, VAULT_LP_B_OFFSET),
    vaultLpBump: data[VAULT_LP_BUMP_OFFSET]!,
    protocolFeeA: addressAt(data, PROTOCOL_FEE_A_OFFSET),
    protocolFeeB: addressAt(data, PROTOCOL_FEE_B_OFFSET),
    stake: addressAt(data, STAKE_OFFSET),
  });
}

/** True when both arrays, whole pool accounts, name the same accounts and the same source of the virtual price. */
export function sameKeys(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 8; i < KEYS_END; i++) {
    if (a[i] !== b[i] && i !== ENABLED_OFFSET) return false;
  }
  for (let i = STAKE_OFFSET; i < STAKE_OFFSET + 32; i++) if (a[i] !== b[i]) return false;
  if (a[CURVE_OFFSET] !== b[CURVE_OFFSET]) return false;
  return a[CURVE_OFFSET] !== STABLE || a[DEPEG_OFFSET] === b[DEPEG_OFFSET];
}

/** The changing part of a pool account. Refuses what the program itself cannot read. Never throws. */
export function decodeFigures(data: Uint8Array): Outcome<DammV1Figures, LoadRefusal> {
  const wrong = checkBytes(data);
  if (wrong !== undefined) return wrong;
  if (data[ENABLED_OFFSET]! > 1 || data[POOL_TYPE_OFFSET]! >= POOL_TYPES) {
    return refusal('unsupported-version', 'enabled flag or pool type of no known value');
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const curve = decodeCurve(data, view);
  if (!curve.ok) return curve;
  return success({
    enabled: data[ENABLED_OFFSET] === 1,
    tradeFeeNumerator: view.getBigUint64(FEES_OFFSET, true),
    tradeFeeDenominator: view.getBigUint64(FEES_OFFSET + 8, true),
    protocolFeeNumerator: view.getBigUint64(FEES_OFFSET + 16, true),
    protocolFeeDenominator: view.getBigUint64(FEES_OFFSET + 24, true),
    activationType: data[ACTIVATION_TYPE_OFFSET]!,
    activationPoint: view.getBigUint64(ACTIVATION_POINT_OFFSET, true),
    partnerFeeNumerator: view.getBigUint64(PARTNER_FEE_OFFSET, true),
    pendingFeeA: view.getBigUint64(PENDING_FEE_A_OFFSET, true),
    pendingFeeB: view.getBigUint64(PENDING_FEE_B_OFFSET, true),
    curve: curve.value,
  });
}

function decodeCurve(data: Uint8Array, view: DataView): Outcome<StableCurve | undefined, LoadRefusal> {
  const kind = data[CURVE_OFFSET]!;
  if (kind === CONSTANT_PRODUCT) return success(undefined);
  if (kind !== STABLE) return refusal('unsupported-version', `curve type ${kind}`);
  const depeg = data[DEPEG_OFFSET]!;
  if (depeg > DEPEG.splStake) return refusal('unsupported-version', `depeg type ${depeg}`);
  return success({
    amplification: view.getBigUint64(AMPLIFICATION_OFFSET, true),
    multiplierA: view.getBigUint64(MULTIPLIER_A_OFFSET, true),
    multiplierB: view.getBigUint64(MULTIPLIER_B_OFFSET, true),
    virtualPrice: view.getBigUint64(VIRTUAL_PRICE_OFFSET, true),
    cacheUpdated: view.getBigUint64(CACHE_UPDATED_OFFSET, true),
    depeg,
  });
}

import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { readU128 } from '../../core/u128.ts';
import type { LoadRefusal } from '../venue.ts';
import { BASE_FEE_BYTES, BASE_FEE_OFFSET, type BaseFee, decodeBaseFee } from './base-fee.ts';
import { type DynamicFee, decodeDynamicFee } from './dynamic-fee.ts';
import { BY_TIMESTAMP, COLLECT_COMPOUNDING, DAMM_V2_PROGRAM, MAX_FEE_NUMERATORS } from './program.ts';

/** Bytes of the program's `Pool` (packed, little-endian), after an eight-byte discriminator. */
export const POOL_BYTES = 1_112;
export const POOL_DISCRIMINATOR = Uint8Array.of(241, 154, 109, 4, 17, 177, 109, 188);

export const MINT_A_OFFSET = 168;
export const MINT_B_OFFSET = 200;
const VAULT_A_OFFSET = 232;
const VAULT_B_OFFSET = 264;
const KEYS_END = 296;

export const OFFSETS = {
  protocolFeePercent: 48,
  referralFeePercent: 50,
  compoundingFeeBps: 54,
  initSqrtPrice: 152,
  liquidity: 360,
  protocolFeeA: 392,
  protocolFeeB: 400,
  sqrtMinPrice: 424,
  sqrtMaxPrice: 440,
  sqrtPrice: 456,
  activationPoint: 472,
  activationType: 480,
  status: 481,
  tokenFlagA: 482,
  tokenFlagB: 483,
  collectFeeMode: 484,
  feeVersion: 486,
  /** Cumulative, 256 bits. */
  feeAPerLiquidity: 488,
  feeBPerLiquidity: 520,
  totalLpFeeA: 568,
  totalLpFeeB: 584,
  totalProtocolFeeA: 600,
  totalProtocolFeeB: 608,
  reserveA: 680,
  reserveB: 688,
  layoutVersion: 696,
} as const;

/** What no instruction of the program changes. */
export interface PoolKeys {
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
}

/** What swaps, positions and administrators change. Prices are square roots in Q64.64, reserves base units. */
export interface PoolFigures {
  readonly baseFee: BaseFee;
  readonly dynamicFee: DynamicFee | undefined;
  readonly protocolFeePercent: bigint;
  readonly compoundingFeeBps: bigint;
  readonly initSqrtPrice: bigint;
  readonly liquidity: bigint;
  readonly sqrtMinPrice: bigint;
  readonly sqrtMaxPrice: bigint;
  readonly sqrtPrice: bigint;
  /** A slot or unix seconds, by `byTimestamp`. */
  readonly activationPoint: number;
  readonly byTimestamp: boolean;
  readonly enabled: boolean;
  readonly collectFeeMode: number;
  readonly maxFeeNumerator: bigint;
  /** What the pool has counted for the protocol: owed, and ever taken. */
  readonly protocolFeeA: bigint;
  readonly protocolFeeB: bigint;
  readonly totalProtocolFeeA: bigint;
  readonly totalProtocolFeeB: bigint;
  /** As stored: a pool of layout version 0 has not counted them yet. */
  readonly storedReserveA: bigint;
  readonly storedReserveB: bigint;
  readonly countsReserves: boolean;
}

/** Refuses an account that is no whole pool of this program. */
export function checkPoolAccount(account: AccountBytes): Refusal<LoadRefusal> | undefined {
  const { data, owner } = account;
  if (owner !== DAMM_V2_PROGRAM) return refusal('not-this-venue');
  if (data.length !== POOL_BYTES) return refusal('wrong-length', `${data.length} bytes, not ${POOL_BYTES}`);
  for (let i = 0; i < 8; i++) {
    if (data[i] !== POOL_DISCRIMINATOR[i]) return refusal('wrong-discriminator');
  }
  return undefined;
}

/** The unchanging part of a whole pool account. */
export function decodePoolKeys(data: Uint8Array): PoolKeys {
  return {
    mintA: addressAt(data, MINT_A_OFFSET),
    mintB: addressAt(data, MINT_B_OFFSET),
    vaultA: addressAt(data, VAULT_A_OFFSET),
    vaultB: addressAt(data, VAULT_B_OFFSET),
  };
}

/** True when both whole pool accounts hold the same unchanging part. */
export function samePoolKeys(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = MINT_A_OFFSET; i < KEYS_END; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/**
 * The changing part of a whole pool account. Refuses versions and modes that the program does not know, for it would
 * fail every swap on them. `previous` with its bytes: its base fee is kept where nothing of it changed.
 */
export function decodePoolFigures(
  data: Uint8Array,
  previous?: { readonly data: Uint8Array; readonly figures: PoolFigures },
): Outcome<PoolFigures, LoadRefusal> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const activationType = data[OFFSETS.activationType]!;
  const collectFeeMode = data[OFFSETS.collectFeeMode]!;
  const maxFeeNumerator = MAX_FEE_NUMERATORS[data[OFFSETS.feeVersion]!];
  const layoutVersion = data[OFFSETS.layoutVersion]!;
  if (maxFeeNumerator === undefined) return unsupported('fee version', data[OFFSETS.feeVersion]!);
  if (activationType > BY_TIMESTAMP) return unsupported('activation type', activationType);
  if (collectFeeMode > COLLECT_COMPOUNDING) return unsupported('collect fee mode', collectFeeMode);
  if (layoutVersion > 1) return unsupported('layout version', layoutVersion);
  const baseFee =
    previous !== undefined && sameBaseFee(previous.data, data)
      ? success(previous.figures.baseFee)
      : decodeBaseFee(view);
  if (!baseFee.ok) return baseFee;
  return success({
    baseFee: baseFee.value,
    dynamicFee: decodeDynamicFee(view),
    protocolFeePercent: BigInt(data[OFFSETS.protocolFeePercent]!),
    compoundingFeeBps: BigInt(view.getUint16(OFFSETS.compoundingFeeBps, true)),
    initSqrtPrice: readU128(view, OFFSETS.initSqrtPrice),
    liquidity: readU128(view, OFFSETS.liquidity),
    sqrtMinPrice: readU128(view, OFFSETS.sqrtMinPrice),
    sqrtMaxPrice: readU128(view, OFFSETS.sqrtMaxPrice),
    sqrtPrice: readU128(view, OFFSETS.sqrtPrice),
    activationPoint: Number(view.getBigUint64(OFFSETS.activationPoint, true)),
    byTimestamp: activationType === BY_TIMESTAMP,
    enabled: data[OFFSETS.status] === 0,
    collectFeeMode,
    maxFeeNumerator,
    protocolFeeA: view.getBigUint64(OFFSETS.protocolFeeA, true),
    protocolFeeB: view.getBigUint64(OFFSETS.protocolFeeB, true),
    totalProtocolFeeA: view.getBigUint64(OFFSETS.totalProtocolFeeA, true),
    totalProtocolFeeB: view.getBigUint64(OFFSETS.totalProtocolFeeB, true),
    storedReserveA: view.getBigUint64(OFFSETS.reserveA, true),
    storedReserveB: view.getBigUint64(OFFSETS.reserveB, true),
    countsReserves: layoutVersion === 1,
  });
}

function unsupported(what: string, value: number): Refusal<LoadRefusal> {
  return refusal('unsupported-version', `${what} ${value}`);
}

function sameBaseFee(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = BASE_FEE_OFFSET; i < BASE_FEE_OFFSET + BASE_FEE_BYTES; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

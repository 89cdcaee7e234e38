import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { reservedBytesSet } from '../reserved.ts';
import type { LoadRefusal } from '../venue.ts';

/**
 * Bytes of the program's `PoolState` and `AmmConfig` (packed, little-endian). A pool made before the creator fee
 * has zeros where its fields stand now, which reads as no creator fee.
 */
export const POOL_BYTES = 637;
export const CONFIG_BYTES = 236;
export const POOL_DISCRIMINATOR = Uint8Array.of(247, 237, 227, 245, 215, 195, 222, 70);
export const CONFIG_DISCRIMINATOR = Uint8Array.of(218, 244, 33, 104, 203, 203, 43, 111);

export const MINT_0_OFFSET = 168;
export const MINT_1_OFFSET = 200;
const STATUS_OFFSET = 329;
export const LP_SUPPLY_OFFSET = 333;
const PROTOCOL_FEES_0_OFFSET = 341;
const PROTOCOL_FEES_1_OFFSET = 349;
const FUND_FEES_0_OFFSET = 357;
const FUND_FEES_1_OFFSET = 365;
export const OPEN_TIME_OFFSET = 373;
const RECENT_EPOCH_OFFSET = 381;
export const CREATOR_FEE_ON_OFFSET = 389;
export const ENABLE_CREATOR_FEE_OFFSET = 390;
const CREATOR_FEES_0_OFFSET = 397;
const CREATOR_FEES_1_OFFSET = 405;
const RESERVED_OFFSET = 413;
const CONFIG_RESERVED_OFFSET = 116;

/** What no instruction of the program changes. */
export interface CpmmPoolKeys {
  readonly config: Address;
  readonly creator: Address;
  readonly vault0: Address;
  readonly vault1: Address;
  readonly lpMint: Address;
  readonly mint0: Address;
  readonly mint1: Address;
  readonly program0: Address;
  readonly program1: Address;
  readonly observation: Address;
  readonly authBump: number;
  readonly lpDecimals: number;
  readonly decimals0: number;
  readonly decimals1: number;
}

/** What swaps and administrators change. Amounts in base units; `openTime` in unix seconds. */
export interface CpmmPoolFigures {
  readonly status: number;
  readonly lpSupply: bigint;
  readonly protocolFees0: bigint;
  readonly protocolFees1: bigint;
  readonly fundFees0: bigint;
  readonly fundFees1: bigint;
  readonly creatorFees0: bigint;
  readonly creatorFees1: bigint;
  readonly openTime: number;
  readonly recentEpoch: bigint;
  readonly creatorFeeOn: number;
  readonly creatorFeeEnabled: boolean;
}

/** Rates in parts of a million; protocol and fund rates are parts of the trade fee. */
export interface CpmmConfig {
  readonly tradeFeeRate: bigint;
  readonly protocolFeeRate: bigint;
  readonly fundFeeRate: bigint;
  readonly creatorFeeRate: bigint;
}

function checkBytes(data: Uint8Array, bytes: number, discriminator: Uint8Array, reservedFrom: number) {
  if (data.length !== bytes)
    return refusal<LoadRefusal>('wrong-length', `${data.length} bytes, not ${bytes}`);
  for (let i = 0; i < 8; i++) {
    if (data[i] !== discriminator[i]) return refusal<LoadRefusal>('wrong-discriminator');
  }
  return reservedBytesSet(data, reservedFrom, bytes);
}

/** The unchanging part of a pool account. Never throws. */
export function decodePoolKeys(data: Uint8Array): Outcome<CpmmPoolKeys, LoadRefusal> {
  const wrong = checkBytes(data, POOL_BYTES, POOL_DISCRIMINATOR, RESERVED_OFFSET);
  if (wrong !== undefined) return wrong;
  return success({
    config: addressAt(data, 8),
    creator: addressAt(data, 40),
    vault0: addressAt(data, 72),
    vault1: addressAt(data, 104),
    lpMint: addressAt(data, 136),
    mint0: addressAt(data, MINT_0_OFFSET),
    mint1: addressAt(data, MINT_1_OFFSET),
    program0: addressAt(data, 232),
    program1: addressAt(data, 264),
    observation: addressAt(data, 296),
    authBump: data[328]!,
    lpDecimals: data[330]!,
    decimals0: data[331]!,
    decimals1: data[332]!,
  });
}

/** True when both arrays hold the same unchanging part; both must be whole pool accounts. */
export function samePoolKeys(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 8; i < LP_SUPPLY_OFFSET; i++) {
    if (a[i] !== b[i] && i !== STATUS_OFFSET) return false;
  }
  return true;
}

/** The changing part of a pool account. Never throws. */
export function decodePoolFigures(data: Uint8Array): Outcome<CpmmPoolFigures, LoadRefusal> {
  const wrong = checkBytes(data, POOL_BYTES, POOL_DISCRIMINATOR, RESERVED_OFFSET);
  if (wrong !== undefined) return wrong;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return success({
    status: data[STATUS_OFFSET]!,
    lpSupply: view.getBigUint64(LP_SUPPLY_OFFSET, true),
    protocolFees0: view.getBigUint64(PROTOCOL_FEES_0_OFFSET, true),
    protocolFees1: view.getBigUint64(PROTOCOL_FEES_1_OFFSET, true),
    fundFees0: view.getBigUint64(FUND_FEES_0_OFFSET, true),
    fundFees1: view.getBigUint64(FUND_FEES_1_OFFSET, true),
    creatorFees0: view.getBigUint64(CREATOR_FEES_0_OFFSET, true),
    creatorFees1: view.getBigUint64(CREATOR_FEES_1_OFFSET, true),
    openTime: Number(view.getBigUint64(OPEN_TIME_OFFSET, true)),
    recentEpoch: view.getBigUint64(RECENT_EPOCH_OFFSET, true),
    creatorFeeOn: data[CREATOR_FEE_ON_OFFSET]!,
    creatorFeeEnabled: data[ENABLE_CREATOR_FEE_OFFSET] !== 0,
  });
}

/** Writes the figures that a swap changes over the bytes of a pool account. */
export function writeSwapFigures(data: Uint8Array, figures: CpmmPoolFigures): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  view.setBigUint64(PROTOCOL_FEES_0_OFFSET, figures.protocolFees0, true);
  view.setBigUint64(PROTOCOL_FEES_1_OFFSET, figures.protocolFees1, true);
  view.setBigUint64(FUND_FEES_0_OFFSET, figures.fundFees0, true);
  view.setBigUint64(FUND_FEES_1_OFFSET, figures.fundFees1, true);
  view.setBigUint64(RECENT_EPOCH_OFFSET, figures.recentEpoch, true);
  view.setBigUint64(CREATOR_FEES_0_OFFSET, figures.creatorFees0, true);
  view.setBigUint64(CREATOR_FEES_1_OFFSET, figures.creatorFees1, true);
}

/** A fee tier. Never throws. */
export function decodeConfig(data: Uint8Array): Outcome<CpmmConfig, LoadRefusal> {
  const wrong = checkBytes(data, CONFIG_BYTES, CONFIG_DISCRIMINATOR, CONFIG_RESERVED_OFFSET);
  if (wrong !== undefined) return wrong;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return success({
    tradeFeeRate: view.getBigUint64(12, true),
    protocolFeeRate: view.getBigUint64(20, true),
    fundFeeRate: view.getBigUint64(28, true),
    creatorFeeRate: view.getBigUint64(108, true),
  });
}

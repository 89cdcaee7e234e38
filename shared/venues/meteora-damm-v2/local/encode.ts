import { type Address, addressBytes } from '../../../core/address.ts';
import { writeU128 } from '../../../core/u128.ts';
import {
  type BaseFee,
  MARKET_CAP_EXPONENTIAL,
  MARKET_CAP_LINEAR,
  RATE_LIMITER,
  TIME_EXPONENTIAL,
  TIME_LINEAR,
} from '../base-fee.ts';
import { type DynamicFee, encodeDynamicFee } from '../dynamic-fee.ts';
import { MINT_A_OFFSET, MINT_B_OFFSET, OFFSETS, POOL_BYTES, POOL_DISCRIMINATOR } from '../layout.ts';
import { BY_SLOT, BY_TIMESTAMP } from '../program.ts';

/** Everything of a fresh pool that is not zero. */
export interface FreshPool {
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly creator: Address;
  readonly token2022A: boolean;
  readonly token2022B: boolean;
  readonly baseFee: BaseFee;
  readonly dynamicFee: DynamicFee | undefined;
  readonly compoundingFeeBps: bigint;
  readonly initSqrtPrice: bigint;
  readonly liquidity: bigint;
  readonly sqrtMinPrice: bigint;
  readonly sqrtMaxPrice: bigint;
  readonly sqrtPrice: bigint;
  readonly reserveA: bigint;
  readonly reserveB: bigint;
  readonly activationPoint: number;
  readonly byTimestamp: boolean;
  readonly collectFeeMode: number;
  readonly feeVersion: number;
  readonly countsReserves: boolean;
  readonly protocolFeeA: bigint;
  readonly protocolFeeB: bigint;
}

const PROTOCOL_FEE_PERCENT = 20;
const REFERRAL_FEE_PERCENT = 20;
const VAULT_A_OFFSET = 232;
const VAULT_B_OFFSET = 264;
const CREATOR_OFFSET = 648;
const FIRST_SWAPPABLE_STATUS = 0;

/** The bytes of a pool account. */
export function encodePool(pool: FreshPool): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  const view = new DataView(data.buffer);
  data.set(POOL_DISCRIMINATOR, 0);
  encodeBaseFee(view, pool.baseFee);
  data[OFFSETS.protocolFeePercent] = PROTOCOL_FEE_PERCENT;
  data[OFFSETS.referralFeePercent] = REFERRAL_FEE_PERCENT;
  view.setUint16(OFFSETS.compoundingFeeBps, Number(pool.compoundingFeeBps), true);
  if (pool.dynamicFee !== undefined) encodeDynamicFee(view, pool.dynamicFee);
  writeU128(view, OFFSETS.initSqrtPrice, pool.initSqrtPrice);
  data.set(addressBytes(pool.mintA), MINT_A_OFFSET);
  data.set(addressBytes(pool.mintB), MINT_B_OFFSET);
  data.set(addressBytes(pool.vaultA), VAULT_A_OFFSET);
  data.set(addressBytes(pool.vaultB), VAULT_B_OFFSET);
  writeU128(view, OFFSETS.liquidity, pool.liquidity);
  view.setBigUint64(OFFSETS.protocolFeeA, pool.protocolFeeA, true);
  view.setBigUint64(OFFSETS.protocolFeeB, pool.protocolFeeB, true);
  view.setBigUint64(OFFSETS.totalProtocolFeeA, pool.protocolFeeA, true);
  view.setBigUint64(OFFSETS.totalProtocolFeeB, pool.protocolFeeB, true);
  writeU128(view, OFFSETS.sqrtMinPrice, pool.sqrtMinPrice);
  writeU128(view, OFFSETS.sqrtMaxPrice, pool.sqrtMaxPrice);
  writeU128(view, OFFSETS.sqrtPrice, pool.sqrtPrice);
  view.setBigUint64(OFFSETS.activationPoint, BigInt(pool.activationPoint), true);
  data[OFFSETS.activationType] = pool.byTimestamp ? BY_TIMESTAMP : BY_SLOT;
  data[OFFSETS.status] = FIRST_SWAPPABLE_STATUS;
  data[OFFSETS.tokenFlagA] = pool.token2022A ? 1 : 0;
  data[OFFSETS.tokenFlagB] = pool.token2022B ? 1 : 0;
  data[OFFSETS.collectFeeMode] = pool.collectFeeMode;
  data[OFFSETS.feeVersion] = pool.feeVersion;
  data.set(addressBytes(pool.creator), CREATOR_OFFSET);
  if (pool.countsReserves) {
    view.setBigUint64(OFFSETS.reserveA, pool.reserveA, true);
    view.setBigUint64(OFFSETS.reserveB, pool.reserveB, true);
    data[OFFSETS.layoutVersion] = 1;
  }
  return data;
}

/** Writes a base fee over the bytes of a whole pool account. */
function encodeBaseFee(view: DataView, fee: BaseFee): void {
  view.setBigUint64(8, fee.cliff, true);
  if (fee.kind === 'rate-limiter') {
    view.setUint8(16, RATE_LIMITER);
    view.setUint16(22, fee.incrementBps, true);
    view.setUint32(24, fee.duration, true);
    view.setUint32(28, fee.maxFeeBps, true);
    view.setBigUint64(32, fee.referenceAmount, true);
    return;
  }
  view.setUint16(22, fee.periods, true);
  view.setBigUint64(32, fee.reduction, true);
  if (fee.kind === 'time') {
    view.setUint8(16, fee.exponential ? TIME_EXPONENTIAL : TIME_LINEAR);
    view.setBigUint64(24, BigInt(fee.frequency), true);
  } else {
    view.setUint8(16, fee.exponential ? MARKET_CAP_EXPONENTIAL : MARKET_CAP_LINEAR);
    view.setUint32(24, Number(fee.sqrtPriceStepBps), true);
    view.setUint32(28, fee.expiration, true);
  }
}

import { addressBytes } from '../../../core/address.ts';
import { writeU128 } from '../../../core/u128.ts';
import { viewOf } from '../bytes.ts';
import { CONFIG_BYTES, CONFIG_DISCRIMINATOR, type FeeConfig } from '../config.ts';
import { DYNAMIC_FEE_OFFSET, type DynamicFee } from '../dynamic-fee.ts';
import {
  BITMAP_OFFSET,
  MINT_A_OFFSET,
  MINT_B_OFFSET,
  POOL_BYTES,
  POOL_DISCRIMINATOR,
  type PoolFacts,
  type PoolNumbers,
} from '../layout.ts';
import { REWARD_BYTES, REWARD_COUNT, REWARDS_OFFSET, type Reward } from '../rewards.ts';

/** Writes what swaps move over the bytes of a pool account, in place. */
export function encodePoolNumbers(data: Uint8Array, numbers: Readonly<PoolNumbers>): void {
  const view = viewOf(data);
  writeU128(view, 237, numbers.liquidity);
  writeU128(view, 253, numbers.sqrtPrice);
  view.setInt32(269, numbers.tickIndex, true);
  writeU128(view, 277, numbers.feeGrowthA);
  writeU128(view, 293, numbers.feeGrowthB);
  view.setBigUint64(309, numbers.protocolFeeA, true);
  view.setBigUint64(317, numbers.protocolFeeB, true);
  data[389] = numbers.status;
  data[390] = numbers.feeOn;
  encodeRewards(data, numbers.rewards);
  data.set(numbers.bitmap, BITMAP_OFFSET);
  view.setBigUint64(1_064, numbers.fundFeeA, true);
  view.setBigUint64(1_072, numbers.fundFeeB, true);
  view.setBigUint64(1_088, numbers.recentEpoch, true);
  if (numbers.dynamicFee !== undefined) encodeDynamicFee(data, numbers.dynamicFee);
}

/** A whole pool account without rewards, as the program leaves it but for its numbers. */
export function encodePool(facts: PoolFacts, bump: number, numbers: Readonly<PoolNumbers>): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  data.set(POOL_DISCRIMINATOR, 0);
  data[8] = bump;
  data.set(addressBytes(facts.config), 9);
  data.set(addressBytes(facts.mintA), MINT_A_OFFSET);
  data.set(addressBytes(facts.mintB), MINT_B_OFFSET);
  data.set(addressBytes(facts.vaultA), 137);
  data.set(addressBytes(facts.vaultB), 169);
  data.set(addressBytes(facts.observation), 201);
  data[233] = facts.decimalsA;
  data[234] = facts.decimalsB;
  viewOf(data).setUint16(235, facts.tickSpacing, true);
  viewOf(data).setBigUint64(1_080, BigInt(numbers.openTime), true);
  encodePoolNumbers(data, numbers);
  return data;
}

/** A whole config account without its owners. */
export function encodeConfig(config: FeeConfig, index: number, tickSpacing: number): Uint8Array {
  const data = new Uint8Array(CONFIG_BYTES);
  const view = viewOf(data);
  data.set(CONFIG_DISCRIMINATOR, 0);
  view.setUint16(9, index, true);
  view.setUint32(43, config.protocolFeeRate, true);
  view.setUint32(47, config.tradeFeeRate, true);
  view.setUint16(51, tickSpacing, true);
  view.setUint32(53, config.fundFeeRate, true);
  return data;
}

/** Writes constants and variables over a pool account's bytes, in place. */
export function encodeDynamicFee(data: Uint8Array, fee: DynamicFee): void {
  const view = viewOf(data);
  const at = DYNAMIC_FEE_OFFSET;
  view.setUint16(at, fee.filterPeriod, true);
  view.setUint16(at + 2, fee.decayPeriod, true);
  view.setUint16(at + 4, fee.reductionFactor, true);
  view.setUint32(at + 6, fee.control, true);
  view.setUint32(at + 10, fee.maxAccumulator, true);
  view.setInt32(at + 14, fee.spacingReference, true);
  view.setUint32(at + 18, fee.volatilityReference, true);
  view.setUint32(at + 22, fee.accumulator, true);
  view.setBigUint64(at + 26, fee.updatedAt, true);
}

/** Writes what swaps move of the rewards over a pool account's bytes, in place. */
function encodeRewards(data: Uint8Array, rewards: readonly Reward[]): void {
  const view = viewOf(data);
  for (let i = 0; i < REWARD_COUNT; i++) {
    const reward = rewards[i];
    if (reward === undefined || !reward.initialized) continue;
    const at = REWARDS_OFFSET + i * REWARD_BYTES;
    view.setUint8(at, reward.status);
    view.setBigUint64(at + 17, reward.updatedAt, true);
    view.setBigUint64(at + 41, reward.emitted, true);
    writeU128(view, at + 153, reward.growth);
  }
}

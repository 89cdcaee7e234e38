import { type Address, addressBytes } from '../../../core/address.ts';
import { writeU128 } from '../../../core/u128.ts';
import type { AdaptiveFeeVariables } from '../adaptive-fee.ts';
import {
  MINT_A_OFFSET,
  MINT_B_OFFSET,
  POOL_BYTES,
  POOL_DISCRIMINATOR,
  type PoolFacts,
  type PoolNumbers,
  REWARD_BYTES,
  REWARDS_OFFSET,
  VAULT_A_OFFSET,
  VAULT_B_OFFSET,
  viewOf,
} from '../layout.ts';
import { ORACLE_BYTES, ORACLE_DISCRIMINATOR, type Oracle, POOL_OFFSET } from '../oracle.ts';

/** Writes what swaps move over the bytes of a pool account, in place. */
export function encodePoolNumbers(data: Uint8Array, numbers: Readonly<PoolNumbers>): void {
  const view = viewOf(data);
  view.setUint16(45, numbers.feeRate, true);
  view.setUint16(47, numbers.protocolFeeRate, true);
  writeU128(view, 49, numbers.liquidity);
  writeU128(view, 65, numbers.sqrtPrice);
  view.setInt32(81, numbers.tickIndex, true);
  view.setBigUint64(85, numbers.protocolFeeA, true);
  view.setBigUint64(93, numbers.protocolFeeB, true);
  writeU128(view, 165, numbers.feeGrowthA);
  writeU128(view, 245, numbers.feeGrowthB);
  view.setBigUint64(261, BigInt(numbers.rewardTimestamp), true);
  for (const [i, reward] of numbers.rewards.entries()) {
    if (reward.initialized) writeU128(view, REWARDS_OFFSET + i * REWARD_BYTES + 112, reward.growth);
  }
}

/** A whole pool account without rewards, as `initialize_pool` leaves it but for its numbers. */
export function encodePool(
  facts: PoolFacts,
  config: Address,
  bump: number,
  numbers: Readonly<PoolNumbers>,
): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  const view = viewOf(data);
  data.set(POOL_DISCRIMINATOR, 0);
  data.set(addressBytes(config), 8);
  data[40] = bump;
  view.setUint16(41, facts.tickSpacing, true);
  view.setUint16(43, facts.feeTierIndex, true);
  data.set(addressBytes(facts.mintA), MINT_A_OFFSET);
  data.set(addressBytes(facts.vaultA), VAULT_A_OFFSET);
  data.set(addressBytes(facts.mintB), MINT_B_OFFSET);
  data.set(addressBytes(facts.vaultB), VAULT_B_OFFSET);
  encodePoolNumbers(data, numbers);
  return data;
}

/** Writes the adaptive fee's variables over the bytes of an oracle account, in place. */
export function encodeOracleVariables(data: Uint8Array, variables: AdaptiveFeeVariables): void {
  const view = viewOf(data);
  view.setBigUint64(82, BigInt(variables.referenceTimestamp), true);
  view.setBigUint64(90, BigInt(variables.majorSwapTimestamp), true);
  view.setUint32(98, variables.volatilityReference, true);
  view.setInt32(102, variables.tickGroupReference, true);
  view.setUint32(106, variables.accumulator, true);
}

/** A whole oracle account. */
export function encodeOracle(poolBytes: Uint8Array, oracle: Oracle): Uint8Array {
  const data = new Uint8Array(ORACLE_BYTES);
  const view = viewOf(data);
  const { constants } = oracle;
  data.set(ORACLE_DISCRIMINATOR, 0);
  data.set(poolBytes, POOL_OFFSET);
  view.setBigUint64(40, BigInt(oracle.tradeEnableTimestamp), true);
  view.setUint16(48, constants.filterPeriod, true);
  view.setUint16(50, constants.decayPeriod, true);
  view.setUint16(52, constants.reductionFactor, true);
  view.setUint32(54, constants.controlFactor, true);
  view.setUint32(58, constants.maxAccumulator, true);
  view.setUint16(62, constants.tickGroupSize, true);
  view.setUint16(64, constants.majorSwapTicks, true);
  encodeOracleVariables(data, oracle.variables);
  return data;
}

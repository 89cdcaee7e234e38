import { type Address, addressBytes } from '../../../core/address.ts';
import {
  ACTIVATION_POINT_OFFSET,
  BASE_KEY_OFFSET,
  MINT_A_OFFSET,
  MINT_B_OFFSET,
  ORACLE_OFFSET,
  POOL_BYTES,
  POOL_DISCRIMINATOR,
  type PoolFacts,
  type PoolNumbers,
  PROTOCOL_FEE_OFFSET,
  VAULT_A_OFFSET,
  VAULT_B_OFFSET,
  viewOf,
} from '../layout.ts';

/** Writes what swaps move over the bytes of a pool account, in place. */
export function encodeSwapNumbers(data: Uint8Array, numbers: Readonly<PoolNumbers>): void {
  const view = viewOf(data);
  const { volatility } = numbers;
  view.setUint32(40, volatility.accumulator, true);
  view.setUint32(44, volatility.reference, true);
  view.setInt32(48, volatility.indexReference, true);
  view.setBigInt64(56, volatility.updatedAt, true);
  view.setInt32(76, numbers.activeId, true);
  view.setBigUint64(PROTOCOL_FEE_OFFSET, numbers.protocolFeeA, true);
  view.setBigUint64(PROTOCOL_FEE_OFFSET + 8, numbers.protocolFeeB, true);
}

/** What a fresh pool account is made of besides its numbers. */
export interface PoolMaking {
  readonly facts: PoolFacts;
  /** What the pool's address is derived from besides its mints. */
  readonly baseKey: Address;
  readonly baseFactor: number;
  readonly bump: number;
  readonly functionType: number;
  readonly collectFeeMode: number;
  readonly minBinId: number;
  readonly maxBinId: number;
  readonly tokenFlags: readonly [number, number];
}

/** A whole pool account without rewards or bins, as the program would have initialized it. */
export function encodePool(making: PoolMaking, numbers: Readonly<PoolNumbers>): Uint8Array {
  const { facts } = making;
  const { fee } = numbers;
  const data = new Uint8Array(POOL_BYTES);
  const view = viewOf(data);
  data.set(POOL_DISCRIMINATOR, 0);
  view.setUint16(8, making.baseFactor, true);
  view.setUint16(10, fee.filterPeriod, true);
  view.setUint16(12, fee.decayPeriod, true);
  view.setUint16(14, fee.reductionFactor, true);
  view.setUint32(16, fee.variableFeeControl, true);
  view.setUint32(20, fee.maxAccumulator, true);
  view.setInt32(24, making.minBinId, true);
  view.setInt32(28, making.maxBinId, true);
  view.setUint16(32, fee.protocolShareBps, true);
  data[35] = making.functionType;
  data[36] = making.collectFeeMode;
  data[72] = making.bump;
  view.setUint16(73, facts.binStep, true);
  data[75] = facts.pairType;
  view.setUint16(80, facts.binStep, true);
  data[82] = numbers.enabled ? 0 : 1;
  data[83] = 1;
  view.setUint16(84, making.baseFactor, true);
  data[86] = numbers.activationType;
  data.set(addressBytes(facts.mintA), MINT_A_OFFSET);
  data.set(addressBytes(facts.mintB), MINT_B_OFFSET);
  data.set(addressBytes(facts.vaultA), VAULT_A_OFFSET);
  data.set(addressBytes(facts.vaultB), VAULT_B_OFFSET);
  data.set(addressBytes(facts.oracle), ORACLE_OFFSET);
  data.set(addressBytes(making.baseKey), BASE_KEY_OFFSET);
  view.setBigUint64(ACTIVATION_POINT_OFFSET, numbers.activationPoint, true);
  data[880] = making.tokenFlags[0];
  data[881] = making.tokenFlags[1];
  data[882] = 1;
  encodeSwapNumbers(data, numbers);
  return data;
}

import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';
import { baseFeeRate, type FeeParameters, feesFit, type Volatility } from './fee.ts';

/** The LbPair account. Layout: MeteoraAg/dlmm-sdk `idls/dlmm.json`. X is mint A, Y is mint B. */
export const DLMM_PROGRAM = 'LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo' as Address;
export const POOL_BYTES = 904;
export const POOL_DISCRIMINATOR = Uint8Array.of(33, 11, 49, 98, 181, 101, 177, 13);
export const MINT_A_OFFSET = 88;
export const MINT_B_OFFSET = 120;
export const VAULT_A_OFFSET = 152;
export const VAULT_B_OFFSET = 184;
export const PROTOCOL_FEE_OFFSET = 216;
const REWARDS_OFFSET = 264;
const REWARD_BYTES = 144;
const REWARD_COUNT = 2;
export const ORACLE_OFFSET = 552;
export const BITMAP_OFFSET = 584;
export const BITMAP_BYTES = 128;
export const BASE_KEY_OFFSET = 784;
export const ACTIVATION_POINT_OFFSET = 816;

/** Function types of a pool; an undetermined one takes limit orders until it has a farming reward. */
export const FUNCTION_UNDETERMINED = 0;
export const FUNCTION_LIQUIDITY_MINING = 1;
export const FUNCTION_LIMIT_ORDER = 2;
/** Collect-fee modes. */
export const FEE_ON_INPUT = 0;
export const FEE_ON_B = 1;
/** Pair types; the two in the middle wait for their activation point. */
const PERMISSIONED = 1;
export const CUSTOMIZABLE_PERMISSIONLESS = 2;
export const PERMISSIONLESS_V2 = 3;
export const ACTIVATION_BY_SLOT = 0;
const ACTIVATION_BY_TIME = 1;

/** Bins lie between these ids in every pool. */
export const MIN_BIN_ID = -443_636;
export const MAX_BIN_ID = 443_636;

/** What never changes in a pool. */
export interface PoolFacts {
  readonly binStep: number;
  readonly pairType: number;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly oracle: Address;
}

/** What swaps, deposits and the pool's operators move. */
export interface PoolNumbers {
  fee: FeeParameters;
  volatility: Volatility;
  activeId: number;
  enabled: boolean;
  activationType: number;
  /** Slot or unix seconds from which on anyone may swap; 0 for pairs without an activation point. */
  activationPoint: bigint;
  takesLimitOrders: boolean;
  /** True when the fee is always taken in mint B, false when in what comes in. */
  feeOnB: boolean;
  /** Base units owed to the protocol. */
  protocolFeeA: bigint;
  protocolFeeB: bigint;
}

/** Checks owner, discriminator and length. */
export function checkPoolAccount(account: AccountBytes): LoadRefusal | undefined {
  if (account.owner !== DLMM_PROGRAM) return 'not-this-venue';
  if (!startsWith(account.data, POOL_DISCRIMINATOR)) return 'wrong-discriminator';
  return account.data.length === POOL_BYTES ? undefined : 'wrong-length';
}

/** The facts of a checked pool account. */
export function decodePoolFacts(data: Uint8Array): PoolFacts {
  return {
    binStep: viewOf(data).getUint16(80, true),
    pairType: data[75]!,
    mintA: addressAt(data, MINT_A_OFFSET),
    mintB: addressAt(data, MINT_B_OFFSET),
    vaultA: addressAt(data, VAULT_A_OFFSET),
    vaultB: addressAt(data, VAULT_B_OFFSET),
    oracle: addressAt(data, ORACLE_OFFSET),
  };
}

/** True when two checked pool accounts agree on every byte that never changes. */
export function samePoolFacts(a: Uint8Array, b: Uint8Array): boolean {
  return (
    a[75] === b[75] &&
    sameBytes(a, b, 80, 82) &&
    sameBytes(a, b, MINT_A_OFFSET, PROTOCOL_FEE_OFFSET) &&
    sameBytes(a, b, ORACLE_OFFSET, BITMAP_OFFSET)
  );
}

/** Reads a checked pool account into `into`; refuses versions and numbers that the program does not have. */
export function decodePoolNumbers(data: Uint8Array, into: PoolNumbers): Outcome<true, LoadRefusal> {
  const view = viewOf(data);
  const pairType = data[75]!;
  const functionType = data[35]!;
  const activationType = data[86]!;
  if (pairType > PERMISSIONLESS_V2) return refusal('unsupported-version', `pair type ${pairType}`);
  if (functionType > FUNCTION_LIMIT_ORDER) {
    return refusal('unsupported-version', `function type ${functionType}`);
  }
  if (data[36]! > FEE_ON_B) return refusal('unsupported-version', `collect-fee mode ${data[36]}`);
  if (activationType > ACTIVATION_BY_TIME) {
    return refusal('unsupported-version', `activation type ${activationType}`);
  }
  const activeId = view.getInt32(76, true);
  if (activeId < MIN_BIN_ID || activeId > MAX_BIN_ID) {
    return refusal('inconsistent-accounts', `active bin ${activeId} out of bounds`);
  }
  const fee = decodeFee(data, view);
  const wrong = feesFit(fee);
  if (wrong !== undefined) return refusal('inconsistent-accounts', wrong);
  into.fee = fee;
  into.volatility = {
    accumulator: view.getUint32(40, true),
    reference: view.getUint32(44, true),
    indexReference: view.getInt32(48, true),
    updatedAt: view.getBigInt64(56, true),
  };
  into.activeId = activeId;
  into.enabled = data[82] === 0;
  into.activationType = activationType;
  into.activationPoint =
    pairType === PERMISSIONED || pairType === CUSTOMIZABLE_PERMISSIONLESS
      ? view.getBigUint64(ACTIVATION_POINT_OFFSET, true)
      : 0n;
  into.takesLimitOrders =
    functionType === FUNCTION_LIMIT_ORDER || (functionType === FUNCTION_UNDETERMINED && !hasReward(data));
  into.feeOnB = data[36] === FEE_ON_B;
  into.protocolFeeA = view.getBigUint64(PROTOCOL_FEE_OFFSET, true);
  into.protocolFeeB = view.getBigUint64(PROTOCOL_FEE_OFFSET + 8, true);
  return success(true);
}

function decodeFee(data: Uint8Array, view: DataView): FeeParameters {
  const baseFactor = view.getUint16(8, true);
  const binStep = view.getUint16(80, true);
  return {
    binStep,
    baseRate: baseFeeRate(baseFactor, binStep, data[34]!),
    filterPeriod: view.getUint16(10, true),
    decayPeriod: view.getUint16(12, true),
    reductionFactor: view.getUint16(14, true),
    variableFeeControl: view.getUint32(16, true),
    maxAccumulator: view.getUint32(20, true),
    protocolShareBps: view.getUint16(32, true),
  };
}

function hasReward(data: Uint8Array): boolean {
  for (let reward = 0; reward < REWARD_COUNT; reward++) {
    const at = REWARDS_OFFSET + reward * REWARD_BYTES;
    for (let i = at; i < at + 32; i++) if (data[i] !== 0) return true;
  }
  return false;
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

export function startsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  return data.length >= prefix.length && sameBytes(data, prefix, 0, prefix.length);
}

export function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false;
  return true;
}

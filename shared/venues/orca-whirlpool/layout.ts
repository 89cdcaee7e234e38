import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { readU128 } from '../../core/u128.ts';
import { MAX_SQRT_PRICE, MAX_TICK, MIN_SQRT_PRICE, MIN_TICK, tickEstimate } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';

/** The Whirlpool account. Layout: orca-so/whirlpools `programs/whirlpool/src/state/whirlpool.rs`. */
export const WHIRLPOOL_PROGRAM = 'whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc' as Address;
export const POOL_BYTES = 653;
export const POOL_DISCRIMINATOR = Uint8Array.of(0x3f, 0x95, 0xd1, 0x0c, 0xe1, 0x80, 0x63, 0x09);
export const MINT_A_OFFSET = 101;
export const MINT_B_OFFSET = 181;
export const VAULT_A_OFFSET = 133;
export const VAULT_B_OFFSET = 213;
export const REWARDS_OFFSET = 269;
export const REWARD_BYTES = 128;
const REWARD_COUNT = 3;
const PROTOCOL_FEE_DENOMINATOR = 10_000;
const TICK_MARGIN = 1e-3;

/** What never changes in a pool. */
export interface PoolFacts {
  readonly tickSpacing: number;
  /** Differs from the tick spacing when the pool was made with an adaptive fee. */
  readonly feeTierIndex: number;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
}

/** One liquidity reward; only kept so that a settled pool's bytes are right. */
export interface Reward {
  readonly initialized: boolean;
  /** Q64.64 tokens per second. */
  readonly emissionsPerSecond: bigint;
  /** Q64.64 tokens per unit of liquidity so far, wrapping. */
  readonly growth: bigint;
}

/** What swaps, deposits and fee changes move. */
export interface PoolNumbers {
  /** Static fee in hundredths of a basis point. */
  feeRate: number;
  /** The protocol's part of the fee, in basis points. */
  protocolFeeRate: number;
  liquidity: bigint;
  /** Q64.64. */
  sqrtPrice: bigint;
  /** One below the price's own tick right after a swap stopped on a tick it crossed downwards. */
  tickIndex: number;
  /** Base units owed to the protocol. */
  protocolFeeA: bigint;
  protocolFeeB: bigint;
  /** Q64.64 base units per unit of liquidity, wrapping. */
  feeGrowthA: bigint;
  feeGrowthB: bigint;
  /** Unix seconds of the last swap or deposit; the program refuses a clock before it. */
  rewardTimestamp: number;
  rewards: readonly Reward[];
}

/** Checks owner, discriminator and length. */
export function checkPoolAccount(account: AccountBytes): LoadRefusal | undefined {
  if (account.owner !== WHIRLPOOL_PROGRAM) return 'not-this-venue';
  if (!startsWith(account.data, POOL_DISCRIMINATOR)) return 'wrong-discriminator';
  return account.data.length !== POOL_BYTES ? 'wrong-length' : undefined;
}

/** The facts of a checked pool account. */
export function decodePoolFacts(data: Uint8Array): PoolFacts {
  const view = viewOf(data);
  return {
    tickSpacing: view.getUint16(41, true),
    feeTierIndex: view.getUint16(43, true),
    mintA: addressAt(data, MINT_A_OFFSET),
    mintB: addressAt(data, MINT_B_OFFSET),
    vaultA: addressAt(data, VAULT_A_OFFSET),
    vaultB: addressAt(data, VAULT_B_OFFSET),
  };
}

/** True when two checked pool accounts agree on every byte that never changes. */
export function samePoolFacts(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(a, b, 8, 45) && sameBytes(a, b, 101, 165) && sameBytes(a, b, 181, 245);
}

/** Reads a checked pool account into `into`. `inconsistent-accounts` when a number is outside what the program allows. */
export function decodePoolNumbers(data: Uint8Array, into: PoolNumbers): Outcome<true, LoadRefusal> {
  const view = viewOf(data);
  const protocolFeeRate = view.getUint16(47, true);
  const sqrtPrice = readU128(view, 65);
  const tickIndex = view.getInt32(81, true);
  if (protocolFeeRate > PROTOCOL_FEE_DENOMINATOR) {
    return refusal('inconsistent-accounts', `protocol fee of ${protocolFeeRate} bps`);
  }
  if (sqrtPrice < MIN_SQRT_PRICE || sqrtPrice > MAX_SQRT_PRICE) {
    return refusal('inconsistent-accounts', 'price out of bounds');
  }
  if (tickIndex < MIN_TICK - 1 || tickIndex > MAX_TICK) {
    return refusal('inconsistent-accounts', `tick ${tickIndex} out of bounds`);
  }
  // Having crossed a tick downwards the price stands on it, one tick above the index.
  if (Math.abs(tickEstimate(sqrtPrice) - tickIndex - 0.5) > 0.5 + TICK_MARGIN) {
    return refusal('inconsistent-accounts', `tick ${tickIndex} is not that of the price`);
  }
  into.feeRate = view.getUint16(45, true);
  into.protocolFeeRate = protocolFeeRate;
  into.liquidity = readU128(view, 49);
  into.sqrtPrice = sqrtPrice;
  into.tickIndex = tickIndex;
  into.protocolFeeA = view.getBigUint64(85, true);
  into.protocolFeeB = view.getBigUint64(93, true);
  into.feeGrowthA = readU128(view, 165);
  into.feeGrowthB = readU128(view, 245);
  into.rewardTimestamp = Number(view.getBigUint64(261, true));
  into.rewards = decodeRewards(data, view);
  return success(true);
}

const NO_REWARD: Reward = { initialized: false, emissionsPerSecond: 0n, growth: 0n };
const NO_REWARDS: readonly Reward[] = [NO_REWARD, NO_REWARD, NO_REWARD];

function decodeRewards(data: Uint8Array, view: DataView): readonly Reward[] {
  // Rewards are initialized in order, so that without the first there is none.
  if (isZero(data, REWARDS_OFFSET, REWARDS_OFFSET + 32)) return NO_REWARDS;
  const rewards: Reward[] = [];
  for (let i = 0; i < REWARD_COUNT; i++) {
    const at = REWARDS_OFFSET + i * REWARD_BYTES;
    if (isZero(data, at, at + 32)) {
      rewards.push(NO_REWARD);
      continue;
    }
    const emissionsPerSecond = readU128(view, at + 96);
    rewards.push({ initialized: true, emissionsPerSecond, growth: readU128(view, at + 112) });
  }
  return rewards;
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

function isZero(data: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (data[i] !== 0) return false;
  return true;
}

import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { readU128 } from '../../core/u128.ts';
import { MAX_TICK, MIN_TICK, tickEstimate } from '../../math/tick.ts';
import { reservedBytesSet } from '../reserved.ts';
import type { LoadRefusal } from '../venue.ts';
import { sameBytes, startsWith, viewOf } from './bytes.ts';
import { type DynamicFee, decodeDynamicFee } from './dynamic-fee.ts';
import { decodeRewards, type Reward } from './rewards.ts';
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE } from './tick-price.ts';

/** The pool account. Layout: raydium-io/raydium-clmm `states/pool.rs`. */
export const CLMM_PROGRAM = 'CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK' as Address;
export const POOL_BYTES = 1_544;
export const POOL_DISCRIMINATOR = Uint8Array.of(0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46);
export const MINT_A_OFFSET = 73;
export const MINT_B_OFFSET = 105;
export const BITMAP_OFFSET = 904;
export const BITMAP_BYTES = 128;
const RESERVED_OFFSET = 1_176;
const TICK_MARGIN = 1e-3;
/** The program's largest tick spacing. */
const MAX_TICK_SPACING = 1_000;
/** The status bit that stops swaps. */
export const SWAP_DISABLED = 1 << 4;
/** Where the fee is taken: from whatever comes in, or always in one of the two tokens. */
export const FEE_ON_TOKEN_A = 1;
export const FEE_ON_TOKEN_B = 2;
/** Owed fees beyond this no pair of vaults can hold, and the program's own sums would overflow. */
const MAX_OWED = 1n << 63n;

/** What never changes in a pool. */
export interface PoolFacts {
  readonly config: Address;
  readonly mintA: Address;
  readonly mintB: Address;
  readonly vaultA: Address;
  readonly vaultB: Address;
  readonly observation: Address;
  readonly decimalsA: number;
  readonly decimalsB: number;
  readonly tickSpacing: number;
}

/** What swaps, deposits and the program's administrators move. */
export interface PoolNumbers {
  liquidity: bigint;
  /** Q64.64. */
  sqrtPrice: bigint;
  /** One below the price's own tick after a swap stopped on a tick it crossed downwards. */
  tickIndex: number;
  /** Q64.64 base units per unit of liquidity, wrapping. */
  feeGrowthA: bigint;
  feeGrowthB: bigint;
  /** Base units owed. */
  protocolFeeA: bigint;
  protocolFeeB: bigint;
  fundFeeA: bigint;
  fundFeeB: bigint;
  status: number;
  feeOn: number;
  /** Unix seconds; swaps begin after it. */
  openTime: number;
  recentEpoch: bigint;
  rewards: readonly Reward[];
  /** 1024 bits: which tick arrays from -512 to 511 hold an initialized tick. */
  bitmap: Uint8Array;
  dynamicFee: DynamicFee | undefined;
}

/** Checks owner, discriminator and length. */
export function checkPoolAccount(account: AccountBytes): LoadRefusal | undefined {
  if (account.owner !== CLMM_PROGRAM) return 'not-this-venue';
  if (!startsWith(account.data, POOL_DISCRIMINATOR)) return 'wrong-discriminator';
  return account.data.length !== POOL_BYTES ? 'wrong-length' : undefined;
}

/** The facts of a checked pool account. */
export function decodePoolFacts(data: Uint8Array): Outcome<PoolFacts, LoadRefusal> {
  const tickSpacing = viewOf(data).getUint16(235, true);
  if (tickSpacing === 0 || tickSpacing > MAX_TICK_SPACING) {
    return refusal('inconsistent-accounts', `tick spacing of ${tickSpacing}`);
  }
  return success({
    config: addressAt(data, 9),
    mintA: addressAt(data, MINT_A_OFFSET),
    mintB: addressAt(data, MINT_B_OFFSET),
    vaultA: addressAt(data, 137),
    vaultB: addressAt(data, 169),
    observation: addressAt(data, 201),
    decimalsA: data[233]!,
    decimalsB: data[234]!,
    tickSpacing,
  });
}

/** True when two checked pool accounts agree on every byte that never changes. */
export function samePoolFacts(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(a, b, 8, 41) && sameBytes(a, b, MINT_A_OFFSET, 237);
}

/** Reads a checked pool account into `into`. `inconsistent-accounts` when a number is outside what the program allows. */
export function decodePoolNumbers(
  data: Uint8Array,
  tickSpacing: number,
  into: PoolNumbers,
): Outcome<true, LoadRefusal> {
  const reserved = reservedBytesSet(data, RESERVED_OFFSET, POOL_BYTES);
  if (reserved !== undefined) return reserved;
  const view = viewOf(data);
  const sqrtPrice = readU128(view, 253);
  const tickIndex = view.getInt32(269, true);
  if (sqrtPrice < MIN_SQRT_PRICE || sqrtPrice >= MAX_SQRT_PRICE) {
    return refusal('inconsistent-accounts', 'price out of bounds');
  }
  if (tickIndex < MIN_TICK - 1 || tickIndex > MAX_TICK) {
    return refusal('inconsistent-accounts', `tick ${tickIndex} out of bounds`);
  }
  // Having crossed a tick downwards the price stands on it, one tick above the index.
  if (Math.abs(tickEstimate(sqrtPrice) - tickIndex - 0.5) > 0.5 + TICK_MARGIN) {
    return refusal('inconsistent-accounts', `tick ${tickIndex} is not that of the price`);
  }
  const feeOn = data[390]!;
  if (feeOn > FEE_ON_TOKEN_B) return refusal('unsupported-version', `fee on token mode ${feeOn}`);
  const dynamicFee = decodeDynamicFee(data);
  const wrong = dynamicFee === undefined ? undefined : wrongDynamicFee(dynamicFee, tickSpacing);
  if (wrong !== undefined) return refusal('inconsistent-accounts', wrong);
  const owed = [309, 317, 1_064, 1_072].map((at) => view.getBigUint64(at, true));
  if (owed.some((amount) => amount > MAX_OWED)) {
    return refusal('inconsistent-accounts', 'owed fees out of bounds');
  }
  into.liquidity = readU128(view, 237);
  into.sqrtPrice = sqrtPrice;
  into.tickIndex = tickIndex;
  into.feeGrowthA = readU128(view, 277);
  into.feeGrowthB = readU128(view, 293);
  into.protocolFeeA = owed[0]!;
  into.protocolFeeB = owed[1]!;
  into.fundFeeA = owed[2]!;
  into.fundFeeB = owed[3]!;
  into.status = data[389]!;
  into.feeOn = feeOn;
  into.openTime = Number(view.getBigUint64(1_080, true));
  into.recentEpoch = view.getBigUint64(1_088, true);
  into.rewards = decodeRewards(data);
  into.bitmap = data.subarray(BITMAP_OFFSET, BITMAP_OFFSET + BITMAP_BYTES);
  into.dynamicFee = dynamicFee;
  return success(true);
}

/** The program computes accumulator times spacing in 32 bits. */
function wrongDynamicFee(fee: DynamicFee, tickSpacing: number): string | undefined {
  if (fee.maxAccumulator * tickSpacing > 0xffff_ffff) return 'dynamic fee out of bounds';
  return fee.accumulator > fee.maxAccumulator ? 'dynamic fee above its own most' : undefined;
}

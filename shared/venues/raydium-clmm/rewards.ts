/**
 * A pool's three liquidity rewards: no quote reads them, but each swap lets them grow. Layout and growth:
 * raydium-io/raydium-clmm `states/pool.rs` (`RewardInfo`, `update_reward_infos`).
 */
import { readU128 } from '../../core/u128.ts';
import { U64_MAX, U128_MAX } from '../../core/units.ts';
import { divUp } from '../../math/mul-div.ts';
import { isZero, viewOf } from './bytes.ts';

export const REWARDS_OFFSET = 397;
export const REWARD_BYTES = 169;
export const REWARD_COUNT = 3;
const MINT_AT = 57;
const OPENING = 2;
const ENDED = 3;

export interface Reward {
  readonly initialized: boolean;
  readonly status: number;
  /** Unix seconds. */
  readonly openTime: bigint;
  readonly endTime: bigint;
  readonly updatedAt: bigint;
  /** Q64.64 tokens per second. */
  readonly emissionsPerSecond: bigint;
  /** Base units emitted so far; u64's largest once it would not fit. */
  readonly emitted: bigint;
  /** Q64.64 tokens per unit of liquidity so far, wrapping. */
  readonly growth: bigint;
}

const NO_REWARD: Reward = {
  initialized: false,
  status: 0,
  openTime: 0n,
  endTime: 0n,
  updatedAt: 0n,
  emissionsPerSecond: 0n,
  emitted: 0n,
  growth: 0n,
};
const NO_REWARDS: readonly Reward[] = [NO_REWARD, NO_REWARD, NO_REWARD];

export function decodeRewards(data: Uint8Array): readonly Reward[] {
  // Rewards are initialized in order, so that without the first there is none.
  if (!hasMint(data, 0)) return NO_REWARDS;
  const view = viewOf(data);
  return [0, 1, 2].map((i) => {
    if (!hasMint(data, i)) return NO_REWARD;
    const at = REWARDS_OFFSET + i * REWARD_BYTES;
    return {
      initialized: true,
      status: view.getUint8(at),
      openTime: view.getBigUint64(at + 1, true),
      endTime: view.getBigUint64(at + 9, true),
      updatedAt: view.getBigUint64(at + 17, true),
      emissionsPerSecond: readU128(view, at + 25),
      emitted: view.getBigUint64(at + 41, true),
      growth: readU128(view, at + 153),
    };
  });
}

function hasMint(data: Uint8Array, i: number): boolean {
  const at = REWARDS_OFFSET + i * REWARD_BYTES + MINT_AT;
  return !isZero(data, at, at + 32);
}

/** The rewards grown to `unixTimestamp` on `liquidity`. Emission is rounded up, growth down; growth wraps at 2^128. */
export function growRewards(
  rewards: readonly Reward[],
  liquidity: bigint,
  unixTimestamp: number,
): readonly Reward[] {
  if (rewards === NO_REWARDS) return rewards;
  const now = BigInt(unixTimestamp);
  return rewards.map((reward) => grown(reward, liquidity, now));
}

function grown(reward: Reward, liquidity: bigint, now: bigint): Reward {
  if (!reward.initialized || reward.emitted === U64_MAX || now <= reward.openTime) return reward;
  const until = now < reward.endTime ? now : reward.endTime;
  let { emitted, growth } = reward;
  if (liquidity !== 0n) {
    const seconds = until - reward.updatedAt;
    if (seconds <= 0n) return reward;
    const emission = seconds * reward.emissionsPerSecond;
    const tokens = divUp(emission, 1n << 64n);
    const left = U64_MAX - emitted;
    const full = tokens > left;
    const delta = full ? (left << 64n) / liquidity : emission / liquidity;
    emitted = full ? U64_MAX : emitted + tokens;
    // The program takes a growth that does not fit for none.
    if (delta <= U128_MAX) growth = BigInt.asUintN(128, growth + delta);
  }
  const open = until >= reward.openTime && until < reward.endTime;
  const status = open ? OPENING : until === reward.endTime ? ENDED : reward.status;
  return { ...reward, emitted, growth, updatedAt: until, status };
}

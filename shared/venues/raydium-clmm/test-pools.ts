import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, TOKEN_PROGRAM } from '../../core/address.ts';
import type { Random } from '../../core/random.ts';
import { U64_MAX } from '../../core/units.ts';
import { MAX_TICK, MIN_TICK } from '../../math/tick.ts';
import { encodeMint, encodeTokenAccount } from '../token/token.ts';
import { extensionAddress, tickArrayAddress } from './accounts.ts';
import { arrayOf, type Bitmaps, canExtend, flipBit, TICKS_PER_ARRAY } from './bitmap.ts';
import { viewOf } from './bytes.ts';
import type { DynamicFee } from './dynamic-fee.ts';
import { BITMAP_BYTES, CLMM_PROGRAM } from './layout.ts';
import { encodeConfig, encodePool } from './local/encode.ts';
import { emptyExtension, encodeTickArray, type TickContent } from './local/encode-arrays.ts';
import { sqrtPriceAtTick } from './tick-price.ts';
/**
 * Odd pools for tests: any tick spacing and price, overlapping and empty ranges, limit orders on any tick and partly
 * filled, dynamic fees in mid-movement, rewards about to end. `synthesize` makes the likely ones.
 */

export interface RandomPool {
  readonly address: Address;
  readonly accounts: ReadonlyMap<Address, AccountBytes>;
  /** They hold all there can be: no swap of theirs fails for want of tokens. */
  readonly vaults: ReadonlyMap<Address, AccountBytes>;
}

/** Unix seconds near which the pool's dynamic fee and rewards last moved. */
export const RANDOM_POOL_TIME = 1_800_000_000;

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Uniform in [1, 2^bits]. */
export function bigUpTo(random: Random, bits: number): bigint {
  let value = 0n;
  for (let left = bits; left > 0; left -= 16) value = (value << 16n) | BigInt(random.below(65_536));
  return BigInt.asUintN(bits, value) + 1n;
}

export function randomPool(random: Random): RandomPool {
  const key = Uint8Array.from({ length: 32 }, () => random.below(256));
  const [config, mintA, mintB, ...others] = [1, 2, 3, 4, 5, 6].map((fill) =>
    addressAt(new Uint8Array(32).fill(fill)),
  ) as [Address, Address, Address, ...Address[]];
  const tickSpacing = pick(random, [1, 1, 2, 10, 14, 15, 60, 120]);
  const near = pick(random, [1_000, 30_000, 200_000, 440_000]);
  const start = Math.floor((random.next() * 2 - 1) * near);
  const standing = pick(random, ['between', 'between', 'on', 'below']);
  const tick = standing === 'between' ? start : Math.round(start / tickSpacing) * tickSpacing;
  const tickIndex = standing === 'below' ? tick - 1 : tick;
  const low = sqrtPriceAtTick(tick);
  const part = standing === 'between' ? BigInt(random.below(1_000)) : 0n;
  const sqrtPrice = low + ((sqrtPriceAtTick(tick + 1) - low) * part) / 1_000n;
  const { ticks, liquidity } = randomTicks(random, tick, tickIndex, tickSpacing);

  let bitmaps: Bitmaps = {
    bitmap: new Uint8Array(BITMAP_BYTES),
    extension: canExtend(tickSpacing) ? emptyExtension(key) : null,
  };
  const accounts = new Map<Address, AccountBytes>();
  const own = (address: Address, data: Uint8Array) =>
    accounts.set(address, { owner: CLMM_PROGRAM, lamports: 1n, data });
  for (const array of new Set([...ticks.keys()].map((at) => arrayOf(at, tickSpacing)))) {
    bitmaps = flipBit(bitmaps, array);
    const first = array * TICKS_PER_ARRAY * tickSpacing;
    const data = encodeTickArray(key, first, tickSpacing, ticks);
    scramble(random, data);
    own(tickArrayAddress(key, first), data);
  }
  if (bitmaps.extension) own(extensionAddress(key), bitmaps.extension);
  const address = addressAt(key);
  const facts = { config, mintA, mintB, vaultA: others[0]!, vaultB: others[1]!, observation: others[2]! };
  const pool = encodePool({ ...facts, decimalsA: 6, decimalsB: 6, tickSpacing }, 255, {
    liquidity,
    sqrtPrice,
    tickIndex,
    feeGrowthA: bigUpTo(random, 127),
    feeGrowthB: bigUpTo(random, 127),
    protocolFeeA: bigUpTo(random, 40),
    protocolFeeB: 0n,
    fundFeeA: 0n,
    fundFeeB: bigUpTo(random, 40),
    status: 0,
    feeOn: random.below(3),
    openTime: 0,
    recentEpoch: 1n,
    rewards: [],
    bitmap: bitmaps.bitmap,
    dynamicFee: random.below(2) === 0 ? undefined : randomDynamicFee(random, tick, tickSpacing),
  });
  writeRewards(random, pool);
  own(address, pool);
  const fees = {
    tradeFeeRate: pick(random, [0, 1, 100, 400, 2_500, 10_000, 99_999, 250_000]),
    protocolFeeRate: pick(random, [0, 120_000, 300_000]),
    fundFeeRate: pick(random, [0, 40_000]),
  };
  own(config, encodeConfig(fees, 0, tickSpacing));
  for (const mint of [mintA, mintB]) {
    accounts.set(mint, encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals: 6, supply: 1n }));
  }
  const vaults = new Map<Address, AccountBytes>();
  for (const [vault, mint] of [
    [facts.vaultA, mintA],
    [facts.vaultB, mintB],
  ] as const) {
    const terms = { mint, owner: address, amount: U64_MAX, tokenProgram: TOKEN_PROGRAM };
    vaults.set(vault, encodeTokenAccount(terms));
  }
  return { address, accounts, vaults };
}

function randomTicks(random: Random, tick: number, tickIndex: number, tickSpacing: number) {
  const ticks = new Map<number, TickContent>();
  const least = -Math.floor(-MIN_TICK / tickSpacing) * tickSpacing;
  const most = Math.floor(MAX_TICK / tickSpacing) * tickSpacing;
  const snap = (at: number) => Math.min(Math.max(Math.round(at / tickSpacing) * tickSpacing, least), most);
  const span = tickSpacing * pick(random, [30, 200, 1_000]);
  const bits = pick(random, [20, 40, 60, 75]);
  let liquidity = 0n;
  const join = (at: number, net: bigint, gross: bigint, orders: bigint) => {
    const known = ticks.get(at) ?? { net: 0n, gross: 0n, orders: 0n };
    ticks.set(at, { net: known.net + net, gross: known.gross + gross, orders: known.orders + orders });
  };
  const addPosition = (lower: number, upper: number, amount: bigint) => {
    if (lower >= upper) return;
    join(lower, amount, amount, 0n);
    join(upper, -amount, amount, 0n);
    if (lower <= tickIndex && tickIndex < upper) liquidity += amount;
  };
  for (let count = 1 + random.below(8); count > 0; count--) {
    const middle = random.below(3) === 0 ? tick + (random.next() * 2 - 1) * span : tick;
    const lower = snap(middle - random.next() * span - 1);
    addPosition(lower, snap(middle + random.next() * span + 1), bigUpTo(random, bits));
  }
  if (random.below(2) === 0) addPosition(least, most, bigUpTo(random, bits - 8));
  const orderBits = pick(random, [8, 30, 50, 62]);
  for (let count = pick(random, [0, 0, 3, 8]); count > 0; count--) {
    const kind = random.below(3);
    const away = snap(tick + (random.next() * 2 - 1) * span * 0.5);
    const at = kind === 0 ? pick(random, [...ticks.keys()]) : kind === 1 && count === 3 ? snap(tick) : away;
    if ((ticks.get(at)?.orders ?? 0n) === 0n) join(at, 0n, 0n, bigUpTo(random, orderBits));
  }
  return { ticks, liquidity };
}

/** Growths anywhere, and some of the orders partly filled. */
function scramble(random: Random, data: Uint8Array): void {
  const view = viewOf(data);
  for (let at = 44; at < 44 + 168 * TICKS_PER_ARRAY; at += 168) {
    if (view.getBigUint64(at + 20, true) !== 0n) {
      for (let growth = 36; growth < 116; growth += 4)
        view.setUint32(at + growth, random.below(2 ** 32), true);
    }
    const orders = view.getBigUint64(at + 124, true);
    if (orders === 0n || random.below(2) === 0) continue;
    const partFilled = orders / BigInt(1 + random.below(4));
    view.setBigUint64(at + 116, BigInt(random.below(5)), true);
    view.setBigUint64(at + 124, orders - partFilled, true);
    view.setBigUint64(at + 132, partFilled, true);
    view.setBigUint64(at + 140, BigInt(random.below(2 ** 31)), true);
  }
}

function randomDynamicFee(random: Random, tick: number, tickSpacing: number): DynamicFee {
  const most = Math.floor(0xffff_ffff / tickSpacing);
  return {
    filterPeriod: pick(random, [1, 10, 30]),
    decayPeriod: pick(random, [60, 600]),
    reductionFactor: 1 + random.below(9_999),
    control: 1 + random.below(99_999),
    maxAccumulator: Math.min(pick(random, [15_000, 100_000, 350_000, 3_500_000]), most),
    spacingReference: Math.floor(tick / tickSpacing) + random.below(7) - 3,
    volatilityReference: random.below(30_000),
    accumulator: random.below(15_000),
    updatedAt: BigInt(RANDOM_POOL_TIME - random.below(1_000)),
  };
}

function writeRewards(random: Random, pool: Uint8Array): void {
  const view = viewOf(pool);
  for (let i = random.below(3); i > 0; i--) {
    const at = 397 + 169 * (i - 1);
    pool.fill(77 + i, at + 57, at + 89);
    view.setUint8(at, pick(random, [1, 2, 3]));
    view.setBigUint64(at + 1, BigInt(RANDOM_POOL_TIME - 1_000_000), true);
    view.setBigUint64(at + 9, BigInt(RANDOM_POOL_TIME - 500 + random.below(1_000)), true);
    view.setBigUint64(at + 17, BigInt(RANDOM_POOL_TIME - 1_000), true);
    view.setBigUint64(at + 25, bigUpTo(random, 63), true);
    view.setBigUint64(at + 33, BigInt(random.below(65_536)), true);
    view.setBigUint64(
      at + 41,
      pick(random, [0n, bigUpTo(random, 40), (1n << 64n) - 5n, (1n << 64n) - 1n]),
      true,
    );
    view.setBigUint64(at + 161, bigUpTo(random, 63), true);
  }
}

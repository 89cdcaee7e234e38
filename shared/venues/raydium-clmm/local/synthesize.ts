import type { AccountWrite } from '../../../core/account.ts';
import {
  type Address,
  addressBytes,
  findProgramAddress,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { createRandom } from '../../../core/random.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import { extensionAddress, tickArrayAddress } from '../accounts.ts';
import { arrayOf, type Bitmaps, canExtend, flipBit, isInPool, TICKS_PER_ARRAY } from '../bitmap.ts';
import type { DynamicFee } from '../dynamic-fee.ts';
import { BITMAP_BYTES, CLMM_PROGRAM, FEE_ON_TOKEN_A, FEE_ON_TOKEN_B } from '../layout.ts';
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE, tickAtSqrtPrice } from '../tick-price.ts';
import { standsBefore } from './address-order.ts';
import { encodeConfig, encodePool } from './encode.ts';
import { emptyExtension, encodeTickArray, type TickContent } from './encode-arrays.ts';
import { makePositions } from './positions.ts';

/** Tick spacing by fee in basis points: the first fee not below the one asked for. */
const SPACINGS: readonly (readonly [feeBps: number, tickSpacing: number])[] = [
  [5, 1],
  [10, 10],
  [30, 60],
  [Number.POSITIVE_INFINITY, 120],
];
/** Parts of a million of the trade fee. */
const PROTOCOL_FEE_RATE = 120_000;
const FUND_FEE_RATE = 40_000;
const MAX_TRADE_FEE_RATE = 100_000;
const OBSERVATION_BYTES = 4_483;
const OBSERVATION_DISCRIMINATOR = Uint8Array.of(0x7a, 0xae, 0xc5, 0x35, 0x81, 0x09, 0xa5, 0x84);
const OBSERVATION_POOL_OFFSET = 19;

const encoder = new TextEncoder();

/** Plain; dynamic fee; fee on one token and limit orders; all three together. */
const VARIANTS = 4;

/**
 * A pool as the program would have made it, at its own derived addresses. `variant` modulo 4: 0 plain, 1 dynamic fee,
 * 2 fee always on token B, with limit orders, 3 dynamic fee always on token A, with limit orders. The program wants
 * its mints in byte order, so that `mintA` of the spec may come out as mint B of the pool. Throws `spec-invalid` when
 * the price is outside the program's bounds.
 */
export function synthesize(asked: PoolSpec): SynthesizedPool {
  const spec = inMintOrder(asked);
  const variant = spec.variant % VARIANTS;
  const tickSpacing = SPACINGS.find(([feeBps]) => spec.feeBps <= feeBps)![1];
  const config = derive('amm_config', encoder.encode(spec.seed));
  const { address, bump } = findProgramAddress(
    [encoder.encode('pool'), addressBytes(config), addressBytes(spec.mintA), addressBytes(spec.mintB)],
    CLMM_PROGRAM,
  );
  const poolBytes = addressBytes(address);
  const vaultA = derive('pool_vault', poolBytes, addressBytes(spec.mintA));
  const vaultB = derive('pool_vault', poolBytes, addressBytes(spec.mintB));
  const observation = derive('observation', poolBytes);
  const sqrtPrice = sqrtPriceOf(spec);
  const tickIndex = tickAtSqrtPrice(sqrtPrice);
  const made = makePositions(
    sqrtPrice,
    tickSpacing,
    spec.depthA * 10 ** spec.decimalsA,
    variant >= 2,
    createRandom(`clmm/${spec.seed}`),
  );
  const arrays = arraysOf(made.ticks, tickSpacing);
  const bitmaps = bitmapsOf(poolBytes, arrays, tickSpacing);
  const facts = {
    config,
    mintA: spec.mintA,
    mintB: spec.mintB,
    vaultA,
    vaultB,
    observation,
    decimalsA: spec.decimalsA,
    decimalsB: spec.decimalsB,
    tickSpacing,
  };
  const numbers = {
    liquidity: made.liquidity,
    sqrtPrice,
    tickIndex,
    feeGrowthA: 0n,
    feeGrowthB: 0n,
    protocolFeeA: 0n,
    protocolFeeB: 0n,
    fundFeeA: 0n,
    fundFeeB: 0n,
    status: 0,
    feeOn: variant === 2 ? FEE_ON_TOKEN_B : variant === 3 ? FEE_ON_TOKEN_A : 0,
    openTime: 0,
    recentEpoch: 0n,
    rewards: [],
    bitmap: bitmaps.bitmap,
    dynamicFee: variant === 1 || variant === 3 ? freshDynamicFee(tickIndex, tickSpacing) : undefined,
  };
  const fees = {
    tradeFeeRate: Math.min(Math.round(spec.feeBps * 100), MAX_TRADE_FEE_RATE),
    protocolFeeRate: PROTOCOL_FEE_RATE,
    fundFeeRate: FUND_FEE_RATE,
  };
  const accounts: AccountWrite[] = [
    owned(address, encodePool(facts, bump, numbers)),
    owned(config, encodeConfig(fees, 0, tickSpacing)),
    owned(observation, emptyObservation(poolBytes)),
  ];
  for (const array of arrays) {
    const start = array * TICKS_PER_ARRAY * tickSpacing;
    const data = encodeTickArray(poolBytes, start, tickSpacing, made.ticks);
    accounts.push(owned(tickArrayAddress(poolBytes, start), data));
  }
  if (bitmaps.extension) accounts.push(owned(extensionAddress(poolBytes), bitmaps.extension));
  accounts.push(vault(vaultA, spec.mintA, address, made.amountA, spec.tokenProgramA));
  accounts.push(vault(vaultB, spec.mintB, address, made.amountB, spec.tokenProgramB));
  return { address, accounts };
}

function arraysOf(ticks: ReadonlyMap<number, TickContent>, tickSpacing: number): readonly number[] {
  return [...new Set([...ticks.keys()].map((tick) => arrayOf(tick, tickSpacing)))];
}

function bitmapsOf(poolBytes: Uint8Array, arrays: readonly number[], tickSpacing: number): Bitmaps {
  const extension = canExtend(tickSpacing) ? emptyExtension(poolBytes) : null;
  let bitmaps: Bitmaps = { bitmap: new Uint8Array(BITMAP_BYTES), extension };
  for (const array of arrays) {
    if (isInPool(array) || extension !== null) bitmaps = flipBit(bitmaps, array);
  }
  return bitmaps;
}

/** Constants of the order that the program's own tests use; nothing has moved yet. */
function freshDynamicFee(tickIndex: number, tickSpacing: number): DynamicFee {
  return {
    filterPeriod: 30,
    decayPeriod: 600,
    reductionFactor: 5_000,
    control: 4_000,
    maxAccumulator: Math.floor(3_500_000 / tickSpacing),
    spacingReference: Math.floor(tickIndex / tickSpacing),
    volatilityReference: 0,
    accumulator: 0,
    updatedAt: 0n,
  };
}

function emptyObservation(poolBytes: Uint8Array): Uint8Array {
  const data = new Uint8Array(OBSERVATION_BYTES);
  data.set(OBSERVATION_DISCRIMINATOR, 0);
  data.set(poolBytes, OBSERVATION_POOL_OFFSET);
  return data;
}

function inMintOrder(spec: PoolSpec): PoolSpec {
  if (standsBefore(spec.mintA, spec.mintB)) return spec;
  const { tokenProgramA, tokenProgramB, ...rest } = spec;
  return {
    ...rest,
    mintA: spec.mintB,
    mintB: spec.mintA,
    decimalsA: spec.decimalsB,
    decimalsB: spec.decimalsA,
    price: 1 / spec.price,
    depthA: spec.depthA * spec.price,
    ...(tokenProgramB === undefined ? {} : { tokenProgramA: tokenProgramB }),
    ...(tokenProgramA === undefined ? {} : { tokenProgramB: tokenProgramA }),
  };
}

function sqrtPriceOf(spec: PoolSpec): bigint {
  const root = Math.sqrt(spec.price * 10 ** (spec.decimalsB - spec.decimalsA)) * 2 ** 64;
  const sqrtPrice = Number.isFinite(root) ? BigInt(Math.floor(root)) : -1n;
  if (sqrtPrice <= MIN_SQRT_PRICE || sqrtPrice >= MAX_SQRT_PRICE) {
    throw new ArbError('spec-invalid', `a pool cannot stand at price ${spec.price}`, { price: spec.price });
  }
  return sqrtPrice;
}

function derive(label: string, ...seeds: readonly Uint8Array[]): Address {
  // A seed longer than 32 bytes is none for the program; no name here is.
  return findProgramAddress([encoder.encode(label), ...seeds], CLMM_PROGRAM).address;
}

function owned(address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: CLMM_PROGRAM, lamports: rentExemptLamports(data.length), data } };
}

function vault(
  address: Address,
  mint: Address,
  pool: Address,
  amount: bigint,
  tokenProgram: Address = TOKEN_PROGRAM,
): AccountWrite {
  const withheld = tokenProgram === TOKEN_2022_PROGRAM ? { withheldAmount: 0n } : {};
  return { address, account: encodeTokenAccount({ mint, owner: pool, amount, tokenProgram, ...withheld }) };
}

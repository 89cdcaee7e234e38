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
import { MAX_SQRT_PRICE, MIN_SQRT_PRICE, tickAtSqrtPrice } from '../../../math/tick.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import { arrayStart, oracleAddress, tickArrayAddress } from '../accounts.ts';
import { WHIRLPOOL_PROGRAM } from '../layout.ts';
import type { Oracle } from '../oracle.ts';
import { encodeOracle, encodePool } from './encode.ts';
import { encodeDynamicTickArray, encodeFixedTickArray } from './encode-arrays.ts';
import { makePositions } from './positions.ts';

/** Tick spacing by fee in basis points, as the pools on chain have them: the first fee not below the one asked for. */
const SPACINGS: readonly (readonly [feeBps: number, tickSpacing: number])[] = [
  [1, 1],
  [2, 2],
  [4, 4],
  [5, 8],
  [16, 16],
  [30, 64],
  [65, 96],
  [100, 128],
  [Number.POSITIVE_INFINITY, 256],
];
const FIRST_ADAPTIVE_TIER = 1_024;
const PROTOCOL_FEE_BPS = 1_300;
const MAX_FEE_RATE = 60_000;

const encoder = new TextEncoder();

/** Fixed arrays and a static fee; adaptive fee; dynamic arrays; adaptive fee over arrays of both layouts. */
const VARIANTS = 4;

/**
 * A pool as the program would have made it, at its own derived addresses, that the program itself would swap on.
 * `variant` modulo 4: 0 plain, 1 adaptive fee, 2 dynamic tick arrays, 3 adaptive fee and both layouts. The program
 * wants its mints in byte order, so that `mintA` of the spec may come out as mint B of the pool.
 * Throws `spec-invalid` when the price is outside the program's bounds.
 */
export function synthesize(asked: PoolSpec): SynthesizedPool {
  const spec = inMintOrder(asked);
  const variant = spec.variant % VARIANTS;
  const adaptive = variant === 1 || variant === 3;
  const tickSpacing = SPACINGS.find(([feeBps]) => spec.feeBps <= feeBps)![1];
  const feeTierIndex = adaptive ? FIRST_ADAPTIVE_TIER + tickSpacing : tickSpacing;
  const config = ownAddress(spec.seed, 'config');
  const { address, bump } = findProgramAddress(
    [
      encoder.encode('whirlpool'),
      addressBytes(config),
      addressBytes(spec.mintA),
      addressBytes(spec.mintB),
      Uint8Array.of(feeTierIndex & 0xff, feeTierIndex >> 8),
    ],
    WHIRLPOOL_PROGRAM,
  );
  const poolBytes = addressBytes(address);
  const vaultA = ownAddress(spec.seed, 'vault-a');
  const vaultB = ownAddress(spec.seed, 'vault-b');
  const sqrtPrice = sqrtPriceOf(spec);
  const made = makePositions(
    sqrtPrice,
    tickSpacing,
    spec.depthA * 10 ** spec.decimalsA,
    createRandom(`whirlpool/${spec.seed}`),
  );
  const facts = { tickSpacing, feeTierIndex, mintA: spec.mintA, mintB: spec.mintB, vaultA, vaultB };
  const numbers = {
    feeRate: Math.min(Math.round(spec.feeBps * 100), MAX_FEE_RATE),
    protocolFeeRate: PROTOCOL_FEE_BPS,
    liquidity: made.liquidity,
    sqrtPrice,
    tickIndex: tickAtSqrtPrice(sqrtPrice),
    protocolFeeA: 0n,
    protocolFeeB: 0n,
    feeGrowthA: 0n,
    feeGrowthB: 0n,
    rewardTimestamp: 0,
    rewards: [],
  };
  const accounts: AccountWrite[] = [owned(address, encodePool(facts, config, bump, numbers))];
  const starts = new Set([...made.ticks.keys()].map((tick) => arrayStart(tick, tickSpacing)));
  for (const [i, start] of [...starts].entries()) {
    const dynamic = variant === 2 || (variant === 3 && i % 2 === 0);
    const encode = dynamic ? encodeDynamicTickArray : encodeFixedTickArray;
    accounts.push(owned(tickArrayAddress(address, start), encode(poolBytes, start, tickSpacing, made.ticks)));
  }
  if (adaptive)
    accounts.push(owned(oracleAddress(address), encodeOracle(poolBytes, freshOracle(tickSpacing))));
  accounts.push(vault(vaultA, spec.mintA, address, made.amountA, spec.tokenProgramA));
  accounts.push(vault(vaultB, spec.mintB, address, made.amountB, spec.tokenProgramB));
  return { address, accounts };
}

/** Constants like those of the adaptive tiers on chain; nothing has moved yet. */
function freshOracle(tickSpacing: number): Oracle {
  return {
    tradeEnableTimestamp: 0,
    constants: {
      filterPeriod: 30,
      decayPeriod: 600,
      reductionFactor: 5_000,
      controlFactor: 4_000,
      maxAccumulator: 350_000,
      tickGroupSize: tickSpacing % 16 === 0 ? 16 : tickSpacing,
      majorSwapTicks: tickSpacing,
    },
    variables: {
      referenceTimestamp: 0,
      majorSwapTimestamp: 0,
      volatilityReference: 0,
      tickGroupReference: 0,
      accumulator: 0,
    },
  };
}

function inMintOrder(spec: PoolSpec): PoolSpec {
  if (Buffer.compare(addressBytes(spec.mintA), addressBytes(spec.mintB)) <= 0) return spec;
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

/** An address of this pool alone: real vaults have keys of their own, made-up ones need none. */
function ownAddress(seed: string, role: string): Address {
  return findProgramAddress([encoder.encode(role), encoder.encode(seed)], WHIRLPOOL_PROGRAM).address;
}

function owned(address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: WHIRLPOOL_PROGRAM, lamports: rentExemptLamports(data.length), data } };
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

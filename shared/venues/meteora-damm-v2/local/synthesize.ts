import type { AccountWrite } from '../../../core/account.ts';
import {
  type Address,
  addressBytes,
  findProgramAddress,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import { sqrtPriceOfReserves } from '../curve.ts';
import {
  DAMM_V2_PROGRAM,
  MAX_SQRT_PRICE,
  MIN_SQRT_PRICE,
  NUMERATOR_PER_BPS,
  POOL_AUTHORITY,
} from '../program.ts';
import { encodePool } from './encode.ts';
import { feesOf, type PoolKind, VARIANTS } from './variants.ts';

const text = new TextEncoder();
const LEAST_RESERVE = 1_000n;
/** Every pool locks this much liquidity away when it compounds. */
const DEAD_LIQUIDITY = 100n << 64n;

/**
 * A fresh pool in the order of the spec's mints. `variant` modulo 8 picks its kind, see `VARIANTS`: static fee,
 * dynamic fee, compounding, fee by market cap, linear and exponential schedules, rate limiter, oldest layout.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  const kind = VARIANTS[spec.variant % VARIANTS.length]!;
  const config = derive('config', text.encode(spec.seed));
  const pool = derive('pool', addressBytes(config), ...mintsDescending(spec.mintA, spec.mintB));
  const vaultA = derive('token_vault', addressBytes(spec.mintA), addressBytes(pool));
  const vaultB = derive('token_vault', addressBytes(spec.mintB), addressBytes(pool));
  const programA = spec.tokenProgramA ?? TOKEN_PROGRAM;
  const programB = spec.tokenProgramB ?? TOKEN_PROGRAM;
  const curve = curveOf(spec, kind);
  const fees = feesOf(kind, BigInt(Math.round(spec.feeBps)) * NUMERATOR_PER_BPS, curve);
  const protocolFeeA = curve.reserveA / 20_000n;
  const protocolFeeB = curve.reserveB / 30_000n;
  const data = encodePool({
    mintA: spec.mintA,
    mintB: spec.mintB,
    vaultA,
    vaultB,
    creator: derive('creator', addressBytes(pool)),
    token2022A: programA === TOKEN_2022_PROGRAM,
    token2022B: programB === TOKEN_2022_PROGRAM,
    ...curve,
    ...fees,
    collectFeeMode: kind.collectFeeMode,
    feeVersion: kind.oldLayout ? 0 : 1,
    countsReserves: !kind.oldLayout,
    protocolFeeA,
    protocolFeeB,
  });
  return {
    address: pool,
    accounts: [
      { address: pool, account: { owner: DAMM_V2_PROGRAM, lamports: rentExemptLamports(data.length), data } },
      vault(vaultA, spec.mintA, programA, curve.reserveA + protocolFeeA),
      vault(vaultB, spec.mintB, programB, curve.reserveB + protocolFeeB),
    ],
  };
}

export interface Curve {
  readonly liquidity: bigint;
  readonly sqrtMinPrice: bigint;
  readonly sqrtMaxPrice: bigint;
  readonly sqrtPrice: bigint;
  readonly reserveA: bigint;
  readonly reserveB: bigint;
}

/** Liquidity whose two reserves at the price are the depth asked for, within the range of its kind. */
function curveOf(spec: PoolSpec, kind: PoolKind): Curve {
  const reserveA = baseUnits(spec.depthA, spec.decimalsA);
  const wanted = baseUnits(spec.depthA * spec.price, spec.decimalsB);
  const price = sqrtPriceOfReserves(reserveA, wanted);
  if (kind.collectFeeMode === 2) {
    const liquidity = reserveA * price - DEAD_LIQUIDITY;
    return {
      liquidity: liquidity > 0n ? liquidity : 1n,
      sqrtMinPrice: 0n,
      sqrtMaxPrice: (1n << 128n) - 1n,
      sqrtPrice: price,
      reserveA,
      reserveB: wanted,
    };
  }
  // Half to twice the square-root price holds as much on either side as half the liquidity of all prices would.
  const sqrtMinPrice = kind.narrow ? larger(price / 2n, MIN_SQRT_PRICE) : MIN_SQRT_PRICE;
  const sqrtMaxPrice = kind.narrow ? smaller(price * 2n, MAX_SQRT_PRICE) : MAX_SQRT_PRICE;
  const sqrtPrice = larger(smaller(price, sqrtMaxPrice), sqrtMinPrice);
  const liquidity = reserveA * sqrtPrice * (kind.narrow ? 2n : 1n);
  return {
    liquidity,
    sqrtMinPrice,
    sqrtMaxPrice,
    sqrtPrice,
    reserveA: up(liquidity * (sqrtMaxPrice - sqrtPrice), sqrtPrice * sqrtMaxPrice),
    reserveB: up(liquidity * (sqrtPrice - sqrtMinPrice), 1n << 128n),
  };
}

function up(amount: bigint, parts: bigint): bigint {
  return (amount + parts - 1n) / parts;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Whole units in base units, kept so that the pool can trade and its vaults never overflow. */
function baseUnits(whole: number, decimals: number): bigint {
  const amount = BigInt(Math.round(whole * 10 ** decimals));
  return larger(smaller(amount, U64_MAX / 8n), LEAST_RESERVE);
}

function mintsDescending(a: Address, b: Address): readonly [Uint8Array, Uint8Array] {
  const [left, right] = [addressBytes(a), addressBytes(b)];
  const differs = left.findIndex((byte, i) => byte !== right[i]);
  return (left[differs] ?? 0) > (right[differs] ?? 0) ? [left, right] : [right, left];
}

function derive(label: string, ...seeds: readonly Uint8Array[]): Address {
  return findProgramAddress([text.encode(label), ...seeds], DAMM_V2_PROGRAM).address;
}

function vault(address: Address, mint: Address, tokenProgram: Address, amount: bigint): AccountWrite {
  const account = encodeTokenAccount({
    mint,
    owner: POOL_AUTHORITY,
    amount,
    tokenProgram,
    withheldAmount: tokenProgram === TOKEN_2022_PROGRAM ? 0n : undefined,
  });
  return { address, account };
}

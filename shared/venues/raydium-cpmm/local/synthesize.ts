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
import { addressesAscend } from '../address-order.ts';
import type { CpmmPoolFigures, CpmmPoolKeys } from '../layout.ts';
import { CPMM_AUTHORITY, CPMM_PROGRAM, CREATOR_FEE_ON_INPUT } from '../program.ts';
import { encodeConfig, encodePool } from './encode.ts';

const OBSERVATION_BYTES = 4_075;
const OBSERVATION_DISCRIMINATOR = Uint8Array.of(122, 174, 197, 53, 129, 9, 165, 132);
const AUTHORITY_BUMP = 253;
const LP_DECIMALS = 9;
/** Of the trade fee, as the program's public fee tiers have it: 12% to the protocol, 4% to the fund. */
const PROTOCOL_FEE_RATE = 120_000n;
const FUND_FEE_RATE = 40_000n;
const CREATOR_FEE_RATE = 500n;

const text = new TextEncoder();

interface Token {
  readonly mint: Address;
  readonly program: Address;
  readonly decimals: number;
  /** Base units that trade. */
  readonly reserve: bigint;
}

/**
 * A fresh pool. Variant 0 takes no creator fee; 1, 2 and 3 take one from the input, only in token 0, only in
 * token 1. The program wants its mints in byte order, so `mintA` of the spec may come out as mint B of the pool.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  const [token0, token1] = orderedTokens(spec);
  const configIndex = spec.feeBps;
  const pool = derive('pool', text.encode(spec.seed)).address;
  const config = derive('amm_config', Uint8Array.of(configIndex >> 8, configIndex & 255));
  const keys: CpmmPoolKeys = {
    config: config.address,
    creator: derive('pool_creator', addressBytes(pool)).address,
    vault0: derive('pool_vault', addressBytes(pool), addressBytes(token0.mint)).address,
    vault1: derive('pool_vault', addressBytes(pool), addressBytes(token1.mint)).address,
    lpMint: derive('pool_lp_mint', addressBytes(pool)).address,
    mint0: token0.mint,
    mint1: token1.mint,
    program0: token0.program,
    program1: token1.program,
    observation: derive('observation', addressBytes(pool)).address,
    authBump: AUTHORITY_BUMP,
    lpDecimals: LP_DECIMALS,
    decimals0: token0.decimals,
    decimals1: token1.decimals,
  };
  const figures = freshFigures(spec.variant % 4, token0, token1);
  const rates = {
    tradeFeeRate: BigInt(spec.feeBps) * 100n,
    protocolFeeRate: PROTOCOL_FEE_RATE,
    fundFeeRate: FUND_FEE_RATE,
    creatorFeeRate: CREATOR_FEE_RATE,
  };
  const owedA = figures.protocolFees0 + figures.fundFees0 + figures.creatorFees0;
  const owedB = figures.protocolFees1 + figures.fundFees1 + figures.creatorFees1;
  return {
    address: pool,
    accounts: [
      ours(pool, encodePool(keys, figures)),
      ours(config.address, encodeConfig(rates, config.bump, configIndex, keys.creator)),
      ours(keys.observation, freshObservation(pool)),
      vault(keys.vault0, token0, owedA),
      vault(keys.vault1, token1, owedB),
    ],
  };
}

function orderedTokens(spec: PoolSpec): readonly [Token, Token] {
  const a: Token = {
    mint: spec.mintA,
    program: spec.tokenProgramA ?? TOKEN_PROGRAM,
    decimals: spec.decimalsA,
    reserve: baseUnits(spec.depthA, spec.decimalsA),
  };
  const b: Token = {
    mint: spec.mintB,
    program: spec.tokenProgramB ?? TOKEN_PROGRAM,
    decimals: spec.decimalsB,
    reserve: baseUnits(spec.depthA * spec.price, spec.decimalsB),
  };
  return addressesAscend(a.mint, b.mint) ? [a, b] : [b, a];
}

/** Whole units in base units, kept between 1 and a quarter of u64 so that the pool can trade. */
function baseUnits(whole: number, decimals: number): bigint {
  const amount = BigInt(Math.round(whole * 10 ** decimals));
  const most = U64_MAX / 4n;
  if (amount < 1n) return 1n;
  return amount > most ? most : amount;
}

function freshFigures(variant: number, token0: Token, token1: Token): CpmmPoolFigures {
  const takesCreatorFee = variant !== 0;
  return {
    status: 0,
    lpSupply: BigInt(Math.floor(Math.sqrt(Number(token0.reserve) * Number(token1.reserve)))),
    protocolFees0: token0.reserve / 20_000n,
    protocolFees1: token1.reserve / 30_000n,
    fundFees0: token0.reserve / 60_000n,
    fundFees1: token1.reserve / 90_000n,
    creatorFees0: takesCreatorFee ? token0.reserve / 40_000n : 0n,
    creatorFees1: takesCreatorFee ? token1.reserve / 50_000n : 0n,
    openTime: 0,
    recentEpoch: 0n,
    creatorFeeOn: takesCreatorFee ? variant - 1 : CREATOR_FEE_ON_INPUT,
    creatorFeeEnabled: takesCreatorFee,
  };
}

function freshObservation(pool: Address): Uint8Array {
  const data = new Uint8Array(OBSERVATION_BYTES);
  data.set(OBSERVATION_DISCRIMINATOR, 0);
  data.set(addressBytes(pool), 11);
  return data;
}

function derive(label: string, ...seeds: readonly Uint8Array[]) {
  return findProgramAddress([text.encode(label), ...seeds], CPMM_PROGRAM);
}

function ours(address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: CPMM_PROGRAM, lamports: rentExemptLamports(data.length), data } };
}

function vault(address: Address, token: Token, owed: bigint): AccountWrite {
  const account = encodeTokenAccount({
    mint: token.mint,
    owner: CPMM_AUTHORITY,
    amount: token.reserve + owed,
    tokenProgram: token.program,
    withheldAmount: token.program === TOKEN_2022_PROGRAM ? 0n : undefined,
  });
  return { address, account };
}

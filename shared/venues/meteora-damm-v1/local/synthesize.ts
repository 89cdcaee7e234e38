import type { AccountBytes, AccountSource, AccountWrite } from '../../../core/account.ts';
import {
  type Address,
  addressBytes,
  findProgramAddress,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import {
  decodeTokenAccount,
  encodeMint,
  encodeTokenAccount,
  rentExemptLamports,
  withTokenAmount,
} from '../../token/token.ts';
import { readLpMint, readVaultFigures } from '../accounts.ts';
import { type DammV1Keys, DEPEG, type StableCurve } from '../layout.ts';
import { DAMM_V1_PROGRAM, DYNAMIC_VAULT_PROGRAM, VAULT_BASE, VIRTUAL_PRICE_ONE } from '../program.ts';
import { encodePool } from './encode.ts';
import { encodeStakePool, encodeVault, withMintSupply, writeTotalAmount } from './encode-vault.ts';

/** Fees of today's pools are parts of this; a fifth of each fee is the protocol's, half of that a partner's. */
const FEE_DENOMINATOR = 100_000n;
const PROTOCOL_FEE = 20_000n;
const PARTNER_FEE = 50_000n;
const AMPLIFICATION = 100n;
/** Stable pools within this of one for one need no virtual price. */
const PEG_TOLERANCE = 0.02;
/** The owner of stake pools made here: SPL's stake pool program. */
const STAKE_POOL_PROGRAM = 'SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy' as Address;
const STAKED_LAMPORTS = 1_000_000_000_000_000n;
/** Time of the vaults' last report, in the past of every clock the pool will see. */
const LAST_REPORT = 1_600_000_000n;
/** As the vaults have it: locked profit is free after six hours. */
const DEGRADATION = 46_296_296n;

const text = new TextEncoder();

/** What one token of the pool looks like before it has addresses. */
interface Token {
  readonly mint: Address;
  readonly decimals: number;
  /** Base units that trade. */
  readonly amount: bigint;
}

/**
 * A fresh pool with two vaults of its own, of which it owns half; on a given chain it joins the vaults of its mints,
 * which it makes when it is the first. Variant 0 is constant product, 1 the same for a
 * partner with whom the protocol shares its fee; 2 and 3 are stable, with a depeg by an SPL stake pool where the
 * price is not one for one: 2 with a virtual price that was just taken, 3 with one that has run out.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  const variant = spec.variant % 4;
  const pool = derive('pool', text.encode(spec.seed)).address;
  const curve = variant < 2 ? undefined : stableCurve(spec, variant === 3);
  const peg = curve === undefined ? spec.price : pegOf(spec.price);
  const skew = curve === undefined ? 0 : stableSkew(spec.price / peg, Number(curve.amplification));
  const a = tokenOf(spec.mintA, spec.decimalsA, spec.depthA * (1 - skew));
  const b = tokenOf(spec.mintB, spec.decimalsB, spec.depthA * peg * (1 + skew));
  const sideA = makeSide(pool, a, 'a', spec.chain);
  // The program signs for everything of the pool's as the first vault's shares.
  const sideB = makeSide(pool, b, 'b', spec.chain, sideA.poolLp);
  const stake = derive('stake', addressBytes(pool)).address;
  const isDepegged = curve !== undefined && curve.depeg !== DEPEG.none;
  const keys: DammV1Keys = {
    lpMint: derive('lp_mint', addressBytes(pool)).address,
    mintA: a.mint,
    mintB: b.mint,
    vaultA: sideA.vault,
    vaultB: sideB.vault,
    vaultLpA: sideA.poolLp,
    vaultLpB: sideB.poolLp,
    vaultLpBump: sideA.poolLpBump,
    protocolFeeA: sideA.protocolFee,
    protocolFeeB: sideB.protocolFee,
    stake: isDepegged ? stake : SYSTEM_PROGRAM,
  };
  const figures = {
    enabled: true,
    tradeFeeNumerator: BigInt(spec.feeBps) * 10n,
    tradeFeeDenominator: FEE_DENOMINATOR,
    protocolFeeNumerator: PROTOCOL_FEE,
    protocolFeeDenominator: FEE_DENOMINATOR,
    activationType: 0,
    activationPoint: 0n,
    partnerFeeNumerator: variant === 1 ? PARTNER_FEE : 0n,
    pendingFeeA: 0n,
    pendingFeeB: 0n,
    curve,
  };
  const data = encodePool(keys, figures, Math.max(a.decimals, b.decimals));
  const accounts = [ours(pool, data, DAMM_V1_PROGRAM), ...sideA.accounts, ...sideB.accounts];
  if (isDepegged) accounts.push({ address: stake, account: freshStakePool(spec.price) });
  return { address: pool, accounts };
}

function tokenOf(mint: Address, decimals: number, whole: number): Token {
  const amount = BigInt(Math.round(whole * 10 ** decimals));
  const most = U64_MAX / 16n;
  if (amount < 1n) return { mint, decimals, amount: 1n };
  return { mint, decimals, amount: amount > most ? most : amount };
}

/** B's worth in A, as a depeg has it; the multipliers bring both tokens to the same decimals. */
function stableCurve(spec: PoolSpec, isExpired: boolean): StableCurve {
  const precision = Math.max(spec.decimalsA, spec.decimalsB);
  const isPegged = pegOf(spec.price) === 1;
  return {
    amplification: AMPLIFICATION,
    multiplierA: 10n ** BigInt(precision - spec.decimalsA),
    multiplierB: 10n ** BigInt(precision - spec.decimalsB),
    virtualPrice: isPegged || isExpired ? 0n : worthOfB(spec.price),
    cacheUpdated: isPegged || isExpired ? 0n : U64_MAX / 2n,
    depeg: isPegged ? DEPEG.none : DEPEG.splStake,
  };
}

/** B per A at which the curve is flat: one for one, or what the virtual price says. */
function pegOf(price: number): number {
  return Math.abs(price - 1) < PEG_TOLERANCE ? 1 : Number(VIRTUAL_PRICE_ONE) / Number(worthOfB(price));
}

/** The share by which B stands above, and A below, the balance where the price is 1, for the curve to price A so. */
function stableSkew(price: number, amplification: number): number {
  let low = -0.99;
  let high = 0.99;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (floatPrice(1 - middle, 1 + middle, 2 * amplification) < price) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function floatPrice(a: number, b: number, factor: number): number {
  let d = a + b;
  let product = 0;
  for (let step = 0; step < 30; step++) {
    product = (d * d * d) / (4 * a * b);
    d = (d * (product * 2 + (a + b) * factor)) / (d * (factor - 1) + product * 3);
  }
  return (factor + product / a) / (factor + product / b);
}

/** Millionths of A per B. */
function worthOfB(price: number): bigint {
  return BigInt(Math.max(1, Math.round(Number(VIRTUAL_PRICE_ONE) / price)));
}

function freshStakePool(price: number): AccountBytes {
  const lamports = (worthOfB(price) * STAKED_LAMPORTS) / VIRTUAL_PRICE_ONE;
  return encodeStakePool(STAKE_POOL_PROGRAM, lamports, STAKED_LAMPORTS);
}

/** One vault: twice what the pool trades, a tenth of it lent out, its shares worth a little more than a token. */
function makeSide(
  pool: Address,
  token: Token,
  label: string,
  chain: AccountSource | undefined,
  authority?: Address,
) {
  const base =
    chain === undefined ? derive('base', addressBytes(pool), text.encode(label)).address : VAULT_BASE;
  const vault = findProgramAddress(
    [text.encode('vault'), addressBytes(token.mint), addressBytes(base)],
    DYNAMIC_VAULT_PROGRAM,
  );
  const seed = addressBytes(vault.address);
  const tokenVault = findProgramAddress([text.encode('token_vault'), seed], DYNAMIC_VAULT_PROGRAM);
  const lpMint = findProgramAddress([text.encode('lp_mint'), seed], DYNAMIC_VAULT_PROGRAM).address;
  const poolLp = findProgramAddress([seed, addressBytes(pool)], DAMM_V1_PROGRAM);
  const protocolFee = derive('fee', addressBytes(token.mint), addressBytes(pool)).address;
  const ownOf = (shares: bigint): readonly AccountWrite[] => [
    tokens(poolLp.address, lpMint, authority ?? poolLp.address, shares),
    tokens(protocolFee, token.mint, authority ?? poolLp.address, 0n),
  ];
  const place = { vault: vault.address, poolLp: poolLp.address, poolLpBump: poolLp.bump, protocolFee };
  const joined =
    chain && joinVault(chain, { vault: vault.address, tokenVault: tokenVault.address, lpMint }, token);
  if (joined !== undefined) return { ...place, accounts: [...joined.accounts, ...ownOf(joined.shares)] };
  const totalAmount = token.amount * 2n;
  const supply = totalAmount - totalAmount / 30n;
  // The pool's half, rounded up so that a side of one unit is worth one.
  const shares = (supply * token.amount + totalAmount - 1n) / totalAmount;
  const keys = { tokenVault: tokenVault.address, mint: token.mint, lpMint };
  const figures = {
    enabled: true,
    totalAmount,
    lockedProfit: totalAmount / 10_000n,
    lastReport: LAST_REPORT,
    degradation: DEGRADATION,
  };
  const origin = { base, bump: vault.bump, tokenVaultBump: tokenVault.bump };
  const accounts: readonly AccountWrite[] = [
    ours(vault.address, encodeVault(keys, figures, origin), DYNAMIC_VAULT_PROGRAM),
    tokens(tokenVault.address, token.mint, vault.address, totalAmount - totalAmount / 10n),
    { address: lpMint, account: freshLpMint(token, supply, vault.address) },
    ...ownOf(shares),
  ];
  return { ...place, accounts };
}

/** A deposit into a vault that is there: what it is worth in shares, rounded up. Undefined when there is none. */
function joinVault(
  chain: AccountSource,
  at: { readonly vault: Address; readonly tokenVault: Address; readonly lpMint: Address },
  { amount }: Token,
): { readonly shares: bigint; readonly accounts: readonly AccountWrite[] } | undefined {
  const [vault, reserve, mint] = [chain(at.vault), chain(at.tokenVault), chain(at.lpMint)];
  if (!vault || !reserve || !mint) return undefined;
  const figures = readVaultFigures(vault);
  const held = decodeTokenAccount(reserve);
  const lp = readLpMint(mint);
  if (!figures.ok || !held.ok || !lp.ok) return undefined;
  const { totalAmount } = figures.value;
  const shares = (lp.value.supply * amount + totalAmount - 1n) / totalAmount;
  const data = vault.data.slice();
  writeTotalAmount(data, totalAmount + amount);
  return {
    shares,
    accounts: [
      { address: at.vault, account: { ...vault, data } },
      { address: at.tokenVault, account: withTokenAmount(reserve, held.value.amount + amount) },
      { address: at.lpMint, account: withMintSupply(mint, lp.value.supply + shares) },
    ],
  };
}

function freshLpMint(token: Token, supply: bigint, vault: Address): AccountBytes {
  return encodeMint({
    tokenProgram: TOKEN_PROGRAM,
    decimals: token.decimals,
    supply,
    mintAuthority: vault,
  });
}

function tokens(address: Address, mint: Address, owner: Address, amount: bigint): AccountWrite {
  return { address, account: encodeTokenAccount({ mint, owner, amount, tokenProgram: TOKEN_PROGRAM }) };
}

function ours(address: Address, data: Uint8Array, owner: Address): AccountWrite {
  return { address, account: { owner, lamports: rentExemptLamports(data.length), data } };
}

function derive(label: string, ...seeds: readonly Uint8Array[]) {
  return findProgramAddress([text.encode(label), ...seeds], DAMM_V1_PROGRAM);
}

import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { readVault, readVaultAgain } from '../token/vault.ts';
import type { Loaded, LoadRefusal } from '../venue.ts';
import { accountsOf, readLpMint, readVaultFigures } from './accounts.ts';
import { type DammV1Keys, decodeFigures, decodeKeys, sameKeys } from './layout.ts';
import { DAMM_V1_PROGRAM } from './program.ts';
import { decodeStakePrice, stakeAccountOf } from './stake-price.ts';
import { type DammV1State, SIDE_B, type SideBytes, UNUSABLE, type VaultSide } from './state.ts';
import { type DynamicVaultKeys, decodeVaultKeys, sameVaultKeys } from './vault-layout.ts';

const NOT_OURS = refusal('not-this-venue' as const);

/** One side with everything that was read for it. */
interface LoadedSide {
  readonly side: VaultSide;
  readonly bytes: SideBytes;
  readonly decimals: number;
}

/**
 * Decodes a pool with its two vaults and, for a depeg, its stake account. The decimals are those of the vaults' LP
 * mints, which the vault program makes with the decimals of the token. Never throws.
 */
export function load(pool: Address, source: AccountSource): Loaded<DammV1State> {
  const account = source(pool);
  if (account === undefined) return { ok: false, reason: 'missing-account', missing: [pool] };
  if (account === null || account.owner !== DAMM_V1_PROGRAM) return NOT_OURS;
  const keys = decodeKeys(account.data);
  if (!keys.ok) return keys;
  const figures = decodeFigures(account.data);
  if (!figures.ok) return figures;
  const k = keys.value;
  const depeg = figures.value.curve?.depeg;
  const stake = stakeAccountOf(depeg, k.stake);

  const named = [k.vaultA, k.vaultB, k.vaultLpA, k.vaultLpB, ...(stake === undefined ? [] : [stake])];
  const missing = named.filter((needed) => source(needed) === undefined);
  const vaults = [vaultKeys(source(k.vaultA), k.mintA), vaultKeys(source(k.vaultB), k.mintB)];
  for (const vault of vaults) {
    if (vault === undefined) continue;
    if (!vault.ok) return vault;
    for (const needed of [vault.value.tokenVault, vault.value.lpMint]) {
      if (source(needed) === undefined) missing.push(needed);
    }
  }
  if (missing.length > 0) return { ok: false, reason: 'missing-account', missing };
  const [vaultA, vaultB] = vaults;
  if (vaultA?.ok !== true || vaultB?.ok !== true) return NOT_OURS;

  const accounts = accountsOf({
    pool,
    vaults: [k.vaultA, k.vaultB],
    tokenVaults: [vaultA.value.tokenVault, vaultB.value.tokenVault],
    lpMints: [vaultA.value.lpMint, vaultB.value.lpMint],
    poolLps: [k.vaultLpA, k.vaultLpB],
    stake,
  });
  const addresses = [...accounts.map(({ address }) => address), k.mintA, k.mintB];
  if (new Set(addresses).size !== addresses.length) {
    return refusal('inconsistent-accounts', 'one address in two roles');
  }
  const a = loadSide(true, k, vaultA.value, source);
  if (!a.ok) return a;
  const b = loadSide(false, k, vaultB.value, source);
  if (!b.ok) return b;
  const stakeAccount = stake === undefined ? null : (source(stake) ?? null);
  const price = readStakePrice(depeg, stakeAccount);
  if (!price.ok) return price;
  const state: DammV1State = {
    address: pool,
    mintA: k.mintA,
    mintB: k.mintB,
    decimalsA: a.value.decimals,
    decimalsB: b.value.decimals,
    tokenProgramA: TOKEN_PROGRAM,
    tokenProgramB: TOKEN_PROGRAM,
    vaultA: vaultA.value.tokenVault,
    vaultB: vaultB.value.tokenVault,
    accounts,
    poolData: account.data,
    figures: figures.value,
    sideA: a.value.side,
    sideB: b.value.side,
    bytesA: a.value.bytes,
    bytesB: b.value.bytes,
    stake,
    stakePrice: price.value,
    unusable: 0,
    moment: undefined,
  };
  return { ok: true, state };
}

/** undefined while nobody has asked for the vault. */
function vaultKeys(
  account: AccountBytes | null | undefined,
  mint: Address,
): Outcome<DynamicVaultKeys, LoadRefusal> | undefined {
  if (account === undefined) return undefined;
  const owned = readVaultFigures(account);
  if (!owned.ok) return owned;
  const keys = account === null ? NOT_OURS : decodeVaultKeys(account.data);
  if (keys.ok && keys.value.mint !== mint) {
    return refusal('inconsistent-accounts', `vault of mint ${keys.value.mint}`);
  }
  return keys;
}

function loadSide(
  isA: boolean,
  keys: DammV1Keys,
  { mint, lpMint, tokenVault }: DynamicVaultKeys,
  source: AccountSource,
): Outcome<LoadedSide, LoadRefusal> {
  const vault = isA ? keys.vaultA : keys.vaultB;
  const poolLp = isA ? keys.vaultLpA : keys.vaultLpB;
  const vaultAccount = source(vault) ?? null;
  const tokenAccount = source(tokenVault) ?? null;
  const lpAccount = source(poolLp) ?? null;
  const figures = readVaultFigures(vaultAccount);
  if (!figures.ok) return figures;
  const reserve = readVault(tokenAccount, { mint, owner: vault, tokenProgram: TOKEN_PROGRAM });
  if (!reserve.ok) return reserve;
  const lp = readLpMint(source(lpMint) ?? null);
  if (!lp.ok) return lp;
  const shares = readVault(lpAccount, {
    mint: lpMint,
    owner: keys.vaultLpA,
    tokenProgram: TOKEN_PROGRAM,
  });
  if (!shares.ok) return shares;
  if (vaultAccount === null || tokenAccount === null || lpAccount === null) return NOT_OURS;
  return success({
    side: {
      vault,
      lpMint,
      poolLp,
      protocolFee: isA ? keys.protocolFeeA : keys.protocolFeeB,
      figures: figures.value,
      reserve: reserve.value,
      lpSupply: lp.value.supply,
      poolLpAmount: shares.value,
    },
    bytes: { vaultData: vaultAccount.data, tokenVault: tokenAccount, poolLp: lpAccount },
    decimals: lp.value.decimals,
  });
}

function readStakePrice(
  depeg: number | undefined,
  account: AccountBytes | null,
): Outcome<bigint | undefined, LoadRefusal> {
  if (depeg === undefined || account === null) return success(undefined);
  return decodeStakePrice(depeg, account);
}

/**
 * Takes new bytes of one of the pool's accounts. While any account's newest bytes were refused the pool quotes
 * `missing-account`, whatever the others say.
 */
export function apply(
  state: DammV1State,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const { unusable, sideA, sideB } = state;
  const reserveA = sideA.reserve;
  const reserveB = sideB.reserve;
  const refused = take(state, bit, bytes);
  state.unusable = refused === undefined ? unusable & ~bit : unusable | bit;
  if (refused === undefined && state.unusable === unusable) {
    if (bit === UNUSABLE.tokenVault) return success(limits(sideA, reserveA));
    if (bit === UNUSABLE.tokenVault << SIDE_B) return success(limits(sideB, reserveB));
  }
  state.moment = undefined;
  return refused ?? success(true);
}

/** Whether what a vault keeps at hand, now or before, is less than the pool's shares can ever be worth. */
function limits({ figures, poolLpAmount, lpSupply, reserve }: VaultSide, before: bigint): boolean {
  const least = reserve < before ? reserve : before;
  return lpSupply === 0n || least * lpSupply < poolLpAmount * figures.totalAmount;
}

function bitOf(state: DammV1State, account: Address): number {
  if (account === state.address) return UNUSABLE.pool;
  if (account === state.stake) return UNUSABLE.stake;
  const inA = sideBitOf(state.sideA, state.vaultA, account);
  return inA !== 0 ? inA : sideBitOf(state.sideB, state.vaultB, account) << SIDE_B;
}

function sideBitOf(side: VaultSide, tokenVault: Address, account: Address): number {
  if (account === side.vault) return UNUSABLE.vault;
  if (account === tokenVault) return UNUSABLE.tokenVault;
  if (account === side.lpMint) return UNUSABLE.lpMint;
  return account === side.poolLp ? UNUSABLE.poolLp : 0;
}

function take(
  state: DammV1State,
  bit: number,
  account: AccountBytes | null,
): Refusal<LoadRefusal> | undefined {
  if (bit === UNUSABLE.pool) return takePool(state, account);
  if (bit === UNUSABLE.stake) {
    const price = readStakePrice(state.figures.curve?.depeg, account);
    if (!price.ok) return price;
    state.stakePrice = price.value;
    return undefined;
  }
  const isA = bit < UNUSABLE.vault << SIDE_B;
  return takeSide(state, isA, isA ? bit : bit >> SIDE_B, account);
}

function takePool(state: DammV1State, account: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  if (account === null || account.owner !== DAMM_V1_PROGRAM) return NOT_OURS;
  const figures = decodeFigures(account.data);
  if (!figures.ok) return figures;
  if (!sameKeys(state.poolData, account.data)) {
    return refusal('inconsistent-accounts', 'the pool names other accounts than before');
  }
  state.poolData = account.data;
  state.figures = figures.value;
  return undefined;
}

function takeSide(
  state: DammV1State,
  isA: boolean,
  bit: number,
  account: AccountBytes | null,
): Refusal<LoadRefusal> | undefined {
  const side = isA ? state.sideA : state.sideB;
  const bytes = isA ? state.bytesA : state.bytesB;
  switch (bit) {
    case UNUSABLE.vault: {
      const figures = readVaultFigures(account);
      if (!figures.ok) return figures;
      if (account === null || !sameVaultKeys(bytes.vaultData, account.data)) {
        return refusal('inconsistent-accounts', 'the vault names other accounts than before');
      }
      bytes.vaultData = account.data;
      side.figures = figures.value;
      return undefined;
    }
    case UNUSABLE.tokenVault: {
      const mint = isA ? state.mintA : state.mintB;
      const terms = { mint, owner: side.vault, tokenProgram: TOKEN_PROGRAM };
      const reserve = readVaultAgain(bytes.tokenVault, account, terms);
      if (!reserve.ok) return reserve;
      if (account !== null) bytes.tokenVault = account;
      side.reserve = reserve.value;
      return undefined;
    }
    case UNUSABLE.lpMint: {
      const lp = readLpMint(account);
      if (!lp.ok) return lp;
      side.lpSupply = lp.value.supply;
      return undefined;
    }
    default: {
      const terms = { mint: side.lpMint, owner: state.sideA.poolLp, tokenProgram: TOKEN_PROGRAM };
      const shares = readVaultAgain(bytes.poolLp, account, terms);
      if (!shares.ok) return shares;
      if (account !== null) bytes.poolLp = account;
      side.poolLpAmount = shares.value;
      return undefined;
    }
  }
}

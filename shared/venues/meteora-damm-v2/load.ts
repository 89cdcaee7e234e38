import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { decodeMint, type MintFacts, sameMintFacts } from '../token/token.ts';
import { applyVault, loadVaults } from '../token/vault.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { checkPoolAccount, decodePoolFigures, decodePoolKeys, samePoolKeys } from './layout.ts';
import { POOL_AUTHORITY } from './program.ts';
import { type DammV2State, readyOf, refresh, UNUSABLE } from './state.ts';

/** Decodes a pool with its mints and vaults. Never throws. */
export function load(pool: Address, source: AccountSource): Loaded<DammV2State> {
  const account = source(pool);
  if (account === undefined) return { ok: false, reason: 'missing-account', missing: [pool] };
  if (account === null) return refusal('not-this-venue', 'no such account');
  const wrong = checkPoolAccount(account);
  if (wrong !== undefined) return wrong;
  const keys = decodePoolKeys(account.data);
  if (new Set([pool, keys.mintA, keys.mintB, keys.vaultA, keys.vaultB]).size !== 5) {
    return refusal('inconsistent-accounts', 'one address in two roles');
  }
  const figures = decodePoolFigures(account.data);
  if (!figures.ok) return figures;
  const named = [keys.mintA, keys.mintB, keys.vaultA, keys.vaultB];
  const missing = named.filter((address) => source(address) === undefined);
  if (missing.length > 0) return { ok: false, reason: 'missing-account', missing };
  const mintA = readMint(keys.mintA, source(keys.mintA) ?? null);
  if (!mintA.ok) return mintA;
  const mintB = readMint(keys.mintB, source(keys.mintB) ?? null);
  if (!mintB.ok) return mintB;
  const tokens = {
    mintA: keys.mintA,
    mintB: keys.mintB,
    tokenProgramA: mintA.value.tokenProgram,
    tokenProgramB: mintB.value.tokenProgram,
    vaultA: keys.vaultA,
    vaultB: keys.vaultB,
  };
  const vaults = loadVaults(tokens, POOL_AUTHORITY, POOL_AUTHORITY, source);
  if (!vaults.ok) return vaults;
  // The vaults need not stand at the pool's slot: what a sound pool pays is always in them.
  const accounts: PoolAccount[] = [
    { address: pool, role: 'pool', everySwap: true },
    { address: keys.vaultA, role: 'vault', everySwap: false },
    { address: keys.vaultB, role: 'vault', everySwap: false },
    { address: keys.mintA, role: 'mint', everySwap: false },
    { address: keys.mintB, role: 'mint', everySwap: false },
  ];
  return {
    ok: true,
    state: {
      ...tokens,
      ...vaults.value,
      address: pool,
      decimalsA: mintA.value.decimals,
      decimalsB: mintB.value.decimals,
      accounts,
      poolData: account.data,
      figures: figures.value,
      mintFactsA: mintA.value,
      mintFactsB: mintB.value,
      unusable: 0,
      ready: readyOf(figures.value, account.data, mintA.value, mintB.value, 0),
    },
  };
}

/**
 * Takes new bytes of the pool, one of its vaults or one of its mints. While the newest bytes of any of them were refused the pool quotes
 * `missing-account`, whatever the others say.
 */
export function apply(
  state: DammV2State,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const taken = take(state, bit, bytes);
  const before = state.unusable;
  state.unusable = taken.ok ? before & ~bit : before | bit;
  const stays = taken.ok && !taken.value && state.unusable === before;
  if (stays) return taken;
  refresh(state);
  return taken.ok ? success(true) : taken;
}

function take(state: DammV2State, bit: number, bytes: AccountBytes | null): Outcome<boolean, LoadRefusal> {
  switch (bit) {
    case UNUSABLE.pool:
      return takePool(state, bytes) ?? success(true);
    case UNUSABLE.vaultA:
      return applyVault(state, true, POOL_AUTHORITY, bytes, state.ready.reserveA);
    case UNUSABLE.vaultB:
      return applyVault(state, false, POOL_AUTHORITY, bytes, state.ready.reserveB);
    default:
      return takeMint(state, bit, bytes);
  }
}

function bitOf(state: DammV2State, account: Address): number {
  if (account === state.address) return UNUSABLE.pool;
  if (account === state.mintA) return UNUSABLE.mintA;
  if (account === state.mintB) return UNUSABLE.mintB;
  if (account === state.vaultA) return UNUSABLE.vaultA;
  return account === state.vaultB ? UNUSABLE.vaultB : 0;
}

function takePool(state: DammV2State, bytes: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  if (bytes === null) return refusal('not-this-venue', 'the pool is gone');
  const wrong = checkPoolAccount(bytes);
  if (wrong !== undefined) return wrong;
  if (!samePoolKeys(state.poolData, bytes.data)) {
    return refusal('inconsistent-accounts', 'the pool names other accounts than before');
  }
  const figures = decodePoolFigures(bytes.data, { data: state.poolData, figures: state.figures });
  if (!figures.ok) return figures;
  state.poolData = bytes.data;
  state.figures = figures.value;
  return undefined;
}

function takeMint(
  state: DammV2State,
  bit: number,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const onA = bit === UNUSABLE.mintA;
  const before = onA ? state.mintFactsA : state.mintFactsB;
  const facts = readMint(before.address, bytes);
  if (!facts.ok) return facts;
  if (facts.value.tokenProgram !== before.tokenProgram || facts.value.decimals !== before.decimals) {
    return refusal('inconsistent-accounts', `mint ${before.address} is not what it was`);
  }
  if (onA) state.mintFactsA = facts.value;
  else state.mintFactsB = facts.value;
  return success(!sameMintFacts(before, facts.value));
}

function readMint(mint: Address, bytes: AccountBytes | null): Outcome<MintFacts, LoadRefusal> {
  return bytes === null ? refusal('unsupported-mint', `no mint ${mint}`) : decodeMint(mint, bytes);
}

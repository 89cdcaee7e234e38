import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { decodeMint, decodeTokenAccount, type MintFacts } from '../token.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { checkPoolAccount, decodePoolFigures, decodePoolKeys, samePoolKeys } from './layout.ts';
import { type DammV2State, readyOf, refresh, UNUSABLE } from './state.ts';

/**
 * Decodes a pool with its mints. The vaults are looked at when the source has them; quotes never read them, so they
 * are not subscribed to. Never throws.
 */
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
  const missing = [keys.mintA, keys.mintB].filter((mint) => source(mint) === undefined);
  if (missing.length > 0) return { ok: false, reason: 'missing-account', missing };
  const mintA = readMint(keys.mintA, source(keys.mintA) ?? null);
  if (!mintA.ok) return mintA;
  const mintB = readMint(keys.mintB, source(keys.mintB) ?? null);
  if (!mintB.ok) return mintB;
  const unusable =
    checkVault(keys.vaultA, mintA.value, source(keys.vaultA)) ??
    checkVault(keys.vaultB, mintB.value, source(keys.vaultB));
  if (unusable !== undefined) return unusable;
  const accounts: PoolAccount[] = [
    { address: pool, role: 'pool', everySwap: true },
    { address: keys.mintA, role: 'mint', everySwap: false },
    { address: keys.mintB, role: 'mint', everySwap: false },
  ];
  return {
    ok: true,
    state: {
      address: pool,
      mintA: keys.mintA,
      mintB: keys.mintB,
      decimalsA: mintA.value.decimals,
      decimalsB: mintB.value.decimals,
      tokenProgramA: mintA.value.tokenProgram,
      tokenProgramB: mintB.value.tokenProgram,
      vaultA: keys.vaultA,
      vaultB: keys.vaultB,
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
 * Takes new bytes of the pool or one of its mints. While the newest bytes of any of them were refused the pool quotes
 * `missing-account`, whatever the others say.
 */
export function apply(
  state: DammV2State,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<true, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const refused = bit === UNUSABLE.pool ? takePool(state, bytes) : takeMint(state, bit, bytes);
  state.unusable = refused === undefined ? state.unusable & ~bit : state.unusable | bit;
  refresh(state);
  return refused ?? success(true);
}

function bitOf(state: DammV2State, account: Address): number {
  if (account === state.address) return UNUSABLE.pool;
  if (account === state.mintA) return UNUSABLE.mintA;
  return account === state.mintB ? UNUSABLE.mintB : 0;
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
): Refusal<LoadRefusal> | undefined {
  const onA = bit === UNUSABLE.mintA;
  const before = onA ? state.mintFactsA : state.mintFactsB;
  const facts = readMint(before.address, bytes);
  if (!facts.ok) return facts;
  if (facts.value.tokenProgram !== before.tokenProgram || facts.value.decimals !== before.decimals) {
    return refusal('inconsistent-accounts', `mint ${before.address} is not what it was`);
  }
  if (onA) state.mintFactsA = facts.value;
  else state.mintFactsB = facts.value;
  return undefined;
}

function readMint(mint: Address, bytes: AccountBytes | null): Outcome<MintFacts, LoadRefusal> {
  return bytes === null ? refusal('unsupported-mint', `no mint ${mint}`) : decodeMint(mint, bytes);
}

function checkVault(
  vault: Address,
  mint: MintFacts,
  bytes: AccountBytes | null | undefined,
): Refusal<LoadRefusal> | undefined {
  if (bytes === undefined) return undefined;
  if (bytes === null) return refusal('vault-unusable', `no vault ${vault}`);
  if (bytes.owner !== mint.tokenProgram) return refusal('vault-unusable', `owned by ${bytes.owner}`);
  const decoded = decodeTokenAccount(bytes);
  if (!decoded.ok) return decoded;
  if (decoded.value.mint !== mint.address) {
    return refusal('inconsistent-accounts', `vault ${vault} of another mint`);
  }
  return decoded.value.frozen ? refusal('vault-unusable', `vault ${vault} is frozen`) : undefined;
}

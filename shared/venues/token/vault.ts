import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal, PoolState } from '../venue.ts';
import { amountOfSameAccount, decodeTokenAccount } from './token.ts';

/** What a token account must be for the program to take into it and pay out of it. */
export interface VaultTerms {
  readonly mint: Address;
  /** The address that the program signs for. */
  readonly owner: Address;
  readonly tokenProgram: Address;
}

/** The vaults of a pool as last told; after `settle` only the amounts are new. */
export interface HeldVaults {
  vaultAccountA: AccountBytes;
  vaultAccountB: AccountBytes;
  /** Base units. */
  vaultAmountA: bigint;
  vaultAmountB: bigint;
}

const GONE = refusal('vault-unusable' as const, 'the account is gone');
const CHANGED = success(true);
const UNCHANGED = success(false);

/** Base units in the vault, or why no swap can go through it: the token program would fail the transfer. Never throws. */
export function readVault(
  account: AccountBytes | null | undefined,
  terms: VaultTerms,
): Outcome<bigint, LoadRefusal> {
  if (account === null || account === undefined) return GONE;
  if (account.owner !== terms.tokenProgram) return refusal('vault-unusable', `owned by ${account.owner}`);
  const vault = decodeTokenAccount(account);
  if (!vault.ok) return vault;
  const { mint, owner, frozen, amount } = vault.value;
  if (mint !== terms.mint) return refusal('vault-unusable', `of mint ${mint}`);
  if (owner !== terms.owner) return refusal('vault-unusable', `belongs to ${owner}, not to ${terms.owner}`);
  return frozen ? refusal('vault-unusable', 'frozen') : success(amount);
}

/** As `readVault`, without decoding the two addresses when they are those of `before`, which was read already. */
export function readVaultAgain(
  before: AccountBytes,
  account: AccountBytes | null,
  terms: VaultTerms,
): Outcome<bigint, LoadRefusal> {
  const amount = account === null ? undefined : amountOfSameAccount(before, account);
  return amount === undefined ? readVault(account, terms) : success(amount);
}

/** The pool's two vaults in `source`, with the vault's address before the detail of a refusal. */
export function loadVaults(
  pool: Pick<PoolState, 'vaultA' | 'vaultB' | 'mintA' | 'mintB' | 'tokenProgramA' | 'tokenProgramB'>,
  ownerA: Address,
  ownerB: Address,
  source: AccountSource,
): Outcome<HeldVaults, LoadRefusal> {
  const { vaultA, vaultB, mintA, mintB, tokenProgramA, tokenProgramB } = pool;
  const accountA = source(vaultA);
  const amountA = readVault(accountA, { mint: mintA, owner: ownerA, tokenProgram: tokenProgramA });
  if (!amountA.ok) return refusal(amountA.reason, `vault ${vaultA}: ${amountA.detail}`);
  const accountB = source(vaultB);
  const amountB = readVault(accountB, { mint: mintB, owner: ownerB, tokenProgram: tokenProgramB });
  if (!amountB.ok) return refusal(amountB.reason, `vault ${vaultB}: ${amountB.detail}`);
  if (!accountA || !accountB) return GONE;
  return success({
    vaultAccountA: accountA,
    vaultAccountB: accountB,
    vaultAmountA: amountA.value,
    vaultAmountB: amountB.value,
  });
}

/** Takes a vault's new bytes into the state; answers why it cannot. `owner` is the address that the program signs for. */
export function takeVault(
  state: PoolState & HeldVaults,
  isA: boolean,
  owner: Address,
  account: AccountBytes | null,
): Refusal<LoadRefusal> | undefined {
  const terms = isA
    ? { mint: state.mintA, owner, tokenProgram: state.tokenProgramA }
    : { mint: state.mintB, owner, tokenProgram: state.tokenProgramB };
  const taken = readVaultAgain(isA ? state.vaultAccountA : state.vaultAccountB, account, terms);
  if (!taken.ok) return taken;
  if (account === null) return GONE;
  if (isA) {
    state.vaultAccountA = account;
    state.vaultAmountA = taken.value;
  } else {
    state.vaultAccountB = account;
    state.vaultAmountB = taken.value;
  }
  return undefined;
}

/**
 * As `takeVault`, where the vault's amount does no more than limit what a swap may pay. `mostOut` is the most that
 * quotes on the state's present numbers had this vault pay: false when the vault held that much before and still does.
 */
export function applyVault(
  state: PoolState & HeldVaults,
  isA: boolean,
  owner: Address,
  account: AccountBytes | null,
  mostOut: bigint,
): Outcome<boolean, LoadRefusal> {
  const before = isA ? state.vaultAmountA : state.vaultAmountB;
  const refused = takeVault(state, isA, owner, account);
  if (refused !== undefined) return refused;
  const after = isA ? state.vaultAmountA : state.vaultAmountB;
  return mostOut > before || mostOut > after ? CHANGED : UNCHANGED;
}

import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { decodeMint, type MintFacts, sameMintFacts } from '../token/token.ts';
import { loadVaults, takeVault } from '../token/vault.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { addressesAscend } from './address-order.ts';
import {
  type CpmmConfig,
  type CpmmPoolKeys,
  decodeConfig,
  decodePoolFigures,
  decodePoolKeys,
  samePoolKeys,
} from './layout.ts';
import { CPMM_AUTHORITY, CPMM_PROGRAM, RULES_BEFORE_CREATOR_FEE } from './program.ts';
import { areRatesValid, type CpmmState, createState, refresh, UNUSABLE } from './state.ts';

const NOT_OURS = refusal('not-this-venue' as const);

/** The accounts that a pool's quotes read. SPL Token mints are not among them: nothing of theirs moves an amount. */
function accountsOf(pool: Address, keys: CpmmPoolKeys): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [
    { address: pool, role: 'pool', everySwap: true },
    { address: keys.vault0, role: 'vault', everySwap: true },
    { address: keys.vault1, role: 'vault', everySwap: true },
    { address: keys.config, role: 'config', everySwap: false },
  ];
  if (keys.program0 !== TOKEN_PROGRAM) accounts.push({ address: keys.mint0, role: 'mint', everySwap: false });
  if (keys.program1 !== TOKEN_PROGRAM) accounts.push({ address: keys.mint1, role: 'mint', everySwap: false });
  return accounts;
}

/** Decodes a pool with its config, vaults and Token-2022 mints. Never throws. */
export function load(pool: Address, source: AccountSource, rules?: string): Loaded<CpmmState> {
  const account = source(pool);
  if (account === undefined) return { ok: false, reason: 'missing-account', missing: [pool] };
  if (account === null || account.owner !== CPMM_PROGRAM) return NOT_OURS;
  const keys = decodePoolKeys(account.data);
  if (!keys.ok) return keys;
  const figures = decodePoolFigures(account.data);
  if (!figures.ok) return figures;
  const k = keys.value;
  if (!addressesAscend(k.mint0, k.mint1)) return refusal('inconsistent-accounts', 'mints out of order');
  if (new Set([pool, k.vault0, k.vault1, k.config, k.mint0, k.mint1]).size !== 6) {
    return refusal('inconsistent-accounts', 'one address in two roles');
  }
  const accounts = accountsOf(pool, k);
  const missing = accounts.map((needed) => needed.address).filter((needed) => source(needed) === undefined);
  if (missing.length > 0) return { ok: false, reason: 'missing-account', missing };

  const rates = readConfig(source(k.config) ?? null);
  if (!rates.ok) return rates;
  const tokens = {
    mintA: k.mint0,
    mintB: k.mint1,
    tokenProgramA: k.program0,
    tokenProgramB: k.program1,
    vaultA: k.vault0,
    vaultB: k.vault1,
  };
  const vaults = loadVaults(tokens, CPMM_AUTHORITY, CPMM_AUTHORITY, source);
  if (!vaults.ok) return vaults;
  const mintA = readMint(k.mint0, k.program0, k.decimals0, source(k.mint0) ?? null);
  if (!mintA.ok) return mintA;
  const mintB = readMint(k.mint1, k.program1, k.decimals1, source(k.mint1) ?? null);
  if (!mintB.ok) return mintB;

  const state = createState({
    ...tokens,
    ...vaults.value,
    address: pool,
    takesCreatorFee: rules === undefined ? undefined : rules !== RULES_BEFORE_CREATOR_FEE,
    isAmbiguous: false,
    decimalsA: k.decimals0,
    decimalsB: k.decimals1,
    accounts,
    config: k.config,
    observation: k.observation,
    poolData: account.data,
    figures: figures.value,
    rates: rates.value,
    mintFactsA: mintA.value,
    mintFactsB: mintB.value,
    unusable: 0,
  });
  return { ok: true, state };
}

/**
 * Takes new bytes of one of the pool's accounts. While any account's newest bytes were refused the pool quotes
 * `missing-account`, whatever the others say.
 */
export function apply(
  state: CpmmState,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<boolean, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const { unusable, mintFactsA, mintFactsB } = state;
  const refused = take(state, bit, bytes);
  state.unusable = refused === undefined ? unusable & ~bit : unusable | bit;
  refresh(state);
  if (refused !== undefined) return refused;
  if (unusable !== state.unusable) return success(true);
  if (bit === UNUSABLE.mintA) return success(!sameMint(mintFactsA, state.mintFactsA));
  return success(bit !== UNUSABLE.mintB || !sameMint(mintFactsB, state.mintFactsB));
}

function sameMint(one: MintFacts | undefined, other: MintFacts | undefined): boolean {
  return one !== undefined && other !== undefined && sameMintFacts(one, other);
}

function bitOf(state: CpmmState, account: Address): number {
  if (account === state.address) return UNUSABLE.pool;
  if (account === state.vaultA) return UNUSABLE.vaultA;
  if (account === state.vaultB) return UNUSABLE.vaultB;
  if (account === state.config) return UNUSABLE.config;
  if (account === state.mintA && state.tokenProgramA !== TOKEN_PROGRAM) return UNUSABLE.mintA;
  if (account === state.mintB && state.tokenProgramB !== TOKEN_PROGRAM) return UNUSABLE.mintB;
  return 0;
}

function take(state: CpmmState, bit: number, bytes: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  switch (bit) {
    case UNUSABLE.pool: {
      if (bytes === null || bytes.owner !== CPMM_PROGRAM) return NOT_OURS;
      const figures = decodePoolFigures(bytes.data);
      if (!figures.ok) return figures;
      if (!samePoolKeys(state.poolData, bytes.data)) {
        return refusal('inconsistent-accounts', 'the pool names other accounts than before');
      }
      state.poolData = bytes.data;
      state.figures = figures.value;
      return undefined;
    }
    case UNUSABLE.vaultA:
      return takeVault(state, true, CPMM_AUTHORITY, bytes);
    case UNUSABLE.vaultB:
      return takeVault(state, false, CPMM_AUTHORITY, bytes);
    case UNUSABLE.config: {
      const rates = readConfig(bytes);
      if (!rates.ok) return rates;
      state.rates = rates.value;
      return undefined;
    }
    case UNUSABLE.mintA: {
      const mint = readMint(state.mintA, state.tokenProgramA, state.decimalsA, bytes);
      if (!mint.ok) return mint;
      state.mintFactsA = mint.value;
      return undefined;
    }
    default: {
      const mint = readMint(state.mintB, state.tokenProgramB, state.decimalsB, bytes);
      if (!mint.ok) return mint;
      state.mintFactsB = mint.value;
      return undefined;
    }
  }
}

function readConfig(account: AccountBytes | null): Outcome<CpmmConfig, LoadRefusal> {
  if (account === null || account.owner !== CPMM_PROGRAM) {
    return refusal('inconsistent-accounts', 'the fee config is not the program’s');
  }
  const config = decodeConfig(account.data);
  if (config.ok && !areRatesValid(config.value)) {
    return refusal('inconsistent-accounts', 'the fee config takes more than there is');
  }
  return config;
}

function readMint(
  mint: Address,
  tokenProgram: Address,
  decimals: number,
  account: AccountBytes | null,
): Outcome<MintFacts | undefined, LoadRefusal> {
  if (tokenProgram === TOKEN_PROGRAM) return success(undefined);
  if (account === null) return refusal('unsupported-mint', 'the mint is gone');
  const facts = decodeMint(mint, account);
  if (!facts.ok) return facts;
  if (facts.value.tokenProgram !== tokenProgram || facts.value.decimals !== decimals) {
    return refusal('inconsistent-accounts', `mint ${mint} is not what the pool says`);
  }
  return facts;
}

import type { AccountBytes } from '../../core/account.ts';
import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { MINT_BYTES } from '../token/token.ts';
import type { LoadRefusal, PoolAccount } from '../venue.ts';
import { DYNAMIC_VAULT_PROGRAM } from './program.ts';
import { type DynamicVaultFigures, decodeVaultFigures } from './vault-layout.ts';

/** Vaults, shares and reserves of a pool, as far as they are known by address. */
export interface DammV1Addresses {
  readonly pool: Address;
  readonly vaults: readonly Address[];
  readonly tokenVaults: readonly Address[];
  readonly lpMints: readonly Address[];
  readonly poolLps: readonly Address[];
  readonly stake: Address | undefined;
}

/** The accounts that a pool's quotes read. Every swap writes all of them but the stake account. */
export function accountsOf(of: DammV1Addresses): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [{ address: of.pool, role: 'pool', everySwap: true }];
  for (const address of [...of.vaults, ...of.tokenVaults, ...of.poolLps]) {
    accounts.push({ address, role: 'vault', everySwap: true });
  }
  for (const address of of.lpMints) accounts.push({ address, role: 'mint', everySwap: true });
  if (of.stake !== undefined) accounts.push({ address: of.stake, role: 'oracle', everySwap: false });
  return accounts;
}

/** The figures of a vault of the vault program. */
export function readVaultFigures(account: AccountBytes | null): Outcome<DynamicVaultFigures, LoadRefusal> {
  if (account === null) return refusal('vault-unusable', 'the account is gone');
  if (account.owner !== DYNAMIC_VAULT_PROGRAM) return refusal('vault-unusable', `owned by ${account.owner}`);
  return decodeVaultFigures(account.data);
}

export const SUPPLY_OFFSET = 36;
const DECIMALS_OFFSET = 44;
const INITIALIZED_OFFSET = 45;

/** The supply (base units) and decimals of a vault's LP mint, which is always one of SPL Token. */
export function readLpMint(
  account: AccountBytes | null,
): Outcome<{ readonly supply: bigint; readonly decimals: number }, LoadRefusal> {
  if (account === null || account.owner !== TOKEN_PROGRAM) {
    return refusal('unsupported-mint', 'the vault’s LP mint is not one of SPL Token');
  }
  const { data } = account;
  if (data.length !== MINT_BYTES) return refusal('wrong-length', `LP mint of ${data.length} bytes`);
  if (data[INITIALIZED_OFFSET] !== 1) return refusal('unsupported-mint', 'the LP mint is not initialized');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return success({ supply: view.getBigUint64(SUPPLY_OFFSET, true), decimals: data[DECIMALS_OFFSET]! });
}

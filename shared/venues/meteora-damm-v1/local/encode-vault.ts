import type { AccountBytes } from '../../../core/account.ts';
import { type Address, addressBytes } from '../../../core/address.ts';
import { rentExemptLamports } from '../../token/token.ts';
import { SUPPLY_OFFSET } from '../accounts.ts';
import {
  STAKE_POOL_BYTES,
  STAKE_POOL_LAMPORTS_OFFSET,
  STAKE_POOL_SUPPLY_OFFSET,
  STAKE_POOL_TYPE,
} from '../stake-price.ts';
import {
  BASE_OFFSET,
  DEGRADATION_OFFSET,
  type DynamicVaultFigures,
  type DynamicVaultKeys,
  ENABLED_OFFSET,
  LAST_REPORT_OFFSET,
  LOCKED_PROFIT_OFFSET,
  LP_MINT_OFFSET,
  TOKEN_MINT_OFFSET,
  TOKEN_VAULT_OFFSET,
  TOTAL_AMOUNT_OFFSET,
  VAULT_BUMP_OFFSET,
  VAULT_BYTES,
  VAULT_DISCRIMINATOR,
} from '../vault-layout.ts';

/** Writes the one figure that a swap changes over the bytes of a vault account. */
export function writeTotalAmount(data: Uint8Array, totalAmount: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  view.setBigUint64(TOTAL_AMOUNT_OFFSET, totalAmount, true);
}

/** A vault account without strategies, its addresses derived from `base`. */
export function encodeVault(
  keys: DynamicVaultKeys,
  figures: DynamicVaultFigures,
  origin: { readonly base: Address; readonly bump: number; readonly tokenVaultBump: number },
): Uint8Array {
  const data = new Uint8Array(VAULT_BYTES);
  const view = new DataView(data.buffer);
  data.set(VAULT_DISCRIMINATOR, 0);
  data[ENABLED_OFFSET] = figures.enabled ? 1 : 0;
  data[VAULT_BUMP_OFFSET] = origin.bump;
  data[VAULT_BUMP_OFFSET + 1] = origin.tokenVaultBump;
  data.set(addressBytes(keys.tokenVault), TOKEN_VAULT_OFFSET);
  data.set(addressBytes(keys.mint), TOKEN_MINT_OFFSET);
  data.set(addressBytes(keys.lpMint), LP_MINT_OFFSET);
  data.set(addressBytes(origin.base), BASE_OFFSET);
  view.setBigUint64(LOCKED_PROFIT_OFFSET, figures.lockedProfit, true);
  view.setBigUint64(LAST_REPORT_OFFSET, figures.lastReport, true);
  view.setBigUint64(DEGRADATION_OFFSET, figures.degradation, true);
  writeTotalAmount(data, figures.totalAmount);
  return data;
}

/** An SPL stake pool account with its two amounts and nothing else, owned by `owner`. */
export function encodeStakePool(
  owner: Address,
  totalLamports: bigint,
  poolTokenSupply: bigint,
): AccountBytes {
  const data = new Uint8Array(STAKE_POOL_BYTES);
  const view = new DataView(data.buffer);
  data[0] = STAKE_POOL_TYPE;
  view.setBigUint64(STAKE_POOL_LAMPORTS_OFFSET, totalLamports, true);
  view.setBigUint64(STAKE_POOL_SUPPLY_OFFSET, poolTokenSupply, true);
  return { owner, lamports: rentExemptLamports(data.length), data };
}

/** A copy of a mint account with another supply, in base units. */
export function withMintSupply(account: AccountBytes, supply: bigint): AccountBytes {
  const data = account.data.slice();
  new DataView(data.buffer).setBigUint64(SUPPLY_OFFSET, supply, true);
  return { ...account, data };
}

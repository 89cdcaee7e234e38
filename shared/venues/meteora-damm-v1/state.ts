import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { PoolState } from '../venue.ts';
import type { DammV1Figures } from './layout.ts';
import type { Moment } from './moment.ts';
import type { DynamicVaultFigures } from './vault-layout.ts';

/** One token of the pool: its vault, and what of the vault is the pool's. Amounts in base units. */
export interface VaultSide {
  readonly vault: Address;
  readonly lpMint: Address;
  /** The pool's token account of `lpMint`. */
  readonly poolLp: Address;
  /** Where the protocol's part of a fee paid in this token goes. */
  readonly protocolFee: Address;
  figures: DynamicVaultFigures;
  /** What stands in the vault's own token account, the rest being with its strategies: no more can be paid out. */
  reserve: bigint;
  lpSupply: bigint;
  poolLpAmount: bigint;
}

/** The bytes that addresses and owners were last read from; after `settle` only what stands in a side is new. */
export interface SideBytes {
  vaultData: Uint8Array;
  tokenVault: AccountBytes;
  poolLp: AccountBytes;
}

/** One bit for each account whose newest bytes could not be used; those of side B are shifted by `SIDE_B`. */
export const UNUSABLE = { pool: 1, stake: 2, vault: 4, tokenVault: 8, lpMint: 16, poolLp: 32 } as const;
export const SIDE_B = 4;

/** A pool and all that its quotes read. Only `load`, `apply` and `settle` make or change one. */
export interface DammV1State extends PoolState {
  poolData: Uint8Array;
  figures: DammV1Figures;
  readonly sideA: VaultSide;
  readonly sideB: VaultSide;
  readonly bytesA: SideBytes;
  readonly bytesB: SideBytes;
  /** The account of the virtual price; undefined when the pool has no depeg. */
  readonly stake: Address | undefined;
  /** The virtual price that account gives, in millionths; undefined when it does not exist. */
  stakePrice: bigint | undefined;
  unusable: number;
  /** What the last second asked for comes to; worked out again whenever the second or an account changes. */
  moment: Moment | undefined;
}

import type { Address } from '../../core/address.ts';
import type { CompileRefusal } from './compiled-message.ts';
import type { GuardRefusal, HeldAmount } from './guard.ts';
import type { Tip } from './tip.ts';

/** One token account of the wallet, as the chain has it. */
export interface WalletTokenAccount {
  readonly address: Address;
  /** Its mint's authority has stopped it: nothing goes in or out. */
  readonly frozen: boolean;
}

/**
 * The wallet that trades. Its token accounts are made ahead, that of wrapped SOL among them: no order makes, wraps or
 * closes one, as that would cost units, bytes and rent at the moment that counts.
 */
export interface WalletAccounts {
  readonly owner: Address;
  /** Undefined where the wallet has none for the mint. */
  tokenAccount(mint: Address): WalletTokenAccount | undefined;
}

/** What one attempt at an order is sent with. */
export interface Attempt {
  readonly version: 0 | 1;
  /** In which it is built. */
  readonly slot: number;
  /** 32 bytes. */
  readonly blockhash: Uint8Array;
  /** Asked for, and charged for. */
  readonly computeUnits: number;
  readonly microLamportsPerUnit: bigint;
  /** Asked for; whole pages, as `loadedDataLimit` gives them. */
  readonly loadedDataBytes: number;
  readonly tip?: Tip | undefined;
  /** An address that begins with `jitodontfront`: only where this transaction stands first of its bundle. */
  readonly dontFront?: Address | undefined;
  /** Assert sums with Lighthouse: what the wallet holds of a mint, and may be credited. */
  readonly held?: ((mint: Address) => HeldAmount | undefined) | undefined;
}

/** Why an order is not made into a transaction. */
export type BuildRefusal =
  | CompileRefusal
  | GuardRefusal
  | 'order-expired'
  | 'pool-unknown'
  | 'token-account-missing'
  | 'token-account-frozen'
  /** Fees and tip come to more than was approved. */
  | 'beyond-approved-costs'
  /** The relay counts no tip to that account. */
  | 'tip-account-unknown'
  | 'tip-out-of-range'
  | 'units-out-of-range'
  | 'loaded-data-out-of-range'
  /** No such address, or nothing that may name it. */
  | 'dont-front-invalid'
  | 'blockhash-invalid'
  /** An instruction wants a signature that the wallet cannot give. */
  | 'foreign-signer';

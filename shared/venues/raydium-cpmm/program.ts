import type { Address } from '../../core/address.ts';

/** Raydium CPMM (raydium-io/raydium-cp-swap). Names of fields and errors are that program's. */
export const CPMM_PROGRAM = 'CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C' as Address;

/** Owner of every vault: the program address of `vault_and_lp_mint_auth_seed`. */
export const CPMM_AUTHORITY = 'GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL' as Address;

/** Fee rates are parts of a million. */
export const FEE_RATE_DENOMINATOR = 1_000_000n;

/** The status bit that stops swaps. */
export const SWAP_DISABLED = 4;

/** Where the creator fee is taken: from whatever comes in, or always in one of the two tokens. */
export const CREATOR_FEE_ON_INPUT = 0;
export const CREATOR_FEE_ON_TOKEN_0 = 1;
export const CREATOR_FEE_ON_TOKEN_1 = 2;

import type { Address } from '../../core/address.ts';

/** Raydium AMM v4 (raydium-io/raydium-amm). Names of fields and errors are that program's. */
export const AMM_V4_PROGRAM = '675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8' as Address;

/** Owner of every vault: the program address of `amm authority`, and the bump that every pool stores as its nonce. */
export const AMM_V4_AUTHORITY = '5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1' as Address;
export const AUTHORITY_NONCE = 254n;

/** `AmmStatus`. Only these three swap; 2 to 5 do not, and 0 is no pool. */
export const STATUS_INITIALIZED = 1;
export const STATUS_SWAP_ONLY = 6;
export const STATUS_WAITING_TRADE = 7;

/** The largest value of `AmmState` and of `AmmResetFlag`. */
export const LAST_MACHINE_STATE = 6n;
export const LAST_RESET_FLAG = 1n;

/** The order book program that pools were made on last (OpenBook v1); each pool names its own. */
export const OPENBOOK_PROGRAM = 'srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX' as Address;

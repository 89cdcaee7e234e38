import type { Address } from '../../core/address.ts';
import type { ProgramRules } from '../program-rules.ts';

/** Raydium AMM v4 (raydium-io/raydium-amm). Names of fields and errors are that program's. */
export const AMM_V4_PROGRAM = '675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8' as Address;

/** Owner of every vault: the program address of `amm authority`, and the bump that every pool stores as its nonce. */
export const AMM_V4_AUTHORITY = '5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1' as Address;
export const AUTHORITY_NONCE = 254n;

/** `AmmStatus`. Only these three swap; 2 to 5 do not, and 0 is no pool. */
export const STATUS_INITIALIZED = 1;
export const STATUS_SWAP_ONLY = 6;
export const STATUS_WAITING_TRADE = 7;

/** What differs between deployments that were published. */
export interface AmmRules {
  /** The fee is always rounded up, not to the nearest where it is below one unit. */
  readonly feeUp: boolean;
  /** What a pool of status 1 holds in its order book is part of its reserves. */
  readonly countsBook: boolean;
  /** A swap adds to the pool's running totals, and fails where they would overflow. */
  readonly keepsTotals: boolean;
}

/** By name, oldest first: the source until July 2025, since August 2025 (78c6a81) and since July 2026 (27f461d). */
export const RULE_SETS: Readonly<Record<string, AmmRules>> = {
  'fee-to-nearest': { feeUp: false, countsBook: true, keepsTotals: true },
  'fee-up': { feeUp: true, countsBook: true, keepsTotals: true },
  'vaults-only': { feeUp: true, countsBook: false, keepsTotals: false },
};

export const PROGRAM_RULES: ProgramRules = {
  sets: Object.keys(RULE_SETS),
  proven: {
    d3f6906a8e2847865f95b0c156b06d05db07778dd1d6c24044bae0b9ac1bb93c: 'fee-to-nearest',
    '6676a513b67fff16140de0ca01ef679b9bf355ed65973dc13c356d320e2fc370': 'fee-to-nearest',
    // What stands for it on the local chain.
    b8bfc25d126556b4c70b8be6806d274c05d53766d70680b6e455ace1a30253b5: 'vaults-only',
  },
};

/** The largest value of `AmmState` and of `AmmResetFlag`. */
export const LAST_MACHINE_STATE = 6n;
export const LAST_RESET_FLAG = 1n;

/** The order book program that pools were made on last (OpenBook v1); each pool names its own. */
export const OPENBOOK_PROGRAM = 'srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX' as Address;

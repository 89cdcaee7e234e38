import type { Address } from '../../core/address.ts';
import type { ProgramRules } from '../program-rules.ts';

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

/** The source until July 2025 knows no creator fee; that since August 2025 (b0b2a08) takes it and owes it. */
export const RULES_BEFORE_CREATOR_FEE = 'no-creator-fee';
export const RULES_OF_CREATOR_FEE = 'creator-fee';

export const PROGRAM_RULES: ProgramRules = {
  sets: [RULES_BEFORE_CREATOR_FEE, RULES_OF_CREATOR_FEE],
  proven: {
    aa634c305f849e4009e2ac85032dd9c0b73461bc398a22c7da4a675988a230b2: RULES_BEFORE_CREATOR_FEE,
    '4ce58ebf4615d97b0d55c0f77aa751330d63c029f4785ebf4d3bedd45b5a2604': RULES_BEFORE_CREATOR_FEE,
    // What stands for it on the local chain.
    '8396e4dc8c31efef7ec05a1c79c59cfd3e431169f35a5d6e1f9de67d02e15b9c': RULES_OF_CREATOR_FEE,
  },
};

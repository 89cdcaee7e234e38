import type { Venue } from '../venue.ts';
import { apply, load } from './accounts.ts';
import { holdsUntil } from './holds.ts';
import { MINT_0_OFFSET, MINT_1_OFFSET, POOL_DISCRIMINATOR } from './layout.ts';
import { CPMM_PROGRAM, PROGRAM_RULES } from './program.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { CpmmState } from './state.ts';
import { swap } from './swap.ts';

/** Raydium CPMM: constant product with trade, protocol, fund and creator fees and Token-2022 transfer fees. */
export const raydiumCpmm: Venue<CpmmState> = {
  id: 'raydium-cpmm',
  programId: CPMM_PROGRAM,
  programRules: PROGRAM_RULES,
  poolAccounts: {
    discriminator: POOL_DISCRIMINATOR,
    mintAOffset: MINT_0_OFFSET,
    mintBOffset: MINT_1_OFFSET,
  },
  load,
  apply,
  quote,
  settle,
  marginalPrice,
  holdsUntil,
  bestPrice,
  swap,
};

import type { Venue } from '../venue.ts';
import { apply } from './apply.ts';
import { holdsUntil } from './holds.ts';
import { CLMM_PROGRAM, MINT_A_OFFSET, MINT_B_OFFSET, POOL_DISCRIMINATOR } from './layout.ts';
import { load } from './load.ts';
import { PROGRAM_RULES } from './program.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { ClmmState } from './state.ts';
import { swap } from './swap.ts';

export type { ClmmState } from './state.ts';

/** Raydium CLMM: concentrated liquidity with a static or dynamic fee and limit orders. */
export const raydiumClmm: Venue<ClmmState> = {
  id: 'raydium-clmm',
  programId: CLMM_PROGRAM,
  programRules: PROGRAM_RULES,
  poolAccounts: {
    discriminator: POOL_DISCRIMINATOR,
    mintAOffset: MINT_A_OFFSET,
    mintBOffset: MINT_B_OFFSET,
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

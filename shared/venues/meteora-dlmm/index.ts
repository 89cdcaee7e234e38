import type { Venue } from '../venue.ts';
import { holdsUntil } from './holds.ts';
import { DLMM_PROGRAM, MINT_A_OFFSET, MINT_B_OFFSET, POOL_DISCRIMINATOR } from './layout.ts';
import { apply, load } from './load.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { DlmmState } from './state.ts';
import { swap } from './swap.ts';

export type { DlmmState } from './state.ts';

/** Meteora DLMM: liquidity in bins of one price each, a fee that grows with volatility, limit orders. */
export const meteoraDlmm: Venue<DlmmState> = {
  id: 'meteora-dlmm',
  programId: DLMM_PROGRAM,
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

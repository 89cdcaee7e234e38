import type { Venue } from '../venue.ts';
import { holdsUntil } from './holds.ts';
import { MINT_A_OFFSET, MINT_B_OFFSET, POOL_DISCRIMINATOR } from './layout.ts';
import { apply, load } from './load.ts';
import { DAMM_V2_PROGRAM } from './program.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { DammV2State } from './state.ts';
import { swap } from './swap.ts';

export type { DammV2State } from './state.ts';

/** Meteora DAMM v2: one range of liquidity or constant product, with scheduled, limited and dynamic fees. */
export const meteoraDammV2: Venue<DammV2State> = {
  id: 'meteora-damm-v2',
  programId: DAMM_V2_PROGRAM,
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

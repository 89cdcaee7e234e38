import type { Venue } from '../venue.ts';
import { carry } from './carry.ts';
import { holdsUntil } from './holds.ts';
import { MINT_A_OFFSET, MINT_B_OFFSET, POOL_DISCRIMINATOR } from './layout.ts';
import { apply, load } from './load.ts';
import { DAMM_V1_PROGRAM } from './program.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { DammV1State } from './state.ts';
import { minimumFor, swap } from './swap.ts';

/** Meteora Dynamic AMM v1: constant product and stable curves whose tokens stand in yield vaults shared by pools. */
export const meteoraDammV1: Venue<DammV1State> = {
  id: 'meteora-damm-v1',
  programId: DAMM_V1_PROGRAM,
  splTokenOnly: true,
  poolAccounts: {
    discriminator: POOL_DISCRIMINATOR,
    mintAOffset: MINT_A_OFFSET,
    mintBOffset: MINT_B_OFFSET,
  },
  load,
  apply,
  quote,
  settle,
  carry,
  marginalPrice,
  holdsUntil,
  bestPrice,
  swap,
  minimumFor,
};

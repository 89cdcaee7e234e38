import type { Venue } from '../venue.ts';
import { holdsUntil } from './holds.ts';
import { MINT_A_OFFSET, MINT_B_OFFSET, POOL_DISCRIMINATOR, WHIRLPOOL_PROGRAM } from './layout.ts';
import { apply, load } from './load.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { WhirlpoolState } from './state.ts';
import { swap } from './swap.ts';

export type { WhirlpoolState } from './state.ts';

/** Orca Whirlpool: concentrated liquidity with a static or adaptive fee. */
export const orcaWhirlpool: Venue<WhirlpoolState> = {
  id: 'orca-whirlpool',
  programId: WHIRLPOOL_PROGRAM,
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

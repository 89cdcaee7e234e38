import type { Venue } from '../venue.ts';
import { holdsUntil } from './holds.ts';
import { COIN_MINT_OFFSET, PC_MINT_OFFSET } from './layout.ts';
import { apply, load } from './load.ts';
import { AMM_V4_PROGRAM, PROGRAM_RULES } from './program.ts';
import { bestPrice, marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { AmmV4State } from './state.ts';
import { swap } from './swap.ts';

/** Raydium AMM v4: constant product over its vaults and, where still attached, its funds in an order book. */
export const raydiumAmmV4: Venue<AmmV4State> = {
  id: 'raydium-amm-v4',
  programId: AMM_V4_PROGRAM,
  programRules: PROGRAM_RULES,
  splTokenOnly: true,
  poolAccounts: {
    discriminator: new Uint8Array(0),
    mintAOffset: COIN_MINT_OFFSET,
    mintBOffset: PC_MINT_OFFSET,
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

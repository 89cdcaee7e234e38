import type { LocalVenue } from '../../local/local-venue.ts';
import { raydiumAmmV4 } from '../index.ts';
import type { AmmV4State } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const raydiumAmmV4Local: LocalVenue<AmmV4State> = {
  venue: raydiumAmmV4,
  synthesize,
  readSwap,
  write,
};

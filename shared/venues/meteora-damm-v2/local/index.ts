import type { LocalVenue } from '../../local/local-venue.ts';
import { meteoraDammV2 } from '../index.ts';
import type { DammV2State } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const meteoraDammV2Local: LocalVenue<DammV2State> = {
  venue: meteoraDammV2,
  synthesize,
  readSwap,
  write,
};

import type { LocalVenue } from '../../local/local-venue.ts';
import { meteoraDammV1 } from '../index.ts';
import type { DammV1State } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const meteoraDammV1Local: LocalVenue<DammV1State> = {
  venue: meteoraDammV1,
  synthesize,
  readSwap,
  write,
};

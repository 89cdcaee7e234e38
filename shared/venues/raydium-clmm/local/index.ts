import type { LocalVenue } from '../../local/local-venue.ts';
import { raydiumClmm } from '../index.ts';
import type { ClmmState } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const raydiumClmmLocal: LocalVenue<ClmmState> = {
  venue: raydiumClmm,
  synthesize,
  readSwap,
  write,
};

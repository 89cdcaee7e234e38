import type { LocalVenue } from '../../local/local-venue.ts';
import { meteoraDlmm } from '../index.ts';
import type { DlmmState } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const meteoraDlmmLocal: LocalVenue<DlmmState> = {
  venue: meteoraDlmm,
  synthesize,
  readSwap,
  write,
};

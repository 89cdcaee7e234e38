import type { LocalVenue } from '../../local/local-venue.ts';
import { raydiumCpmm } from '../index.ts';
import type { CpmmState } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const raydiumCpmmLocal: LocalVenue<CpmmState> = {
  venue: raydiumCpmm,
  synthesize,
  readSwap,
  write,
};

import type { LocalVenue } from '../../local/local-venue.ts';
import { orcaWhirlpool } from '../index.ts';
import type { WhirlpoolState } from '../state.ts';
import { readSwap } from './read-swap.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const orcaWhirlpoolLocal: LocalVenue<WhirlpoolState> = {
  venue: orcaWhirlpool,
  synthesize,
  readSwap,
  write,
};

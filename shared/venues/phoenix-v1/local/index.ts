import type { LocalVenue } from '../../local/local-venue.ts';
import { decodeEventLog } from '../events.ts';
import { phoenixV1 } from '../index.ts';
import type { PhoenixState } from '../state.ts';
import { fillLog } from './fill-log.ts';
import { readSwap } from './read-swap.ts';
import { requote } from './requote.ts';
import { synthesize } from './synthesize.ts';
import { write } from './write.ts';

export const phoenixV1Local: LocalVenue<PhoenixState> = {
  venue: phoenixV1,
  synthesize,
  readSwap,
  write,
  book: { requote, fillLog, isFillLog: (instruction) => decodeEventLog(instruction) !== undefined },
};

/**
 * Compute units of the AMM v4 program's `swap_base_in`: the proven binary was seen to use 22,119 at most on the vaults
 * alone, 25,927 with an order book of few events.
 */
import { bothTransferUnits } from '../compute.ts';
import type { PoolState } from '../venue.ts';

const BASE = 22_800;
const BOOK = 4_000;
/** Of an event in the market's queue: the program looks at each for fills of its own orders. Taken high, not measured. */
const EVENT = 250;

/** Compute units of every swap on the pool; `events` wait in the queue of its order book, undefined: it has none. */
export function swapUnits(
  pool: Pick<PoolState, 'tokenProgramA' | 'tokenProgramB'>,
  events: number | undefined,
): number {
  const book = events === undefined ? 0 : BOOK + events * EVENT;
  return BASE + book + bothTransferUnits(pool);
}

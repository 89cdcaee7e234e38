import { meteoraDammV1 } from './meteora-damm-v1/index.ts';
import { meteoraDammV2 } from './meteora-damm-v2/index.ts';
import { meteoraDlmm } from './meteora-dlmm/index.ts';
import { orcaWhirlpool } from './orca-whirlpool/index.ts';
import { phoenixV1 } from './phoenix-v1/index.ts';
import { raydiumAmmV4 } from './raydium-amm-v4/index.ts';
import { raydiumClmm } from './raydium-clmm/index.ts';
import { raydiumCpmm } from './raydium-cpmm/index.ts';
import type { Venue } from './venue.ts';

/** Every venue built, one line each. Subscriptions, the graph, the contract tests and the local node iterate it. */
export const VENUES: readonly Venue[] = [
  meteoraDammV1,
  meteoraDammV2,
  meteoraDlmm,
  orcaWhirlpool,
  phoenixV1,
  raydiumAmmV4,
  raydiumClmm,
  raydiumCpmm,
];

/** The venue called `id`, or undefined when it is not built. */
export function venueById(id: string): Venue | undefined {
  return VENUES.find((venue) => venue.id === id);
}

/** The venue whose program owns an account, or undefined. */
export function venueByProgram(programId: string): Venue | undefined {
  return VENUES.find((venue) => venue.programId === programId);
}

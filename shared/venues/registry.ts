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

/**
 * The venue called `id`, or undefined when it is not built.
 *
 * @example
 * ```ts
 * import { readMarketSnapshot } from 'solana-dex-arbitrage/market';
 * import { venueById } from 'solana-dex-arbitrage/quote';
 *
 * const { pools, accounts, clock } = readMarketSnapshot('market.json');
 * const bytes = new Map(accounts.map(({ address, account }) => [address, account]));
 * const venue = venueById(pools[0]!.venue)!;
 * const loaded = venue.load(pools[0]!.address, (address) => bytes.get(address));
 * loaded.ok && venue.quote(loaded.state, true, 1_000_000n, clock).ok; // → true
 * ```
 */
export function venueById(id: string): Venue | undefined {
  return VENUES.find((venue) => venue.id === id);
}

/**
 * The venue whose program owns an account, or undefined.
 *
 * @example
 * ```ts
 * import { venueByProgram } from 'solana-dex-arbitrage/quote';
 *
 * venueByProgram('whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc')?.id; // → 'orca-whirlpool'
 * venueByProgram('11111111111111111111111111111111'); // → undefined
 * ```
 */
export function venueByProgram(programId: string): Venue | undefined {
  return VENUES.find((venue) => venue.programId === programId);
}

import type { Intent } from './intent-journal.ts';

/** How an order ended of which its process could not say so any more. */
export interface Resolution {
  readonly state: 'landed' | 'failed' | 'expired';
  readonly reason: string;
  /** In which it landed, or as of which this is known. */
  readonly slot: number;
  /** What it came to, by what the chain shows. */
  readonly netLamports: bigint;
}

/**
 * Finds out by evidence what became of an order that a process left open. Whoever sends for real asks the chain by the
 * order's signature: that time has passed proves nothing.
 */
export interface OrderResolver {
  /** Undefined: nobody can say yet; it is asked again. A rejection says as little. */
  resolve(intent: Intent): Promise<Resolution | undefined>;
}

/** Nothing was sent: what was to be executed on paper ended with its process. */
export const paperResolver: OrderResolver = {
  resolve: async ({ slot }) => ({
    state: 'expired',
    reason: 'its process ended first',
    slot,
    netLamports: 0n,
  }),
};

import type { Clock } from '../core/clock.ts';
import type { Market } from '../market/market.ts';

/** A pool that has not loaded this long after the feed went live is not waited for. */
const LOADING_MS = 10_000;

/**
 * Tells whether the first snapshot is complete. Until then mints have neither prices nor routes nor even decimals, which
 * says nothing about the market; once true it stays so.
 */
export function createPoolsLoaded({ market, clock }: { market: Market; clock: Clock }): () => boolean {
  let hasLoaded = false;
  let liveMicros: number | undefined;
  return () => {
    if (hasLoaded || !market.live) return hasLoaded;
    const now = clock.monotonicMicros();
    liveMicros ??= now;
    hasLoaded =
      market.pools.every(({ status }) => status !== 'loading') || now - liveMicros >= LOADING_MS * 1_000;
    return hasLoaded;
  };
}

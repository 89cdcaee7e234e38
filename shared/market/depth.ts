import type { ChainClock } from '../core/clock.ts';
import { U64_MAX } from '../core/units.ts';
import type { PoolState, Venue } from '../venues/venue.ts';

export interface DepthOptions {
  /** The average price may fall this much below the marginal one; a pool's last unit may cost anything at 10,000. */
  readonly maxFallBps: number;
  /** Halvings after the first bracket of a factor of four: exact to about 2^-halvings of itself. */
  readonly halvings: number;
}

/** The bracket grows by this factor a step. */
const GROWTH_BITS = 2n;

/**
 * The most that one swap takes from the pool, base units of what it pays (0n where nothing), before its average price has fallen by `maxFallBps` from the marginal
 * one, or the venue refuses: found by exact quotes, so that what stands far from the price, is owed to others or is
 * lent out counts for nothing, whatever the vaults hold.
 */
export function depthOf(
  venue: Venue,
  state: PoolState,
  aToB: boolean,
  clock: ChainClock,
  { maxFallBps, halvings }: DepthOptions,
): bigint {
  const marginal = venue.marginalPrice(state, aToB, clock);
  if (!(marginal > 0 && Number.isFinite(marginal))) return 0n;
  const least = (marginal * (10_000 - maxFallBps)) / 10_000;
  /** What it pays within the price; 0n where nothing, undefined past its depth. One unit may be lost to rounding. */
  const paid = (amountIn: bigint): bigint | undefined => {
    const quote = venue.quote(state, aToB, amountIn, clock);
    if (!quote.ok) return quote.reason === 'amount-too-small' ? 0n : undefined;
    // An order book takes whole lots, and no more than rests there.
    return Number(quote.amountOut) + 1 >= least * Number(quote.consumedIn) ? quote.amountOut : undefined;
  };

  let low = 0n;
  let best = 0n;
  let high = 1n;
  for (;;) {
    const out = paid(high);
    // A lot or a fee of its own can swallow a small amount whole: it says nothing of larger ones.
    if (out === undefined && best > 0n) break;
    if (out !== undefined && out > 0n) {
      low = high;
      best = out;
    }
    if (high >= U64_MAX >> GROWTH_BITS) break;
    high <<= GROWTH_BITS;
  }
  if (best === 0n) return 0n;
  for (let i = 0; i < halvings && high - low > 1n; i++) {
    const middle = (low + high) >> 1n;
    const out = paid(middle);
    if (out === undefined) high = middle;
    else {
      low = middle;
      if (out > best) best = out;
    }
  }
  return best;
}

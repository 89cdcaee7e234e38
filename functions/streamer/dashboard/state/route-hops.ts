import type { Address } from '../../../../shared/core/address.ts';
import type { Leg, Opportunity } from '../../../../shared/routing/opportunity.ts';

/** One pool of a hop: its venue and how much of what the hop is offered goes through it. */
export interface HopShare {
  readonly venue: string;
  /** Whole percent, 1 to 100; those of a hop come to 100. */
  readonly percent: number;
}

/** Hop by hop, its pools: several where the hop is split. */
export function hopShares(legs: readonly Leg[]): readonly (readonly HopShare[])[] {
  return byHop(legs).map((hop) => {
    const offered = hop.reduce((sum, { amountIn }) => sum + amountIn, 0n);
    const whole = hop.map(({ amountIn }) => Math.max(1, Number((amountIn * 100n) / (offered || 1n))));
    // What rounding down leaves goes to the largest.
    const left = 100 - whole.reduce((sum, percent) => sum + percent, 0);
    const largest = whole.indexOf(Math.max(...whole));
    return hop.map(({ venue }, i) => ({ venue, percent: whole[i]! + (i === largest ? left : 0) }));
  });
}

/** The mints of the cycle, one between two hops however many pools a hop has. */
export function hopMints({ startMint, legs }: Pick<Opportunity, 'startMint' | 'legs'>): readonly Address[] {
  return [startMint, ...byHop(legs).map((hop) => hop[0]!.mintOut)];
}

function byHop(legs: readonly Leg[]): readonly (readonly Leg[])[] {
  const hops: Leg[][] = [];
  for (const leg of legs) {
    const hop = hops[leg.hop];
    if (hop === undefined) hops[leg.hop] = [leg];
    else hop.push(leg);
  }
  return hops;
}

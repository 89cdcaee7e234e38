import type { Random } from '../../../core/random.ts';

/** Other searchers at an auction for the same pools. */
export interface RivalBids {
  /** The best bid of those who want these pools in this auction; undefined where nobody does. */
  best(): RivalBid | undefined;
}

export interface RivalBid {
  readonly lamports: bigint;
  /** Compute units that the rival asks for: bids are compared by the unit. */
  readonly units: bigint;
}

export interface RivalSettings {
  /** Chance that a pool is contested in an auction. */
  readonly contestedShare: number;
  /** Rivals at one auction, where there are any. */
  readonly most: number;
  /** Lamports of profit, in the median; profits have a long tail. */
  readonly medianProfitLamports: number;
  /** Standard deviation of the logarithm of profits. */
  readonly spread: number;
}

/** A mean of about a dollar and a half at 150 dollars a SOL, and a median of a few cents. */
export const DEFAULT_RIVALS: RivalSettings = {
  contestedShare: 0.35,
  most: 3,
  medianProfitLamports: 300_000,
  spread: 2.3,
};

/** Rivals give this part of their profit. */
const LEAST_SHARE = 0.5;
const MOST_SHARE = 0.9;
const LEAST_TIP = 1_000;
const LEAST_UNITS = 150_000;
const MORE_UNITS = 350_000;

export function createRivalBids(random: Random, settings: RivalSettings = DEFAULT_RIVALS): RivalBids {
  const { contestedShare, most, medianProfitLamports, spread } = settings;

  function bid(): RivalBid {
    const profit = medianProfitLamports * Math.exp(spread * random.normal());
    const share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * random.next();
    return {
      lamports: BigInt(Math.max(LEAST_TIP, Math.floor(profit * share))),
      units: BigInt(LEAST_UNITS + random.below(MORE_UNITS)),
    };
  }

  return {
    best() {
      if (random.next() >= contestedShare) return undefined;
      let best = bid();
      for (let others = random.below(most); others > 0; others--) {
        const other = bid();
        if (outbids(other, best)) best = other;
      }
      return best;
    },
  };
}

/** Whether one pays more for a unit than the other. */
export function outbids(one: RivalBid, other: RivalBid): boolean {
  return one.lamports * other.units > other.lamports * one.units;
}

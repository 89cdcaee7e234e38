import type { AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';

/** How a mint's dollar price moves: pinned to a dollar, as SOL, as SOL with a slow yield, or on its own. */
export type MintCharacter = 'stable' | 'sol' | 'staked-sol' | 'alt';

export interface MarketMint {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
  readonly tokenProgram: Address;
  /** Dollars for one whole token when the market opens. */
  readonly referencePriceUsd: number;
  readonly character: MintCharacter;
}

export interface MarketPool {
  readonly venue: string;
  readonly address: Address;
}

/** A pool of a market file that the local node does not trade, and why. */
export interface SkippedPool {
  readonly pool: Address;
  readonly venue: string;
  readonly reason: string;
}

/** What the local node starts from: account bytes, and the prices its traders believe in. */
export interface SimMarket {
  readonly clock: ChainClock;
  readonly pools: readonly MarketPool[];
  readonly skipped: readonly SkippedPool[];
  readonly mints: readonly MarketMint[];
  readonly accounts: readonly AccountWrite[];
  /**
   * `reference`: every pool's fair price is the ratio of its mints' reference prices. `own`: it is the price the
   * pool was captured at, moved by the same drift, because pools captured on different days do not agree.
   */
  readonly fairPrice: 'reference' | 'own';
}

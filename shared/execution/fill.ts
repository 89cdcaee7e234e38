import type { Address } from '../core/address.ts';
import type { Opportunity } from '../routing/opportunity.ts';

/** What a leg was paid or offered beyond what the chain of legs took on: stays in the wallet. */
export interface Leftover {
  readonly mint: Address;
  readonly amount: bigint;
}

/** How a paper order ended at the state of `slot`. */
export interface Fill {
  readonly opportunity: Opportunity;
  readonly outcome: 'filled' | 'reverted' | 'not-landed';
  readonly reason: string;
  readonly slot: number;
  /** What the last leg paid at the landing state; 0 unless filled. */
  readonly amountOut: bigint;
  readonly leftovers: readonly Leftover[];
  /** What came out less what the first leg really took, in the start mint (0 unless filled). */
  readonly grossProfit: bigint;
  /** Lamports really spent on this attempt, landed or not. */
  readonly costLamports: bigint;
  /** `grossProfit` less the costs at the rate of the decision, in the start mint's base units. */
  readonly netProfit: bigint;
  /** The same in lamports at the landing price, so that every trade adds up in one unit. Leftovers count nothing. */
  readonly netLamports: bigint;
}

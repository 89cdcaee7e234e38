import type { Address } from '../core/address.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import type { Reason, Tally } from '../routing/reason.ts';

/** What one candidate that was sized came to. */
export interface Decision {
  readonly outcome: 'approved' | 'refused';
  readonly reason: Reason | 'approved';
  readonly opportunity: Opportunity;
}

/** What a middle leg paid beyond what the next leg took: stays in the wallet. */
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
  /** `amountOut - amountIn` in the start mint (0 unless filled). */
  readonly grossProfit: bigint;
  /** Lamports really spent on this attempt, landed or not. */
  readonly costLamports: bigint;
  /** `grossProfit` less the costs at the rate of the decision, in the start mint's base units. */
  readonly netProfit: bigint;
  /** The same in lamports at the landing price, so that every trade adds up in one unit. Leftovers count nothing. */
  readonly netLamports: bigint;
}

/** Microseconds spent in each stage of one event; 0 where a stage did not run. */
export interface StageTimes {
  applyMicros: number;
  searchMicros: number;
  approveMicros: number;
}

/** What one event led to. The same object is filled again by the next event: copy what must outlive the call. */
export interface EngineRecord {
  readonly sequence: number;
  readonly slot: number;
  /** Pools whose quotes may have changed. */
  readonly changedPools: number;
  /** Pools decoded from scratch by this event. */
  readonly loads: number;
  /** Why the event itself came to nothing (`duplicate`, `late-slot`, `unknown-account`), or ''. */
  readonly dropped: string;
  /** Candidates examined and refused in this event, by reason. */
  readonly refused: Tally;
  readonly decisions: readonly Decision[];
  readonly fills: readonly Fill[];
  /** Accounts to subscribe to from now on, and those no longer needed. */
  readonly watch: readonly Address[];
  readonly unwatch: readonly Address[];
  readonly stages: Readonly<StageTimes>;
}

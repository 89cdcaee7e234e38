import type { Address } from '../core/address.ts';
import type { Opportunity } from '../routing/opportunity.ts';

/** Every reason a search or an approval can say no, plus the two ways to say yes. Counted, never free text. */
export type DecisionReason = string;

/** What one candidate came to. */
export interface Decision {
  readonly outcome: 'approved' | 'refused';
  readonly reason: DecisionReason;
  readonly opportunity: Opportunity;
}

/** How a paper order ended at the state `slot` slots after it was decided. */
export interface Fill {
  readonly opportunity: Opportunity;
  readonly outcome: 'filled' | 'reverted' | 'not-landed';
  readonly reason: string;
  readonly slot: number;
  /** What the last leg paid at the landing state; 0 unless filled. */
  readonly amountOut: bigint;
  /** `amountOut - amountIn` in the start mint (0 unless filled). */
  readonly grossProfit: bigint;
  /** Lamports really spent on this attempt, landed or not. */
  readonly costLamports: bigint;
  /** `grossProfit` less `costLamports` at the reference price, in the start mint's base units. */
  readonly netProfit: bigint;
  /** The same in lamports, so that every trade adds up in one unit. */
  readonly netLamports: bigint;
}

/** Microseconds spent in each stage of one event; 0 where a stage did not run. */
export interface StageTimes {
  readonly applyMicros: number;
  readonly searchMicros: number;
  readonly approveMicros: number;
}

/** What one event led to. Reused between events: copy what must outlive the call. */
export interface EngineRecord {
  readonly sequence: number;
  readonly slot: number;
  /** Pools whose state changed, by address; empty when the event changed none. */
  readonly changedPools: readonly Address[];
  /** Why the event itself was dropped (`duplicate`, `late-slot`, `unknown-account`, a load refusal, …), or ''. */
  readonly dropped: string;
  /** Candidates examined and refused in this event, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly decisions: readonly Decision[];
  readonly fills: readonly Fill[];
  /** Accounts to subscribe to from now on, and those no longer needed. */
  readonly watch: readonly Address[];
  readonly unwatch: readonly Address[];
  readonly stages: StageTimes;
}

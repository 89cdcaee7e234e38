import type { Address } from '../core/address.ts';
import type { Fill } from '../execution/fill.ts';
import type { OrderEvent } from '../execution/order-event.ts';
import type { Approved } from '../risk/approve.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import type { Reason, Tally } from '../routing/reason.ts';

/** What one candidate that was sized came to. */
export interface Decision {
  readonly outcome: 'approved' | 'refused';
  readonly reason: Reason | 'approved';
  readonly opportunity: Opportunity;
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
  /** Why the event itself came to nothing (`duplicate`, `late-slot`, `unknown-account`, `unknown-order`), or ''. */
  readonly dropped: string;
  /** Account bytes that the market has let go of (`Applied.released`): nobody reads them after the observers. */
  readonly released: Uint8Array | undefined;
  /** Candidates examined and refused in this event, by reason. */
  readonly refused: Tally;
  readonly decisions: readonly Decision[];
  /** What is to be executed, values that may be kept: each event has an array of its own. */
  readonly orders: readonly Approved[];
  /** What was told of orders within this event, by whoever executes and by time, before the decision; an array of its own. */
  readonly told: readonly OrderEvent[];
  /** What the orders that have ended came to, and ends that are corrected; an array of its own. */
  readonly fills: readonly Fill[];
  /** Accounts to subscribe to from now on, and those no longer needed. */
  readonly watch: readonly Address[];
  readonly unwatch: readonly Address[];
  readonly stages: Readonly<StageTimes>;
}

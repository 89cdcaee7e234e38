/** What the page shows of the RPC's endpoints, the limits of outside APIs and what calls cost. */
export interface ApisView {
  readonly endpoints: readonly EndpointView[];
  /** Only the priorities that were ever asked for. */
  readonly waits: readonly LimitWaitView[];
  readonly spending: readonly SpendingView[];
}

export interface EndpointView {
  readonly name: string;
  readonly provider: string;
  readonly up: boolean;
  /** What a call costs by latency, errors, lag and load, in milliseconds: smaller is better. */
  readonly score: number;
  /** Moving averages. */
  readonly latencyMs: number;
  readonly errorRate: number;
  readonly slotLag: number;
  /** Why it does not answer, in its provider's words and without our secrets; '' when it does. */
  readonly problem: string;
}

/** What became of the requests of one priority at one limit. */
export interface LimitWaitView {
  readonly lane: string;
  readonly priority: string;
  readonly granted: number;
  readonly queued: number;
  /** Gave way in a full queue, or waited longer than they could. */
  readonly shed: number;
  readonly waitP50Micros: number;
  readonly waitP99Micros: number;
}

/** Requests to one provider: since the start, and in the last sixty minutes. */
export interface SpendingView {
  readonly provider: string;
  readonly total: UsageView;
  readonly lastHour: UsageView;
}

export interface UsageView {
  readonly requests: number;
  /** Answered "too many requests". */
  readonly throttled: number;
  readonly credits: number;
  /** Billionths of a dollar, a decimal string. */
  readonly costNanoUsd: string;
}

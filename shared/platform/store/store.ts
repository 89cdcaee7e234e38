/** How a run was started, and how it ended. */
export interface RunRow {
  readonly runId: string;
  readonly startedAtMs: number;
  /** Undefined while it runs, and for ever when the process died. */
  readonly endedAtMs?: number | undefined;
  readonly version: string;
  readonly mode: string;
  readonly market: string;
  readonly seed: string;
  /** What the run printed at its end: plain JSON, amounts as decimal strings. */
  readonly summary?: JsonObject | undefined;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** One swap as it is stored. Base units. */
export interface LegRow {
  readonly venue: string;
  readonly pool: string;
  readonly aToB: boolean;
  readonly mintIn: string;
  readonly mintOut: string;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/** One attempt at an opportunity, landed or not. Amounts in base units of `startMint` unless named lamports. */
export interface TradeRow {
  /** Unique across runs; writing it again changes nothing. */
  readonly tradeId: string;
  readonly runId: string;
  readonly routeId: string;
  readonly mode: string;
  readonly status: 'filled' | 'reverted' | 'not-landed';
  readonly reason: string;
  readonly decidedSlot: number;
  readonly landedSlot: number;
  readonly decidedAtMs: number;
  readonly landedAtMs: number;
  readonly startMint: string;
  readonly legs: readonly LegRow[];
  readonly amountIn: bigint;
  readonly expectedOut: bigint;
  readonly amountOut: bigint;
  readonly grossProfit: bigint;
  readonly costLamports: bigint;
  readonly netProfit: bigint;
  readonly netLamports: bigint;
}

/** One sized route and what was decided about it. */
export interface OpportunityRow {
  /** Unique across runs; writing it again changes nothing. */
  readonly opportunityId: string;
  readonly runId: string;
  readonly slot: number;
  readonly atMs: number;
  readonly startMint: string;
  readonly routeId: string;
  readonly legs: readonly LegRow[];
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly grossProfit: bigint;
  readonly netProfit: bigint;
  readonly costLamports: bigint;
  readonly outcome: 'approved' | 'refused';
  readonly reason: string;
}

/** How often a reason was given in one minute. */
export interface DecisionCount {
  readonly runId: string;
  /** Unix milliseconds of the minute's beginning. */
  readonly minuteMs: number;
  readonly reason: string;
  readonly count: number;
}

/** Requests of one method at one API provider in one minute, and what they cost. */
export interface ApiCostRow {
  readonly runId: string;
  /** Unix milliseconds of the minute's beginning. */
  readonly minuteMs: number;
  readonly provider: string;
  readonly method: string;
  readonly requests: number;
  /** Of these, answered "too many requests"; they cost nothing. */
  readonly throttled: number;
  readonly credits: number;
  /** Billionths of a dollar, at most 2^63 - 1 in a row. */
  readonly costNanoUsd: bigint;
}

/** What the wallet held of a mint at a moment. Base units. */
export interface BalanceRow {
  readonly runId: string;
  readonly atMs: number;
  readonly mint: string;
  readonly amount: bigint;
}

/** A switch that people set and the service obeys, such as `trading`. */
export interface ControlRow {
  readonly name: string;
  readonly value: 'running' | 'paused';
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Our best quote for an amount beside Jupiter's. Amounts in base units; undefined where there was no quote. */
export interface QuoteComparisonRow {
  /** Unique across runs; writing it again changes nothing. */
  readonly comparisonId: string;
  readonly runId: string;
  readonly atMs: number;
  /** Of our state. */
  readonly slot: number;
  /** That Jupiter names. */
  readonly jupiterSlot: number | undefined;
  readonly mintIn: string;
  readonly mintOut: string;
  readonly amountIn: bigint;
  readonly ownOut: bigint | undefined;
  readonly jupiterOut: bigint | undefined;
  /** Venues in order, joined by ` > `; the reason where there was no quote. */
  readonly ownRoute: string;
  readonly jupiterRoute: string;
  /** How much more we would get; undefined where one of the two is missing. */
  readonly deviationBps: number | undefined;
  /** Past the configured threshold. */
  readonly alarm: boolean;
}

/** Rows that are written together or not at all. */
export interface StoreBatch {
  /**
   * Names the batch, so that one that was written but not acknowledged can be written again: the second time changes
   * nothing (a store remembers at least its latest 100 batches). Rows with ids of their own (trades, opportunities) are written once whatever batches they come in.
   */
  readonly batchId: string;
  readonly trades?: readonly TradeRow[];
  readonly opportunities?: readonly OpportunityRow[];
  /** Added to the counts that are there. */
  readonly decisionCounts?: readonly DecisionCount[];
  readonly balances?: readonly BalanceRow[];
  readonly comparisons?: readonly QuoteComparisonRow[];
  /** Added to what is there of the same minute, provider and method. */
  readonly apiCosts?: readonly ApiCostRow[];
}

export interface RowQuery {
  /** Only this run; all runs without it. */
  readonly runId?: string | undefined;
  readonly limit: number;
  /** Only rows older than this, for the next page. */
  readonly beforeMs?: number | undefined;
  /** The id of the last row seen, so that rows of that same millisecond are not left out. */
  readonly beforeId?: string | undefined;
}

export interface ApiCostQuery {
  /** Only this run; without it all runs, a row each. */
  readonly runId?: string | undefined;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The kinds of rows that a batch holds. */
export type RowKind = 'trades' | 'opportunities' | 'decisionCounts' | 'balances' | 'comparisons' | 'apiCosts';

/** What need not be kept any longer. */
export interface PruneRequest {
  /** Rows older than this, in Unix milliseconds, go. */
  readonly beforeMs: Readonly<Record<RowKind, number>>;
  /** Most rows of a kind that go at once: a store is not kept long from writing. */
  readonly rows: number;
  /** When the rows take more, the oldest of the least important kinds go before their time. */
  readonly maxBytes: number;
}

export interface PruneResult {
  readonly deleted: number;
  /** Before their time, because there are too many. */
  readonly deletedForSize: number;
  /** There is more to delete. */
  readonly more: boolean;
  /** Of the write-ahead log, after it. */
  readonly walBytes: number;
}

/** A run whose process died before it could say so. */
export interface KilledRun {
  readonly runId: string;
  readonly market: string;
  /** Of its last row of any kind; of what is kept by the minute, the beginning of the last one. */
  readonly lastAtMs: number;
  /** Of the trades that it left, from `sinceMs` on. */
  readonly netLamports: bigint;
}

/**
 * Where a run leaves what it did. Every method rejects with ArbError `store-…` when the store cannot be used; a
 * rejected write has changed nothing.
 */
export interface Store {
  /** Starting the same run again changes nothing. */
  startRun(run: RunRow): Promise<void>;
  /** Rejects with `store-unknown-run` when that run was never started. */
  endRun(runId: string, endedAtMs: number, summary: JsonObject): Promise<void>;
  /**
   * Ends every run that has not ended, at the time of its last row and with `{status: "killed"}` for a summary: to be
   * called while no other run can be under way. Newest first.
   */
  closeKilledRuns(query: { readonly sinceMs: number }): Promise<readonly KilledRun[]>;
  /** Atomic, and idempotent by the batch's id and by the rows' own. */
  write(batch: StoreBatch): Promise<void>;
  /** Newest landed first. */
  trades(query: RowQuery): Promise<readonly TradeRow[]>;
  /** Newest first. */
  opportunities(query: RowQuery): Promise<readonly OpportunityRow[]>;
  /** Newest first. */
  comparisons(query: RowQuery): Promise<readonly QuoteComparisonRow[]>;
  /** By minute, then reason. */
  decisionCounts(query: { readonly runId: string }): Promise<readonly DecisionCount[]>;
  /** Of the minutes that began from `fromMs` to before `untilMs`: by minute, provider and method. */
  apiCosts(query: ApiCostQuery): Promise<readonly ApiCostRow[]>;
  /** The latest of each mint, by mint. */
  balances(query: { readonly runId: string }): Promise<readonly BalanceRow[]>;
  /** The present value of every control ever set, by name. */
  controls(): Promise<readonly ControlRow[]>;
  setControl(control: ControlRow): Promise<void>;
  /** Deletes some of what is too old or too much, and gives the room back; call it again while there is more. */
  prune(request: PruneRequest): Promise<PruneResult>;
  /** Newest first. */
  runs(query: { readonly limit: number }): Promise<readonly RunRow[]>;
  /** Everything written stays; the store is of no use afterwards. Closing twice is allowed. */
  close(): Promise<void>;
}

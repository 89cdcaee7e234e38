import type { PnlPoint } from '../../../../shared/run/series.ts';
import type { ControlCommand, ControlResult } from '../../inputs/control-command.ts';
import type { ApisView } from './apis-view.ts';
import type { BookFeedView, BookView } from './book-view.ts';
import type { OutsideView } from './outside-view.ts';

/**
 * What the dashboard shows, as it crosses the wire: plain JSON. Bigints are decimal strings in base units and stand
 * beside the decimals that format them; `number` is for counts, slots, milliseconds, microseconds and plot points.
 */
export interface DashboardState {
  readonly version: string;
  readonly mode: TradingMode;
  /** `built-in`, a snapshot's name, or `live`. */
  readonly market: string;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly status: RunStatus;
  /** Why the status is what it is, in a few words; '' when there is nothing to say. */
  readonly statusReason: string;
  readonly slot: number;
  readonly updates: { readonly total: number; readonly perSecond: number };
  readonly pnl: PnlView;
  /** Every attempt of the run, not only those in `trades`. */
  readonly tally: TradeTally;
  /** Newest first, at most 50. */
  readonly trades: readonly TradeView[];
  /** Newest first, at most 50. */
  readonly opportunities: readonly OpportunityView[];
  readonly venues: readonly VenueView[];
  readonly feed: FeedView;
  readonly chain: ChainView;
  readonly skippedPools: readonly SkippedPoolView[];
  /** The best of each order book, and its last fills. */
  readonly books: readonly BookView[];
  readonly bookFeed: BookFeedView;
  /** In the order of the line; the stage `total` is frame to decision. */
  readonly latency: readonly StageLatencyView[];
  /** Largest count first. */
  readonly refusals: readonly RefusalCount[];
  readonly store: StoreView;
  readonly outside: OutsideView;
  readonly apis: ApisView;
  readonly memory: { readonly rssBytes: number };
}

export type TradingMode = 'paper' | 'live';

/** `not-trading`: nobody has paused it and it is fed, and still it cannot trade; the reason says why. */
export type RunStatus =
  | 'starting'
  | 'running'
  | 'not-trading'
  | 'paused'
  | 'halted'
  | 'draining'
  | 'feed-down';

export interface TokenView {
  readonly mint: string;
  readonly symbol: string;
  readonly decimals: number;
}

export interface PnlView {
  /** Net of every cost, over the whole run. */
  readonly netLamports: string;
  /** Spent on all attempts, landed or not; already inside `netLamports`. */
  readonly costLamports: string;
  readonly byMint: readonly MintPnlView[];
  /** Oldest first, at most 2,000: Unix milliseconds and the running net in whole SOL. For the plot only. */
  readonly series: readonly PnlPoint[];
}

/** What the trades that started from one mint came to. */
export interface MintPnlView extends TokenView {
  /** Attempts, landed or not. */
  readonly trades: number;
  /** Base units of the mint, before costs. */
  readonly gross: string;
  readonly netLamports: string;
}

export interface TradeTally {
  readonly filled: number;
  readonly reverted: number;
  readonly notLanded: number;
  /** Filled with a net above zero. */
  readonly won: number;
}

/** `unknown`: nobody may send it any more, and nobody knows what became of it. */
export type TradeStatus = 'pending' | 'unknown' | 'filled' | 'reverted' | 'not-landed';

/** One pool of a hop, with its share of the hop in whole percent. */
export interface HopShareView {
  readonly venue: string;
  readonly percent: number;
}

/** One attempt. Amounts are base units of `start` unless the name says lamports. */
export interface TradeView {
  readonly tradeId: string;
  readonly atMs: number;
  readonly slot: number;
  readonly status: TradeStatus;
  /** The cycle by symbol: `SOL → USDC → SOL`. */
  readonly route: string;
  /** What it goes through, hop by hop; several where a hop is split. */
  readonly hops: readonly (readonly HopShareView[])[];
  readonly start: TokenView;
  readonly amountIn: string;
  readonly expectedOut: string;
  readonly amountOut: string;
  readonly grossProfit: string;
  readonly costLamports: string;
  readonly netLamports: string;
  readonly reason: string;
}

/** One candidate that was decided on. Amounts are base units of `start`. */
export interface OpportunityView {
  readonly id: string;
  readonly atMs: number;
  readonly slot: number;
  readonly route: string;
  readonly hops: readonly (readonly HopShareView[])[];
  readonly start: TokenView;
  readonly amountIn: string;
  readonly grossProfit: string;
  readonly netProfit: string;
  readonly outcome: 'approved' | 'refused';
  readonly reason: string;
}

export type VenueFeedState = 'live' | 'stale' | 'down' | 'skipped' | 'quarantined';

export interface VenueView {
  readonly venue: string;
  readonly state: VenueFeedState;
  readonly pools: number;
  /** Since the venue's last account update; null before the first. */
  readonly updateAgeMs: number | null;
  readonly updates: number;
  readonly updatesPerSecond: number;
  readonly note: string;
}

/** What the chain is, as last read. */
export interface ChainView {
  readonly slotMs: number;
  readonly tokenAccountRentLamports: string;
  readonly alpenglow: boolean;
  /** All that is known, each as text with who said so; `atMs` 0: nobody did, it is assumed. */
  readonly parameters: readonly {
    readonly name: string;
    readonly value: string;
    readonly source: string;
    readonly slot: number;
    readonly atMs: number;
    /** Why it is not read, or was refused; '' where nothing is wrong. */
    readonly problem: string;
  }[];
}

/** What is streamed, over which connections, and how much of it may be relied on. */
export interface FeedView {
  readonly live: boolean;
  /** Why it is not live, or why it last was not. */
  readonly reason: string;
  readonly accounts: number;
  readonly confirmed: number;
  readonly pools: number;
  /** Pools whose every account is confirmed. */
  readonly freshPools: number;
  /** Times that accounts were lost. */
  readonly losses: number;
  readonly forks: number;
  readonly duplicates: number;
  readonly conflated: number;
  readonly recoveries: number;
  readonly lastRecoveryMs: number;
  /** -1 without one. */
  readonly blockhashAgeSlots: number;
  readonly connections: readonly FeedConnectionView[];
  readonly quarantined: readonly {
    readonly endpoint: string;
    readonly reason: string;
    readonly untilMs: number;
  }[];
  readonly wallet: readonly {
    readonly wallet: string;
    readonly symbol: string;
    readonly decimals: number;
    readonly amount: string;
    readonly confirmed: boolean;
  }[];
}

export interface FeedConnectionView {
  readonly name: string;
  readonly provider: string;
  readonly state:
    | 'idle'
    | 'connecting'
    | 'subscribing'
    | 'snapshot'
    | 'live'
    | 'behind'
    | 'waiting'
    | 'suspended'
    | 'stopped';
  /** '' while it is live. */
  readonly reason: string;
  readonly accounts: number;
  readonly lagMs: number;
  readonly reconnects: number;
  readonly lastSlot: number;
}

export interface SkippedPoolView {
  readonly pool: string;
  readonly venue: string;
  readonly reason: string;
}

export interface StageLatencyView {
  readonly stage: string;
  readonly count: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly maxMicros: number;
  /** Upper bound of each bucket in microseconds, rising, and how many fell in it (not cumulative). */
  readonly buckets?: readonly (readonly [upToMicros: number, count: number])[];
}

export interface RefusalCount {
  readonly reason: string;
  readonly count: number;
}

export interface StoreView {
  readonly queued: number;
  readonly written: number;
  readonly dropped: number;
}

/** Everything the HTTP server asks of the running service. `state` is called about twice a second and by each request. */
export interface DashboardSource {
  state(): DashboardState;
  /** One order book whole; undefined when the market has none of this address. */
  book(pool: string): BookView | undefined;
  /** `by` says where the command came from; `reason` is what the person typed, or ''. */
  control(command: ControlCommand, by: string, reason: string): Promise<ControlResult>;
}

import type { Clock } from '../../core/clock.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import type {
  ApiCostRow,
  BalanceRow,
  OpportunityRow,
  QuoteComparisonRow,
  Store,
  StoreBatch,
  TradeRow,
} from './store.ts';
import { createWriteQueue, type RowCounts } from './write-queue.ts';

export interface StoreWriterOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Names this writer's batches: the run's id, unique in the store. */
  readonly writerId: string;
  /** Most rows that wait, besides those of the one batch under way. */
  readonly maxQueued: number;
  /** Rows wait at most about this long before a flush begins. */
  readonly flushMs: number;
  /** Rows of one batch at most; as many waiting rows begin a flush at once. */
  readonly batchRows?: number;
  /** Hears of every failed flush and of every row that the store will not take. Must not throw. */
  readonly onError: (error: ArbError) => void;
}

/** Decisions of one reason to add to its count. */
export interface CountedDecision {
  readonly runId: string;
  readonly atMs: number;
  readonly reason: string;
  readonly count: number;
}

export interface StoreWriterStats {
  /** Rows that wait or are under way. */
  readonly queued: number;
  readonly written: RowCounts;
  /** Rows lost: the queue was full, the store refuses them for good, or they came after the drain. */
  readonly dropped: RowCounts;
  readonly failedFlushes: number;
  /** Of the latest failed flush; undefined again once a flush has worked. */
  readonly lastError: string | undefined;
  /** How long the latest flush that worked took, from sending to its answer. */
  readonly lastFlushMs: number | undefined;
}

/** `left` rows were still not written when the time was over. */
export interface DrainResult {
  readonly drained: boolean;
  readonly left: number;
}

/**
 * The bounded queue between the hot line and the store. The `add…` calls are synchronous, allocate next to nothing,
 * never throw and never wait; the rows must not be changed afterwards.
 */
export interface StoreWriter {
  addTrade(row: TradeRow): void;
  addOpportunity(row: OpportunityRow): void;
  /** Summed up per minute in memory: a row a reason and minute, however many are counted. */
  addDecisionCount(decision: CountedDecision): void;
  /** The latest of a mint replaces one that still waits. */
  addBalance(row: BalanceRow): void;
  addComparison(row: QuoteComparisonRow): void;
  /** Added to one of the same minute, provider and method that still waits. */
  addApiCost(row: ApiCostRow): void;
  stats(): StoreWriterStats;
  /** Writes what is there, for at most `timeoutMs`; afterwards the writer takes no more rows. The store stays open. */
  drain(timeoutMs: number): Promise<DrainResult>;
}

/** The most important first. */
const KINDS = [
  'trades',
  'balances',
  'decisionCounts',
  'apiCosts',
  'opportunities',
  'comparisons',
] as const satisfies readonly (keyof RowCounts)[];
const DEFAULT_BATCH_ROWS = 1_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export function createStoreWriter(options: StoreWriterOptions): StoreWriter {
  const { store, clock, writerId, flushMs, onError, batchRows = DEFAULT_BATCH_ROWS } = options;
  const queue = createWriteQueue(options.maxQueued);
  /** Under way or to be written again, before anything of the queue. */
  const batches: StoreBatch[] = [];
  let batchNumber = 0;
  let timer: NodeJS.Timeout | undefined;
  let timerIsRetry = false;
  let flushing: Promise<void> | undefined;
  let failures = 0;
  let failedFlushes = 0;
  let lastError: string | undefined;
  let lastFlushMs: number | undefined;
  let closed = false;

  function schedule(delayMs: number, isRetry: boolean): void {
    clearTimeout(timer);
    timerIsRetry = isRetry;
    timer = setTimeout(startFlush, delayMs);
    timer.unref();
  }

  /** Called after every add: begins the wait, or ends it when a whole batch is there. */
  function added(): void {
    if (flushing !== undefined) return;
    if (timer === undefined) schedule(queue.size() >= batchRows ? 0 : flushMs, false);
    else if (queue.size() === batchRows && !timerIsRetry) schedule(0, false);
  }

  function startFlush(): void {
    clearTimeout(timer);
    timer = undefined;
    flushing ??= flush().finally(() => {
      flushing = undefined;
      if (pending() === 0 || closed) return;
      if (failures > 0) schedule(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), true);
      else schedule(queue.size() >= batchRows ? 0 : flushMs, false);
    });
  }

  function pending(): number {
    return queue.size() + batches.reduce((rows, batch) => rows + rowsIn(batch), 0);
  }

  /** Writes everything that waited when it began, batch by batch, until one fails. */
  async function flush(): Promise<void> {
    let left = queue.size();
    while (batches.length > 0 || left > 0) {
      if (batches.length === 0) {
        batches.push({ batchId: `${writerId}/${++batchNumber}`, ...queue.take(batchRows) });
        left -= batchRows;
      }
      if (!(await writeFirst()) || closed) return;
    }
  }

  async function writeFirst(): Promise<boolean> {
    const batch = batches[0]!;
    const startMicros = clock.monotonicMicros();
    try {
      await store.write(batch);
    } catch (thrown) {
      return failed(batch, asArbError(thrown));
    }
    batches.shift();
    lastFlushMs = (clock.monotonicMicros() - startMicros) / 1_000;
    failures = 0;
    lastError = undefined;
    count(queue.written, batch);
    return true;
  }

  /** True when the flush may go on with what is now first. */
  function failed(batch: StoreBatch, error: ArbError): boolean {
    failedFlushes++;
    lastError = error.message;
    onError(error);
    // The rows of this run are not where they were counted: they count as lost, not as written.
    if (error.code === 'store-file-lost' && error.context.kept === false) {
      for (const kind of KINDS) {
        queue.dropped[kind] += queue.written[kind];
        queue.written[kind] = 0;
      }
    }
    if (error.code !== 'store-bad-row') {
      failures++;
      return false;
    }
    // One row that the store never takes must not hold up the others for ever: each gets its own batch.
    batches.shift();
    const singles = singleRows(batch);
    if (singles.length > 1) batches.unshift(...singles);
    else count(queue.dropped, batch);
    return true;
  }

  /** Adds nothing and counts the loss once the writer is closed. */
  function open(kind: keyof RowCounts): boolean {
    if (closed) queue.dropped[kind]++;
    return !closed;
  }

  return {
    addTrade(row) {
      if (!open('trades')) return;
      queue.addTrade(row);
      added();
    },
    addOpportunity(row) {
      if (!open('opportunities')) return;
      queue.addOpportunity(row);
      added();
    },
    addDecisionCount({ runId, atMs, reason, count: decisions }) {
      if (!open('decisionCounts')) return;
      queue.addDecisions(runId, atMs, reason, decisions);
      added();
    },
    addBalance(row) {
      if (!open('balances')) return;
      queue.addBalance(row);
      added();
    },
    addComparison(row) {
      if (!open('comparisons')) return;
      queue.addComparison(row);
      added();
    },
    addApiCost(row) {
      if (!open('apiCosts')) return;
      queue.addApiCost(row);
      added();
    },
    stats: () => ({
      queued: pending(),
      written: { ...queue.written },
      dropped: { ...queue.dropped },
      failedFlushes,
      lastError,
      lastFlushMs,
    }),
    async drain(timeoutMs) {
      const deadlineMicros = clock.monotonicMicros() + timeoutMs * 1_000;
      const leftMs = (): number => (deadlineMicros - clock.monotonicMicros()) / 1_000;
      startFlush();
      while (pending() > 0 && leftMs() > 0) {
        if (flushing === undefined && (failures === 0 || timer === undefined)) startFlush();
        await waitFor(flushing, Math.min(leftMs(), FIRST_RETRY_MS));
      }
      closed = true;
      clearTimeout(timer);
      const left = pending();
      return { drained: left === 0, left };
    },
  };
}

function asArbError(thrown: unknown): ArbError {
  return thrown instanceof ArbError ? thrown : new ArbError('store-failed', errorText(thrown), {}, thrown);
}

/** Resolves when `work` does or after `ms`; leaves no timer behind. */
async function waitFor(work: Promise<void> | undefined, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(ms, 0));
  });
  await Promise.race(work === undefined ? [timeout] : [work, timeout]);
  clearTimeout(timer);
}

function rowsIn(batch: StoreBatch): number {
  return KINDS.reduce((sum, kind) => sum + (batch[kind]?.length ?? 0), 0);
}

function count(counts: RowCounts, batch: StoreBatch): void {
  for (const kind of KINDS) counts[kind] += batch[kind]?.length ?? 0;
}

function singleRows(batch: StoreBatch): StoreBatch[] {
  return KINDS.flatMap((kind) => (batch[kind] ?? []).map((row) => ({ [kind]: [row] }))).map((rows, at) => ({
    batchId: `${batch.batchId}.${at}`,
    ...rows,
  }));
}

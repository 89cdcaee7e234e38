import type {
  ApiCostRow,
  BalanceRow,
  DecisionCount,
  OpportunityRow,
  QuoteComparisonRow,
  StoreBatch,
  TradeRow,
} from './store.ts';

/** Rows by kind. */
export interface RowCounts {
  trades: number;
  opportunities: number;
  decisionCounts: number;
  balances: number;
  comparisons: number;
  apiCosts: number;
}

/** What waits to be written, bounded. */
export interface WriteQueue {
  readonly written: RowCounts;
  readonly dropped: RowCounts;
  size(): number;
  addTrade(row: TradeRow): void;
  addOpportunity(row: OpportunityRow): void;
  addDecisions(runId: string, atMs: number, reason: string, count: number): void;
  addBalance(row: BalanceRow): void;
  addComparison(row: QuoteComparisonRow): void;
  addApiCost(row: ApiCostRow): void;
  /** Removes at most `rows` rows, the most important and oldest first. */
  take(rows: number): Omit<StoreBatch, 'batchId'>;
}

const MINUTE_MS = 60_000;

interface DecisionEntry {
  readonly runId: string;
  readonly minuteMs: number;
  readonly reason: string;
  count: number;
}

/**
 * An empty queue that never holds more than `maxQueued` rows: when it is full the oldest comparison goes first, then the oldest opportunity, then
 * a decision count, then the oldest minute's API cost, then the oldest trade. Balances (one a mint) are not dropped for others.
 */
export function createWriteQueue(maxQueued: number): WriteQueue {
  const trades = createFifo<TradeRow>();
  const opportunities = createFifo<OpportunityRow>();
  /** By run, minute and reason. */
  const decisions = new Map<string, DecisionEntry>();
  /** By run and mint. */
  const balances = new Map<string, BalanceRow>();
  const comparisons = createFifo<QuoteComparisonRow>();
  /** By run, minute, provider and method. */
  const apiCosts = new Map<string, ApiCostRow>();
  const written = noRows();
  const dropped = noRows();

  const size = (): number =>
    trades.size() +
    opportunities.size() +
    decisions.size +
    balances.size +
    comparisons.size() +
    apiCosts.size;

  /** Keeps the bound after an add, so that a new row competes with the old ones. */
  function trim(): void {
    if (size() <= maxQueued) return;
    if (comparisons.shift() !== undefined) dropped.comparisons++;
    else if (opportunities.shift() !== undefined) dropped.opportunities++;
    else if (deleteFirst(decisions) !== undefined) dropped.decisionCounts++;
    else if (deleteFirst(apiCosts) !== undefined) dropped.apiCosts++;
    else if (trades.shift() !== undefined) dropped.trades++;
    else if (deleteFirst(balances) !== undefined) dropped.balances++;
  }

  return {
    written,
    dropped,
    size,
    addTrade(row) {
      trades.push(row);
      trim();
    },
    addOpportunity(row) {
      opportunities.push(row);
      trim();
    },
    addDecisions(runId, atMs, reason, count) {
      const minuteMs = atMs - (atMs % MINUTE_MS);
      const key = `${minuteMs} ${reason} ${runId}`;
      const entry = decisions.get(key);
      if (entry !== undefined) {
        entry.count += count;
        return;
      }
      decisions.set(key, { runId, minuteMs, reason, count });
      trim();
    },
    addBalance(row) {
      balances.set(`${row.mint} ${row.runId}`, row);
      trim();
    },
    addComparison(row) {
      comparisons.push(row);
      trim();
    },
    addApiCost(row) {
      const key = `${row.minuteMs} ${row.provider}/${row.method} ${row.runId}`;
      const waiting = apiCosts.get(key);
      apiCosts.set(key, waiting === undefined ? row : sumOf(waiting, row));
      trim();
    },
    take(rows) {
      let left = rows;
      const takeAll = <Row>(next: () => Row | undefined): Row[] => {
        const taken: Row[] = [];
        for (; left > 0; left--) {
          const row = next();
          if (row === undefined) break;
          taken.push(row);
        }
        return taken;
      };
      return {
        trades: takeAll(trades.shift),
        balances: takeAll(() => deleteFirst(balances)),
        decisionCounts: takeAll<DecisionCount>(() => deleteFirst(decisions)),
        apiCosts: takeAll<ApiCostRow>(() => deleteFirst(apiCosts)),
        opportunities: takeAll(opportunities.shift),
        comparisons: takeAll(comparisons.shift),
      };
    },
  };
}

function noRows(): RowCounts {
  return { trades: 0, opportunities: 0, decisionCounts: 0, balances: 0, comparisons: 0, apiCosts: 0 };
}

function sumOf(a: ApiCostRow, b: ApiCostRow): ApiCostRow {
  return {
    ...a,
    requests: a.requests + b.requests,
    throttled: a.throttled + b.throttled,
    credits: a.credits + b.credits,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
  };
}

/** Removes and returns the oldest entry. */
function deleteFirst<Row>(map: Map<string, Row>): Row | undefined {
  for (const [key, row] of map) {
    map.delete(key);
    return row;
  }
  return undefined;
}

interface Fifo<Row> {
  size(): number;
  push(row: Row): void;
  shift(): Row | undefined;
}

/** An array whose front is skipped, not moved: `Array.shift` copies long arrays. */
function createFifo<Row>(): Fifo<Row> {
  const COMPACT_AT = 1_024;
  let rows: (Row | undefined)[] = [];
  let head = 0;
  return {
    size: () => rows.length - head,
    push(row) {
      rows.push(row);
    },
    shift() {
      if (head === rows.length) return undefined;
      const row = rows[head];
      rows[head++] = undefined;
      if (head >= COMPACT_AT && head * 2 >= rows.length) {
        rows = rows.slice(head);
        head = 0;
      }
      return row;
    },
  };
}

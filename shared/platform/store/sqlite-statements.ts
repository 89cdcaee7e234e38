import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface RowStatements {
  readonly all: StatementSync;
  readonly ofRun: StatementSync;
}

/**
 * The time of a run's last row of every kind, 0 without one. What is kept by the minute counts from the minute's
 * beginning; API costs have no index by run, so they are walked from the newest and no further back than the run.
 */
const LATEST_ROWS = [
  ...[
    ['trades', 'landed_at_ms'],
    ['opportunities', 'at_ms'],
    ['comparisons', 'at_ms'],
    ['decision_counts', 'minute_ms'],
    ['balances', 'at_ms'],
  ].map(
    ([table, time]) => `coalesce((SELECT max(${time}) FROM ${table} WHERE ${table}.run_id = runs.run_id), 0)`,
  ),
  `coalesce((SELECT minute_ms FROM api_costs WHERE api_costs.run_id = runs.run_id
     AND minute_ms >= runs.started_at_ms ORDER BY minute_ms DESC LIMIT 1), 0)`,
];

/** Every statement of the store, prepared on one connection. */
export function prepareStatements(database: DatabaseSync) {
  const prepare = (text: string): StatementSync => database.prepare(text);
  const insert = (table: string, columns: string): string => {
    const names = columns.split(' ');
    return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`;
  };
  const pages = (table: string, time: string, id: string): RowStatements => {
    const select = (condition: string): StatementSync =>
      prepare(
        `SELECT * FROM ${table} WHERE ${condition} (${time}, ${id}) < (:before_ms, :before_id) ` +
          `ORDER BY ${time} DESC, ${id} DESC LIMIT :limit`,
      );
    return { all: select(''), ofRun: select('run_id = :run_id AND') };
  };
  const trade =
    'trade_id run_id route_id mode status reason decided_slot landed_slot decided_at_ms landed_at_ms start_mint ' +
    'legs amount_in expected_out amount_out gross_profit cost_lamports net_profit net_lamports';
  const opportunity =
    'opportunity_id run_id slot at_ms start_mint route_id legs amount_in amount_out gross_profit net_profit ' +
    'cost_lamports outcome reason';
  const comparison =
    'comparison_id run_id at_ms slot jupiter_slot mint_in mint_out amount_in own_out jupiter_out own_route ' +
    'jupiter_route deviation_bps alarm';
  const run = 'run_id started_at_ms ended_at_ms version mode market seed summary';
  return {
    // The conflict target is named: OR IGNORE would also pass over rows that break another rule.
    startRun: prepare(`${insert('runs', run)} ON CONFLICT (run_id) DO NOTHING`),
    endRun: prepare('UPDATE runs SET ended_at_ms = :ended_at_ms, summary = :summary WHERE run_id = :run_id'),
    openRuns: prepare(
      `SELECT run_id, market, max(started_at_ms, ${LATEST_ROWS.join(', ')}) AS last_at_ms,
       (SELECT CAST(coalesce(sum(CAST(net_lamports AS INTEGER)), 0) AS TEXT) FROM trades
         WHERE trades.run_id = runs.run_id AND landed_at_ms >= :since_ms) AS net_lamports
       FROM runs WHERE ended_at_ms IS NULL ORDER BY started_at_ms DESC`,
    ),
    runs: prepare('SELECT * FROM runs ORDER BY started_at_ms DESC, run_id DESC LIMIT :limit'),
    rememberBatch: prepare(`${insert('batches', 'batch_id')} ON CONFLICT (batch_id) DO NOTHING`),
    forgetBatches: prepare(
      'DELETE FROM batches WHERE sequence <= (SELECT max(sequence) FROM batches) - :kept',
    ),
    addTrade: prepare(`${insert('trades', trade)} ON CONFLICT (trade_id) DO NOTHING`),
    trades: pages('trades', 'landed_at_ms', 'trade_id'),
    addOpportunity: prepare(
      `${insert('opportunities', opportunity)} ON CONFLICT (opportunity_id) DO NOTHING`,
    ),
    opportunities: pages('opportunities', 'at_ms', 'opportunity_id'),
    addComparison: prepare(`${insert('comparisons', comparison)} ON CONFLICT (comparison_id) DO NOTHING`),
    comparisons: pages('comparisons', 'at_ms', 'comparison_id'),
    addDecisions: prepare(
      `${insert('decision_counts', 'run_id minute_ms reason count')} ` +
        'ON CONFLICT (run_id, minute_ms, reason) DO UPDATE SET count = count + excluded.count',
    ),
    decisions: prepare('SELECT * FROM decision_counts WHERE run_id = :run_id ORDER BY minute_ms, reason'),
    addApiCost: prepare(
      `${insert('api_costs', 'run_id minute_ms provider method requests throttled credits cost_nano_usd')} ` +
        'ON CONFLICT (minute_ms, provider, method, run_id) DO UPDATE SET requests = requests + excluded.requests, ' +
        'throttled = throttled + excluded.throttled, credits = credits + excluded.credits, ' +
        'cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd',
    ),
    // As text, since a JavaScript number does not hold every 64-bit integer.
    apiCosts: prepare(
      'SELECT run_id, minute_ms, provider, method, requests, throttled, credits, ' +
        'CAST(cost_nano_usd AS TEXT) AS cost_nano_usd FROM api_costs WHERE minute_ms >= :from_ms ' +
        'AND minute_ms < :until_ms AND (:run_id IS NULL OR run_id = :run_id) ORDER BY minute_ms, provider, method, run_id',
    ),
    addBalance: prepare(
      `${insert('balances', 'run_id mint at_ms amount')} ` +
        'ON CONFLICT (run_id, mint, at_ms) DO UPDATE SET amount = excluded.amount',
    ),
    // SQLite takes the other columns from the row that holds the maximum.
    balances: prepare(
      'SELECT run_id, mint, max(at_ms) AS at_ms, amount FROM balances WHERE run_id = :run_id ' +
        'GROUP BY mint ORDER BY mint',
    ),
    controls: prepare('SELECT * FROM controls ORDER BY name'),
    setControl: prepare(
      `${insert('controls', 'name value by reason at_ms')} ON CONFLICT (name) DO UPDATE SET ` +
        'value = excluded.value, by = excluded.by, reason = excluded.reason, at_ms = excluded.at_ms',
    ),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

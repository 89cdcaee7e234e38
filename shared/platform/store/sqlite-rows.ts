import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type {
  ApiCostRow,
  BalanceRow,
  ControlRow,
  DecisionCount,
  JsonObject,
  KilledRun,
  LegRow,
  OpportunityRow,
  QuoteComparisonRow,
  RunRow,
  TradeRow,
} from './store.ts';

/** Named parameters of a prepared statement. */
export type SqlParameters = Record<string, SQLInputValue>;

/** A row as SQLite gives it. */
export type SqlRow = Record<string, SQLOutputValue>;

export function runParameters(run: RunRow): SqlParameters {
  return {
    run_id: run.runId,
    started_at_ms: run.startedAtMs,
    ended_at_ms: run.endedAtMs ?? null,
    version: run.version,
    mode: run.mode,
    market: run.market,
    seed: run.seed,
    summary: run.summary === undefined ? null : JSON.stringify(run.summary),
  };
}

export function readRun(row: SqlRow): RunRow {
  return {
    runId: text(row, 'run_id'),
    startedAtMs: count(row, 'started_at_ms'),
    endedAtMs: row.ended_at_ms === null ? undefined : count(row, 'ended_at_ms'),
    version: text(row, 'version'),
    mode: text(row, 'mode'),
    market: text(row, 'market'),
    seed: text(row, 'seed'),
    summary: row.summary === null ? undefined : (JSON.parse(text(row, 'summary')) as JsonObject),
  };
}

export function readKilledRun(row: SqlRow): KilledRun {
  return {
    runId: text(row, 'run_id'),
    market: text(row, 'market'),
    lastAtMs: count(row, 'last_at_ms'),
    netLamports: BigInt(text(row, 'net_lamports')),
  };
}

export function tradeParameters(trade: TradeRow): SqlParameters {
  return {
    trade_id: trade.tradeId,
    run_id: trade.runId,
    route_id: trade.routeId,
    mode: trade.mode,
    status: trade.status,
    reason: trade.reason,
    decided_slot: trade.decidedSlot,
    landed_slot: trade.landedSlot,
    decided_at_ms: trade.decidedAtMs,
    landed_at_ms: trade.landedAtMs,
    start_mint: trade.startMint,
    legs: legsText(trade.legs),
    amount_in: String(trade.amountIn),
    expected_out: String(trade.expectedOut),
    amount_out: String(trade.amountOut),
    gross_profit: String(trade.grossProfit),
    cost_lamports: String(trade.costLamports),
    net_profit: String(trade.netProfit),
    net_lamports: String(trade.netLamports),
  };
}

export function readTrade(row: SqlRow): TradeRow {
  return {
    tradeId: text(row, 'trade_id'),
    runId: text(row, 'run_id'),
    routeId: text(row, 'route_id'),
    mode: text(row, 'mode'),
    status: text(row, 'status') as TradeRow['status'],
    reason: text(row, 'reason'),
    decidedSlot: count(row, 'decided_slot'),
    landedSlot: count(row, 'landed_slot'),
    decidedAtMs: count(row, 'decided_at_ms'),
    landedAtMs: count(row, 'landed_at_ms'),
    startMint: text(row, 'start_mint'),
    legs: readLegs(text(row, 'legs')),
    amountIn: amount(row, 'amount_in'),
    expectedOut: amount(row, 'expected_out'),
    amountOut: amount(row, 'amount_out'),
    grossProfit: amount(row, 'gross_profit'),
    costLamports: amount(row, 'cost_lamports'),
    netProfit: amount(row, 'net_profit'),
    netLamports: amount(row, 'net_lamports'),
  };
}

export function opportunityParameters(opportunity: OpportunityRow): SqlParameters {
  return {
    opportunity_id: opportunity.opportunityId,
    run_id: opportunity.runId,
    slot: opportunity.slot,
    at_ms: opportunity.atMs,
    start_mint: opportunity.startMint,
    route_id: opportunity.routeId,
    legs: legsText(opportunity.legs),
    amount_in: String(opportunity.amountIn),
    amount_out: String(opportunity.amountOut),
    gross_profit: String(opportunity.grossProfit),
    net_profit: String(opportunity.netProfit),
    cost_lamports: String(opportunity.costLamports),
    outcome: opportunity.outcome,
    reason: opportunity.reason,
  };
}

export function readOpportunity(row: SqlRow): OpportunityRow {
  return {
    opportunityId: text(row, 'opportunity_id'),
    runId: text(row, 'run_id'),
    slot: count(row, 'slot'),
    atMs: count(row, 'at_ms'),
    startMint: text(row, 'start_mint'),
    routeId: text(row, 'route_id'),
    legs: readLegs(text(row, 'legs')),
    amountIn: amount(row, 'amount_in'),
    amountOut: amount(row, 'amount_out'),
    grossProfit: amount(row, 'gross_profit'),
    netProfit: amount(row, 'net_profit'),
    costLamports: amount(row, 'cost_lamports'),
    outcome: text(row, 'outcome') as OpportunityRow['outcome'],
    reason: text(row, 'reason'),
  };
}

export function decisionCountParameters(decisions: DecisionCount): SqlParameters {
  const { runId, minuteMs, reason, count } = decisions;
  return { run_id: runId, minute_ms: minuteMs, reason, count };
}

export function readDecisionCount(row: SqlRow): DecisionCount {
  return {
    runId: text(row, 'run_id'),
    minuteMs: count(row, 'minute_ms'),
    reason: text(row, 'reason'),
    count: count(row, 'count'),
  };
}

export function balanceParameters({ runId, mint, atMs, amount }: BalanceRow): SqlParameters {
  return { run_id: runId, mint, at_ms: atMs, amount: String(amount) };
}

export function readBalance(row: SqlRow): BalanceRow {
  return {
    runId: text(row, 'run_id'),
    atMs: count(row, 'at_ms'),
    mint: text(row, 'mint'),
    amount: amount(row, 'amount'),
  };
}

export function comparisonParameters(row: QuoteComparisonRow): SqlParameters {
  return {
    comparison_id: row.comparisonId,
    run_id: row.runId,
    at_ms: row.atMs,
    slot: row.slot,
    jupiter_slot: row.jupiterSlot ?? null,
    mint_in: row.mintIn,
    mint_out: row.mintOut,
    amount_in: String(row.amountIn),
    own_out: row.ownOut === undefined ? null : String(row.ownOut),
    jupiter_out: row.jupiterOut === undefined ? null : String(row.jupiterOut),
    own_route: row.ownRoute,
    jupiter_route: row.jupiterRoute,
    deviation_bps: row.deviationBps ?? null,
    alarm: row.alarm ? 1 : 0,
  };
}

export function readComparison(row: SqlRow): QuoteComparisonRow {
  return {
    comparisonId: text(row, 'comparison_id'),
    runId: text(row, 'run_id'),
    atMs: count(row, 'at_ms'),
    slot: count(row, 'slot'),
    jupiterSlot: row.jupiter_slot === null ? undefined : count(row, 'jupiter_slot'),
    mintIn: text(row, 'mint_in'),
    mintOut: text(row, 'mint_out'),
    amountIn: amount(row, 'amount_in'),
    ownOut: row.own_out === null ? undefined : amount(row, 'own_out'),
    jupiterOut: row.jupiter_out === null ? undefined : amount(row, 'jupiter_out'),
    ownRoute: text(row, 'own_route'),
    jupiterRoute: text(row, 'jupiter_route'),
    deviationBps: row.deviation_bps === null ? undefined : Number(row.deviation_bps),
    alarm: count(row, 'alarm') === 1,
  };
}

export function apiCostParameters(row: ApiCostRow): SqlParameters {
  const { runId, minuteMs, provider, method, requests, throttled, credits, costNanoUsd } = row;
  return {
    run_id: runId,
    minute_ms: minuteMs,
    provider,
    method,
    requests,
    throttled,
    credits,
    cost_nano_usd: costNanoUsd,
  };
}

export function readApiCost(row: SqlRow): ApiCostRow {
  return {
    runId: text(row, 'run_id'),
    minuteMs: count(row, 'minute_ms'),
    provider: text(row, 'provider'),
    method: text(row, 'method'),
    requests: count(row, 'requests'),
    throttled: count(row, 'throttled'),
    credits: count(row, 'credits'),
    costNanoUsd: amount(row, 'cost_nano_usd'),
  };
}

export function controlParameters({ name, value, by, reason, atMs }: ControlRow): SqlParameters {
  return { name, value, by, reason, at_ms: atMs };
}

export function readControl(row: SqlRow): ControlRow {
  return {
    name: text(row, 'name'),
    value: text(row, 'value') as ControlRow['value'],
    by: text(row, 'by'),
    reason: text(row, 'reason'),
    atMs: count(row, 'at_ms'),
  };
}

function legsText(legs: readonly LegRow[]): string {
  return JSON.stringify(
    legs.map((leg) => ({ ...leg, amountIn: String(leg.amountIn), amountOut: String(leg.amountOut) })),
  );
}

function readLegs(json: string): readonly LegRow[] {
  type StoredLeg = Omit<LegRow, 'amountIn' | 'amountOut'> & { amountIn: string; amountOut: string };
  return (JSON.parse(json) as StoredLeg[]).map((leg) => ({
    ...leg,
    amountIn: BigInt(leg.amountIn),
    amountOut: BigInt(leg.amountOut),
  }));
}

function text(row: SqlRow, column: string): string {
  return String(row[column]);
}

function count(row: SqlRow, column: string): number {
  return Number(row[column]);
}

function amount(row: SqlRow, column: string): bigint {
  return BigInt(text(row, column));
}

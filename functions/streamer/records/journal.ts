import { slotsOf } from '../../../shared/core/chain-parameters.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import type { Decision } from '../../../shared/engine/record.ts';
import type { Fill } from '../../../shared/execution/fill.ts';
import type { OpportunityRow, TradeRow } from '../../../shared/platform/store/store.ts';
import type { StoreWriter } from '../../../shared/platform/store/writer.ts';
import { REASONS } from '../../../shared/routing/reason.ts';
import type { Observer } from '../../../shared/run/pipeline.ts';

export interface JournalParams {
  readonly writer: StoreWriter;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly runId: string;
  readonly mode: string;
}

/** A route refused again within this time for the same reason is counted, but not stored once more. */
const REPEAT_MS = 60_000;
const BALANCE_INTERVAL_MS = 10_000;

/** Hands every trade, the opportunities worth a row, the counts of every "no" and the balances to the store. */
export function createJournal({ writer, engine, clock, runId, mode }: JournalParams): {
  readonly observe: Observer;
  /** Stores the balances as they stand. */
  recordBalances(): void;
} {
  const decidedAtMs = new Map<string, number>();
  const lastStored = new Map<string, number>();
  let balancesAtMs = 0;

  const recordBalances = (): void => {
    balancesAtMs = clock.nowMs();
    for (const [mint, amount] of engine.balances.entries()) {
      writer.addBalance({ runId, atMs: balancesAtMs, mint, amount });
    }
  };

  const repeatSlots = (): number => slotsOf(engine.market.chain, REPEAT_MS);

  const isRepeat = ({ outcome, reason, opportunity }: Decision): boolean => {
    if (outcome === 'approved') return false;
    const key = `${opportunity.routeId} ${reason}`;
    const slot = lastStored.get(key);
    if (slot !== undefined && opportunity.slot - slot < repeatSlots()) return true;
    lastStored.set(key, opportunity.slot);
    return false;
  };

  const recordDecision = (decision: Decision): void => {
    const atMs = clock.nowMs();
    if (decision.outcome === 'approved') decidedAtMs.set(decision.opportunity.id, atMs);
    if (!isRepeat(decision)) writer.addOpportunity(opportunityRow(decision, runId, atMs));
  };

  const recordFill = (fill: Fill): void => {
    const landedAtMs = clock.nowMs();
    const { id } = fill.opportunity;
    writer.addTrade(
      tradeRow(fill, { runId, mode, landedAtMs, decidedAtMs: decidedAtMs.get(id) ?? landedAtMs }),
    );
    decidedAtMs.delete(id);
  };

  return {
    recordBalances,
    observe(event, record) {
      const { counts } = record.refused;
      for (let i = 0; i < counts.length; i++) {
        const count = counts[i]!;
        if (count > 0) writer.addDecisionCount({ runId, atMs: clock.nowMs(), reason: REASONS[i]!, count });
      }
      for (const decision of record.decisions) recordDecision(decision);
      for (const fill of record.fills) recordFill(fill);
      if (event.kind !== 'slot' || clock.nowMs() - balancesAtMs < BALANCE_INTERVAL_MS) return;
      recordBalances();
      const kept = repeatSlots();
      for (const [key, slot] of lastStored) if (record.slot - slot >= kept) lastStored.delete(key);
    },
  };
}

function opportunityRow(
  { outcome, reason, opportunity }: Decision,
  runId: string,
  atMs: number,
): OpportunityRow {
  const { id, costs, ...rest } = opportunity;
  const { slot, startMint, routeId, legs, amountIn, amountOut, grossProfit, netProfit } = rest;
  return {
    opportunityId: `${runId}-${id}`,
    runId,
    slot,
    atMs,
    startMint,
    routeId,
    legs,
    amountIn,
    amountOut,
    grossProfit,
    netProfit,
    costLamports: costs.totalLamports,
    outcome,
    reason,
  };
}

function tradeRow(
  fill: Fill,
  run: { runId: string; mode: string; decidedAtMs: number; landedAtMs: number },
): TradeRow {
  const { opportunity, outcome, reason, slot, amountOut, corrects, revision } = fill;
  // A row of its own, by what it differs in: the rows of an order add up to what it came to.
  const grossProfit = fill.grossProfit - (corrects?.grossProfit ?? 0n);
  const costLamports = fill.costLamports - (corrects?.costLamports ?? 0n);
  const netProfit = fill.netProfit - (corrects?.netProfit ?? 0n);
  const netLamports = fill.netLamports - (corrects?.netLamports ?? 0n);
  return {
    ...run,
    tradeId: `${run.runId}-${opportunity.id}${revision === 0 ? '' : `~${revision}`}`,
    routeId: opportunity.routeId,
    status: outcome,
    reason: corrects === undefined ? reason : `${reason} (was ${corrects.outcome})`,
    decidedSlot: opportunity.slot,
    landedSlot: slot,
    startMint: opportunity.startMint,
    legs: opportunity.legs,
    amountIn: opportunity.amountIn,
    expectedOut: opportunity.amountOut,
    amountOut,
    grossProfit,
    costLamports,
    netProfit,
    netLamports,
  };
}

import { createHash } from 'node:crypto';
import type { Decision, EngineRecord } from '../engine/record.ts';
import type { Fill } from '../execution/fill.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { REASONS } from '../routing/reason.ts';
import type { Observer } from './pipeline.ts';

/** A running fingerprint of everything that was decided: two runs decided the same exactly when it is the same. */
export interface DecisionLog {
  readonly observe: Observer;
  /** Lines hashed so far. */
  readonly lines: number;
  /** SHA-256 in hex over every line so far. */
  hash(): string;
}

/**
 * Hashes one line for every event that examined a candidate, decided or filled, in order. Times are left out: they
 * differ from run to run and decide nothing. `write` also gets each line, to compare two runs by hand.
 */
export function createDecisionLog(write?: (line: string) => void): DecisionLog {
  const digest = createHash('sha256');
  let lines = 0;
  return {
    get lines() {
      return lines;
    },
    observe(_event, record) {
      const line = lineOf(record);
      if (line === '') return;
      lines += 1;
      digest.update(line).update('\n');
      write?.(line);
    },
    hash: () => digest.copy().digest('hex'),
  };
}

function lineOf(record: EngineRecord): string {
  let counted = '';
  const { counts } = record.refused;
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) counted += ` ${REASONS[i]}=${counts[i]}`;
  if (counted === '' && record.decisions.length === 0 && record.fills.length === 0) return '';
  let line = `${record.sequence} slot=${record.slot}${counted}`;
  for (const decision of record.decisions) line += decisionText(decision);
  for (const fill of record.fills) line += fillText(fill);
  return line;
}

function decisionText({ outcome, reason, opportunity }: Decision): string {
  return ` ${outcome}:${reason}:${opportunityText(opportunity)}`;
}

function fillText(fill: Fill): string {
  const left = fill.leftovers.map(({ mint, amount }) => `${mint}+${amount}`).join(',');
  const instead = fill.corrects === undefined ? '' : `${fill.corrects.outcome}->`;
  return ` ${instead}${fill.outcome}:${fill.reason}:${fill.opportunity.id}:${fill.slot}:${fill.amountOut}:${fill.netLamports}:${left}`;
}

function opportunityText({ id, routeId, legs, netProfit, netLamports }: Opportunity): string {
  const amounts = legs.map((leg) => `${leg.amountIn}/${leg.amountOut}`).join(',');
  return `${id}:${routeId}:${amounts}:${netProfit}:${netLamports}`;
}

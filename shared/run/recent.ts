import { type ChainValues, slotsOf } from '../core/chain-parameters.ts';
import type { Clock } from '../core/clock.ts';
import { LAMPORTS_PER_SOL } from '../core/units.ts';
import type { Decision } from '../engine/record.ts';
import type { Fill } from '../execution/fill.ts';
import type { Observer } from './pipeline.ts';
import type { PnlPoint } from './series.ts';
import { createPnlSeries } from './series.ts';

/** A decision or fill with the wall-clock time it was made at. */
export interface Timed<T> {
  readonly atMs: number;
  readonly slot: number;
  readonly item: T;
}

/** The last few decisions, attempts and points of the profit line, for the page. */
export interface Recent {
  readonly observe: Observer;
  /** Newest first. One row for a route that keeps being refused for the same reason. */
  readonly decisions: readonly Timed<Decision>[];
  /** Newest first; one for each order. */
  readonly fills: readonly Timed<Fill>[];
  /** Attempts that ended filled with a net above zero. */
  readonly won: number;
  /** Oldest first: Unix milliseconds and running net in whole SOL. */
  profitLine(): readonly PnlPoint[];
}

const KEPT = 50;
/** A route refused again within this time for the same reason renews its row instead of adding one. */
const REPEAT_MS = 10_000;

export function createRecent(
  clock: Clock,
  netLamports: () => bigint,
  chain: () => Pick<ChainValues, 'slotMicros'>,
): Recent {
  const decisions: Timed<Decision>[] = [];
  const fills: Timed<Fill>[] = [];
  const profitLine = createPnlSeries();
  let won = 0;

  const keep = <T>(list: Timed<T>[], item: Timed<T>): void => {
    list.unshift(item);
    if (list.length > KEPT) list.pop();
  };

  const keepDecision = (decision: Decision, slot: number): void => {
    const at = decisions.findIndex(
      ({ item }) =>
        item.opportunity.routeId === decision.opportunity.routeId &&
        item.reason === decision.reason &&
        decision.outcome === 'refused',
    );
    if (at >= 0 && slot - decisions[at]!.slot <= slotsOf(chain(), REPEAT_MS)) decisions.splice(at, 1);
    keep(decisions, { atMs: clock.nowMs(), slot, item: decision });
  };

  const keepFill = (fill: Fill): void => {
    const atMs = clock.nowMs();
    const { corrects } = fill;
    if (corrects !== undefined) {
      const at = fills.findIndex(({ item }) => item.terms.id === fill.terms.id);
      if (at >= 0) fills.splice(at, 1);
      if (isWon(corrects)) won -= 1;
    }
    keep(fills, { atMs, slot: fill.slot, item: fill });
    if (isWon(fill)) won += 1;
    profitLine.push(atMs, Number(netLamports()) / Number(LAMPORTS_PER_SOL));
  };

  return {
    decisions,
    fills,
    get won() {
      return won;
    },
    profitLine: () => profitLine.points(),
    observe(_event, record) {
      for (const decision of record.decisions) keepDecision(decision, record.slot);
      for (const fill of record.fills) keepFill(fill);
    },
  };
}

const isWon = ({ outcome, netLamports }: Fill): boolean => outcome === 'filled' && netLamports > 0n;

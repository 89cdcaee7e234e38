import type { Clock } from '../../../shared/core/clock.ts';
import type { Market } from '../../../shared/market/market.ts';
import type { Jupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { type LongTimer, startLongTimer } from '../../../shared/platform/process/long-timer.ts';
import type { QuoteComparisonRow } from '../../../shared/platform/store/store.ts';
import type { QuoteAsk } from '../../../shared/routing/sizing/best-quote.ts';
import { type ComparedQuotes, compareQuotes } from './compare-quotes.ts';

export interface QuoteComparisonParams {
  readonly market: Market;
  readonly jupiter: Jupiter;
  readonly asks: readonly QuoteAsk[];
  readonly everySeconds: number;
  readonly alarmBps: number;
  /** False while comparing is switched off: something that it needs is down. */
  readonly isAllowed: () => boolean;
  readonly writer: { addComparison(row: QuoteComparisonRow): void };
  readonly clock: Clock;
  readonly log: Logger;
  readonly runId: string;
}

/** Our quotes beside Jupiter's, every so many seconds. Never on the hot line. */
export interface QuoteComparison {
  /** The latest of each pair and amount, in the order configured. */
  readonly latest: readonly QuoteComparisonRow[];
  readonly totals: ComparisonTotals;
  start(): void;
  stop(): void;
}

export interface ComparisonTotals {
  /** Rounds of one pair in which both gave a quote. */
  readonly compared: number;
  /** Rounds in which one of the two gave none. */
  readonly missed: number;
  /** Rounds past the threshold. */
  readonly alarms: number;
}

export function createQuoteComparison(params: QuoteComparisonParams): QuoteComparison {
  const { market, jupiter, asks, alarmBps, writer, clock, log, runId } = params;
  const latest = new Map<QuoteAsk, QuoteComparisonRow>();
  const totals = { compared: 0, missed: 0, alarms: 0 };
  let rounds = 0;
  let timer: LongTimer | undefined;
  let stopped = false;

  const keep = (compared: ComparedQuotes): void => {
    const before = latest.get(compared.ask);
    const row = rowOf(compared, `${runId}-q${rounds}-${asks.indexOf(compared.ask)}`);
    latest.set(compared.ask, row);
    writer.addComparison(row);
    if (row.deviationBps === undefined) totals.missed += 1;
    else totals.compared += 1;
    if (row.alarm) totals.alarms += 1;
    if (row.alarm === (before?.alarm ?? false)) return;
    const { mintIn, mintOut, amountIn, deviationBps, ownRoute, jupiterRoute } = row;
    const fields = { mintIn, mintOut, amountIn, deviationBps, alarmBps, ownRoute, jupiterRoute };
    if (row.alarm) log.error('quotes.deviate', fields);
    else log.notice('quotes.agree', fields);
  };

  const rowOf = (
    { ask, slot, own, jupiter: theirs, deviationBps }: ComparedQuotes,
    comparisonId: string,
  ): QuoteComparisonRow => ({
    comparisonId,
    runId,
    atMs: clock.nowMs(),
    slot,
    jupiterSlot: theirs.ok ? theirs.value.slot : undefined,
    mintIn: ask.mintIn,
    mintOut: ask.mintOut,
    amountIn: ask.amountIn,
    ownOut: own.ok ? own.value.amountOut : undefined,
    jupiterOut: theirs.ok ? theirs.value.amountOut : undefined,
    ownRoute: own.ok ? own.value.legs.map(({ venue }) => venue).join(' > ') : own.reason,
    jupiterRoute: theirs.ok ? theirs.value.steps.map(({ label }) => label).join(' > ') : theirs.reason,
    deviationBps,
    // A quote that is missing is told as such; it deviates from nothing.
    alarm: deviationBps !== undefined && Math.abs(deviationBps) > alarmBps,
  });

  const round = async (): Promise<void> => {
    rounds += 1;
    for (const ask of asks) {
      if (stopped || !params.isAllowed()) break;
      const compared = await compareQuotes(market, jupiter, ask);
      if (!stopped) keep(compared);
    }
    if (!stopped) schedule();
  };

  const schedule = (): void => {
    timer = startLongTimer(() => void round(), params.everySeconds * 1_000).unref();
  };

  return {
    get latest() {
      return asks.flatMap((ask) => latest.get(ask) ?? []);
    },
    totals,
    start() {
      if (asks.length > 0) schedule();
    },
    stop() {
      stopped = true;
      timer?.clear();
    },
  };
}

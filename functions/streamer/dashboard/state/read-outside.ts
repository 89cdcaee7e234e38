import type { Address } from '../../../../shared/core/address.ts';
import type { CostModel } from '../../../../shared/costs/costs.ts';
import type { Metrics } from '../../../../shared/platform/process/metrics.ts';
import type { QuoteComparisonRow } from '../../../../shared/platform/store/store.ts';
import type { TokenNames } from '../../../../shared/run/token-names.ts';
import { type Degradation, offText } from '../../health/degradation.ts';
import type { OutsideApis } from '../../outside/outside-apis.ts';
import type { ComparisonView, OutsideView } from '../view/outside-view.ts';

export interface OutsideViewParams {
  readonly apis: OutsideApis;
  readonly degradation: Degradation;
  readonly names: TokenNames;
  readonly costs: CostModel;
  readonly alarmBps: number;
}

/** The page's part about outside APIs, read when it is asked for. */
export function outsideView({ apis, degradation, names, costs, alarmBps }: OutsideViewParams): OutsideView {
  const { comparison } = apis;
  const { unitPriceMicroLamports } = costs;
  return {
    compares: comparison !== undefined,
    alarmBps,
    totals: { ...(comparison?.totals ?? { compared: 0, missed: 0, alarms: 0 }) },
    comparisons: (comparison?.latest ?? []).map((row) => comparisonView(row, names)),
    dependencies: degradation.report().map(({ id, label, state, reason, off, goesOn }) => ({
      id,
      label,
      state,
      reason,
      off: offText(off),
      goesOn,
    })),
    fee: {
      source: unitPriceMicroLamports === undefined ? 'configured' : 'helius',
      lamportsPerLeg: String(costs.costsOf({ legs: 1 }).priorityFeeLamports),
      microLamportsPerUnit: unitPriceMicroLamports === undefined ? null : String(unitPriceMicroLamports),
    },
  };
}

function comparisonView(row: QuoteComparisonRow, names: TokenNames): ComparisonView {
  return {
    key: `${row.mintIn} ${row.mintOut} ${row.amountIn}`,
    atMs: row.atMs,
    from: names.of(row.mintIn as Address),
    to: names.of(row.mintOut as Address),
    amountIn: String(row.amountIn),
    ownOut: row.ownOut === undefined ? null : String(row.ownOut),
    jupiterOut: row.jupiterOut === undefined ? null : String(row.jupiterOut),
    ownRoute: row.ownRoute,
    jupiterRoute: row.jupiterRoute,
    deviationBps: row.deviationBps ?? null,
    alarm: row.alarm,
  };
}

/** Adds what is known of outside APIs to the metrics page. */
export function declareOutsideMetrics(
  metrics: Metrics,
  { apis, degradation, names, costs }: Omit<OutsideViewParams, 'alarmBps'>,
): void {
  const { comparison, jupiter, helius, fallback } = apis;
  metrics.gauges({
    name: 'arb_dependency_up',
    help: '1 while what the service depends on is up, 0 while it is not; absent when it is not used.',
    label: 'dependency',
    read: () =>
      degradation
        .report()
        .filter(({ state }) => state !== 'unused')
        .map(({ id, state }) => [id, state === 'up' ? 1 : 0]),
  });
  metrics.gauges({
    name: 'arb_quote_deviation_bps',
    help: 'How much more our latest quote pays than Jupiter’s, by pair and amount.',
    label: 'quote',
    read: () =>
      (comparison?.latest ?? []).flatMap((row) => {
        if (row.deviationBps === undefined) return [];
        const pair = `${names.of(row.mintIn as Address).symbol}/${names.of(row.mintOut as Address).symbol}`;
        return [[`${row.amountIn} ${pair}`, row.deviationBps] as const];
      }),
  });
  metrics.counters({
    name: 'arb_quote_comparisons_total',
    help: 'Quotes compared with Jupiter’s: both given, one missing, and past the alarm.',
    label: 'what',
    read: () => Object.entries({ ...(comparison?.totals ?? {}) }) as [string, number][],
  });
  metrics.counter({
    name: 'arb_fallback_prices_total',
    help: 'Prices from Jupiter told to the engine because no pool gave one.',
    read: () => fallback?.told ?? 0,
  });
  metrics.gauge({
    name: 'arb_priority_fee_lamports',
    help: 'What the priority fee of one swap is counted at.',
    read: () => Number(costs.costsOf({ legs: 1 }).priorityFeeLamports),
  });
  for (const [name, api] of Object.entries({ jupiter, helius })) {
    if (api === undefined) continue;
    metrics.counters({
      name: `arb_${name}_calls_total`,
      help: `Calls to ${name} by how they ended.`,
      label: 'outcome',
      read: () => {
        const { succeeded, refused } = api.status();
        return [['succeeded', succeeded] as const, ...Object.entries(refused)];
      },
    });
    metrics.counter({
      name: `arb_${name}_breaker_opened_total`,
      help: `Times that the circuit breaker of ${name} has opened.`,
      read: () => api.status().opened,
    });
  }
}

import type { Random } from '../../../shared/core/random.ts';
import type { ProviderRow } from '../../../shared/sim/providers/provider-row.ts';
import type { ProviderChaosRun, ProviderRowRun } from './chaos-providers.ts';

/** All seeds together. */
export interface ProviderChaosReport {
  readonly ok: boolean;
  readonly seeds: number;
  /** Runs of rows, and those of them that ended whole within their bound. */
  readonly rows: number;
  readonly whole: number;
  readonly slowestWholeMs: number;
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  readonly looks: number;
  readonly readyInVain: number;
  /** Looks at which an honest endpoint was quarantined. */
  readonly quarantined: number;
  /** Runs in which a user would have looked for the row's words in vain. */
  readonly unsaid: number;
  readonly peakRssBytes: number;
  /** What was not as it must be, one line each. */
  readonly failures: readonly string[];
  readonly runs: readonly ProviderChaosRun[];
}

export function providerChaosReport(runs: readonly ProviderChaosRun[]): ProviderChaosReport {
  const rows = runs.flatMap((run) => run.rows);
  const sum = (of: (row: ProviderRowRun) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const failures = runs.flatMap((run) =>
    run.rows.filter(isFailed).map((row) => `seed ${run.seed}, ${providerRowLine(row)}`),
  );
  return {
    ok: rows.length > 0 && failures.length === 0,
    seeds: runs.length,
    rows: rows.length,
    whole: rows.filter(({ whole }) => whole).length,
    slowestWholeMs: Math.max(0, ...rows.map(({ wholeAfterMs }) => wholeAfterMs)),
    decisions: sum((row) => row.decisions),
    staleDecisions: sum((row) => row.staleDecisions),
    falseDecisions: sum((row) => row.falseDecisions),
    looks: sum((row) => row.looks),
    readyInVain: sum((row) => row.readyInVain),
    quarantined: sum((row) => row.quarantined),
    unsaid: rows.filter(({ said }) => said === false).length,
    peakRssBytes: Math.max(0, ...runs.map((run) => run.peakRssBytes)),
    failures,
    runs,
  };
}

function isFailed(row: ProviderRowRun): boolean {
  return (
    !row.whole ||
    row.staleDecisions > 0 ||
    row.falseDecisions > 0 ||
    row.readyInVain > 0 ||
    row.quarantined > 0 ||
    row.said === false
  );
}

/** One row, for a person who watches. */
export function providerRowLine(row: ProviderRowRun): string {
  const end = row.whole ? `whole after ${row.wholeAfterMs} ms` : `NOT WHOLE (${row.problem})`;
  const vain = row.readyInVain === 0 ? '' : `, READY IN VAIN ${row.readyInVain} times`;
  const said = row.said === false ? ', NOT SAID on the page' : '';
  return (
    `${row.row} (${row.does}): ${end}; ${row.decisions} decisions, ${row.staleDecisions} stale, ` +
    `${row.falseDecisions} false; ${row.requests} requests, ${row.handshakes} handshakes${vain}${said}`
  );
}

/** All of it, for a person. */
export function providerChaosTotal(report: ProviderChaosReport): string {
  const { ok, rows, whole, seeds, slowestWholeMs, staleDecisions, falseDecisions, readyInVain, unsaid } =
    report;
  return (
    `${ok ? 'ok' : 'FAILED'}: ${whole} of ${rows} rows whole in ${seeds} seeds, the slowest after ${slowestWholeMs} ms; ` +
    `${report.decisions} decisions, ${staleDecisions} stale, ${falseDecisions} false; ready in vain ${readyInVain} times; ` +
    `${unsaid} not said`
  );
}

/** As many rows a seed, so that all seeds together go through the table at least once. */
const LEAST_ROWS = 5;

/**
 * Which rows each seed goes through: one shuffled pack after the other, dealt in turn, so that no row comes a second time
 * before every other came once.
 */
export function dealRows(
  table: readonly ProviderRow[],
  seeds: number,
  random: Random,
): readonly (readonly ProviderRow[])[] {
  const perSeed = Math.max(Math.min(LEAST_ROWS, table.length), Math.ceil(table.length / seeds));
  const pack: ProviderRow[] = [];
  return Array.from({ length: seeds }, () => {
    const hand: ProviderRow[] = [];
    while (hand.length < perSeed) {
      if (pack.length === 0) pack.push(...table);
      hand.push(pack.splice(random.below(pack.length), 1)[0]!);
    }
    return hand;
  });
}

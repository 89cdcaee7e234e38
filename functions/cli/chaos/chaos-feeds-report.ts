import type { FeedChaosRun, WrongLook } from './chaos-feeds.ts';

/** All seeds together. Times in milliseconds; percentiles are 0 without a recovery. */
export interface FeedChaosReport {
  readonly ok: boolean;
  readonly seeds: number;
  /** Seeds that ended with a whole feed. */
  readonly live: number;
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  readonly stateChecks: number;
  readonly staleStates: number;
  readonly falseStates: number;
  /** Honest endpoints that were quarantined. */
  readonly wronglyQuarantined: number;
  readonly recoveryMs: {
    readonly count: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly peakRssBytes: number;
  readonly runs: readonly FeedChaosRun[];
}

export function feedChaosReport(runs: readonly FeedChaosRun[]): FeedChaosReport {
  const sum = (of: (run: FeedChaosRun) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const recoveries = runs.flatMap(({ recoveriesMs }) => recoveriesMs).sort((a, b) => a - b);
  const at = (share: number): number =>
    recoveries[Math.max(0, Math.ceil(recoveries.length * share) - 1)] ?? 0;
  const live = runs.filter((run) => run.live).length;
  const staleDecisions = sum((run) => run.staleDecisions);
  const falseDecisions = sum((run) => run.falseDecisions);
  const wronglyQuarantined = sum((run) => run.wronglyQuarantined);
  const wrong = staleDecisions + falseDecisions + wronglyQuarantined;
  return {
    ok: runs.length > 0 && live === runs.length && wrong === 0,
    seeds: runs.length,
    live,
    decisions: sum((run) => run.decisions),
    staleDecisions,
    falseDecisions,
    stateChecks: sum((run) => run.stateChecks),
    staleStates: sum((run) => run.staleStates),
    falseStates: sum((run) => run.falseStates),
    wronglyQuarantined,
    recoveryMs: { count: recoveries.length, p50: at(0.5), p99: at(0.99), max: recoveries.at(-1) ?? 0 },
    peakRssBytes: Math.max(0, ...runs.map((run) => run.peakRssBytes)),
    runs,
  };
}

/** All seeds, for a person. */
export function feedChaosTotal(report: FeedChaosReport): readonly string[] {
  const { ok, seeds, live, decisions, staleDecisions, falseDecisions, recoveryMs } = report;
  const { count, p50, p99, max } = recoveryMs;
  const mib = (report.peakRssBytes / 1_048_576).toFixed(0);
  return [
    `${ok ? 'holds' : 'DOES NOT HOLD'}: ${live} of ${seeds} seeds ended with a whole feed`,
    `${decisions} decisions: ${staleDecisions} on state that was over, ${falseDecisions} on state that never was`,
    `${report.stateChecks} looks at what may be quoted: ${report.staleStates} stale, ${report.falseStates} false`,
    `${count} recoveries: p50 ${p50} ms, p99 ${p99} ms, slowest ${max} ms; at most ${mib} MiB of memory`,
  ];
}

/** One seed, for a person who watches. */
export function feedChaosLines(run: FeedChaosRun): readonly string[] {
  const { seed, redundancy, live, reason, decisions, staleDecisions, falseDecisions, recoveriesMs } = run;
  const faults = Object.values(run.faults).reduce((sum, count) => sum + count, 0);
  const end = live ? 'live' : `NOT LIVE (${reason})`;
  const slowest = recoveriesMs.at(-1) ?? 0;
  return [
    `seed ${seed}, ${redundancy === 2 ? 'every account twice' : 'every account once'}: ${end} after ${faults} faults; ` +
      `${decisions} decisions, ${staleDecisions} stale, ${falseDecisions} false; ` +
      `${run.stateChecks} looks, ${run.staleStates} stale, ${run.falseStates} false; slowest recovery ${slowest} ms`,
    ...run.wrongLooks.map(wrongLookLine),
  ];
}

function wrongLookLine({ verdict, venue, pool, ofSlot, ...at }: WrongLook): string {
  const where = `slot ${at.slot} heard, ${at.chainSlot} on the chain, believed ${ofSlot ?? 'what never was'}`;
  const beside = at.faults.length === 0 ? 'no fault' : at.faults.join(', ');
  return `  ${verdict}: ${venue} ${pool}: ${where}; ${beside}${at.stalled ? '; the machine had stalled' : ''}`;
}

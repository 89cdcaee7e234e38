import { basename } from 'node:path';
import type { Config } from '../../../shared/platform/config/schema.ts';
import type { RecordedRun } from '../../../shared/platform/recording/recording.ts';
import type { ReplayResult } from '../../../shared/run/replay-run.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { summaryLines } from './run-summary.ts';

/**
 * `same`: the decisions of the run. `differ`: others. `overridden`: not compared, because it is another run.
 * `unknown`: the recording does not say what was decided, or the replay was stopped.
 */
export type Verdict = 'same' | 'differ' | 'overridden' | 'unknown';

export interface ReplayReport extends Omit<RunSummary, 'latencyMicros' | 'market'> {
  readonly market: string;
  /** Version of the program that made the recording. */
  readonly program: string;
  readonly events: number;
  readonly segments: number;
  readonly recordedHash: string | null;
  readonly verdict: Verdict;
  /** The first event at which the run had decided something else, as far as its blocks tell. */
  readonly differsBeforeEvent?: number;
  readonly overrides: Readonly<Record<string, string>>;
  /** The run ended in order; false: it was killed, or its last segments are not there. */
  readonly finished: boolean;
  readonly missingEvents: number;
  readonly damages: ReplayResult['damages'];
  readonly tookSeconds: number;
  readonly eventsPerSecond: number;
}

export interface ReplayReportParams {
  readonly recorded: RecordedRun;
  readonly config: Config;
  readonly result: ReplayResult;
  readonly overrides: Readonly<Record<string, string>>;
  readonly tookSeconds: number;
  readonly aborted: boolean;
}

export function replayReport(params: ReplayReportParams): {
  readonly report: ReplayReport;
  readonly lines: readonly string[];
} {
  const { recorded, result, overrides, tookSeconds } = params;
  const { run, segments } = recorded;
  const summary = { ...result.run.summary(result.recordedSeconds), market: run.market };
  const { latencyMicros: _, ...rest } = summary;
  const verdict = verdictOf(params, summary.decisionsHash);
  const report: ReplayReport = {
    ...rest,
    program: run.program,
    events: result.events,
    segments: segments.length,
    recordedHash: result.recordedHash ?? null,
    verdict,
    ...(verdict === 'differ' && result.firstDifference !== undefined
      ? { differsBeforeEvent: result.firstDifference.event }
      : {}),
    overrides,
    finished: result.finished,
    missingEvents: result.gaps.reduce((sum, { events }) => sum + events, 0),
    damages: result.damages,
    tookSeconds,
    eventsPerSecond: Math.round(result.events / Math.max(tookSeconds, 1e-6)),
  };
  const files = `${segments.length} ${segments.length === 1 ? 'segment' : 'segments'}`;
  const lines = [
    `replayed ${result.events} events of ${files} (${segments.map(({ path }) => basename(path))[0]}) in ${tookSeconds.toFixed(1)} s`,
    ...summaryLines({ ...summary, latencyMicros: {} }),
    ...Object.entries(overrides).map(([name, text]) => `override --${name} ${text}`),
    verdictLine(report, result),
  ];
  return { report, lines };
}

function verdictOf({ result, overrides, aborted }: ReplayReportParams, hash: string): Verdict {
  if (aborted) return 'unknown';
  if (Object.keys(overrides).length > 0) return 'overridden';
  if (result.firstDifference !== undefined) return 'differ';
  if (result.recordedHash === undefined) return 'unknown';
  return result.recordedHash === hash ? 'same' : 'differ';
}

function verdictLine(report: ReplayReport, { marks, finished }: ReplayResult): string {
  const missing = report.missingEvents === 0 ? '' : `; ${report.missingEvents} events are missing`;
  switch (report.verdict) {
    case 'same': {
      const to = finished ? 'to its end' : 'up to the last whole block: the run was killed or goes on';
      return `the decisions are those of the run ${to} (compared at ${marks} places)`;
    }
    case 'differ': {
      const where =
        report.differsBeforeEvent === undefined ? '' : ` before event ${report.differsBeforeEvent}`;
      return `THE DECISIONS DIFFER from those of the run${where}: it had ${report.recordedHash ?? 'others'}${missing}`;
    }
    case 'overridden':
      return `not compared with the run, which decided ${report.recordedHash ?? 'otherwise'}: something that decides was overridden`;
    case 'unknown':
      return `not compared with the run: ${report.events === 0 ? 'there is no event' : 'it does not say what it decided up to here'}${missing}`;
  }
}

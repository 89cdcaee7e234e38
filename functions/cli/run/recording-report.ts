import type { RecordedRun } from '../../../shared/platform/recording/recording.ts';
import { readRun } from '../../../shared/platform/recording/recording.ts';
import type { Damage } from '../../../shared/platform/recording/segment-reader.ts';
import type { Gap } from '../../../shared/platform/recording/segment-text.ts';
import { bytesText } from '../frame/bytes-text.ts';

/** What a run's recording holds. */
export interface RecordingReport {
  readonly runId: string;
  readonly program: string;
  readonly market: string;
  readonly startedAt: string;
  readonly segments: readonly { readonly path: string; readonly segment: number; readonly events: number }[];
  readonly events: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly byEndpoint: Readonly<Record<string, number>>;
  readonly accounts: number;
  readonly accountBytes: number;
  readonly storedBytes: number;
  readonly spanSeconds: number;
  readonly firstSlot: number | null;
  readonly lastSlot: number | null;
  readonly pools: readonly { readonly venue: string; readonly address: string }[];
  readonly finished: boolean;
  readonly decisionsHash: string | null;
  readonly missingEvents: number;
  readonly gaps: readonly Gap[];
  readonly damages: readonly Damage[];
}

/** Reads all of the run, one block in memory at a time. */
export async function recordingReport(recorded: RecordedRun): Promise<RecordingReport> {
  const { run } = recorded;
  const bySegment = new Map(recorded.segments.map(({ path }) => [path, 0]));
  const byKind: Record<string, number> = {};
  const byEndpoint: Record<string, number> = {};
  const accounts = new Set<string>();
  const gaps: Gap[] = [];
  const damages: Damage[] = [];
  let [events, accountBytes, storedBytes, firstMicros, lastMicros] = [0, 0, 0, Number.NaN, Number.NaN];
  let firstSlot: number | null = null;
  let lastSlot: number | null = null;
  let finished = false;
  let decisionsHash: string | null = null;
  for await (const piece of readRun(recorded)) {
    if (piece.kind === 'gap') gaps.push(piece.gap);
    else if (piece.kind === 'damage') damages.push(piece.damage);
    else if (piece.kind === 'end') {
      finished = piece.end.last;
      decisionsHash = piece.end.decisionsHash ?? decisionsHash;
    } else {
      storedBytes += piece.storedBytes;
      let read = 0;
      for (let event = piece.next(); event !== undefined; event = piece.next()) {
        read += 1;
        if (Number.isNaN(firstMicros)) firstMicros = event.atMicros;
        lastMicros = event.atMicros;
        byKind[event.kind] = (byKind[event.kind] ?? 0) + 1;
        if (event.kind === 'slot') {
          firstSlot ??= event.slot;
          lastSlot = event.slot;
        }
        if (event.kind !== 'account') continue;
        accounts.add(event.update.address);
        accountBytes += event.update.account?.data.length ?? 0;
        if (event.endpoint !== undefined) byEndpoint[event.endpoint] = (byEndpoint[event.endpoint] ?? 0) + 1;
      }
      events += read;
      bySegment.set(piece.path, (bySegment.get(piece.path) ?? 0) + read);
      decisionsHash = piece.mark()?.decisionsHash ?? decisionsHash;
    }
  }
  return {
    runId: run.runId,
    program: run.program,
    market: run.market,
    startedAt: new Date(run.startedAtMs).toISOString(),
    segments: recorded.segments.map(({ path, segment }) => ({
      path,
      segment,
      events: bySegment.get(path) ?? 0,
    })),
    events,
    byKind,
    byEndpoint,
    accounts: accounts.size,
    accountBytes,
    storedBytes,
    spanSeconds: events === 0 ? 0 : (lastMicros - firstMicros) / 1e6,
    firstSlot,
    lastSlot,
    pools: run.pools,
    finished,
    decisionsHash,
    missingEvents: gaps.reduce((sum, gap) => sum + gap.events, 0),
    gaps,
    damages,
  };
}

/** The report for people, without what `damageLines` says. */
export function recordingLines(report: RecordingReport): readonly string[] {
  const counted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const venues: Record<string, number> = {};
  for (const { venue } of report.pools) venues[venue] = (venues[venue] ?? 0) + 1;
  const perEvent = report.storedBytes / Math.max(1, report.events);
  return [
    `run ${report.runId} of ${report.startedAt}: ${report.market}, made by version ${report.program}`,
    ...report.segments.map(({ path, events }) => `  ${path}: ${events} events`),
    `${report.events} events in ${report.spanSeconds.toFixed(1)} s, slots ${report.firstSlot ?? '-'} to ${report.lastSlot ?? '-'}: ${counted(report.byKind)}`,
    ...(Object.keys(report.byEndpoint).length === 0
      ? []
      : [`account updates by endpoint: ${counted(report.byEndpoint)}`]),
    `${report.accounts} accounts, ${bytesText(report.accountBytes)} of account bytes in ${bytesText(report.storedBytes)} of blocks (${perEvent.toFixed(0)} bytes an event)`,
    `${report.pools.length} pools at the start: ${counted(venues)}`,
    report.finished
      ? 'finished: the run ended in order'
      : 'not finished: the run was killed, goes on, or its last segment is not here',
    `decisions ${report.decisionsHash ?? '-'}`,
  ];
}

/** One line for everything that is damaged or missing, with file and offset. */
export function damageLines(damages: readonly Damage[], gaps: readonly Gap[]): readonly string[] {
  return [
    ...damages.map(({ path, offset, bytes, what, torn }) => {
      const kind = torn ? 'torn' : 'damaged';
      return `${kind}: ${path} at byte ${offset}, ${bytes} bytes: ${what}`;
    }),
    ...gaps.map(
      ({ firstEvent, events, reason }) => `missing: ${events} events from ${firstEvent} on: ${reason}`,
    ),
  ];
}

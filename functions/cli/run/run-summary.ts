import { formatUnits } from '../../../shared/core/units.ts';
import type { RecordingSummary, RunSummary } from '../../../shared/run/summary.ts';
import { bytesText } from '../frame/bytes-text.ts';

/** A run's summary for people. */
export function summaryLines(summary: RunSummary): readonly string[] {
  const { attempts, latencyMicros } = summary;
  const total = latencyMicros.total;
  return [
    `run ${summary.runId}: ${summary.mode} on ${summary.market}, ${summary.durationSeconds.toFixed(1)} s, ended ${summary.status}`,
    `${summary.updates} updates in ${summary.slots} slots over ${summary.pools} pools, ${summary.opportunities} opportunities`,
    `trades: ${attempts.filled} filled, ${attempts.reverted} reverted, ${attempts.notLanded} not landed, ${attempts.pending} pending${oddOrders(attempts)}`,
    `net ${formatUnits(BigInt(summary.netLamports), 9)} SOL after ${formatUnits(BigInt(summary.costLamports), 9)} SOL of costs`,
    ...summary.netByMint.map(({ netText }) => `  ${netText}`),
    ...Object.entries(summary.refused).map(([reason, count]) => `refused ${count} × ${reason}`),
    ...(total === undefined
      ? []
      : [`frame to decision: p50 ${total.p50.toFixed(1)} µs, p99 ${total.p99.toFixed(1)} µs`]),
    ...[...summary.skipped, ...summary.excluded].map(
      ({ pool, venue, reason }) => `not traded: ${venue} ${pool}: ${reason}`,
    ),
    ...recordingLines(summary.recording),
    `decisions ${summary.decisionsHash}`,
  ];
}

/** What a person has to look at, said only where there is something. */
function oddOrders({ unknown, corrected }: RunSummary['attempts']): string {
  const of = unknown === 0 ? '' : `, ${unknown} of them UNKNOWN`;
  return corrected === 0 ? of : `${of}; ${corrected} ends corrected`;
}

function recordingLines(recording: RecordingSummary | undefined): readonly string[] {
  if (recording === undefined) return [];
  const { where, events, lostEvents, segments, storedBytes, uploads, waitingUploads } = recording;
  const lost = lostEvents === 0 ? '' : `, ${lostEvents} EVENTS ARE MISSING`;
  const waiting = waitingUploads === 0 ? '' : `, ${waitingUploads} wait for the next run`;
  return [
    `recorded ${events} events, ${bytesText(storedBytes)} in ${segments} segments: ${where}${lost}`,
    ...(uploads + waitingUploads === 0 ? [] : [`uploaded ${uploads} segments${waiting}`]),
  ];
}

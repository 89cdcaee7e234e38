import type { Metrics } from '../../../shared/platform/process/metrics.ts';
import type { RunRecorder } from '../../../shared/run/run-recorder.ts';

/** What the recorder has counted, for a run that is recorded. */
export function addRecorderMetrics(metrics: Metrics, { stats }: RunRecorder): void {
  metrics.counters({
    name: 'arb_recorder_events_total',
    help: 'Events that the engine took, by what became of them in the recording.',
    label: 'state',
    read: () => {
      const { events, lostEvents } = stats();
      return [
        ['recorded', events - lostEvents],
        ['lost', lostEvents],
      ];
    },
  });
  metrics.counter({
    name: 'arb_recorder_bytes_total',
    help: 'Bytes written to segment files.',
    read: () => stats().storedBytes,
  });
  metrics.counter({
    name: 'arb_recorder_segments_total',
    help: 'Segment files finished.',
    read: () => stats().segments,
  });
  metrics.gauge({
    name: 'arb_recorder_queued_bytes',
    help: 'Bytes waiting to be packed and written.',
    read: () => stats().queuedBytes,
  });
  metrics.counters({
    name: 'arb_recorder_uploads_total',
    help: 'Segments sent to the bucket, by outcome.',
    label: 'outcome',
    read: () => [
      ['uploaded', stats().uploads],
      ['failed', stats().uploadFailures],
    ],
  });
  metrics.gauge({
    name: 'arb_recorder_waiting_uploads',
    help: 'Finished segments that wait for the bucket.',
    read: () => stats().waitingUploads,
  });
}

import { createLatencyHistogram, type LatencyHistogram } from '../core/latency.ts';
import type { Observer } from './pipeline.ts';

/**
 * The stages of one account update, in the order of the line. `total` is frame to decision. `load` is the whole of
 * an update that made a pool be decoded from scratch (at the start, or after it was excluded).
 */
export const STAGES = ['decode', 'apply', 'search', 'approve', 'total', 'load'] as const;

export type Stage = (typeof STAGES)[number];

export interface StageLatency {
  readonly observe: Observer;
  readonly histograms: Readonly<Record<Stage, LatencyHistogram>>;
}

/** Keeps the time that each stage took, in microseconds, for the updates that reached it. */
export function createStageLatency(): StageLatency {
  const histograms = {
    decode: createLatencyHistogram(),
    apply: createLatencyHistogram(),
    search: createLatencyHistogram(),
    approve: createLatencyHistogram(),
    total: createLatencyHistogram(),
    load: createLatencyHistogram(),
  };
  return {
    histograms,
    observe(event, record, stamps) {
      if (event.kind !== 'account' || record.dropped !== '') return;
      const totalMicros = stamps.decidedMicros - stamps.arrivedMicros;
      if (record.loads > 0) {
        histograms.load.record(totalMicros);
        return;
      }
      const { applyMicros, searchMicros, approveMicros } = record.stages;
      histograms.decode.record(stamps.startedMicros - stamps.arrivedMicros);
      histograms.apply.record(applyMicros);
      if (searchMicros > 0) histograms.search.record(searchMicros);
      if (approveMicros > 0) histograms.approve.record(approveMicros);
      histograms.total.record(totalMicros);
    },
  };
}

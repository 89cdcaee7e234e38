import { join } from 'node:path';
import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../platform/config/schema.ts';
import { createRecorder, type RecorderStats } from '../platform/recording/recorder.ts';
import { VENUES } from '../venues/registry.ts';
import type { Run } from './create-run.ts';
import { decidingConfig } from './deciding-config.ts';
import type { Observer } from './pipeline.ts';
import type { RecordingSummary } from './summary.ts';
import type { Universe } from './universe.ts';

export interface RunRecorderParams {
  readonly config: Config;
  readonly universe: Universe;
  readonly symbols: ReadonlyMap<Address, string>;
  readonly run: Run;
  readonly clock: Clock;
  readonly version: string;
  readonly onTrouble: (event: string, message: string) => void;
}

/** Records a run. Its observer must stand behind that of the decision log. */
export interface RunRecorder {
  readonly observe: Observer;
  /** Resolves when the disk has caught up enough: for runs that can wait. */
  ready(): Promise<void>;
  stats(): RecorderStats;
  /** Everything is on the disk when it resolves; no event is taken afterwards. */
  finish(): Promise<void>;
  /** What it has come to. */
  summary(): RecordingSummary;
  /** Finishes the recording, uploads for at most `uploadMs` (default 10 s) and says what it came to. */
  close(uploadMs?: number): Promise<RecordingSummary>;
}

const UPLOAD_MS = 10_000;
const SPOOL = 'recordings';

/** The recorder that the configuration asks for; undefined when it asks for none. Rejects with `recording-…`. */
export async function createRunRecorder(params: RunRecorderParams): Promise<RunRecorder | undefined> {
  const { config, universe, symbols, run, clock, version, onTrouble } = params;
  const { dir, bucket, bucketEndpoint, maxSpoolBytes, ...limits } = config.recorder;
  if (dir === undefined && bucket === undefined) return undefined;
  const { decisions } = run;
  const recorder = await createRecorder({
    dir: dir ?? join(config.store.dir, SPOOL),
    bucket:
      bucket === undefined
        ? undefined
        : { url: bucket, endpoint: bucketEndpoint, maxSpoolBytes, keepFiles: dir !== undefined },
    maxSegmentBytes: limits.maxSegmentBytes,
    maxSegmentMs: limits.maxSegmentSeconds * 1_000,
    level: limits.zstdLevel,
    run: {
      runId: run.runId,
      program: version,
      market: config.market,
      startedAtMs: clock.nowMs(),
      startedMicros: clock.monotonicMicros(),
      config: { ...decidingConfig(config) },
      pools: universe.pools.map(({ venue, address }) => ({ venue: venue.id, address })),
      symbols: Object.fromEntries(symbols),
      programs: VENUES.filter(({ programRules }) => programRules !== undefined).map(({ id }) => id),
    },
    decided: () => ({ lines: decisions.lines, decisionsHash: decisions.hash() }),
    onTrouble,
  });
  const summary = (): RecordingSummary => {
    const { events, lostEvents, segments, storedBytes, uploads, waitingUploads } = recorder.stats();
    const where = [dir, bucket].filter((place) => place !== undefined).join(' and ');
    return { where, events, lostEvents, segments, storedBytes, uploads, waitingUploads };
  };
  return {
    observe(event, { told }) {
      recorder.take(event);
      // Behind the event that they were told within: a block that ends between them says what was decided with it.
      for (const order of told) recorder.take(order);
    },
    ready: () => recorder.ready(),
    stats: () => recorder.stats(),
    finish: () => recorder.finish(),
    summary,
    async close(uploadMs = UPLOAD_MS) {
      await recorder.close(uploadMs);
      return summary();
    },
  };
}

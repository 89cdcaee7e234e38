import type { Clock } from '../core/clock.ts';
import type { Config } from '../platform/config/schema.ts';
import type { LocalMarket } from './local-market.ts';
import { createPipeline } from './pipeline.ts';
import { createRunParts, type RunParts } from './run-parts.ts';
import type { RunRecorder } from './run-recorder.ts';
import { createSimulatedFeed } from './simulated-feed.ts';
import type { RecordingSummary } from './summary.ts';

/** How often the loop lets timers and signals in. */
const SLOTS_PER_TURN = 25;

export interface SimulatedRunParams {
  readonly config: Config;
  readonly market: LocalMarket;
  /** Stamps the stages; what is decided does not depend on it. */
  readonly clock: Clock;
  /** Seconds of market time. */
  readonly durationSeconds: number;
  readonly signal: AbortSignal;
  /** Called about once a second of market time. */
  readonly onTurn?: (parts: RunParts, elapsedSeconds: number) => void;
  /** Makes the recorder of the run, when it is to be recorded. */
  readonly record?: (parts: RunParts) => Promise<RunRecorder | undefined>;
}

/** What a simulated run came to, and how much market time passed. */
export interface SimulatedRun {
  readonly parts: RunParts;
  readonly elapsedSeconds: number;
  readonly recording: RecordingSummary | undefined;
}

/**
 * Drives the same engine with the same market as the service does, without sockets and without waiting: every slot's
 * changed accounts, then the next slot, on the market's own clock. The same seed gives the same decisions.
 */
export async function runSimulated(params: SimulatedRunParams): Promise<SimulatedRun> {
  const { config, market, clock, durationSeconds, signal, onTurn } = params;
  const parts = createRunParts({ config, universe: market, symbols: market.symbols, clock });
  const recorder = await params.record?.(parts);
  const feed = createSimulatedFeed(market, (event) =>
    pipeline.process({ ...event, atMicros: clock.monotonicMicros() }),
  );
  const pipeline = createPipeline({
    engine: parts.engine,
    clock,
    subscriptions: feed.subscriptions,
    observers: recorder === undefined ? parts.observers : [...parts.observers, recorder.observe],
  });

  feed.start();
  const durationMs = durationSeconds * 1_000;
  for (let slot = 0; feed.elapsedMs < durationMs && !signal.aborted; slot++) {
    feed.step();
    if (slot % SLOTS_PER_TURN !== 0) continue;
    onTurn?.(parts, feed.elapsedMs / 1_000);
    await new Promise((resolve) => setImmediate(resolve));
    await recorder?.ready();
  }
  const recording = await recorder?.close();
  return { parts, elapsedSeconds: feed.elapsedMs / 1_000, recording };
}

import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { MarketEvent } from '../engine/event.ts';
import { BY_TIME } from '../execution/order-event.ts';
import { PAPER } from '../execution/paper.ts';
import type { Config } from '../platform/config/schema.ts';
import { sleep } from '../platform/process/backoff.ts';
import { createSystemClock } from '../platform/process/system-clock.ts';
import type { Mark } from '../platform/recording/event-encoder.ts';
import { type RecordedRun, type Recycle, type RunPiece, readRun } from '../platform/recording/recording.ts';
import type { Damage } from '../platform/recording/segment-reader.ts';
import type { Gap } from '../platform/recording/segment-text.ts';
import { untoldPrograms } from '../platform/recording/untold-programs.ts';
import { createRun, type Run } from './create-run.ts';
import { selectPools } from './universe.ts';

export interface ReplayParams {
  readonly recorded: RecordedRun;
  /** The configuration of the run, or another one. */
  readonly config: Config;
  /** Times the speed of the run; Infinity, which is the default: as fast as it goes. */
  readonly speed?: number;
  /** Paces the replay, the machine's own by default. What is decided sees the times of the recording only. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called after each block. */
  readonly onTurn?: (run: Run, elapsedSeconds: number) => void;
}

/** What a replay came to. */
export interface ReplayResult {
  readonly run: Run;
  readonly events: number;
  /** Seconds from the first event to the last, as recorded. */
  readonly recordedSeconds: number;
  readonly gaps: readonly Gap[];
  readonly damages: readonly Damage[];
  /** The recording was finished: its run ended in order. */
  readonly finished: boolean;
  /** Where the run said what it had decided so far, and how many of these the replay agrees with. */
  readonly marks: number;
  readonly equalMarks: number;
  /** The first mark that the replay does not agree with. */
  readonly firstDifference: Mark | undefined;
  /** The hash that the run had at the last event read; undefined when it is not in the recording. */
  readonly recordedHash: string | undefined;
}

/** Sleeps shorter than this are not worth a timer. */
const MIN_SLEEP_MS = 2;

/**
 * Drives the engine of a recorded run with its events, in order, on its own clock. Throws what `readRun` throws.
 *
 * @example
 * ```ts
 * import { findRuns, recordedConfig, replayRun } from 'solana-dex-arbitrage/replay';
 *
 * for (const recorded of await findRuns(['tape'])) {
 *   const result = await replayRun({ recorded, config: recordedConfig(recorded) });
 *   result.run.decisions.hash() === result.recordedHash; // → true
 * }
 * ```
 */
export async function replayRun(params: ReplayParams): Promise<ReplayResult> {
  const { recorded, config, signal = new AbortController().signal, onTurn } = params;
  const { run: header } = recorded;
  const time = createRecordedClock(header.startedAtMs, header.startedMicros);
  const run = createRun({
    config,
    universe: selectPools(header.pools),
    symbols: new Map(Object.entries(header.symbols) as [Address, string][]),
    clock: time.clock,
    runId: header.runId,
  });
  for (const event of untoldPrograms(header)) run.engine.process(event);
  let recycle: Recycle = () => {};
  // Behind all others: they may still look at what the update replaced.
  run.observe((event, { released }) => {
    if (released !== undefined && event.kind === 'account') recycle(event.update.address, released);
  });
  const pace = createPace(params);
  const gaps: Gap[] = [];
  const damages: Damage[] = [];
  let events = 0;
  let firstMicros: number | undefined;
  let finished = false;
  let marks = 0;
  let equalMarks = 0;
  let firstDifference: Mark | undefined;
  let recordedHash: string | undefined;

  const compare = (mark: Mark): void => {
    const same = mark.decisionsHash === run.decisions.hash() && mark.lines === run.decisions.lines;
    marks += 1;
    if (same) equalMarks += 1;
    else firstDifference ??= mark;
    recordedHash = mark.decisionsHash;
  };

  const take = (event: MarketEvent): void => {
    firstMicros ??= event.atMicros;
    time.set(event.atMicros);
    if (!isToldAgain(event)) run.process(event);
    events += 1;
    recordedHash = undefined;
  };

  const takeBlock = async (block: Extract<RunPiece, { kind: 'events' }>): Promise<void> => {
    recycle = block.recycle;
    for (let event = block.next(); event !== undefined; event = block.next()) {
      const waitMs = pace(event.atMicros);
      if (waitMs >= MIN_SLEEP_MS) await sleep(waitMs, signal);
      if (signal.aborted) return;
      take(event);
    }
    const mark = block.mark();
    if (mark !== undefined) compare(mark);
  };

  const elapsed = (): number => (time.clock.monotonicMicros() - (firstMicros ?? 0)) / 1e6;
  for await (const piece of readRun(recorded)) {
    if (signal.aborted) break;
    if (piece.kind === 'events') {
      await takeBlock(piece);
      onTurn?.(run, elapsed());
    } else if (piece.kind === 'gap') gaps.push(piece.gap);
    else if (piece.kind === 'damage') damages.push(piece.damage);
    else if (piece.end.last) {
      finished = true;
      recordedHash = piece.end.decisionsHash;
    }
  }
  const recordedSeconds = firstMicros === undefined ? 0 : elapsed();
  return {
    run,
    events,
    recordedSeconds,
    gaps,
    damages,
    finished,
    marks,
    equalMarks,
    firstDifference,
    recordedHash,
  };
}

/**
 * What was executed on paper is executed again, and what followed from time alone follows again: with another
 * configuration it comes to something else.
 */
function isToldAgain(event: MarketEvent): boolean {
  return event.kind === 'order' && (event.source === PAPER || event.source === BY_TIME);
}

/** The clock that the run had, at the event that is replayed. */
function createRecordedClock(
  startedAtMs: number,
  startedMicros: number,
): { clock: Clock; set(atMicros: number): void } {
  let nowMicros = startedMicros;
  return {
    clock: {
      nowMs: () => Math.round(startedAtMs + (nowMicros - startedMicros) / 1_000),
      monotonicMicros: () => nowMicros,
    },
    set(atMicros) {
      nowMicros = atMicros;
    },
  };
}

/** Milliseconds to wait before an event of a time. */
function createPace({
  speed = Number.POSITIVE_INFINITY,
  clock = createSystemClock(),
}: ReplayParams): (atMicros: number) => number {
  if (speed === Number.POSITIVE_INFINITY) return () => 0;
  let originMicros: number | undefined;
  let startMicros = 0;
  return (atMicros) => {
    if (originMicros === undefined) {
      originMicros = atMicros;
      startMicros = clock.monotonicMicros();
    }
    return (startMicros + (atMicros - originMicros) / speed - clock.monotonicMicros()) / 1_000;
  };
}

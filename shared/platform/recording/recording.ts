import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Address } from '../../core/address.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createEventDecoder } from './event-decoder.ts';
import type { Mark } from './event-encoder.ts';
import { SEGMENT_SUFFIX } from './format.ts';
import { type Damage, readSegment } from './segment-reader.ts';
import type { Gap, RunDescription, SegmentEnd, SegmentHeader } from './segment-text.ts';

/** RUNID-000001.arbrec, see `segmentName`. */
const SEGMENT_NAME = /^(.+)-(\d{6,})\.arbrec$/;

/** One run's segment files, in order. */
export interface RecordedRun {
  readonly run: RunDescription;
  readonly segments: readonly { readonly path: string; readonly segment: number }[];
}

/** Takes bytes of an account that nobody reads any more: a later event may stand in their memory. */
export type Recycle = (address: Address, bytes: Uint8Array) => void;

/** What is read of a run, in order. */
export type RunPiece =
  | {
      readonly kind: 'events';
      readonly path: string;
      readonly events: number;
      /** Number of the block's first event in the run, from 1. */
      readonly firstEvent: number;
      readonly storedBytes: number;
      /** The block's next event, or undefined at its end. Only until the next piece is asked for. */
      next(): MarketEvent | undefined;
      /** What had been decided up to here, when the block says so and its events are read. */
      mark(): Mark | undefined;
      readonly recycle: Recycle;
    }
  /** Events that are missing here: never recorded, or in a damaged block or a segment that is not there. */
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'damage'; readonly damage: Damage }
  | { readonly kind: 'end'; readonly end: SegmentEnd };

/**
 * The runs that the segment files at `paths` belong to; a directory stands for every segment in it. Throws
 * `recording-absent` when there is none, `recording-double` when two files are the same segment, and what
 * `readSegment` throws.
 *
 * @example
 * ```ts
 * import { findRuns } from 'solana-dex-arbitrage/replay';
 *
 * const runs = await findRuns(['tape']);
 * runs.length; // → 1
 * ```
 */
export async function findRuns(paths: readonly string[]): Promise<readonly RecordedRun[]> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await segmentsAt(path)) files.add(resolve(file));
  const runs = new Map<string, { run: RunDescription; segments: Map<number, string> }>();
  const headless: string[] = [];
  const add = (run: RunDescription, segment: number, path: string): void => {
    const known = runs.get(run.runId) ?? { run, segments: new Map<number, string>() };
    const other = known.segments.get(segment);
    if (other !== undefined) {
      const message = `${path} and ${other} are both segment ${segment} of run ${run.runId}: name one of them`;
      throw new ArbError('recording-double', message, { path, other });
    }
    known.segments.set(segment, path);
    runs.set(run.runId, known);
  };
  for (const path of files) {
    const header = await headerOf(path);
    if (header === undefined) headless.push(path);
    else add(header.run, header.segment, path);
  }
  for (const path of headless) {
    // Its name still says where it belongs, and another segment what run that was.
    const [, runId = '', segment = ''] = SEGMENT_NAME.exec(basename(path)) ?? [];
    const known = runs.get(runId);
    if (known !== undefined) add(known.run, Number(segment), path);
    else if (files.size === headless.length || (await stat(path)).size > 0) throw lostHeader(path);
  }
  if (runs.size === 0) {
    const message = `no recording at ${paths.join(', ')}: a recording is made of *${SEGMENT_SUFFIX} files`;
    throw new ArbError('recording-absent', message, { paths: paths.join(', ') });
  }
  return [...runs.values()]
    .map(({ run, segments }) => ({
      run,
      segments: [...segments]
        .map(([segment, path]) => ({ segment, path }))
        .sort((a, b) => a.segment - b.segment),
    }))
    .sort((a, b) => a.run.startedAtMs - b.run.startedAtMs);
}

/**
 * Everything that the segments of a run hold, one block in memory at a time. Throws what `readSegment` throws.
 *
 * @example
 * ```ts
 * import { findRuns, readRun } from 'solana-dex-arbitrage/replay';
 *
 * let events = 0;
 * const [run] = await findRuns(['tape']);
 * for await (const piece of readRun(run!)) if (piece.kind === 'events') events += piece.events;
 * events > 0; // → true
 * ```
 */
export async function* readRun({ segments }: RecordedRun): AsyncGenerator<RunPiece, void, void> {
  const decoder = createEventDecoder();
  let nextEvent = 1;
  let lastReason = 'the segment before is not there';
  for (const { path } of segments) {
    for await (const piece of readSegment(path)) {
      if (piece.kind === 'header') continue;
      if (piece.kind === 'damage') {
        lastReason = `damage at byte ${piece.damage.offset} of ${basename(path)}`;
        yield piece;
        continue;
      }
      if (piece.kind === 'gap') {
        lastReason = piece.gap.reason;
        continue;
      }
      const due = piece.kind === 'end' ? piece.end.events + 1 : piece.firstEvent;
      if (due > nextEvent) {
        yield { kind: 'gap', gap: { firstEvent: nextEvent, events: due - nextEvent, reason: lastReason } };
        nextEvent = due;
      }
      lastReason = 'the segment between is not there';
      if (piece.kind === 'end') {
        yield piece;
        continue;
      }
      const { events, firstEvent, storedBytes, offset } = piece;
      decoder.open(piece.frames);
      let read = 0;
      let broken: Damage | undefined;
      const next = (): MarketEvent | undefined => {
        if (broken !== undefined) return undefined;
        try {
          const event = decoder.next();
          if (event !== undefined) read += 1;
          return event;
        } catch (error) {
          if (error instanceof ArbError && error.code !== 'recording-damaged') throw error;
          broken = { path, offset, bytes: storedBytes, what: errorText(error), torn: false };
          return undefined;
        }
      };
      yield {
        kind: 'events',
        path,
        events,
        firstEvent,
        storedBytes,
        next,
        mark: () => decoder.mark,
        recycle: decoder.recycle,
      };
      while (broken === undefined && next() !== undefined);
      nextEvent = firstEvent + read;
      if (broken === undefined) continue;
      lastReason = `damage at byte ${offset} of ${basename(path)}`;
      yield { kind: 'damage', damage: broken };
    }
  }
}

/**
 * Reads a whole run: each event with its number in the run. `recycle` takes bytes of the event's account that nobody
 * reads any more (`Applied.released`). For more than the events, see `readRun`.
 *
 * @example
 * ```ts
 * import { findRuns, forEachEvent } from 'solana-dex-arbitrage/replay';
 *
 * const slots: number[] = [];
 * const [run] = await findRuns(['tape']);
 * await forEachEvent(run!, (event) => {
 *   if (event.kind === 'slot') slots.push(event.slot);
 * });
 * slots[0]! < slots.at(-1)!; // → true
 * ```
 */
export async function forEachEvent(
  run: RecordedRun,
  onEvent: (event: MarketEvent, number: number, recycle: Recycle) => void,
): Promise<void> {
  for await (const piece of readRun(run)) {
    if (piece.kind !== 'events') continue;
    let number = piece.firstEvent;
    for (let event = piece.next(); event !== undefined; event = piece.next()) {
      onEvent(event, number++, piece.recycle);
    }
  }
}

async function segmentsAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => name.endsWith(SEGMENT_SUFFIX)).sort();
    return names.map((name) => join(path, name));
  } catch (error) {
    throw new ArbError('recording-unreadable', `cannot read ${path}: ${errorText(error)}`, { path }, error);
  }
}

/** Undefined where the header is not whole. */
async function headerOf(path: string): Promise<SegmentHeader | undefined> {
  for await (const piece of readSegment(path)) {
    if (piece.kind === 'header') return piece.header;
    if (piece.kind === 'events') break;
  }
  return undefined;
}

function lostHeader(path: string): ArbError {
  const message = `${path} has no whole header, and no other segment of its run is named: nobody knows what made it`;
  return new ArbError('recording-headless', message, { path });
}

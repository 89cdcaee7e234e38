import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { ArbError, errorText } from '../../core/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { type BlockKind, encodeBlockHeader, FILE_MAGIC, FORMAT_VERSION, SEGMENT_SUFFIX } from './format.ts';
import { encodeText, type Gap, type RunDescription, type SegmentEnd } from './segment-text.ts';

export interface SegmentWriterOptions {
  readonly dir: string;
  readonly run: RunDescription;
  readonly maxSegmentBytes: number;
  readonly maxSegmentMs: number;
  /** zstd's, -7 to 19. */
  readonly level: number;
  readonly nowMs: () => number;
  /** A segment is finished and will not be written to again. */
  readonly onFinished: (path: string) => void;
  /** A block could not be written: its events become a gap. */
  readonly onFailure: (error: string, events: number) => void;
}

/** Frames of one block, sealed by the encoder. */
export interface SealedBlock {
  readonly frames: Uint8Array;
  readonly events: number;
  readonly firstEvent: number;
}

/**
 * Appends blocks to segment files, one after another. A block is written whole or, when that fails, taken back, and its
 * events are told as a gap as soon as something can be written again. Synchronous: for a thread of its own.
 */
export interface SegmentWriter {
  readonly storedBytes: number;
  /** Events that are in no segment, and why they last were not. */
  readonly lostEvents: number;
  write(block: SealedBlock): void;
  gap(gap: Gap): void;
  /** Finishes the last segment. */
  end(end: Pick<SegmentEnd, 'lines' | 'decisionsHash'>): void;
}

interface OpenSegment {
  readonly fd: number;
  readonly path: string;
  readonly openedMs: number;
  bytes: number;
  /** Of events. */
  blocks: number;
}

/** The name of a run's segment: in the order of the run when sorted. */
export function segmentName(runId: string, segment: number): string {
  return `${runId}-${String(segment).padStart(6, '0')}${SEGMENT_SUFFIX}`;
}

/** Opens the first segment. Throws `recording-unwritable` when that is impossible. */
export function createSegmentWriter(options: SegmentWriterOptions): SegmentWriter {
  const { dir, run, nowMs, onFinished, onFailure } = options;
  const params = {
    [constants.ZSTD_c_compressionLevel]: options.level,
    // zstd's own checksum of what it packed: a second one beside the block's, from the other side.
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  let segment: OpenSegment | undefined;
  let number = 0;
  let nextEvent = 1;
  let storedBytes = 0;
  let lostEvents = 0;
  /** Lost and not told yet. */
  let untold: Gap | undefined;

  function open(): OpenSegment {
    if (segment !== undefined) return segment;
    number += 1;
    const path = join(dir, segmentName(run.runId, number));
    segment = { fd: openSync(path, 'wx', 0o600), path, openedMs: nowMs(), bytes: 0, blocks: 0 };
    const header = encodeText('header', { format: FORMAT_VERSION, segment: number, run });
    // In one write: a segment without its header is of no use.
    put(segment, [FILE_MAGIC, ...blockOf('header', header, 0)]);
    return segment;
  }

  function append(kind: BlockKind, raw: Uint8Array, events: number): void {
    put(open(), blockOf(kind, raw, events));
  }

  function blockOf(kind: BlockKind, raw: Uint8Array, events: number): readonly [Uint8Array, Uint8Array] {
    const packed = zstdCompressSync(raw, { params });
    const compressed = packed.length < raw.length;
    const payload = compressed ? packed : raw;
    const header = { kind, compressed, rawBytes: raw.length, events, firstEvent: nextEvent };
    return [encodeBlockHeader(header, payload), payload];
  }

  /** All of it or nothing: what a failed write left is cut off again. */
  function put(target: OpenSegment, parts: readonly Uint8Array[]): void {
    const whole = Buffer.concat(parts);
    try {
      for (let at = 0; at < whole.length; ) at += writeSync(target.fd, whole, at, whole.length - at);
    } catch (error) {
      takeBack(target);
      throw error;
    }
    target.bytes += whole.length;
    storedBytes += whole.length;
  }

  function takeBack(target: OpenSegment): void {
    try {
      ftruncateSync(target.fd, target.bytes);
      if (target.bytes > 0) return;
    } catch {
      // The file cannot even be cut: a reader finds the torn block, and the next one goes to another file.
    }
    close(target);
  }

  function close(target: OpenSegment): void {
    segment = undefined;
    try {
      fsyncSync(target.fd);
    } finally {
      closeSync(target.fd);
    }
  }

  function finish(end: Omit<SegmentEnd, 'events' | 'lostEvents'>): void {
    const target = open();
    append('end', encodeText('end', { ...end, events: nextEvent - 1, lostEvents }), 0);
    close(target);
    onFinished(target.path);
  }

  function lose({ firstEvent, events, reason }: Gap): void {
    lostEvents += events;
    untold = { firstEvent: untold?.firstEvent ?? firstEvent, events: (untold?.events ?? 0) + events, reason };
    nextEvent = firstEvent + events;
  }

  function tellLost(): void {
    if (untold === undefined) return;
    append('gap', encodeText('gap', untold), 0);
    untold = undefined;
  }

  function rotate(): void {
    if (segment === undefined || segment.blocks === 0) return;
    const old = nowMs() - segment.openedMs >= options.maxSegmentMs;
    if (old || segment.bytes >= options.maxSegmentBytes) finish({ last: false });
  }

  try {
    makeFolder(dir);
    open();
  } catch (error) {
    const message = `cannot write a recording in ${dir}: ${errorText(error)}; name another directory`;
    throw new ArbError('recording-unwritable', message, { dir }, error);
  }
  return {
    get storedBytes() {
      return storedBytes;
    },
    get lostEvents() {
      return lostEvents;
    },
    write({ frames, events, firstEvent }) {
      try {
        tellLost();
        rotate();
        nextEvent = firstEvent;
        append('events', frames, events);
        open().blocks += 1;
        nextEvent = firstEvent + events;
      } catch (error) {
        lose({ firstEvent, events, reason: errorText(error) });
        onFailure(errorText(error), events);
      }
    },
    gap: lose,
    end(marked) {
      try {
        tellLost();
        finish({ ...marked, last: true });
      } catch (error) {
        onFailure(errorText(error), 0);
      }
    },
  };
}

import { Worker } from 'node:worker_threads';
import { errorCodeOf } from '../../core/error-codes.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createEventEncoder } from './event-encoder.ts';
import type {
  RecorderReply,
  RecorderRequest,
  RecorderThreadOptions,
  RecorderThreadStats,
} from './recorder-messages.ts';

export interface RecorderOptions extends RecorderThreadOptions {
  /** What has been decided so far: lines of the decision log and their hash. Called when a block is sealed. */
  readonly decided: () => { readonly lines: number; readonly decisionsHash: string };
  readonly onTrouble: (event: string, message: string) => void;
  /** Bytes that may wait for the disk; default 64 MiB. */
  readonly maxQueuedBytes?: number;
}

export interface RecorderStats extends RecorderThreadStats {
  /** Taken so far, those lost included. */
  readonly events: number;
  readonly blocks: number;
  /** Waiting for the disk. */
  readonly queuedBytes: number;
}

/** Writes down every event that it is told, off the calling thread. */
export interface Recorder {
  /** Copies what the event says; never waits and never throws. @hot */
  take(event: MarketEvent): void;
  /** Resolves when the disk has caught up enough: for callers that can wait, unlike a feed. */
  ready(): Promise<void>;
  stats(): RecorderStats;
  /** Resolves when every event taken is on the disk, in whole segments; takes none afterwards. Again: the same answer. */
  finish(): Promise<void>;
  /** Finishes, and uploads what is left for at most `uploadMs`. Again: the same answer. */
  close(uploadMs: number): Promise<RecorderStats>;
}

export const BLOCK_BYTES = 2 * 1024 * 1024;
export const BLOCK_EVENTS = 4_096;
export const BLOCK_MS = 500;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const MAX_SPARES = 4;
const NOTHING: RecorderThreadStats = {
  storedBytes: 0,
  segments: 0,
  lostEvents: 0,
  uploads: 0,
  uploadFailures: 0,
  waitingUploads: 0,
};

/** Starts the thread and its first segment. Rejects with `recording-unwritable` when there can be none. */
export async function createRecorder(options: RecorderOptions): Promise<Recorder> {
  const { decided, onTrouble, maxQueuedBytes = MAX_QUEUED_BYTES, ...threadOptions } = options;
  const worker = new Worker(new URL('./recorder-thread.ts', import.meta.url), {
    workerData: threadOptions satisfies RecorderThreadOptions,
    execArgv: [],
  });
  const encoder = createEventEncoder(new Uint8Array(BLOCK_BYTES + BLOCK_BYTES / 2));
  const spares: Uint8Array[] = [];
  let threadStats = NOTHING;
  let events = 0;
  let blocks = 0;
  let queuedBytes = 0;
  /** Events left out since the last block, from `lostFrom` on. */
  let lost = 0;
  let lostFrom = 0;
  let lostReason = '';
  /** Left out on this side, all of them. */
  let lostHere = 0;
  let dead = false;
  let waiters: (() => void)[] = [];
  let finishing: Promise<void> | undefined;
  let closing: Promise<RecorderStats> | undefined;
  let onFinished = (): void => {};
  let onClosed = (): void => {};

  const stats = (): RecorderStats => ({
    ...threadStats,
    // What the thread was told as a gap is in its count already.
    lostEvents: threadStats.lostEvents + lostHere,
    events,
    blocks,
    queuedBytes,
  });

  const send = (request: RecorderRequest, frames?: Uint8Array): void =>
    worker.postMessage(request, frames === undefined ? [] : [frames.buffer as ArrayBuffer]);

  function wake(): void {
    if (queuedBytes > maxQueuedBytes / 2 && !dead) return;
    for (const waiter of waiters) waiter();
    waiters = [];
  }

  const opened = new Promise<void>((resolve, reject) => {
    worker.on('message', (reply: RecorderReply) => {
      switch (reply.kind) {
        case 'open':
          resolve();
          break;
        case 'refused':
          dead = true;
          reject(new ArbError(errorCodeOf(reply.code), reply.message));
          break;
        case 'trouble':
          onTrouble(reply.event, reply.message);
          break;
        case 'finished':
          threadStats = reply.stats;
          onFinished();
          break;
        case 'closed':
          threadStats = reply.stats;
          onClosed();
          break;
        case 'done': {
          const { frames, stats: now } = reply;
          threadStats = now;
          const memory = new Uint8Array(frames.buffer as ArrayBuffer);
          queuedBytes -= memory.length;
          if (spares.length < MAX_SPARES && memory.length < 2 * BLOCK_BYTES) spares.push(memory);
          wake();
        }
      }
    });
    const died = (why: string): void => {
      if (dead) return;
      dead = true;
      reject(new ArbError('recording-unwritable', `the thread of the recorder has ended (${why})`));
      if (closing === undefined) onTrouble('recorder.thread-died', why);
      wake();
      onFinished();
      onClosed();
    };
    worker.on('error', (error) => died(errorText(error)));
    worker.on('exit', (code) => died(`exit code ${code}`));
  });

  function seal(): void {
    if (encoder.events === 0) return;
    const count = encoder.events;
    encoder.mark({ event: events, ...decided() });
    const frames = encoder.take(spares.pop() ?? new Uint8Array(BLOCK_BYTES + BLOCK_BYTES / 2));
    blocks += 1;
    queuedBytes += frames.buffer.byteLength;
    send({ kind: 'block', frames, events: count, firstEvent: events - count + 1 }, frames);
  }

  /** The event that was counted last is not recorded. */
  function lose(reason: string): void {
    if (lost === 0) lostFrom = events;
    lost += 1;
    lostHere += 1;
    lostReason = reason;
  }

  function tellLost(): void {
    if (lost === 0) return;
    send({ kind: 'gap', firstEvent: lostFrom, events: lost, reason: lostReason });
    lostHere -= lost;
    threadStats = { ...threadStats, lostEvents: threadStats.lostEvents + lost };
    lost = 0;
  }

  function take(event: MarketEvent): void {
    events += 1;
    if (dead || finishing !== undefined) {
      lose('the recorder has ended');
      return;
    }
    if (lost > 0 || encoder.events === 0) {
      if (queuedBytes >= maxQueuedBytes) {
        lose('the disk does not keep up');
        return;
      }
      tellLost();
    }
    try {
      encoder.add(event);
    } catch (error) {
      // Nothing of it stands in the block, which ends before it.
      events -= 1;
      seal();
      events += 1;
      lose(errorText(error));
      onTrouble('recorder.event-refused', errorText(error));
      return;
    }
    if (encoder.bytes >= BLOCK_BYTES || encoder.events >= BLOCK_EVENTS) seal();
  }

  await opened;
  worker.unref();
  const timer = setInterval(seal, BLOCK_MS);
  timer.unref();

  async function finish(): Promise<void> {
    clearInterval(timer);
    if (dead) return;
    seal();
    tellLost();
    const finished = new Promise<void>((resolve) => {
      onFinished = resolve;
    });
    worker.ref();
    send({ kind: 'end', ...decided() });
    await finished;
  }

  async function close(uploadMs: number): Promise<RecorderStats> {
    finishing ??= finish();
    await finishing;
    if (dead) return stats();
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    send({ kind: 'upload', ms: uploadMs });
    await closed;
    await worker.terminate();
    return stats();
  }

  return {
    take,
    ready: () =>
      queuedBytes <= maxQueuedBytes / 2 || dead
        ? Promise.resolve()
        : new Promise((resolve) => waiters.push(resolve)),
    stats,
    finish() {
      finishing ??= finish();
      return finishing;
    },
    close(uploadMs) {
      closing ??= close(uploadMs);
      return closing;
    },
  };
}

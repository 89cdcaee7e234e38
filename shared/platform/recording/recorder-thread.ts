import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ArbError, errorText } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { type BucketUpload, createBucketUpload } from './bucket-upload.ts';
import type {
  RecorderReply,
  RecorderRequest,
  RecorderThreadOptions,
  RecorderThreadStats,
} from './recorder-messages.ts';
import { createSegmentWriter, type SegmentWriter } from './segment-writer.ts';

// The thread that packs, writes and uploads for recorder.ts: one message after another, in the order sent.

const port = threadPort();

const options = workerData as RecorderThreadOptions;
const clock = createSystemClock();
const reply = (message: RecorderReply, frames?: Uint8Array): void =>
  port.postMessage(message, frames === undefined ? [] : [frames.buffer as ArrayBuffer]);
const trouble = (event: string, message: string): void => reply({ kind: 'trouble', event, message });

function threadPort(): MessagePort {
  if (parentPort === null) throw new ArbError('recording-misuse', 'recorder-thread.ts runs only as a worker');
  return parentPort;
}

let segments = 0;
let upload: BucketUpload | undefined;
let writer: SegmentWriter | undefined;

const stats = (): RecorderThreadStats => ({
  storedBytes: writer?.storedBytes ?? 0,
  segments,
  lostEvents: writer?.lostEvents ?? 0,
  uploads: upload?.uploaded ?? 0,
  uploadFailures: upload?.failures ?? 0,
  waitingUploads: upload?.waiting ?? 0,
});

function take(request: RecorderRequest, to: SegmentWriter): void {
  if (request.kind === 'block') {
    const { frames, events, firstEvent } = request;
    const spooled = upload?.waitingBytes ?? 0;
    if (spooled > (options.bucket?.maxSpoolBytes ?? Number.POSITIVE_INFINITY)) {
      to.gap({ firstEvent, events, reason: 'the spool is full: the bucket takes nothing' });
    } else to.write(request);
    reply({ kind: 'done', frames, stats: stats() }, frames);
    return;
  }
  if (request.kind === 'gap') {
    const { firstEvent, events, reason } = request;
    to.gap({ firstEvent, events, reason });
    return;
  }
  if (request.kind === 'end') {
    to.end({ lines: request.lines, decisionsHash: request.decisionsHash });
    reply({ kind: 'finished', stats: stats() });
    return;
  }
  void (upload?.drain(request.ms) ?? Promise.resolve()).then(() => {
    reply({ kind: 'closed', stats: stats() });
    port.close();
  });
}

try {
  if (options.bucket !== undefined) {
    const { url, endpoint, keepFiles } = options.bucket;
    upload = await createBucketUpload({
      url,
      endpoint,
      keepFiles,
      dir: options.dir,
      random: createRandom(options.run.runId),
      onFailure: (message) => trouble('recorder.upload-failed', message),
    });
  }
  const opened = createSegmentWriter({
    dir: options.dir,
    run: options.run,
    maxSegmentBytes: options.maxSegmentBytes,
    maxSegmentMs: options.maxSegmentMs,
    level: options.level,
    nowMs: clock.nowMs,
    onFinished(path) {
      segments += 1;
      upload?.add(path);
    },
    onFailure: (message, events) => trouble('recorder.write-failed', `${message} (${events} events)`),
  });
  writer = opened;
  // What a killed run left behind is uploaded with the rest.
  upload?.addLeftovers(options.run.runId);
  port.on('message', (request: RecorderRequest) => take(request, opened));
  reply({ kind: 'open' });
} catch (error) {
  const code = error instanceof ArbError ? error.code : 'recording-unwritable';
  reply({ kind: 'refused', code, message: errorText(error) });
  port.close();
}

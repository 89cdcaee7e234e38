import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ArbError, errorText } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { backoffMs, sleep } from '../process/backoff.ts';
import { bucketPlace } from './bucket-url.ts';
import { SEGMENT_SUFFIX } from './format.ts';

export interface BucketUploadOptions {
  /** `gs://bucket/prefix`. */
  readonly url: string;
  readonly endpoint: string | undefined;
  /** Where the files stand until they are uploaded. */
  readonly dir: string;
  readonly keepFiles: boolean;
  readonly random: Random;
  readonly onFailure: (message: string) => void;
}

/** Uploads finished segments one after another, as often as it takes; one that cannot be sent lets the others pass. */
export interface BucketUpload {
  readonly uploaded: number;
  readonly failures: number;
  readonly waiting: number;
  readonly waitingBytes: number;
  add(path: string): void;
  /** Adds the segments in the spool that are of another run than `runId`. */
  addLeftovers(runId: string): void;
  /** Until everything is uploaded, at most `ms`. What is left stays in the spool for the next run. */
  drain(ms: number): Promise<void>;
}

const BACKOFF = { minMs: 100, baseMs: 500, capMs: 60_000 };
const UPLOAD_TIMEOUT_MS = 60_000;

/** The SDK is loaded here, and only for those who upload. Throws `recording-unwritable` for a URL that names no bucket. */
export async function createBucketUpload(options: BucketUploadOptions): Promise<BucketUpload> {
  const { url, endpoint, dir, keepFiles, random, onFailure } = options;
  const target = bucketPlace(url);
  if (target === undefined) {
    throw new ArbError(
      'recording-unwritable',
      `${url} is no bucket: write gs://BUCKET or gs://BUCKET/PREFIX`,
    );
  }
  const { Storage } = await import('@google-cloud/storage');
  const storage = new Storage({
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    timeout: UPLOAD_TIMEOUT_MS,
    // Repeated here, with a count and a word in the log.
    retryOptions: { autoRetry: false },
  });
  const bucket = storage.bucket(target.bucket);
  const queue: { readonly path: string; readonly bytes: number }[] = [];
  const stopping = new AbortController();
  let uploaded = 0;
  let failures = 0;
  let working: Promise<void> | undefined;

  async function send(path: string): Promise<void> {
    const name = basename(path);
    const destination = target?.prefix === '' ? name : `${target?.prefix}/${name}`;
    await bucket.upload(path, { destination, resumable: false, validation: 'crc32c' });
    if (!keepFiles) rmSync(path, { force: true });
  }

  async function work(): Promise<void> {
    let attempt = 0;
    for (let next = queue[0]; next !== undefined && !stopping.signal.aborted; next = queue[0]) {
      try {
        await send(next.path);
        uploaded += 1;
        attempt = 0;
        queue.shift();
      } catch (error) {
        failures += 1;
        const gone = !existsSync(next.path);
        const what = gone
          ? 'is gone from the disk and will not be uploaded'
          : `to ${url}: ${errorText(error)}`;
        onFailure(`${basename(next.path)} ${what}`);
        queue.shift();
        if (gone) continue;
        queue.push(next);
        // Only when none of them goes is it the bucket that is waited for.
        attempt += 1;
        if (attempt >= queue.length) {
          await sleep(backoffMs(BACKOFF, Math.floor(attempt / queue.length) - 1, random), stopping.signal);
        }
      }
    }
    working = undefined;
  }

  function add(path: string): void {
    try {
      queue.push({ path, bytes: statSync(path).size });
    } catch (error) {
      failures += 1;
      onFailure(`${basename(path)} cannot be read and will not be uploaded: ${errorText(error)}`);
      return;
    }
    working ??= work();
  }

  return {
    get uploaded() {
      return uploaded;
    },
    get failures() {
      return failures;
    },
    get waiting() {
      return queue.length;
    },
    get waitingBytes() {
      return queue.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    add,
    addLeftovers(runId) {
      // A directory that keeps its files does not say which of them are in the bucket.
      if (keepFiles) return;
      const names = readdirSync(dir).filter(
        (name) => name.endsWith(SEGMENT_SUFFIX) && !name.startsWith(runId),
      );
      for (const name of names.sort()) add(join(dir, name));
    },
    async drain(ms) {
      const over = new AbortController();
      // One under way cannot be called off, and a bucket that does not answer keeps it for a minute.
      await Promise.race([working, sleep(ms, over.signal)]);
      over.abort();
      stopping.abort();
    },
  };
}

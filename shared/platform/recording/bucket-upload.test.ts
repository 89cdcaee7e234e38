import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { createBucketUpload } from './bucket-upload.ts';
import { bucketPlace } from './bucket-url.ts';
import { SEGMENT_SUFFIX } from './format.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { inDirectory, printOf, RUN, readAll, sampleEvents } from './test-recording.ts';
import { type StorageServer, startStorageServer } from './test-storage-server.ts';

let storage: StorageServer;
let troubles: string[];

beforeEach(async () => {
  storage = await startStorageServer();
  troubles = [];
});

afterEach(() => storage.close());

function open(dir: string, keepFiles = false): Promise<Recorder> {
  return createRecorder({
    run: RUN,
    dir,
    maxSegmentBytes: 20_000,
    maxSegmentMs: 60_000,
    level: 1,
    bucket: { url: 'gs://tape/runs', endpoint: storage.url, keepFiles, maxSpoolBytes: 1 << 30 },
    decided: () => ({ lines: 0, decisionsHash: '00'.repeat(32) }),
    onTrouble: (event, message) => troubles.push(`${event}: ${message}`),
  });
}

describe('a recording in a bucket', () => {
  it('is the segments of the run, which leave the spool once they are there', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(1, 9_000);
      const recorder = await open(dir);
      for (const event of events) recorder.take(event);
      const stats = await recorder.close(10_000);
      expect(troubles).toEqual([]);
      expect(stats.segments).toBeGreaterThan(1);
      expect(stats).toMatchObject({ uploads: stats.segments, waitingUploads: 0, lostEvents: 0 });
      expect(readdirSync(dir)).toEqual([]);
      for (const [name, content] of storage.objects) {
        expect(name).toMatch(/^tape\/runs\/20261128-080000-00c0ffee-\d{6}\.arbrec$/);
        writeFileSync(join(dir, name.split('/').at(-1)!), content);
      }
      expect((await readAll(dir)).events.join()).toBe(events.map(printOf).join());
    });
  });

  it('is tried again when the bucket refuses, and stays in a directory that is a sink of its own', async () => {
    await inDirectory(async (dir) => {
      storage.fail(503, 2);
      const recorder = await open(dir, true);
      for (const event of sampleEvents(2, 50)) recorder.take(event);
      expect(await recorder.close(10_000)).toMatchObject({
        uploads: 1,
        uploadFailures: 2,
        waitingUploads: 0,
      });
      expect(troubles).toHaveLength(2);
      expect(troubles[0]).toMatch(/upload-failed: .*000001\.arbrec to gs:\/\/tape\/runs/);
      expect(readdirSync(dir)).toHaveLength(1);
    });
  });

  it('is uploaded by the next run when this one cannot', async () => {
    await inDirectory(async (dir) => {
      storage.fail(500, 1_000_000);
      const left = await open(dir);
      for (const event of sampleEvents(3, 50)) left.take(event);
      expect(await left.close(50)).toMatchObject({ uploads: 0, waitingUploads: 1 });
      expect(readdirSync(dir)).toHaveLength(1);
      storage.fail(0, 0);
      const next = await createRecorder({
        run: { ...RUN, runId: 'another' },
        dir,
        maxSegmentBytes: 1 << 20,
        maxSegmentMs: 60_000,
        level: 1,
        bucket: { url: 'gs://tape', endpoint: storage.url, keepFiles: false, maxSpoolBytes: 1 << 30 },
        decided: () => ({ lines: 0, decisionsHash: '00'.repeat(32) }),
        onTrouble: (event) => expect.unreachable(event),
      });
      expect(await next.close(10_000)).toMatchObject({ uploads: 2, waitingUploads: 0 });
      expect([...storage.objects.keys()]).toEqual([
        'tape/20261128-080000-00c0ffee-000001.arbrec',
        'tape/another-000001.arbrec',
      ]);
    });
  });
});

describe('uploads', () => {
  const uploadTo = (url: string, dir: string) =>
    createBucketUpload({
      url: 'gs://tape',
      endpoint: url,
      dir,
      keepFiles: false,
      random: createRandom('uploads'),
      onFailure: (message) => troubles.push(message),
    });
  const segment = (dir: string, name: string): string => {
    const path = join(dir, `${name}${SEGMENT_SUFFIX}`);
    writeFileSync(path, name);
    return path;
  };

  it('pass a segment by that was deleted, and say so', async () => {
    await inDirectory(async (dir) => {
      const upload = await uploadTo(storage.url, dir);
      const [gone, here] = [segment(dir, 'gone'), segment(dir, 'here')];
      upload.add(gone);
      rmSync(gone);
      upload.add(gone);
      upload.add(here);
      await upload.drain(10_000);
      expect([upload.uploaded, upload.waiting]).toEqual([1, 0]);
      expect([...storage.objects.keys()]).toEqual([`tape/here${SEGMENT_SUFFIX}`]);
      expect(troubles).toEqual([
        expect.stringMatching(/^gone.*cannot be read/),
        expect.stringMatching(/^gone.*is gone from the disk/),
      ]);
    });
  });

  it('end when their time is over, though the bucket never answers', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await inDirectory(async (dir) => {
      const upload = await uploadTo(`http://127.0.0.1:${port}`, dir);
      upload.add(segment(dir, 'late'));
      const began = performance.now();
      await upload.drain(100);
      expect(performance.now() - began).toBeLessThan(5_000);
      expect([upload.uploaded, upload.waiting, readdirSync(dir).length]).toEqual([0, 1, 1]);
    });
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a bucket’s URL', () => {
  it.each([
    ['gs://tape', { bucket: 'tape', prefix: '' }],
    ['gs://tape/a/b/', { bucket: 'tape', prefix: 'a/b' }],
    ['s3://tape', undefined],
    ['gs://', undefined],
    ['tape', undefined],
  ])('%s', (url, place) => expect(bucketPlace(url)).toEqual(place));
});

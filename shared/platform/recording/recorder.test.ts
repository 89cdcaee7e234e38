import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '../../engine/event.ts';
import { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts';
import { inDirectory, printOf, RUN, readAll, sampleEvents } from './test-recording.ts';

const HASH = 'ef'.repeat(32);

function open(dir: string, options: Partial<RecorderOptions> = {}): Promise<Recorder> {
  return createRecorder({
    run: RUN,
    dir,
    maxSegmentBytes: 1 << 30,
    maxSegmentMs: 1 << 30,
    level: 1,
    bucket: undefined,
    decided: () => ({ lines: 2, decisionsHash: HASH }),
    onTrouble: (event, message) => expect.unreachable(`${event}: ${message}`),
    ...options,
  });
}

describe('a recorder', () => {
  it('writes every event that it took, in order, with what was decided by then', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(1, 3_000);
      const recorder = await open(dir);
      for (const [i, event] of events.entries()) {
        recorder.take(event);
        if (i % 500 === 0) await recorder.ready();
      }
      const stats = await recorder.close(0);
      expect(stats).toMatchObject({ events: 3_000, lostEvents: 0, queuedBytes: 0, segments: 1 });
      expect(await recorder.close(0)).toEqual(stats);
      const read = await readAll(dir);
      expect(read.events.join()).toBe(events.map(printOf).join());
      expect(read.marks.at(-1)).toEqual({ event: 3_000, lines: 2, decisionsHash: HASH });
      const end = { last: true, events: 3_000, lostEvents: 0, lines: 2, decisionsHash: HASH };
      expect(read.others).toEqual([{ kind: 'end', end }]);
    });
  });

  it('puts what it has on the disk within a second, without being closed', async () => {
    await inDirectory(async (dir) => {
      const recorder = await open(dir);
      const events = sampleEvents(2, 10);
      for (const event of events) recorder.take(event);
      const read = await until(async () => {
        const { events: there } = await readAll(dir);
        return there.length > 0 ? there : undefined;
      });
      expect(read).toEqual(events.map(printOf));
      await recorder.close(0);
    });
  });

  it('leaves events out when the disk cannot follow, counts them, and says where they are missing', async () => {
    await inDirectory(async (dir) => {
      const recorder = await open(dir, { maxQueuedBytes: 1 });
      const events = Array.from(
        { length: 12_000 },
        (_, i): MarketEvent => ({ kind: 'slot', atMicros: i, slot: i, parent: 0 }),
      );
      // In one turn: the thread's answers cannot come in before the end of it.
      for (const event of events.slice(0, 11_000)) recorder.take(event);
      expect(recorder.stats().lostEvents).toBe(11_000 - 4_096);
      await recorder.ready();
      for (const event of events.slice(11_000)) recorder.take(event);
      const stats = await recorder.close(0);
      expect(stats).toMatchObject({ events: 12_000, lostEvents: 11_000 - 4_096 });
      const read = await readAll(dir);
      expect(read.numbers).toEqual([...range(1, 4_096), ...range(11_001, 12_000)]);
      expect(read.others).toEqual([
        {
          kind: 'gap',
          gap: { firstEvent: 4_097, events: 11_000 - 4_096, reason: 'the disk does not keep up' },
        },
        { kind: 'end', end: expect.objectContaining({ lostEvents: 11_000 - 4_096 }) },
      ]);
    });
  });

  it('counts an event that cannot be written as lost, and goes on after it', async () => {
    await inDirectory(async (dir) => {
      const troubles: string[] = [];
      const recorder = await open(dir, { onTrouble: (event) => troubles.push(event) });
      const [first, second] = sampleEvents(3, 2);
      recorder.take(first!);
      recorder.take({ kind: 'feed', atMicros: 1, live: true, reason: (() => 1) as unknown as string });
      recorder.take(second!);
      expect(await recorder.close(0)).toMatchObject({ events: 3, lostEvents: 1 });
      expect(troubles).toEqual(['recorder.event-refused']);
      expect((await readAll(dir)).numbers).toEqual([1, 3]);
    });
  });

  it('refuses a directory that it cannot write to, before anything runs', async () => {
    await inDirectory(async (dir) => {
      const file = join(dir, 'file');
      writeFileSync(file, '');
      await expect(open(join(file, 'there'))).rejects.toMatchObject({
        code: 'recording-unwritable',
        message: expect.stringMatching(/file\/there.*name another directory/),
      });
      // The segment's name is taken.
      mkdirSync(join(dir, `${RUN.runId}-000001.arbrec`));
      await expect(open(dir)).rejects.toMatchObject({ code: 'recording-unwritable' });
      expect(readdirSync(dir)).toHaveLength(2);
    });
  });
});

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error('waited for 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

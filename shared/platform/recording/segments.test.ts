import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createEventEncoder } from './event-encoder.ts';
import { BLOCK_HEADER_BYTES, decodeBlockHeader, FILE_MAGIC } from './format.ts';
import { findRuns } from './recording.ts';
import { createSegmentWriter, type SegmentWriter, type SegmentWriterOptions } from './segment-writer.ts';
import { inDirectory, printOf, RUN, readAll, sampleEvents } from './test-recording.ts';

const PER_BLOCK = 50;

function openWriter(dir: string, options: Partial<SegmentWriterOptions> = {}): SegmentWriter {
  return createSegmentWriter({
    dir,
    run: RUN,
    maxSegmentBytes: 1 << 30,
    maxSegmentMs: 1 << 30,
    level: 1,
    nowMs: () => 0,
    onFinished: () => {},
    onFailure: (error) => expect.unreachable(error),
    ...options,
  });
}

/** Writes blocks of PER_BLOCK events; the bytes of the file after each of them when there is one segment. */
function writeBlocks(writer: SegmentWriter, events: readonly MarketEvent[], firstEvent = 1): number[] {
  const encoder = createEventEncoder(new Uint8Array(1_024));
  const ends: number[] = [];
  for (let at = 0; at < events.length; at += PER_BLOCK) {
    const block = events.slice(at, at + PER_BLOCK);
    for (const event of block) encoder.add(event);
    const frames = encoder.take(new Uint8Array(1_024)).slice();
    writer.write({ frames, events: block.length, firstEvent: firstEvent + at });
    ends.push(writer.storedBytes);
  }
  return ends;
}

const onlyFile = (dir: string): string => join(dir, readdirSync(dir)[0]!);

describe('segments', () => {
  it('bring back the run: events with their numbers, what described it, how it ended', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(1, 500);
      const writer = openWriter(dir);
      writeBlocks(writer, events);
      writer.end({ lines: 4, decisionsHash: 'cd'.repeat(32) });
      const read = await readAll(dir);
      expect(read.run.run).toEqual(RUN);
      expect(read.events).toEqual(events.map(printOf));
      expect(read.numbers).toEqual(range(1, 500));
      const end = { last: true, events: 500, lostEvents: 0, lines: 4, decisionsHash: 'cd'.repeat(32) };
      expect(read.others).toEqual([{ kind: 'end', end }]);
    });
  });

  it('are begun anew by size and by age, each readable alone, and read in their order', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(2, 500);
      const finished: string[] = [];
      let nowMs = 0;
      const onFinished = (path: string): void => void finished.push(path);
      const writer = openWriter(dir, {
        maxSegmentBytes: 30_000,
        maxSegmentMs: 1_000,
        nowMs: () => nowMs,
        onFinished,
      });
      writeBlocks(writer, events.slice(0, 400));
      const bySize = finished.length;
      expect(bySize).toBeGreaterThan(1);
      nowMs = 1_000;
      writeBlocks(writer, events.slice(400), 401);
      expect(finished.length).toBeGreaterThan(bySize);
      writer.end({});
      expect(finished).toEqual(
        readdirSync(dir)
          .sort()
          .map((name) => join(dir, name)),
      );
      expect((await readAll(dir)).events).toEqual(events.map(printOf));

      const second = await readAll(finished[1]!);
      const first = second.numbers[0]!;
      expect(first).toBeGreaterThan(1);
      expect(second.events[0]).toEqual(printOf(events[first - 1]!));
      const missing = { firstEvent: 1, events: first - 1, reason: 'the segment before is not there' };
      expect(second.others[0]).toEqual({ kind: 'gap', gap: missing });
    });
  });

  it('cut at any byte of their tail give every event of the whole blocks before it, and say that they are torn', async () => {
    await inDirectory(async (dir) => {
      // Short blocks at the end, so that there are few bytes to cut at.
      const tail = Array.from(
        { length: 100 },
        (_, i) => ({ kind: 'slot', atMicros: i, slot: i, parent: i }) as const,
      );
      const events = [...sampleEvents(3, 50).map(small), ...tail];
      const prints = events.map(printOf);
      const writer = openWriter(dir);
      const ends = writeBlocks(writer, events);
      const file = onlyFile(dir);
      const size = ends.at(-1)!;
      for (let cut = size; cut >= ends.at(-3)!; cut--) {
        truncateSync(file, cut);
        const whole = ends.filter((end) => end <= cut);
        const read = await readAll(file);
        expect(read.events.join()).toBe(prints.slice(0, whole.length * PER_BLOCK).join());
        const torn = cut > whole.at(-1)!;
        expect(read.others).toEqual(
          torn
            ? [
                {
                  kind: 'damage',
                  damage: {
                    path: file,
                    offset: whole.at(-1),
                    bytes: cut - whole.at(-1)!,
                    what: 'the file ends within a block',
                    torn: true,
                  },
                },
              ]
            : [],
        );
      }
    });
  });

  it('cut within their header are torn, or told to be nobody’s when no other segment says what run it was', async () => {
    await inDirectory(async (dir) => {
      const writer = openWriter(dir, { maxSegmentBytes: 1 });
      writeBlocks(writer, sampleEvents(3, 100));
      const [first, second] = readdirSync(dir)
        .sort()
        .map((name) => join(dir, name));
      truncateSync(second!, 60);
      const { events, others } = await readAll(dir);
      expect(events).toHaveLength(PER_BLOCK);
      expect(others.at(-1)).toMatchObject({
        kind: 'damage',
        damage: { path: second, offset: 8, torn: true },
      });
      await expect(findRuns([second!])).rejects.toMatchObject({ code: 'recording-headless' });
      truncateSync(first!, 5);
      await expect(findRuns([first!])).rejects.toMatchObject({ code: 'recording-headless' });
    });
  });

  it('never give an event that was not written, whatever bit is flipped: the block is missed and named', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(5, 300).map(small);
      const prints = events.map(printOf);
      const writer = openWriter(dir);
      const ends = writeBlocks(writer, events);
      writer.end({});
      const file = onlyFile(dir);
      const whole = readFileSync(file);
      const random = createRandom(5);
      const firstBlock = FILE_MAGIC.length + headerBytes(whole);
      for (let turn = 0; turn < 100; turn++) {
        const at = firstBlock + random.below(whole.length - firstBlock);
        const bent = Buffer.from(whole);
        bent[at]! ^= 1 << random.below(8);
        writeFileSync(file, bent);
        const read = await readAll(file);
        const hit = ends.findIndex((end) => at < end);
        const damage = read.others.filter((piece) => piece.kind === 'damage');
        expect(damage).toHaveLength(1);
        expect(damage[0]!.damage.offset).toBeLessThanOrEqual(at);
        expect(damage[0]!.damage.offset + damage[0]!.damage.bytes).toBeGreaterThan(at);
        const there = prints.filter((_, i) => hit < 0 || Math.floor(i / PER_BLOCK) !== hit);
        expect(read.events.join()).toBe(there.join());
        if (hit >= 0) {
          const gap = { firstEvent: hit * PER_BLOCK + 1, events: PER_BLOCK };
          expect(read.others).toContainEqual({ kind: 'gap', gap: expect.objectContaining(gap) });
        }
      }
    });
  });

  it('tell events that were never recorded as a gap', async () => {
    await inDirectory(async (dir) => {
      const events = sampleEvents(6, 200);
      const writer = openWriter(dir);
      writeBlocks(writer, events.slice(0, 50));
      writer.gap({ firstEvent: 51, events: 60, reason: 'the disk is too slow' });
      writer.gap({ firstEvent: 111, events: 40, reason: 'the disk is too slow' });
      writeBlocks(writer, events.slice(150), 151);
      writer.end({});
      expect(writer.lostEvents).toBe(100);
      const { numbers, others } = await readAll(dir);
      expect(numbers).toEqual([...range(1, 50), ...range(151, 200)]);
      expect(others).toEqual([
        { kind: 'gap', gap: { firstEvent: 51, events: 100, reason: 'the disk is too slow' } },
        { kind: 'end', end: { last: true, events: 200, lostEvents: 100 } },
      ]);
    });
  });

  it('are refused when they are no recording, another format’s, or twice the same', async () => {
    await inDirectory(async (dir) => {
      await expect(findRuns([dir])).rejects.toMatchObject({ code: 'recording-absent' });
      await expect(findRuns([join(dir, 'no')])).rejects.toMatchObject({ code: 'recording-unreadable' });
      const foreign = join(dir, 'x.arbrec');
      writeFileSync(foreign, 'a text that is long enough to be looked at');
      await expect(findRuns([foreign])).rejects.toMatchObject({ code: 'recording-foreign' });
    });
    await inDirectory(async (dir) => {
      openWriter(dir).end({});
      const file = onlyFile(dir);
      const copy = join(dir, 'copy.arbrec');
      writeFileSync(copy, readFileSync(file));
      await expect(findRuns([dir])).rejects.toMatchObject({
        code: 'recording-double',
        message: expect.stringContaining('copy.arbrec'),
      });
      appendFileSync(copy, 'tail');
      expect((await readAll(copy)).others.at(-1)).toMatchObject({ damage: { bytes: 4, torn: true } });
    });
  });
});

function small(event: MarketEvent): MarketEvent {
  if (event.kind !== 'account' || event.update.account === null) return event;
  const { account } = event.update;
  return { ...event, update: { ...event.update, account: { ...account, data: account.data.slice(0, 165) } } };
}

function headerBytes(file: Uint8Array): number {
  return BLOCK_HEADER_BYTES + decodeBlockHeader(file.subarray(FILE_MAGIC.length))!.storedBytes;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

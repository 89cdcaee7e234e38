import { describe, expect, it } from 'vitest';
import type { MarketEvent } from '../../engine/event.ts';
import { checkedEvent } from './event-check.ts';
import { createEventDecoder } from './event-decoder.ts';
import { createEventEncoder } from './event-encoder.ts';
import { fromJsonText, toJsonText } from './event-json.ts';
import { printOf, sampleAddress, sampleEvents } from './test-recording.ts';

function decodeAll(frames: Uint8Array, decoder = createEventDecoder()): MarketEvent[] {
  decoder.open(frames);
  const events: MarketEvent[] = [];
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) events.push(event);
  return events;
}

describe('event frames', () => {
  it.each([1, 2, 3])('bring back every event as it was, over several blocks (seed %i)', (seed) => {
    const events = sampleEvents(seed, 400);
    const encoder = createEventEncoder(new Uint8Array(64));
    const decoder = createEventDecoder();
    for (let at = 0; at < events.length; at += 100) {
      const block = events.slice(at, at + 100);
      for (const event of block) encoder.add(event);
      expect(encoder.events).toBe(block.length);
      const frames = encoder.take(new Uint8Array(64)).slice();
      expect(decodeAll(frames, decoder).map(printOf)).toEqual(block.map(printOf));
      // A block needs no other one.
      expect(decodeAll(frames).map(printOf)).toEqual(block.map(printOf));
    }
  });

  it.each([40, 200, 5_000])('carry account bytes of which no two overlap (%i bytes)', (length) => {
    const encoder = createEventEncoder(new Uint8Array(64));
    const states = [7, 8, 9, 9].map((value) => new Uint8Array(length).fill(value, length / 2));
    for (const [slot, data] of states.entries()) {
      const account = { owner: sampleAddress(1), lamports: 1n, data };
      encoder.add({ kind: 'account', atMicros: 0, update: { address: sampleAddress(2), slot, account } });
    }
    // A Buffer, as zstd gives it.
    const frames = Buffer.from(encoder.take(new Uint8Array(64)));
    const told = decodeAll(frames).map((event) =>
      event.kind === 'account' ? event.update.account!.data : new Uint8Array(0),
    );
    expect(told).toEqual(states);
    // Neither the block's memory nor another state's.
    frames.fill(0xff);
    expect(told).toEqual(states);
    for (const [number, bytes] of told.entries()) bytes.fill(number);
    expect(told).toEqual(states.map((_, number) => new Uint8Array(length).fill(number)));
  });

  it.each([4, 5])('are read as they were into memory that is given back (seed %i)', (seed) => {
    const events = sampleEvents(seed, 600);
    const encoder = createEventEncoder(new Uint8Array(64));
    const decoder = createEventDecoder();
    const held = new Map<string, Uint8Array>();
    const used = new Set<Uint8Array>();
    let reused = 0;
    for (let at = 0; at < events.length; at += 200) {
      const block = events.slice(at, at + 200);
      for (const event of block) encoder.add(event);
      decoder.open(encoder.take(new Uint8Array(64)).slice());
      for (const [number, expected] of block.entries()) {
        const event = decoder.next()!;
        expect(printOf(event)).toEqual(printOf(expected));
        if (event.kind !== 'account') continue;
        const { address, account } = event.update;
        const before = held.get(address);
        // Now and then an older state is kept, as a market does with one that comes late.
        if (account === null || (before !== undefined && number % 7 === 0)) continue;
        held.set(address, account.data);
        if (used.has(account.data)) reused += 1;
        used.add(account.data);
        if (before === undefined) continue;
        before.fill(0xa5);
        decoder.recycle(address, before);
        // What the next change is told against is never given away.
        decoder.recycle(address, account.data);
      }
    }
    expect(reused).toBeGreaterThan(10);
  });

  it('say what changed of an account, not all of it again', () => {
    const encoder = createEventEncoder(new Uint8Array(64));
    const before = new Uint8Array(84_944).map((_, i) => i * 7);
    const owner = sampleAddress(1);
    const add = (data: Uint8Array): number => {
      const bytes = encoder.bytes;
      const update = { address: owner, slot: 1, account: { owner, lamports: 1n, data } };
      encoder.add({ kind: 'account', atMicros: 0, update });
      return encoder.bytes - bytes;
    };
    expect(add(before)).toBeGreaterThan(before.length);
    const after = before.slice();
    after[0]! ^= 1;
    after[40_000]! ^= 1;
    after[84_943]! ^= 1;
    expect(add(after)).toBeLessThan(80);
    const decoded = decodeAll(encoder.take(new Uint8Array(64)));
    const datas = decoded.map((event) => (event.kind === 'account' ? event.update.account!.data : after));
    expect(datas.map((data) => Buffer.compare(data, before))).toEqual([0, Buffer.compare(after, before)]);
    expect(Buffer.compare(datas[1]!, after)).toBe(0);
  });

  it('hold the mark of what was decided, which is no event', () => {
    const encoder = createEventEncoder(new Uint8Array(64));
    const mark = { event: 12, lines: 3, decisionsHash: 'ab'.repeat(32) };
    encoder.mark(mark);
    expect(encoder.events).toBe(0);
    const decoder = createEventDecoder();
    expect(decodeAll(encoder.take(new Uint8Array(64)), decoder)).toEqual([]);
    expect(decoder.mark).toEqual(mark);
  });

  it('are refused, not guessed at, wherever a byte of them is another', () => {
    const encoder = createEventEncoder(new Uint8Array(64));
    for (const event of sampleEvents(4, 40).filter(({ kind }) => kind !== 'slot')) encoder.add(event);
    const frames = encoder.take(new Uint8Array(64)).slice();
    const step = Math.max(1, Math.floor(frames.length / 1_000));
    for (let at = 0; at < frames.length; at += step) {
      const bent = frames.slice();
      bent[at]! ^= 0xff;
      try {
        decodeAll(bent);
      } catch (error) {
        expect(['recording-damaged', 'recording-unknown-event']).toContain((error as { code: string }).code);
      }
    }
  });
});

describe('events as JSON', () => {
  it('keep bigints, bytes and numbers that JSON has no text for', () => {
    const value = { a: [1n, null, 'x', true], bytes: Uint8Array.of(1, 2), odd: [Number.NaN, -0, Infinity] };
    expect(fromJsonText(toJsonText(value))).toEqual(value);
  });

  it.each([
    [{ at: new Date(0) }, /not plain/],
    [{ call: () => 1 }, /function/],
    [{ $bigint: '1' }, /begins with \$/],
  ])('refuse what would not come back as it was: %o', (value, message) => {
    expect(() => toJsonText(value)).toThrow(
      expect.objectContaining({ code: 'recording-not-plain', message: expect.stringMatching(message) }),
    );
  });

  it('are checked by their kind when they are read', () => {
    expect(() => checkedEvent({ kind: 'tide', atMicros: 1 })).toThrow(
      expect.objectContaining({
        code: 'recording-unknown-event',
        message: expect.stringMatching(/kind "tide".*version that made it/),
      }),
    );
    for (const bad of [
      { kind: 'feed', atMicros: 1, live: 'yes', reason: '' },
      { kind: 'lost', atMicros: 1, addresses: ['x'], reason: '' },
      { kind: 'venue', atMicros: 1, venue: 'v' },
      { kind: 'control', atMicros: 1, command: 'pause', by: 'x', more: 1 },
    ]) {
      expect(() => checkedEvent(bad)).toThrow(expect.objectContaining({ code: 'recording-damaged' }));
    }
  });
});

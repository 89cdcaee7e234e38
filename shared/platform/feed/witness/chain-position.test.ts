import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainPosition, HTTP_VOICE, slotDisagreementMax } from './chain-position.ts';

const SECOND = 1_000_000;
const SLOT_MICROS = 400_000;

/** Voices that tell slots as a chain of 400 ms goes, until something is ruled or `slots` have passed. */
function goOn(position: ChainPosition, voices: Record<string, number>, fromMicros: number, slots: number) {
  const rulings: { accepted: boolean; wrong: readonly string[] }[] = [];
  let nowMicros = fromMicros;
  for (let i = 0; i < slots; i++) {
    for (const [voice, slot] of Object.entries(voices)) {
      position.hear(voice, slot + i, nowMicros);
      nowMicros += 1_000;
      const { accepted, wrong } = position.rule(nowMicros);
      if (accepted !== undefined || wrong.length > 0) {
        rulings.push({ accepted: accepted !== undefined, wrong: wrong.map(({ name }) => name) });
      }
    }
    nowMicros += SLOT_MICROS;
  }
  return { nowMicros, rulings };
}

describe('where the chain is', () => {
  it('believes any slot that may have come since it last heard of one, however long nobody listened', () => {
    for (const awaySeconds of [1, 61, 75, 300, 3_600]) {
      const position = new ChainPosition();
      position.hear('a', 1_000, 0);
      const slots = Math.floor((awaySeconds * SECOND) / SLOT_MICROS);
      expect(position.hear('a', 1_000 + slots, awaySeconds * SECOND)).toBe('near');
    }
  });

  it('lets two views differ by a minute, however many slots that is', () => {
    for (const [slotMs, slots] of [
      [400, 150],
      [300, 200],
      [200, 300],
    ] as const) {
      const position = new ChainPosition(() => slotMs * 1_000);
      position.hear('a', 10_000, 0);
      expect([position.hear('b', 10_000 - slots, 0), position.hear('b', 10_000 - slots - 1, 0)]).toEqual([
        'near',
        'far',
      ]);
      expect(slotDisagreementMax(slotMs * 1_000)).toBe(slots);
    }
  });

  it('calls a leap far, and a liar who makes it beside another that goes on', () => {
    const position = new ChainPosition();
    const { nowMicros } = goOn(position, { a: 1_000, b: 1_000 }, 0, 3);
    expect(position.hear('b', 1_001_000, nowMicros)).toBe('far');
    const { rulings } = goOn(position, { a: 1_004 }, nowMicros + 1_000, 1);
    expect(rulings).toEqual([{ accepted: false, wrong: ['b'] }]);
    expect(position.slot).toBe(1_004);
  });

  it('does not let HTTP that answers another chain disturb a connection that goes on, and calls nobody else a liar', () => {
    const position = new ChainPosition();
    const { nowMicros } = goOn(position, { a: 1_000 }, 0, 3);
    expect(position.hear(HTTP_VOICE, 1_001_000, nowMicros)).toBe('far');
    const { rulings } = goOn(position, { a: 1_003 }, nowMicros, 10);
    expect(rulings).toEqual([{ accepted: false, wrong: [HTTP_VOICE] }]);
  });

  it('follows when all that can be reached agrees on a chain that is elsewhere, after a few slots', () => {
    const position = new ChainPosition();
    const { nowMicros } = goOn(position, { a: 1_000, b: 1_000, [HTTP_VOICE]: 1_000 }, 0, 3);
    const moved = { a: 50, b: 50, [HTTP_VOICE]: 50 };
    const { rulings } = goOn(position, moved, nowMicros, 5);
    expect(rulings).toEqual([{ accepted: true, wrong: [] }]);
    expect(position.slot).toBe(54);
  });

  it('mends a first belief that was a lie once two others agree', () => {
    const position = new ChainPosition();
    position.hear('liar', 9_000_000, 0);
    const { rulings } = goOn(position, { b: 1_000, [HTTP_VOICE]: 1_000 }, 100, 12);
    expect(rulings.some(({ accepted }) => accepted)).toBe(true);
    expect(position.slot).toBe(1_011);
  });

  it('is where honest voices are within twelve slots, whatever was heard before', () => {
    const heard = fc.record({
      voice: fc.constantFrom('a', 'b', HTTP_VOICE),
      slot: fc.nat(2_000_000),
      afterMs: fc.nat(5_000),
    });
    fc.assert(
      fc.property(
        fc.array(heard, { maxLength: 40 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        (lies, truth) => {
          const position = new ChainPosition();
          let nowMicros = 0;
          for (const { voice, slot, afterMs } of lies) {
            nowMicros += afterMs * 1_000;
            position.hear(voice, slot, nowMicros);
            if (position.isOpen) position.rule(nowMicros);
          }
          const honest = { a: truth, [HTTP_VOICE]: truth };
          goOn(position, honest, nowMicros, 12);
          // A belief that is a little ahead of the truth is near it, and the truth catches up with it.
          expect(Math.abs(position.slot - (truth + 11))).toBeLessThanOrEqual(300);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

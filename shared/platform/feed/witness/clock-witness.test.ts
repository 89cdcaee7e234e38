import { describe, expect, it } from 'vitest';
import { clockAccount } from '../../../market/chain-clock.ts';
import { HTTP_VOICE } from './chain-position.ts';
import { ClockWitness } from './clock-witness.ts';

const SLOT_MICROS = 400_000;
const GENESIS = 1_700_000_000;

function clockAt(slot: number, correction = 0) {
  return clockAccount({ slot, epoch: 1, unixTimestamp: GENESIS + slot + correction });
}

/** The voices tell the clock of `slot`, one after the other; what is ruled meanwhile. */
function tell(witness: ClockWitness, slot: number, said: Record<string, number>, atMicros: number) {
  const kinds: Record<string, string> = {};
  const wrong: string[] = [];
  let accepted = false;
  for (const [voice, correction] of Object.entries(said)) {
    kinds[voice] = witness.hear(voice, slot, clockAt(slot, correction), atMicros).kind;
    if (!witness.isOpen) continue;
    const ruling = witness.rule(atMicros);
    accepted ||= ruling.accepted !== undefined;
    wrong.push(...ruling.wrong.map(({ name }) => name));
  }
  return { kinds, wrong, accepted };
}

describe('the clock as witnesses tell it', () => {
  it.each([60, -60, 18_000])(
    'takes a correction by %d s that all tell, after three slots, and calls nobody a liar',
    (by) => {
      const witness = new ClockWitness();
      tell(witness, 100, { a: 0, b: 0, [HTTP_VOICE]: 0 }, 0);
      const told = [101, 102, 103, 104].map((slot, i) =>
        tell(witness, slot, { a: by, b: by, [HTTP_VOICE]: by }, (i + 1) * SLOT_MICROS),
      );
      expect(told.flatMap(({ wrong }) => wrong)).toEqual([]);
      expect(told.findIndex(({ accepted }) => accepted)).toBe(2);
      expect(told[3]!.kinds).toEqual({ a: 'fits', b: 'fits', [HTTP_VOICE]: 'fits' });
      expect(told[0]!.kinds.a).toBe('odd');
    },
  );

  it('knows the liar of two as soon as the other has told the same slot', () => {
    const witness = new ClockWitness();
    tell(witness, 100, { a: 0, b: 0 }, 0);
    expect(tell(witness, 101, { b: 60 }, SLOT_MICROS).wrong).toEqual([]);
    expect(tell(witness, 101, { a: 0 }, SLOT_MICROS + 50_000).wrong).toEqual(['b']);
  });

  it('does not take the slower of two that agree for a liar', () => {
    const witness = new ClockWitness();
    tell(witness, 100, { a: 0, b: 0, [HTTP_VOICE]: 0 }, 0);
    // `a` is ahead by a slot all the time.
    const wrong: string[] = [];
    let accepted = false;
    for (let slot = 101; slot < 108; slot++) {
      const first = tell(witness, slot, { a: 60 }, slot * SLOT_MICROS);
      const second = tell(
        witness,
        slot - 1,
        { b: slot - 1 > 100 ? 60 : 0, [HTTP_VOICE]: 60 },
        slot * SLOT_MICROS,
      );
      wrong.push(...first.wrong, ...second.wrong);
      accepted ||= first.accepted || second.accepted;
    }
    expect(wrong).toEqual([]);
    expect(accepted).toBe(true);
  });

  it('takes the word of the only endpoint only where HTTP says the same', () => {
    const alone = new ClockWitness();
    tell(alone, 100, { a: 0 }, 0);
    for (let i = 1; i < 10; i++) {
      const said = tell(alone, 100 + i, { a: 60, [HTTP_VOICE]: 0 }, i * SLOT_MICROS);
      expect(said.accepted).toBe(false);
    }
    expect(alone.hear('a', 120, clockAt(120, 0), 20 * SLOT_MICROS).kind).toBe('fits');
  });

  it('never takes a clock that contradicts itself, whoever agrees', () => {
    const witness = new ClockWitness();
    for (const voice of ['a', 'b', HTTP_VOICE]) {
      expect(witness.hear(voice, 100, clockAt(101), 0)).toEqual({
        kind: 'impossible',
        why: 'the clock of slot 100 says slot 101',
      });
    }
  });
});

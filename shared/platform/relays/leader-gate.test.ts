import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GateNow, type LeaderWord, leaderGate, nextLeader } from './leader-gate.ts';

const SETTINGS = { withinSlots: 8, leaderSlots: 4, wordMs: 20_000 };
const WORD: LeaderWord = { currentSlot: 1_000, nextLeaderSlot: 1_020, leader: 'L', heardMicros: 0 };
const at = (changed: Partial<GateNow>): GateNow => ({
  nowMicros: 0,
  slot: 1_000,
  slotMicros: 400_000,
  wayMicros: 0,
  ...changed,
});

describe('the gate of leaders', () => {
  it('is closed while the leader is far, and says when to come back', () => {
    expect(leaderGate(WORD, at({}), SETTINGS)).toEqual({
      gate: 'closed',
      reason: 'leader-far',
      slotsAway: 20,
      opensInMs: 4_800,
    });
  });

  it('opens within the slots that are configured, by the slot that we hear of or by the clock', () => {
    expect(leaderGate(WORD, at({ slot: 1_011 }), SETTINGS)).toMatchObject({ gate: 'closed', slotsAway: 9 });
    // It lasts until the leader's last slot is over.
    const open = { gate: 'open', leader: 'L', slotsAway: 8, leadsForMs: 4_800 };
    expect(leaderGate(WORD, at({ slot: 1_012 }), SETTINGS)).toEqual(open);
    expect(leaderGate(WORD, at({ nowMicros: 12 * 400_000 }), SETTINGS)).toMatchObject({
      gate: 'open',
      slotsAway: 8,
    });
  });

  it('goes by the slot time that is measured: twice as fast, half as far', () => {
    const later = { nowMicros: 2_400_000 };
    expect(leaderGate(WORD, at({ ...later, slotMicros: 400_000 }), SETTINGS)).toMatchObject({
      slotsAway: 14,
    });
    expect(leaderGate(WORD, at({ ...later, slotMicros: 200_000 }), SETTINGS)).toMatchObject({
      gate: 'open',
      slotsAway: 8,
    });
  });

  it('is over when what is sent now would arrive after the leader’s last slot', () => {
    const last = at({ slot: 1_023 });
    expect(leaderGate(WORD, last, SETTINGS)).toMatchObject({ gate: 'open', slotsAway: 0, leadsForMs: 400 });
    expect(leaderGate(WORD, { ...last, wayMicros: 400_000 }, SETTINGS)).toMatchObject({
      reason: 'leader-over',
    });
    expect(leaderGate(WORD, at({ slot: 1_024 }), SETTINGS)).toMatchObject({ reason: 'leader-over' });
  });

  it('says that it does not know, rather than open or closed', () => {
    expect(leaderGate(undefined, at({}), SETTINGS)).toEqual({ gate: 'unknown', reason: 'not-told' });
    const old = at({ nowMicros: 20_000_001 });
    expect(leaderGate(WORD, old, SETTINGS)).toEqual({ gate: 'unknown', reason: 'told-too-long-ago' });
  });

  it('is never open for a leader outside the window, whatever the slot time', () => {
    const micros = fc.integer({ min: 50_000, max: 800_000 });
    fc.assert(
      fc.property(
        fc.nat(40),
        micros,
        fc.nat(10_000_000),
        fc.nat(500_000),
        (away, slotMicros, nowMicros, wayMicros) => {
          const word = { ...WORD, nextLeaderSlot: WORD.currentSlot + away };
          const gate = leaderGate(word, at({ slotMicros, nowMicros, wayMicros }), SETTINGS);
          const slotNow = WORD.currentSlot + Math.floor(nowMicros / slotMicros);
          const arrives = slotNow + Math.floor(wayMicros / slotMicros);
          const isOpen = word.nextLeaderSlot - slotNow <= 8 && arrives <= word.nextLeaderSlot + 3;
          expect(gate.gate).toBe(isOpen ? 'open' : 'closed');
          if (gate.gate === 'closed') expect(gate.opensInMs).toBeGreaterThanOrEqual(0);
          else if (gate.gate === 'open') expect(gate.leadsForMs).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('the next leader', () => {
  it('is the first of those that the relay is connected to', () => {
    const slots = new Map([
      ['A', [4, 5, 6, 7, 40]],
      ['B', [12, 13]],
      ['C', []],
    ]);
    expect(nextLeader(slots, 0)).toEqual({ leader: 'A', slot: 4 });
    expect(nextLeader(slots, 8)).toEqual({ leader: 'B', slot: 12 });
    expect(nextLeader(slots, 14)).toEqual({ leader: 'A', slot: 40 });
    expect(nextLeader(slots, 41)).toBeUndefined();
  });
});

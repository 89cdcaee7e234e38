import { describe, expect, it } from 'vitest';
import { type ChainChaosReport, type ChainChaosStage, chainFaults } from './chaos-chain-report.ts';

const STAGE: ChainChaosStage = {
  name: '300 ms',
  slots: 40,
  falseStaleSlots: 0,
  stalledSlots: 0,
  decisions: 5,
  staleDecisions: 0,
  falseDecisions: 0,
  staleStates: 0,
  falseStates: 0,
  measuredSlotMs: 301,
  slotMs: 300,
  actualSlotMs: 302,
};
const GOOD: Omit<ChainChaosReport, 'ok' | 'faults'> = {
  seed: 1,
  stages: [STAGE],
  tokenAccountRent: { told: '203928', chain: '203928' },
  alpenglow: true,
  transactions: { version1: 3, told: 9, unread: 0 },
  census: { usableSeconds: 60.5, chainSeconds: 60 },
};

describe('a run on a chain that changes', () => {
  it('is as it should be when nothing is stale, false, unread or measured wrong', () => {
    expect(chainFaults(GOOD)).toEqual([]);
    // A machine that stalls has longer slots, and they are rightly taken for it.
    const slow = { ...STAGE, measuredSlotMs: 340, actualSlotMs: 345 };
    expect(chainFaults({ ...GOOD, stages: [slow] })).toEqual([]);
  });

  it('may leave out a few slots in which the machine stalled', () => {
    expect(chainFaults({ ...GOOD, stages: [{ ...STAGE, stalledSlots: 6 }] })).toEqual([]);
  });

  it('is not for each thing that can go wrong, by name', () => {
    const stages: readonly (readonly [Partial<ChainChaosStage>, RegExp])[] = [
      [{ falseStaleSlots: 1 }, /300 ms: 1 slots counted as stale that were not/],
      [{ staleDecisions: 2 }, /2 decisions on states that were over, 0 on none/],
      [{ falseStates: 1 }, /never were \(1\)/],
      [{ measuredSlotMs: 400 }, /a slot of 300 ms was taken for 400.0 ms/],
      [{ slots: 0 }, /no slot was heard/],
      [{ stalledSlots: 7 }, /7 of 40 slots were left out, so that not enough was looked at/],
    ];
    for (const [change, fault] of stages) {
      expect(chainFaults({ ...GOOD, stages: [{ ...STAGE, ...change }] }).join()).toMatch(fault);
    }
    const runs: readonly (readonly [Partial<ChainChaosReport>, RegExp])[] = [
      [{ tokenAccountRent: { told: '2039280', chain: '203928' } }, /rent: 2039280 lamports/],
      [{ alpenglow: false }, /Alpenglow was not noticed/],
      [{ transactions: { version1: 0, told: 9, unread: 0 } }, /no transaction of version 1/],
      [{ transactions: { version1: 3, told: 9, unread: 1 } }, /9 read, 1 not/],
      [{ census: { usableSeconds: 80, chainSeconds: 60 } }, /census: 80.0 s/],
    ];
    for (const [change, fault] of runs) expect(chainFaults({ ...GOOD, ...change }).join()).toMatch(fault);
  });
});

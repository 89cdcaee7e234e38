import { expect, test } from 'vitest';
import { busiestLines, type CpuProfile } from './profile-lines.ts';

const frame = (functionName: string, url: string, lineNumber: number) => ({ functionName, url, lineNumber });

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', '', -1) },
    { id: 2, callFrame: frame('(idle)', '', -1) },
    { id: 3, callFrame: frame('(garbage collector)', '', -1) },
    {
      id: 4,
      callFrame: frame('hot', 'a.ts', 9),
      positionTicks: [
        { line: 12, ticks: 3 },
        { line: 13, ticks: 1 },
      ],
    },
    // The same function, called from elsewhere.
    { id: 5, callFrame: frame('hot', 'a.ts', 9), positionTicks: [{ line: 12, ticks: 1 }] },
    { id: 6, callFrame: frame('', 'b.ts', 0) },
  ],
  samples: [2, 4, 5, 3, 6, 1],
  timeDeltas: [900_000, 4_000, 1_000, 3_500, 1_500, 7_000],
};

test('a profile tells the lines that took most time themselves, waiting aside, one line once', () => {
  const found = busiestLines(PROFILE, 3).map(({ functionName, at, ms, share }) => [
    functionName,
    at,
    ms,
    share,
  ]);
  expect(found).toEqual([
    ['hot', 'a.ts:12', 4, 0.4],
    ['(garbage collector)', '', 3.5, 0.35],
    ['(anonymous)', 'b.ts:1', 1.5, 0.15],
  ]);
});

import { expect, test } from 'vitest';
import { growthProblems } from './soak.ts';
import { childrenOf, folderBytes, lookAtProcess } from './soak-process.ts';
import type { Sample } from './soak-slope.ts';

const line = (mib: number, perHour: number): readonly Sample[] =>
  Array.from({ length: 600 }, (_, i) => ({ atSeconds: i * 9, value: mib + (i * 9 * perHour) / 3_600 }));

test('memory that grows faster than allowed after the warm-up is a problem, named with its figure', () => {
  expect(growthProblems('service', line(200, 10), { warmUpSeconds: 900, maxGrowthPercent: 2 })).toEqual([
    'the memory of the service may grow by 4.8 % an hour (allowed 2 %)',
  ]);
  expect(growthProblems('service', line(200, 2), { warmUpSeconds: 900, maxGrowthPercent: 2 })).toEqual([]);
});

test('growth within the warm-up is not held against it', () => {
  const samples = line(200, 0).map((sample) =>
    sample.atSeconds < 900 ? { ...sample, value: 100 + sample.atSeconds / 9 } : sample,
  );
  expect(growthProblems('node', samples, { warmUpSeconds: 900, maxGrowthPercent: 2 })).toEqual([]);
});

test('a process that was never seen is a problem and not a flat line', () => {
  expect(growthProblems('node', [], { warmUpSeconds: 0, maxGrowthPercent: 2 })).toEqual([
    'the memory of the node was not seen often enough to tell',
  ]);
});

test('a process, its children and a folder that are not there have nothing to tell', () => {
  expect(lookAtProcess(2 ** 30)).toBeUndefined();
  expect(childrenOf(2 ** 30)).toEqual([]);
  expect(folderBytes('/nowhere/at/all')).toBe(0);
});

test.runIf(process.platform === 'linux')('this process is seen with its memory and files', () => {
  const seen = lookAtProcess(process.pid);
  expect(seen?.residentBytes).toBeGreaterThan(10_000_000);
  expect(seen?.openFiles).toBeGreaterThan(2);
});

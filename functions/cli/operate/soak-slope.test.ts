import { expect, test } from 'vitest';
import { createRandom } from '../../../shared/core/random.ts';
import { type Sample, slopeOf } from './soak-slope.ts';

function samples(seconds: number, valueAt: (atSeconds: number) => number): readonly Sample[] {
  return Array.from({ length: seconds / 10 }, (_, i) => ({ atSeconds: i * 10, value: valueAt(i * 10) }));
}

test('a line without noise gives its slope an hour and an interval of no width', () => {
  const slope = slopeOf(samples(5_400, (at) => 200 + (at / 3_600) * 7))!;
  expect(slope.perHour).toBeCloseTo(7, 6);
  expect(slope.highPerHour - slope.lowPerHour).toBeCloseTo(0, 6);
});

test('over many seeds the interval of a noisy flat line holds zero about nineteen times in twenty', () => {
  let held = 0;
  for (let seed = 0; seed < 400; seed++) {
    const random = createRandom(seed);
    const slope = slopeOf(samples(5_400, () => 250 + 5 * random.normal()))!;
    if (slope.lowPerHour <= 0 && slope.highPerHour >= 0) held++;
  }
  expect(held).toBeGreaterThan(365);
  expect(held).toBeLessThan(396);
});

test('a leak of six an hour under noise is told from none', () => {
  const random = createRandom('leak');
  const slope = slopeOf(samples(5_400, (at) => 250 + (at / 3_600) * 6 + 2 * random.normal()))!;
  expect(slope.lowPerHour).toBeGreaterThan(3);
  expect(slope.highPerHour).toBeLessThan(9);
});

test('too few samples, or all of one moment, give no slope', () => {
  expect(slopeOf([])).toBeUndefined();
  expect(slopeOf([{ atSeconds: 1, value: 1 }])).toBeUndefined();
  expect(
    slopeOf([
      { atSeconds: 1, value: 1 },
      { atSeconds: 1, value: 2 },
      { atSeconds: 1, value: 3 },
    ]),
  ).toBeUndefined();
});

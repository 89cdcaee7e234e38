import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPnlSeries } from './series.ts';

test('a short run keeps every point', () => {
  const series = createPnlSeries(10);
  for (let i = 0; i < 10; i++) series.push(i * 100, i / 8);
  expect(series.points()).toEqual(Array.from({ length: 10 }, (_, index) => [index * 100, index / 8]));
});

test('however long the run: bounded, in order, from the first point to the newest value', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 40 }),
      fc.array(fc.nat(1_000), { minLength: 1, maxLength: 600 }),
      (maxPoints, steps) => {
        const series = createPnlSeries(maxPoints);
        let atMs = 0;
        const pushed = steps.map((step, index) => {
          atMs += step;
          series.push(atMs, index);
          return [atMs, index] as const;
        });
        const points = series.points();
        expect(points.length).toBeLessThanOrEqual(maxPoints);
        expect(points[0]).toEqual(pushed[0]);
        expect(points.at(-1)).toEqual(pushed.at(-1));
        for (let i = 1; i < points.length; i++) expect(points[i]![1]).toBeGreaterThan(points[i - 1]![1]);
      },
    ),
  );
});

test('a long run at an even pace keeps at least a quarter of the points it may, evenly spread', () => {
  const series = createPnlSeries(2_000);
  for (let i = 0; i < 100_000; i++) series.push(i * 500, i);
  const points = series.points();
  expect(points.length).toBeGreaterThan(500);
  const gaps = points.slice(1, -1).map((point, index) => point[0] - points[index]![0]);
  expect(Math.max(...gaps)).toBeLessThan((100_000 * 500) / 400);
});

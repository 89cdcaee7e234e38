import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatencyHistogram, type LatencyHistogram } from './latency.ts';

const micros = fc.double({ min: 0, max: 30_000_000, noNaN: true });

function filled(values: readonly number[]): LatencyHistogram {
  const histogram = createLatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function exactQuantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}

describe('the latency histogram', () => {
  it('says 0 for everything before the first duration', () => {
    const empty = createLatencyHistogram();
    expect([empty.count, empty.sum, empty.max, empty.percentile(99)]).toEqual([0, 0, 0, 0]);
    expect(empty.buckets()).toEqual([]);
  });

  it('is within 1.6 % (or 1/64 µs) of the exact quantile', () => {
    const values = fc.array(micros, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (durations, q) => {
        const exact = exactQuantile(durations, q);
        const error = Math.abs(filled(durations).percentile(q * 100) - exact);
        expect(error).toBeLessThanOrEqual(Math.max(exact / 63.9, 1 / 64));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps count, sum and maximum exact', () => {
    const histogram = filled([3, 0.5, 12_000.25]);
    expect(histogram.count).toBe(3);
    expect(histogram.sum).toBe(12_003.75);
    expect(histogram.max).toBe(12_000.25);
  });

  it('merges into what one histogram of both would be', () => {
    fc.assert(
      fc.property(
        fc.array(micros),
        fc.array(micros),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, q) => {
          const merged = filled(a);
          merged.merge(filled(b));
          const both = filled([...a, ...b]);
          expect(merged.percentile(q * 100)).toBe(both.percentile(q * 100));
          expect([merged.count, merged.max]).toEqual([both.count, both.max]);
        },
      ),
    );
  });

  it('counts what was at most a duration', () => {
    const histogram = filled([1, 10, 100, 1_000]);
    expect([0.5, 10, 99, 1_000, 1e9].map((limit) => histogram.countUpTo(limit))).toEqual([0, 2, 2, 4, 4]);
  });

  it('gives a coarse shape whose counts add up and whose bounds hold', () => {
    fc.assert(
      fc.property(fc.array(micros), (durations) => {
        const shape = filled(durations).buckets();
        expect(shape.reduce((total, [, count]) => total + count, 0)).toBe(durations.length);
        for (const [upTo] of shape) {
          const below = shape
            .filter(([bound]) => bound <= upTo)
            .reduce((total, [, count]) => total + count, 0);
          expect(below).toBe(durations.filter((duration) => duration < upTo).length);
        }
      }),
    );
  });

  it('survives negative, NaN and endless durations', () => {
    const histogram = filled([-5, Number.NaN, Number.POSITIVE_INFINITY, 1e15]);
    expect(histogram.count).toBe(4);
    expect(histogram.percentile(50)).toBeLessThan(0.02);
    expect(histogram.percentile(100)).toBeGreaterThan(30_000_000);
  });

  it('is empty again after a reset', () => {
    const histogram = filled([5, 6]);
    histogram.reset();
    expect([histogram.count, histogram.sum, histogram.max, histogram.percentile(99)]).toEqual([0, 0, 0, 0]);
  });
});

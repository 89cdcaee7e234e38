import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep } from './backoff.ts';
import { startLongTimer } from './long-timer.ts';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a long timer', () => {
  it.each([0, 1, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 365 * DAY_MS])(
    'of %d ms comes then and not before',
    (ms) => {
      let calls = 0;
      startLongTimer(() => calls++, ms);
      if (ms > 0) vi.advanceTimersByTime(ms - 1);
      expect(calls).toBe(0);
      vi.advanceTimersByTime(1);
      expect(calls).toBe(1);
      vi.advanceTimersByTime(365 * DAY_MS);
      expect(calls).toBe(1);
    },
  );

  it('never comes when it is endless or called off, and at once when it is no number', () => {
    let calls = 0;
    startLongTimer(() => calls++, Number.POSITIVE_INFINITY);
    const off = startLongTimer(() => calls++, 60 * DAY_MS);
    vi.advanceTimersByTime(40 * DAY_MS);
    off.clear();
    vi.advanceTimersByTime(400 * DAY_MS);
    expect(calls).toBe(0);
    startLongTimer(() => calls++, Number.NaN);
    vi.advanceTimersByTime(1);
    expect(calls).toBe(1);
  });

  it('is slept through in full, unless the sleeper is called', async () => {
    let awake = 0;
    const stop = new AbortController();
    void sleep(60 * DAY_MS).then(() => awake++);
    void sleep(60 * DAY_MS, stop.signal).then(() => awake++);
    await vi.advanceTimersByTimeAsync(59 * DAY_MS);
    expect(awake).toBe(0);
    stop.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(awake).toBe(1);
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect(awake).toBe(2);
    expect(await sleep(60 * DAY_MS, stop.signal)).toBe(false);
  });
});

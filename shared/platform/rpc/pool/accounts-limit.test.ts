import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../core/clock.ts';
import { createAccountsLimit } from './accounts-limit.ts';

describe('how many accounts an endpoint gives', () => {
  it('is a hundred until fewer were answered after more were refused', () => {
    const limit = createAccountsLimit(createManualClock(0));
    expect(limit.now).toBe(100);
    expect(limit.refused(100, undefined)).toBe(50);
    expect(limit.now).toBe(100);
    expect(limit.refused(50, undefined)).toBe(25);
    limit.answered(25);
    expect(limit.now).toBe(25);
  });

  it('is what the endpoint names, where that is fewer', () => {
    const limit = createAccountsLimit(createManualClock(0));
    expect(limit.refused(100, 75)).toBe(75);
    expect(limit.refused(75, 1_000)).toBe(37);
    expect(limit.refused(1, undefined)).toBe(0);
  });

  it('is a hundred still for one that refused everything and is well again', () => {
    const limit = createAccountsLimit(createManualClock(0));
    for (let size = 100; size > 0; ) size = limit.refused(size, undefined);
    limit.answered(100);
    expect(limit.now).toBe(100);
    limit.answered(3);
    expect(limit.now).toBe(100);
  });

  it('regrows by a quarter after a minute, and waits twice as long after each try that failed', () => {
    const clock = createManualClock(0);
    const limit = createAccountsLimit(clock);
    limit.refused(100, undefined);
    limit.answered(40);
    clock.advanceMs(59_999);
    expect(limit.now).toBe(40);
    clock.advanceMs(1);
    expect(limit.now).toBe(50);
    expect(limit.refused(50, undefined)).toBe(40);
    clock.advanceMs(119_999);
    expect(limit.now).toBe(40);
    clock.advanceMs(1);
    expect(limit.now).toBe(50);
    limit.answered(50);
    expect(limit.now).toBe(50);
    for (let minute = 0; minute < 10; minute++) {
      clock.advanceMs(60_000);
      limit.answered(limit.now);
    }
    expect(limit.now).toBe(100);
  });
});

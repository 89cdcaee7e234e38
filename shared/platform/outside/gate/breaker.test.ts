import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../core/clock.ts';
import { createBreaker } from './breaker.ts';

function breaker() {
  const clock = createManualClock(0);
  return { clock, breaker: createBreaker({ clock, failures: 3, openMs: 1_000, maxOpenMs: 8_000 }) };
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, and not after as many with a success between', () => {
    const { breaker: one } = breaker();
    one.failed();
    one.failed();
    one.succeeded();
    one.failed();
    one.failed();
    expect([one.state, one.allows()]).toEqual(['closed', true]);
    one.failed();
    expect([one.state, one.allows(), one.opened]).toEqual(['open', false, 1]);
  });

  it('lets one trial through when its time is over, and closes when that succeeds', () => {
    const { clock, breaker: one } = breaker();
    for (let i = 0; i < 3; i++) one.failed();
    clock.advanceMs(999);
    expect(one.allows()).toBe(false);
    clock.advanceMs(1);
    expect([one.state, one.allows(), one.allows()]).toEqual(['half-open', true, false]);
    one.succeeded();
    expect([one.state, one.allows(), one.allows()]).toEqual(['closed', true, true]);
  });

  it('stays open twice as long after each trial that fails, up to the longest', () => {
    const { clock, breaker: one } = breaker();
    for (let i = 0; i < 3; i++) one.failed();
    for (const openMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      clock.advanceMs(openMs - 1);
      expect(one.state).toBe('open');
      clock.advanceMs(1);
      expect(one.allows()).toBe(true);
      one.failed();
    }
    expect(one.opened).toBe(6);
  });

  it('opens at once when the API says how long to stay away', () => {
    const { clock, breaker: one } = breaker();
    one.failed(5_000);
    clock.advanceMs(4_999);
    expect(one.state).toBe('open');
    clock.advanceMs(1);
    expect(one.state).toBe('half-open');
  });

  it('does not stay shut for a trial whose end was never told', () => {
    const { clock, breaker: one } = breaker();
    for (let i = 0; i < 3; i++) one.failed();
    clock.advanceMs(1_000);
    expect(one.allows()).toBe(true);
    clock.advanceMs(7_999);
    expect(one.allows()).toBe(false);
    clock.advanceMs(1);
    expect(one.allows()).toBe(true);
  });
});

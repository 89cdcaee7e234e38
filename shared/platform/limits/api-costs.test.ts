import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../core/clock.ts';
import { type ApiCosts, type ApiUsage, createApiCosts } from './api-costs.ts';

const HOUR_MS = 3_600_000;

function costs(usdPerMillion = 5): { readonly clock: ManualClock; readonly tracker: ApiCosts } {
  const clock = createManualClock(1_795_000_020_000);
  const prices = {
    credits: { 'helius/*': 1, 'helius/getProgramAccounts': 10 },
    usdPerMillionCredits: { helius: usdPerMillion },
  };
  return { clock, tracker: createApiCosts({ prices, clock }) };
}

const sumOf = (rows: readonly ApiUsage[]) =>
  rows.reduce(
    (sum, row) => ({
      requests: sum.requests + row.requests,
      throttled: sum.throttled + row.throttled,
      credits: sum.credits + row.credits,
      costNanoUsd: sum.costNanoUsd + row.costNanoUsd,
    }),
    { requests: 0, throttled: 0, credits: 0, costNanoUsd: 0n },
  );

describe('the costs of API calls', () => {
  it('are priced by method and provider, and what was answered "too many requests" costs nothing', () => {
    const { tracker } = costs();
    tracker.record('helius', 'getProgramAccounts', false);
    tracker.record('helius', 'getProgramAccounts', true);
    tracker.record('helius', 'getSlot', false);
    tracker.record('generic', 'getSlot', false);
    const scan = { provider: 'helius', method: 'getProgramAccounts', credits: 10, costNanoUsd: 50_000n };
    expect(tracker.total()).toEqual([
      { ...scan, requests: 2, throttled: 1 },
      { provider: 'helius', method: 'getSlot', requests: 1, throttled: 0, credits: 1, costNanoUsd: 5_000n },
      { provider: 'generic', method: 'getSlot', requests: 1, throttled: 0, credits: 0, costNanoUsd: 0n },
    ]);
  });

  it('are taken by minute, each once, and the parts add up to the total at any price', () => {
    const call = fc.record({
      provider: fc.constantFrom('helius', 'generic'),
      method: fc.constantFrom('getSlot', 'getProgramAccounts'),
      throttled: fc.boolean(),
      thenMs: fc.integer({ min: 0, max: 90_000 }),
      take: fc.boolean(),
    });
    const price = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), price, (calls, usd) => {
        const { clock, tracker } = costs(usd);
        const taken = [];
        for (const { provider, method, throttled, thenMs, take } of calls) {
          tracker.record(provider, method, throttled);
          clock.advanceMs(thenMs);
          if (take) taken.push(...tracker.take());
        }
        taken.push(...tracker.take());
        expect(tracker.take()).toEqual([]);
        expect(taken.every(({ minuteMs, requests }) => minuteMs % 60_000 === 0 && requests > 0)).toBe(true);
        expect(sumOf(taken)).toEqual(sumOf(tracker.total()));
      }),
    );
  });

  it('name the minute in which a call was made', () => {
    const { clock, tracker } = costs();
    const minuteMs = clock.nowMs() - (clock.nowMs() % 60_000);
    tracker.record('helius', 'getSlot', false);
    clock.advanceMs(60_000);
    tracker.record('helius', 'getSlot', false);
    tracker.record('helius', 'getSlot', false);
    expect(tracker.take().map((row) => [row.minuteMs - minuteMs, row.requests])).toEqual([
      [0, 1],
      [60_000, 2],
    ]);
  });

  it('of the last hour forget the minutes before it', () => {
    const { clock, tracker } = costs();
    tracker.record('helius', 'getSlot', true);
    clock.advanceMs(HOUR_MS - 60_000);
    tracker.record('helius', 'getSlot', false);
    expect(sumOf(tracker.lastHour())).toMatchObject({ requests: 2, throttled: 1, credits: 1 });
    clock.advanceMs(60_000);
    expect(sumOf(tracker.lastHour())).toMatchObject({ requests: 1, throttled: 0, costNanoUsd: 5_000n });
    tracker.record('helius', 'getSlot', false);
    expect(sumOf(tracker.lastHour()).requests).toBe(2);
    clock.advanceMs(HOUR_MS);
    expect(sumOf(tracker.lastHour()).requests).toBe(0);
    expect(sumOf(tracker.total()).requests).toBe(3);
  });

  it('stay bounded when nobody takes them, and lose nothing', () => {
    const { clock, tracker } = costs();
    const calls = 20_000;
    for (let i = 0; i < calls; i++) {
      tracker.record('helius', i % 2 === 0 ? 'getSlot' : 'getBalance', false);
      clock.advanceMs(60_000);
    }
    const taken = tracker.take();
    expect(taken.length).toBeLessThanOrEqual(4_096 + 2);
    expect(sumOf(taken)).toMatchObject({ requests: calls, costNanoUsd: BigInt(calls) * 5_000n });
  });

  it('stay bounded whatever methods are asked', () => {
    const { tracker } = costs();
    for (let i = 0; i < 5_000; i++) tracker.record('helius', `method${i}`, false);
    expect(tracker.total().length).toBeLessThanOrEqual(513);
    expect(sumOf(tracker.total()).requests).toBe(5_000);
    expect(tracker.total().at(-1)).toMatchObject({ method: 'other', requests: 5_000 - 512 });
  });
});

import type { ApisView, UsageView } from '../view/apis-view.ts';

/** Two providers, one of them near its limit. */
export function sampleApis(seconds: number): ApisView {
  const wait = { lane: 'helius', queued: 0, shed: 0, waitP50Micros: 0 };
  return {
    endpoints: [
      {
        name: 'helius',
        provider: 'helius',
        up: true,
        score: 24.1,
        latencyMs: 21.4,
        errorRate: 0.002,
        slotLag: 0,
        problem: '',
      },
      {
        name: 'spare',
        provider: 'generic',
        up: false,
        score: 1_840,
        latencyMs: 180.2,
        errorRate: 0.62,
        slotLag: 7,
        problem: 'refuses (error -32003: daily request limit reached)',
      },
    ],
    waits: [
      { ...wait, priority: 'execution', granted: Math.floor(seconds * 3), waitP99Micros: 410 },
      { ...wait, priority: 'confirmation', granted: Math.floor(seconds), waitP99Micros: 12_400 },
      {
        ...wait,
        priority: 'reports',
        granted: Math.floor(seconds / 4),
        queued: 3,
        shed: 41,
        waitP50Micros: 240_000,
        waitP99Micros: 3_900_000,
      },
    ],
    spending: [
      { provider: 'helius', total: usage(seconds * 4, 12), lastHour: usage(seconds * 4, 12) },
      { provider: 'generic', total: usage(seconds / 2, 0), lastHour: usage(seconds / 2, 0) },
    ],
  };
}

function usage(requests: number, throttled: number): UsageView {
  const whole = Math.floor(requests);
  const credits = whole * 2;
  return { requests: whole, throttled, credits, costNanoUsd: String(BigInt(credits) * 5_000n) };
}

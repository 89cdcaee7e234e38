import type { Clock } from '../../core/clock.ts';
import { createHourWindow, type HourWindow } from './hour-window.ts';

/** What API calls are charged, as configured. */
export interface ApiPrices {
  /** Whole credits a request by `provider/method`, with `provider/*` for all others of it. 0 where nothing fits. */
  readonly credits: Readonly<Record<string, number>>;
  /** Dollars for a million credits, by provider. 0 where it is not named. */
  readonly usdPerMillionCredits: Readonly<Record<string, number>>;
}

/** Requests of one method at one provider. */
export interface ApiUsage {
  readonly provider: string;
  readonly method: string;
  readonly requests: number;
  /** Of these, answered "too many requests"; they cost nothing. */
  readonly throttled: number;
  readonly credits: number;
  /** Billionths of a dollar. */
  readonly costNanoUsd: bigint;
}

export interface MinuteUsage extends ApiUsage {
  /** Unix milliseconds of the minute's beginning. */
  readonly minuteMs: number;
}

export interface ApiCosts {
  record(provider: string, method: string, throttled: boolean): void;
  /** Since the start, by provider and method. */
  total(): readonly ApiUsage[];
  /** Of the last sixty minutes, the present one included. */
  lastHour(): readonly ApiUsage[];
  /** What was recorded since the last call, by minute. The sum of all that was ever taken is `total`. */
  take(): readonly MinuteUsage[];
}

interface Counter {
  readonly provider: string;
  readonly method: string;
  readonly creditsEach: number;
  /** Of one request that is not throttled. A whole number, so that sums of parts are the parts of sums. */
  readonly nanoUsdEach: bigint;
  readonly total: Requests;
  readonly minute: Requests & { startMs: number };
  readonly hour: HourWindow;
}

interface Requests {
  requests: number;
  throttled: number;
}

const MINUTE_MS = 60_000;
const NANO_USD_PER_USD = 1e9;
/** Methods are those of the program, so few. Whatever comes beyond is counted together, by provider. */
const MAX_COUNTERS = 512;
const OTHER = 'other';
/** Rows that wait to be taken. */
const MAX_PAST = 4_096;

/**
 * Counts every request and prices it by the tables; a request costs a whole number of nano-dollars, rounded. Bounded:
 * while nobody takes and many minutes wait, what is new is counted to the last minute that was begun.
 */
export function createApiCosts({ prices, clock }: { prices: ApiPrices; clock: Clock }): ApiCosts {
  const counters = new Map<string, Counter>();
  let past: MinuteUsage[] = [];

  function counterOf(provider: string, method: string): Counter {
    const key = `${provider}/${method}`;
    const known = counters.get(key);
    if (known !== undefined) return known;
    if (counters.size >= MAX_COUNTERS && method !== OTHER) return counterOf(provider, OTHER);
    const creditsEach = prices.credits[key] ?? prices.credits[`${provider}/*`] ?? 0;
    const usdPerMillion = prices.usdPerMillionCredits[provider] ?? 0;
    const counter: Counter = {
      provider,
      method,
      creditsEach,
      nanoUsdEach: BigInt(Math.round((creditsEach * usdPerMillion * NANO_USD_PER_USD) / 1e6)),
      total: { requests: 0, throttled: 0 },
      minute: { requests: 0, throttled: 0, startMs: 0 },
      hour: createHourWindow(),
    };
    counters.set(key, counter);
    return counter;
  }

  function endMinute({ minute, ...counter }: Counter): void {
    if (minute.requests > 0) past.push({ ...usage(counter, minute), minuteMs: minute.startMs });
    minute.requests = 0;
    minute.throttled = 0;
  }

  return {
    record(provider, method, throttled) {
      const counter = counterOf(provider, method);
      const { total, minute } = counter;
      const nowMs = clock.nowMs();
      const startMs = nowMs - (nowMs % MINUTE_MS);
      if (minute.startMs !== startMs && (minute.requests === 0 || past.length < MAX_PAST)) {
        endMinute(counter);
        minute.startMs = startMs;
      }
      total.requests++;
      minute.requests++;
      if (throttled) {
        total.throttled++;
        minute.throttled++;
      }
      counter.hour.record(nowMs, throttled);
    },
    total: () => [...counters.values()].map((counter) => usage(counter, counter.total)),
    lastHour() {
      const nowMs = clock.nowMs();
      return [...counters.values()].map((counter) => usage(counter, counter.hour.sum(nowMs)));
    },
    take() {
      for (const counter of counters.values()) endMinute(counter);
      const taken = past;
      past = [];
      return taken;
    },
  };
}

function usage(
  { provider, method, creditsEach, nanoUsdEach }: Omit<Counter, 'minute'>,
  { requests, throttled }: Requests,
): ApiUsage {
  const charged = requests - throttled;
  return {
    provider,
    method,
    requests,
    throttled,
    credits: charged * creditsEach,
    costNanoUsd: BigInt(charged) * nanoUsdEach,
  };
}

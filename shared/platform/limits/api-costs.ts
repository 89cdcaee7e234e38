import type { Clock } from '../../core/clock.ts';

/** What API calls are charged, as configured. */
export interface ApiPrices {
  /** Credits a request by `provider/method`, with `provider/*` for all others of it. 0 where nothing fits. */
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
  /** What was recorded since the last call, by minute. */
  take(): readonly MinuteUsage[];
}

interface Counter {
  readonly provider: string;
  readonly method: string;
  minuteMs: number;
  requests: number;
  throttled: number;
}

const MINUTE_MS = 60_000;
const NANO_USD_PER_USD = 1e9;

/** Counts every request and prices it by the tables. Providers and methods are those of the program, so few. */
export function createApiCosts({ prices, clock }: { prices: ApiPrices; clock: Clock }): ApiCosts {
  const totals = new Map<string, Counter>();
  const minutes = new Map<string, Counter>();
  let past: MinuteUsage[] = [];

  function counterIn(map: Map<string, Counter>, provider: string, method: string): Counter {
    const key = `${provider}/${method}`;
    let counter = map.get(key);
    if (counter === undefined) {
      counter = { provider, method, minuteMs: 0, requests: 0, throttled: 0 };
      map.set(key, counter);
    }
    return counter;
  }

  function usage({ provider, method, requests, throttled }: Counter): ApiUsage {
    const each = prices.credits[`${provider}/${method}`] ?? prices.credits[`${provider}/*`] ?? 0;
    const credits = (requests - throttled) * each;
    const usdPerMillion = prices.usdPerMillionCredits[provider] ?? 0;
    const nanoUsd = Math.round((credits * usdPerMillion * NANO_USD_PER_USD) / 1e6);
    return { provider, method, requests, throttled, credits, costNanoUsd: BigInt(nanoUsd) };
  }

  function endMinute(counter: Counter): void {
    if (counter.requests > 0) past.push({ ...usage(counter), minuteMs: counter.minuteMs });
    counter.requests = 0;
    counter.throttled = 0;
  }

  return {
    record(provider, method, throttled) {
      const total = counterIn(totals, provider, method);
      const minute = counterIn(minutes, provider, method);
      const nowMs = clock.nowMs();
      const minuteMs = nowMs - (nowMs % MINUTE_MS);
      if (minute.minuteMs !== minuteMs) {
        endMinute(minute);
        minute.minuteMs = minuteMs;
      }
      total.requests++;
      minute.requests++;
      if (throttled) {
        total.throttled++;
        minute.throttled++;
      }
    },
    total: () => [...totals.values()].map(usage),
    take() {
      for (const counter of minutes.values()) endMinute(counter);
      const taken = past;
      past = [];
      return taken;
    },
  };
}

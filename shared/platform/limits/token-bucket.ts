/** Tokens flow in at a rate, up to a burst, and every request takes some. Time in microseconds of a monotonic clock. */
export interface TokenBucket {
  /** Tokens a second that flow in now: the base rate, or less after `slow`. */
  ratePerSecond(nowMicros: number): number;
  /** 0 when `tokens` could be taken now. */
  waitMicros(tokens: number, nowMicros: number): number;
  /** Takes without asking: `waitMicros` was 0. */
  take(tokens: number, nowMicros: number): void;
  /** No token before then. An earlier time than the one set changes nothing. */
  pauseUntil(micros: number): void;
  /** Halves the rate; it comes back by a tenth of the base rate a second. */
  slow(nowMicros: number): void;
}

const MICROS = 1_000_000;
const SLOWED_SHARE = 0.5;
/** Even a provider that refuses for ever is asked at a twentieth of the rate, else nobody would see it return. */
const LEAST_SHARE = 0.05;
const RECOVERY_SHARE_PER_SECOND = 0.1;

/**
 * A full bucket of `burst` tokens (at least one). A request of more tokens than the bucket holds waits for a full one
 * and leaves it in debt, so it costs what it weighs and is never stuck.
 * @hot
 */
export function createTokenBucket(
  basePerSecond: number,
  burstTokens: number,
  startMicros: number,
): TokenBucket {
  const burst = Math.max(1, burstTokens);
  let tokens = burst;
  let share = 1;
  let filledMicros = startMicros;
  let pausedUntilMicros = startMicros;

  function refill(nowMicros: number): void {
    const seconds = (nowMicros - filledMicros) / MICROS;
    if (seconds <= 0) return;
    filledMicros = nowMicros;
    const flowed = tokens + seconds * basePerSecond * share;
    tokens = Math.min(flowed, burst);
    if (share < 1) share = Math.min(1, share + seconds * RECOVERY_SHARE_PER_SECOND);
  }

  return {
    ratePerSecond(nowMicros) {
      refill(nowMicros);
      return basePerSecond * share;
    },
    waitMicros(wanted, nowMicros) {
      if (nowMicros < pausedUntilMicros) return pausedUntilMicros - nowMicros;
      refill(nowMicros);
      const needed = Math.min(wanted, burst);
      if (tokens >= needed) return 0;
      return Math.ceil(((needed - tokens) / (basePerSecond * share)) * MICROS);
    },
    take(wanted, nowMicros) {
      refill(nowMicros);
      tokens -= wanted;
    },
    pauseUntil(micros) {
      if (micros > pausedUntilMicros) pausedUntilMicros = micros;
    },
    slow(nowMicros) {
      refill(nowMicros);
      share = Math.max(LEAST_SHARE, share * SLOWED_SHARE);
      // What had been saved up was saved at a rate that proved too high.
      tokens = Math.min(tokens, 0);
    },
  };
}

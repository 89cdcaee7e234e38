/** Requests of the last sixty minutes, counted by minute in a ring. */
export interface HourWindow {
  record(nowMs: number, throttled: boolean): void;
  /** The present minute and the 59 before it. */
  sum(nowMs: number): { readonly requests: number; readonly throttled: number };
}

const MINUTE_MS = 60_000;
const MINUTES = 60;

export function createHourWindow(): HourWindow {
  const minutes = new Float64Array(MINUTES);
  const requests = new Float64Array(MINUTES);
  const throttledAnswers = new Float64Array(MINUTES);
  return {
    record(nowMs, throttled) {
      const minute = Math.floor(nowMs / MINUTE_MS);
      const at = minute % MINUTES;
      if (minutes[at] !== minute) {
        minutes[at] = minute;
        requests[at] = 0;
        throttledAnswers[at] = 0;
      }
      requests[at]!++;
      if (throttled) throttledAnswers[at]!++;
    },
    sum(nowMs) {
      const now = Math.floor(nowMs / MINUTE_MS);
      const sum = { requests: 0, throttled: 0 };
      for (let at = 0; at < MINUTES; at++) {
        if (minutes[at]! <= now - MINUTES || minutes[at]! > now) continue;
        sum.requests += requests[at]!;
        sum.throttled += throttledAnswers[at]!;
      }
      return sum;
    },
  };
}

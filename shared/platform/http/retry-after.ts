/** A provider that asks for more is asked again all the same: by then the answer to "is it back?" is worth a request. */
const LONGEST_MS = 3_600_000;

/** What a Retry-After header says, in milliseconds from now: seconds or an HTTP date; undefined when it says neither. */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Math.min(LONGEST_MS, Number(text) * 1_000);
  // A date has letters in it; `Date.parse` takes bare numbers for years.
  const atMs = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.min(LONGEST_MS, Math.max(0, atMs - nowMs));
}

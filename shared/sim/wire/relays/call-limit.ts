/** A limit of requests in any second, by caller, as a relay holds its callers to. */
export interface CallLimit {
  /** True when the caller may go on; false counts as nothing. */
  admits(caller: string): boolean;
}

export function createCallLimit(perSecond: number, nowMs: () => number): CallLimit {
  const seen = new Map<string, number[]>();
  return {
    admits(caller) {
      const now = nowMs();
      const recent = (seen.get(caller) ?? []).filter((atMs) => atMs > now - 1_000);
      seen.set(caller, recent);
      if (recent.length >= perSecond) return false;
      recent.push(now);
      return true;
    },
  };
}

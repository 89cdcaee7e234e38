const SAMPLES = 12;
const SPACING_MS = 500;

/** Events a second over the last few seconds, from a running total that is read now and then. */
export interface Rate {
  perSecond(total: number, nowMs: number): number;
}

export function createRate(): Rate {
  const samples: { readonly atMs: number; readonly total: number }[] = [];
  return {
    perSecond(total, nowMs) {
      const newest = samples.at(-1);
      if (newest === undefined || nowMs - newest.atMs >= SPACING_MS) {
        samples.push({ atMs: nowMs, total });
        if (samples.length > SAMPLES) samples.shift();
      }
      const oldest = samples[0]!;
      const elapsedMs = nowMs - oldest.atMs;
      return elapsedMs <= 0 ? 0 : ((total - oldest.total) * 1_000) / elapsedMs;
    },
  };
}

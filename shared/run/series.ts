/** The value from a moment on: Unix milliseconds and whole SOL. For a plot only. */
export type PnlPoint = readonly [atMs: number, netSol: number];

/** A running value over time for a plot: bounded however long the run lasts. */
export interface PnlSeries {
  /** Records the value from `atMs` on. Times must not fall. */
  push(atMs: number, netSol: number): void;
  /** Oldest first; the last point is always the newest value. A new array each call. */
  points(): PnlPoint[];
}

/**
 * Keeps at most `maxPoints` points. At first every point is kept; when full, every second one is dropped and points
 * closer together than twice the former spacing replace their forerunner, so the whole run stays in view.
 */
export function createPnlSeries(maxPoints = 2_000): PnlSeries {
  let kept: PnlPoint[] = [];
  let spacingMs = 0;
  return {
    push(atMs, netSol) {
      const before = kept.at(-2);
      if (before !== undefined && spacingMs > 0 && atMs - before[0] < spacingMs) kept.pop();
      kept.push([atMs, netSol]);
      if (kept.length <= maxPoints) return;
      const last = kept.length - 1;
      spacingMs = (2 * (kept[last]![0] - kept[0]![0])) / last;
      kept = kept.filter((_, index) => index % 2 === 0 || index === last);
    },
    points: () => kept.slice(),
  };
}

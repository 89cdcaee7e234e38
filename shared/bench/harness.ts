/** What a benchmark came to. `value` is in the benchmark's unit; more is better where the unit is a rate. */
export interface Result {
  readonly value: number;
  /** Microseconds. */
  readonly p50?: number;
  readonly p99?: number;
  /** Another program doing the same work in the same run, in the same unit. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** Further figures of the same run by name, in the same unit. */
  readonly also?: Readonly<Record<string, number>>;
}

/** One measurement of a real unit of work. A `*.bench.ts` file exports `benches: readonly Bench[]`. */
export interface Bench {
  /** Dotted, general to particular: `quote.orca-whirlpool.multi-range`. */
  readonly name: string;
  readonly unit: string;
  run(harness: Harness): Result | Promise<Result>;
}

export interface ThroughputOptions {
  /** Default 150. */
  readonly sampleMs?: number;
  /** Default 9. */
  readonly samples?: number;
  /** Default 300. */
  readonly warmUpMs?: number;
}

export interface Harness {
  /**
   * How many times a second `loop` turns: it is warmed up, then run in samples of about equal length, and the median
   * sample counts. `loop` does the work `turns` times over.
   */
  throughput(loop: (turns: number) => void, options?: ThroughputOptions): number;
  /** Percentiles of one call of `work` in microseconds, over `calls` calls after as many again to warm up. */
  latency(work: () => void, calls?: number): { readonly p50: number; readonly p99: number };
  /** Holds on to a result, so that the compiler cannot drop the work that led to it. */
  keep(value: unknown): void;
  /** Something that the reader of the figures should know; goes to stderr. */
  note(text: string): void;
}

export function createHarness(note: (text: string) => void): Harness {
  const kept: unknown[] = [];
  return {
    throughput(loop, { sampleMs = 150, samples = 9, warmUpMs = 300 } = {}) {
      const turns = calibrate(loop, sampleMs, warmUpMs);
      const rates: number[] = [];
      const cpuBefore = process.cpuUsage();
      const allMs = performance.now();
      for (let i = 0; i < samples; i++) {
        const startMs = performance.now();
        loop(turns);
        rates.push((turns * 1_000) / (performance.now() - startMs));
      }
      const { user, system } = process.cpuUsage(cpuBefore);
      const share = (user + system) / 1_000 / (performance.now() - allMs);
      // Below a whole core the machine was busy with something else, and the figure says less than it seems to.
      if (share < 0.9) note(`measured with ${Math.round(share * 100)}% of a core: the machine is busy`);
      return percentile(rates, 0.5);
    },
    latency(work, calls = 20_000) {
      for (let i = 0; i < calls; i++) work();
      const micros: number[] = [];
      for (let i = 0; i < calls; i++) {
        const startMs = performance.now();
        work();
        micros.push((performance.now() - startMs) * 1_000);
      }
      return { p50: round(percentile(micros, 0.5)), p99: round(percentile(micros, 0.99)) };
    },
    keep(value) {
      kept[0] = value;
    },
    note,
  };
}

/** Turns that last about `sampleMs`, found by doubling while warming up. */
function calibrate(loop: (turns: number) => void, sampleMs: number, warmUpMs: number): number {
  const endMs = performance.now() + warmUpMs;
  let turns = 1;
  for (;;) {
    const startMs = performance.now();
    loop(turns);
    const nowMs = performance.now();
    const tookMs = nowMs - startMs;
    if (nowMs >= endMs && tookMs > sampleMs / 8) return Math.max(1, Math.round((turns * sampleMs) / tookMs));
    if (tookMs < sampleMs) turns *= 2;
  }
}

/** The smallest value that at least `share` of the values do not exceed; sorts `values`. NaN when there is none. */
export function percentile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN;
}

/** Four significant digits: a benchmark knows no more. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}

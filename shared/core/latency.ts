/** Counts durations by size in fixed memory. All durations in microseconds. */
export interface LatencyHistogram {
  /** One duration. Negative and NaN count as 0; longer than half a minute counts in the last bucket. */
  record(micros: number): void;
  readonly count: number;
  /** Sum of everything recorded, for means and rates. */
  readonly sumMicros: number;
  /** The longest, exact; 0 when nothing was recorded. */
  readonly maxMicros: number;
  /** The duration that a share `q` (0 to 1) did not exceed, within 1.6 %; 0 when nothing was recorded. */
  quantileMicros(q: number): number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** How many were at most `micros`, to the precision of the buckets. */
  countUpTo(micros: number): number;
  /** Adds what `other` recorded. */
  merge(other: LatencyHistogram): void;
  reset(): void;
}

/** Smallest step: 1/64 µs, so that stages of a tenth of a microsecond still differ. */
const UNITS_PER_MICRO = 64;
/** Each power of two is cut in 32, so a bucket is at most 1/32 of its value wide. */
const SUB_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BITS;
const MAX_UNITS = 0x7fffffff;
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;

/** Only buckets that two histograms share can be added, so the counts are reachable by histograms of this file. */
const bucketsOf = new WeakMap<LatencyHistogram, Float64Array>();

/**
 * An empty histogram with logarithmic buckets (7 KB). `record` allocates nothing and costs a few nanoseconds.
 * @hot
 */
export function createLatencyHistogram(): LatencyHistogram {
  const counts = new Float64Array(BUCKETS);
  let count = 0;
  let sumMicros = 0;
  let maxMicros = 0;

  function quantileMicros(q: number): number {
    if (count === 0) return 0;
    const rank = Math.max(1, Math.ceil(Math.min(Math.max(q, 0), 1) * count));
    let seen = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1) {
      seen += counts[bucket]!;
      if (seen >= rank) break;
      bucket++;
    }
    return Math.min(middleMicros(bucket), maxMicros);
  }

  const histogram: LatencyHistogram = {
    record(micros) {
      const duration = atLeastZero(micros);
      counts[bucketOf(duration)]!++;
      count++;
      sumMicros += duration;
      if (duration > maxMicros) maxMicros = duration;
    },
    get count() {
      return count;
    },
    get sumMicros() {
      return sumMicros;
    },
    get maxMicros() {
      return maxMicros;
    },
    quantileMicros,
    get p50Micros() {
      return quantileMicros(0.5);
    },
    get p99Micros() {
      return quantileMicros(0.99);
    },
    countUpTo(micros) {
      let total = 0;
      for (let bucket = bucketOf(atLeastZero(micros)); bucket >= 0; bucket--) total += counts[bucket]!;
      return total;
    },
    merge(other) {
      const theirs = bucketsOf.get(other);
      if (theirs === undefined) throw new TypeError('not a histogram of createLatencyHistogram');
      for (let bucket = 0; bucket < BUCKETS; bucket++) counts[bucket]! += theirs[bucket]!;
      count += other.count;
      sumMicros += other.sumMicros;
      maxMicros = Math.max(maxMicros, other.maxMicros);
    },
    reset() {
      counts.fill(0);
      count = 0;
      sumMicros = 0;
      maxMicros = 0;
    },
  };
  bucketsOf.set(histogram, counts);
  return histogram;
}

/** 0 for NaN too, which Math.max would let through. */
function atLeastZero(micros: number): number {
  if (micros > 0) return micros;
  return 0;
}

/** Values below 32 units have a bucket each; above, the leading bit picks the row and the next five the bucket. */
function bucketOf(micros: number): number {
  const scaled = micros * UNITS_PER_MICRO;
  const units = scaled < MAX_UNITS ? scaled | 0 : MAX_UNITS;
  if (units < SUB_BUCKETS) return units;
  const shift = 31 - Math.clz32(units) - SUB_BITS;
  return (shift + 1) * SUB_BUCKETS + ((units >>> shift) & (SUB_BUCKETS - 1));
}

function middleMicros(bucket: number): number {
  if (bucket < SUB_BUCKETS) return (bucket + 0.5) / UNITS_PER_MICRO;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const low = (SUB_BUCKETS + (bucket % SUB_BUCKETS)) * 2 ** shift;
  return (low + 2 ** shift / 2) / UNITS_PER_MICRO;
}

/** Counts durations by size in fixed memory. All durations in microseconds. */
export interface LatencyHistogram {
  /** One duration. Negative and NaN count as 0; longer than half a minute counts in the last bucket. */
  record(micros: number): void;
  readonly count: number;
  /** Sum of everything recorded, for means and rates. */
  readonly sum: number;
  /** The longest, exact; 0 when nothing was recorded. */
  readonly max: number;
  /** The duration that `p` percent (0 to 100) did not exceed, within 1.6 %; 0 when nothing was recorded. */
  percentile(p: number): number;
  /** How many were at most `micros`, to the precision of the buckets. */
  countUpTo(micros: number): number;
  /** A coarse shape for plots: upper bound (four to a power of two) and count of each range that is not empty. */
  buckets(): readonly (readonly [upTo: number, count: number])[];
  /** Adds what `other` recorded. */
  merge(other: LatencyHistogram): void;
  reset(): void;
}

/** Smallest step: 1/64 µs, so that stages of a tenth of a microsecond still differ. */
const UNITS_PER_MICRO = 64;
/** Each power of two is cut in 32, so a bucket is at most 1/32 of its value wide. */
const SUB_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BITS;
/** Buckets to a range of `buckets()`. */
const COARSE = SUB_BUCKETS / 4;
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
  let sum = 0;
  let max = 0;

  function percentile(p: number): number {
    if (count === 0) return 0;
    const rank = Math.max(1, Math.ceil((Math.min(Math.max(p, 0), 100) / 100) * count));
    let seen = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1) {
      seen += counts[bucket]!;
      if (seen >= rank) break;
      bucket++;
    }
    return Math.min((lowMicros(bucket) + lowMicros(bucket + 1)) / 2, max);
  }

  const histogram: LatencyHistogram = {
    record(micros) {
      const duration = atLeastZero(micros);
      counts[bucketOf(duration)]!++;
      count++;
      sum += duration;
      if (duration > max) max = duration;
    },
    get count() {
      return count;
    },
    get sum() {
      return sum;
    },
    get max() {
      return max;
    },
    percentile,
    countUpTo(micros) {
      let total = 0;
      for (let bucket = bucketOf(atLeastZero(micros)); bucket >= 0; bucket--) total += counts[bucket]!;
      return total;
    },
    buckets() {
      const shape: (readonly [number, number])[] = [];
      for (let first = 0; first < BUCKETS; first += COARSE) {
        let total = 0;
        for (let bucket = first; bucket < first + COARSE; bucket++) total += counts[bucket]!;
        if (total > 0) shape.push([lowMicros(first + COARSE), total]);
      }
      return shape;
    },
    merge(other) {
      const theirs = bucketsOf.get(other);
      if (theirs === undefined) throw new TypeError('not a histogram of createLatencyHistogram');
      for (let bucket = 0; bucket < BUCKETS; bucket++) counts[bucket]! += theirs[bucket]!;
      count += other.count;
      sum += other.sum;
      max = Math.max(max, other.max);
    },
    reset() {
      counts.fill(0);
      count = 0;
      sum = 0;
      max = 0;
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

/** The shortest duration that falls in `bucket`: the inverse of `bucketOf`. */
function lowMicros(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket / UNITS_PER_MICRO;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  return ((SUB_BUCKETS + (bucket % SUB_BUCKETS)) * 2 ** shift) / UNITS_PER_MICRO;
}

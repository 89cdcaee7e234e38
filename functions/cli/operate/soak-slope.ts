/** One look: seconds since the start, and what was measured then. */
export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

/** A straight line through samples: growth an hour, with the interval that holds it with 95 % confidence. */
export interface Slope {
  readonly perHour: number;
  readonly lowPerHour: number;
  readonly highPerHour: number;
  readonly mean: number;
  readonly samples: number;
}

/** Samples close together say the same thing twice, so the line goes through the means of this many spans of time. */
const SPANS = 12;
const SECONDS_PER_HOUR = 3_600;
/** Student's t, 97.5 %, for SPANS − 2 degrees of freedom; with fewer spans the next larger one counts. */
const T_975: readonly number[] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Undefined when there are too few samples, or all of one moment, to tell a slope from chance. */
export function slopeOf(samples: readonly Sample[]): Slope | undefined {
  const means = spanMeans(samples);
  if (means.length < 3) return undefined;
  const n = means.length;
  const meanX = average(means.map(({ atSeconds }) => atSeconds));
  const meanY = average(means.map(({ value }) => value));
  let sxx = 0;
  let sxy = 0;
  for (const { atSeconds, value } of means) {
    sxx += (atSeconds - meanX) ** 2;
    sxy += (atSeconds - meanX) * (value - meanY);
  }
  const slope = sxy / sxx;
  let residual = 0;
  for (const { atSeconds, value } of means) residual += (value - meanY - slope * (atSeconds - meanX)) ** 2;
  const error = Math.sqrt(residual / (n - 2) / sxx);
  const half = error * (T_975[n - 3] ?? T_975[0]!);
  return {
    perHour: slope * SECONDS_PER_HOUR,
    lowPerHour: (slope - half) * SECONDS_PER_HOUR,
    highPerHour: (slope + half) * SECONDS_PER_HOUR,
    mean: average(samples.map(({ value }) => value)),
    samples: samples.length,
  };
}

/** The mean of each of `SPANS` equal spans of time that holds a sample. */
function spanMeans(samples: readonly Sample[]): readonly Sample[] {
  const from = samples[0]?.atSeconds ?? 0;
  const length = (samples.at(-1)?.atSeconds ?? 0) - from;
  if (length <= 0) return [];
  const spans = Array.from({ length: SPANS }, (): Sample[] => []);
  for (const sample of samples) {
    const at = Math.min(SPANS - 1, Math.floor(((sample.atSeconds - from) / length) * SPANS));
    spans[at]!.push(sample);
  }
  return spans
    .filter((span) => span.length > 0)
    .map((span) => ({
      atSeconds: average(span.map(({ atSeconds }) => atSeconds)),
      value: average(span.map(({ value }) => value)),
    }));
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

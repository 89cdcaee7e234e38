import { Counter, Gauge, Histogram, type HistogramConfiguration, Registry } from 'prom-client';
import type { LatencyHistogram } from '../../core/latency.ts';

/** Each value of a label with its number. */
export type LabelledValues = Iterable<readonly [label: string, value: number]>;

interface MetricName {
  readonly name: string;
  readonly help: string;
}

/**
 * Metrics in a registry of their own. Values are read when somebody asks for the page, from counters that the program
 * keeps anyway, so that counting costs the hot line nothing.
 */
export interface Metrics {
  /** A total that only grows. */
  counter(metric: MetricName & { readonly read: () => number }): void;
  /** A total for each value of one label. */
  counters(metric: MetricName & { readonly label: string; readonly read: () => LabelledValues }): void;
  /** A total for each combination of several labels, in their order. */
  tallies(
    metric: MetricName & {
      readonly labels: readonly string[];
      readonly read: () => Iterable<readonly [values: readonly string[], total: number]>;
    },
  ): void;
  gauge(metric: MetricName & { readonly read: () => number }): void;
  gauges(metric: MetricName & { readonly label: string; readonly read: () => LabelledValues }): void;
  /** A histogram in seconds for each value of one label. */
  latencies(
    metric: MetricName & {
      readonly label: string;
      readonly read: () => Iterable<readonly [label: string, histogram: LatencyHistogram]>;
    },
  ): void;
  /** The page in Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Upper bounds in microseconds, from a single stage to a stall. */
const BOUNDS_MICROS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
  1_000_000,
];

/** An empty page of metrics. Declaring a name twice throws. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    counter({ name, help, read }) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    counters({ name, help, label, read }) {
      new Counter({
        name,
        help,
        registers,
        labelNames: [label],
        collect() {
          this.reset();
          for (const [value, total] of read()) this.inc({ [label]: value }, total);
        },
      });
    },
    tallies({ name, help, labels, read }) {
      new Counter({
        name,
        help,
        registers,
        labelNames: [...labels],
        collect() {
          this.reset();
          for (const [values, total] of read()) this.labels(...values).inc(total);
        },
      });
    },
    gauge({ name, help, read }) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    gauges({ name, help, label, read }) {
      new Gauge({
        name,
        help,
        registers,
        labelNames: [label],
        collect() {
          this.reset();
          for (const [value, level] of read()) this.set({ [label]: value }, level);
        },
      });
    },
    latencies({ name, help, label, read }) {
      new PulledHistogram({ name, help, registers, labelNames: [label] }, () =>
        [...read()].flatMap(([value, histogram]) => samples(name, { [label]: value }, histogram)),
      );
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

interface Sample {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly exemplar: null;
}

/** The lines of one histogram: cumulative buckets, sum and count, in seconds. */
function samples(name: string, labels: Record<string, string>, histogram: LatencyHistogram): Sample[] {
  const sample = (suffix: string, value: number, le?: number | string): Sample => ({
    metricName: `${name}_${suffix}`,
    labels: le === undefined ? labels : { le, ...labels },
    value,
    exemplar: null,
  });
  return [
    ...BOUNDS_MICROS.map((bound) => sample('bucket', histogram.countUpTo(bound), bound / 1e6)),
    sample('bucket', histogram.count, '+Inf'),
    sample('sum', histogram.sum / 1e6),
    sample('count', histogram.count),
  ];
}

/** A prom-client histogram that is never observed into: its values are read from elsewhere when asked for. */
class PulledHistogram extends Histogram<string> {
  readonly #metric: MetricName;
  readonly #read: () => Sample[];

  constructor(configuration: HistogramConfiguration<string>, read: () => Sample[]) {
    super(configuration);
    this.#metric = { name: configuration.name, help: configuration.help };
    this.#read = read;
  }

  /** What the registry and the base class call for the values; absent from prom-client's declarations. */
  async getForPromString() {
    return { ...this.#metric, type: 'histogram', aggregator: 'sum', values: this.#read() };
  }
}

import { createHistogram } from 'node:perf_hooks';
import type { Bench } from '../bench/harness.ts';
import { createLatencyHistogram } from './latency.ts';

/** What stamping one stage of the hot line costs, beside Node's own histogram. */
export const benches: readonly Bench[] = [
  {
    name: 'latency.record',
    unit: 'records/s',
    run(harness) {
      const ours = createLatencyHistogram();
      const theirs = createHistogram();
      return {
        value: harness.throughput((turns) => {
          for (let i = 0; i < turns; i++) ours.record((i & 0xffff) * 0.7);
        }),
        baseline: {
          name: 'node:perf_hooks',
          value: harness.throughput((turns) => {
            for (let i = 0; i < turns; i++) theirs.record((i & 0xffff) + 1);
          }),
        },
      };
    },
  },
];

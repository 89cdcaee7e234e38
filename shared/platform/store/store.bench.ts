import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, percentile, round } from '../../bench/harness.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { sampleOpportunity } from './contract.ts';
import { createSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { createWorkerStore } from './worker-store.ts';
import { createStoreWriter } from './writer.ts';

const ROWS = 1_000;
const FLUSHES = 30;

export const benches: readonly Bench[] = [
  {
    name: 'store.add',
    unit: 'rows/s',
    async run(harness) {
      return await inDirectory(async (dir) => {
        const store = await createWorkerStore({ dir });
        const writer = createStoreWriter({
          store,
          clock: createSystemClock(),
          writerId: 'bench',
          maxQueued: 10_000,
          flushMs: 60_000,
          onError: () => {},
        });
        const row = sampleOpportunity({});
        const value = harness.throughput((turns) => {
          for (let i = 0; i < turns; i++) writer.addOpportunity(row);
        });
        await store.close();
        return { value };
      });
    },
  },
  {
    name: 'store.flush-turn',
    unit: `µs (longest turn while ${ROWS} rows are written)`,
    async run(harness) {
      const worker = await turnsOf((dir) => createWorkerStore({ dir }));
      const inline = await turnsOf((dir) => Promise.resolve(createSqliteStore({ dir })));
      harness.note('less is better: how long one turn of the hot line’s event loop is held up');
      const [p50, p99] = [round(percentile(worker, 0.5)), round(percentile(worker, 0.99))];
      return {
        value: p50,
        p50,
        p99,
        baseline: { name: 'SQLite on the main thread', value: round(percentile(inline, 0.5)) },
      };
    },
  },
];

/** The longest turn of the event loop in each of some flushes, microseconds. */
async function turnsOf(open: (dir: string) => Promise<Store>): Promise<number[]> {
  return await inDirectory(async (dir) => {
    const store = await open(dir);
    const longest: number[] = [];
    for (let flush = 0; flush < FLUSHES; flush++) {
      const opportunities = Array.from({ length: ROWS }, (_, i) =>
        sampleOpportunity({ opportunityId: `${flush}-${i}` }),
      );
      let writing = true;
      let most = 0;
      let last = performance.now();
      const turn = (): void => {
        const now = performance.now();
        most = Math.max(most, (now - last) * 1_000);
        last = now;
        if (writing) setImmediate(turn);
      };
      setImmediate(turn);
      await store.write({ batchId: `b${flush}`, opportunities });
      writing = false;
      await new Promise((resolve) => setImmediate(resolve));
      longest.push(most);
    }
    await store.close();
    return longest;
  });
}

async function inDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'arb-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

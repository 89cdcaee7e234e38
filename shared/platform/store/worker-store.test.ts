import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeStore } from './contract.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { STORE_FILE } from './store-file.ts';
import { createWorkerStore } from './worker-store.ts';

let dir: string;

/** Writes batches of 200 rows, each with a runId of its own, until it is killed; a line for each acknowledged one. */
const ENDLESS_WRITER = `
  const { createWorkerStore } = await import(process.argv[1]);
  const store = await createWorkerStore({ dir: process.argv[2] });
  const text = 'x'.repeat(40);
  for (let batch = 0; ; batch++) {
    const opportunities = Array.from({ length: 200 }, (_, at) => ({
      opportunityId: batch + '-' + at, runId: 'batch-' + batch, slot: at, atMs: batch, startMint: text, routeId: text,
      legs: [], amountIn: 1n, amountOut: 1n, grossProfit: 0n, netProfit: 0n, costLamports: 0n, outcome: 'refused',
      reason: text,
    }));
    await store.write({ batchId: 'b' + batch, opportunities });
    console.log(batch);
  }
`;

/** Kills the writer without warning after `batches` acknowledgements; how many there were in the end. */
async function killedAfterBatches(batches: number): Promise<number> {
  const module = new URL('./worker-store.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '-e', ENDLESS_WRITER, module, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let acknowledged = 0;
  for await (const _line of createInterface({ input: child.stdout })) {
    if (++acknowledged === batches) child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-store-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describeStore('sqlite in a thread', async () => ({
  open: () => createWorkerStore({ dir }),
  dispose: async () => {},
}));

describe('the store in a thread', () => {
  it('rejects with the reason when the file cannot be opened', async () => {
    writeFileSync(join(dir, STORE_FILE), 'no database '.repeat(500));
    await expect(createWorkerStore({ dir })).rejects.toMatchObject({
      code: 'store-corrupt',
      context: { path: join(dir, STORE_FILE) },
    });
  });

  it('opens the file anew after its thread has died, and closes when it has died last', async () => {
    const threads: Worker[] = [];
    const seen = (worker: Worker): void => void threads.push(worker);
    process.on('worker', seen);
    const store = await createWorkerStore({ dir });
    const row = { name: 'trading', value: 'paused', by: 'test', reason: '', atMs: 1 } as const;
    const lost = store.setControl(row);
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: 'store-thread-died' }),
      threads[0]!.terminate(),
    ]);
    await store.setControl({ ...row, atMs: 2 });
    expect(await store.controls()).toEqual([{ ...row, atMs: 2 }]);
    expect(threads).toHaveLength(2);
    await threads[1]!.terminate();
    process.off('worker', seen);
    await store.close();
    await expect(store.controls()).rejects.toMatchObject({ code: 'store-closed' });
  });

  it('leaves a readable file with whole batches when the process is killed while it writes', async () => {
    const acknowledged = await killedAfterBatches(15);
    const store = createSqliteStore({ dir });
    const rows = await store.opportunities({ limit: 1_000_000 });
    await store.close();
    const sizes = new Map<string, number>();
    for (const { runId } of rows) sizes.set(runId, (sizes.get(runId) ?? 0) + 1);
    expect(sizes.size).toBeGreaterThanOrEqual(acknowledged);
    expect([...sizes.values()].every((size) => size === 200)).toBe(true);
    const database = new DatabaseSync(join(dir, STORE_FILE));
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });
});

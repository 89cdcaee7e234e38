import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqliteStore } from '../../shared/platform/store/sqlite-store.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TEST_MS = 120_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-node-ended-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Linux tells the children of a process, and how each was started. */
function childrenOf(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return pids.map((child) => ({
    pid: Number(child),
    command: readFileSync(`/proc/${child}/cmdline`, 'utf8'),
  }));
}

function startRun(storeDir: string) {
  const args = ['functions/cli/arb.cjs', 'run', '--port', '0', '--store-dir', storeDir];
  const child = spawn(process.execPath, args, { cwd: ROOT });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const end = performance.now() + TEST_MS / 2;
    while (!holds()) {
      if (performance.now() > end || child.exitCode !== null) throw new Error(`no ${what}: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const node = () => childrenOf(child.pid!).find(({ command }) => command.includes('local-node-process'));
  return { output: () => output, exited, until, node };
}

it.skipIf(process.platform !== 'linux')(
  'ends a run whose local node has ended, says so, writes down its end, and exits with 3',
  async () => {
    const running = startRun(join(dir, 'up'));
    await running.until('dashboard', () => /dashboard:/.test(running.output()));
    process.kill(running.node()!.pid, 'SIGKILL');
    expect(await running.exited).toBe(3);
    expect(running.output()).toMatch(
      /arb: the local node ended by itself \(SIGKILL\), and its chain with it/,
    );
    expect(running.output()).toMatch(/"severity":"ERROR","event":"market.node-ended"/);
    const store = createSqliteStore({ dir: join(dir, 'up') });
    const [run] = await store.runs({ limit: 1 });
    await store.close();
    expect(run).toMatchObject({ endedAtMs: expect.any(Number) });
  },
  TEST_MS,
);

it.skipIf(process.platform !== 'linux')(
  'ends a run whose local node ends while it starts, and says which of the two it was',
  async () => {
    const running = startRun(join(dir, 'starting'));
    await running.until('node', () => running.node() !== undefined);
    process.kill(running.node()!.pid, 'SIGKILL');
    expect(await running.exited).toBe(3);
    expect(running.output()).toMatch(/the local node ended/);
  },
  TEST_MS,
);

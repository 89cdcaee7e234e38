import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteStore } from '../../shared/platform/store/sqlite-store.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of a whole machine at work beside it. */
const TEST_MS = 300_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-signals-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly tookMs: number;
  }>;
  output(): string;
  /** From here on the end is timed. */
  send(signal: NodeJS.Signals, group?: boolean): void;
  saw(text: RegExp): Promise<void>;
}

function start(command: readonly string[], env: Record<string, string> = {}): Running {
  const [file = '', ...args] = command;
  // A group of its own, as a terminal makes one, so that signals to it do not reach the tests.
  const child = spawn(file, args, { cwd: ROOT, env: { ...process.env, ...env }, detached: true });
  let output = '';
  child.stdout?.on('data', (data) => (output += String(data)));
  child.stderr?.on('data', (data) => (output += String(data)));
  let sentAt = 0;
  const exited = new Promise<Awaited<Running['exited']>>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, tookMs: performance.now() - sentAt }));
  });
  return {
    child,
    pid: child.pid!,
    exited,
    output: () => output,
    send(signal, group = false) {
      sentAt = performance.now();
      process.kill(group ? -child.pid! : child.pid!, signal);
    },
    saw: (text) =>
      until(`${text} in ${command.join(' ')}`, () => text.test(output) || child.exitCode !== null),
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited a minute for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Loaded before the program: tells when it has taken signals into its own hands, which Node needs its own start for. */
const TELLS = `data:text/javascript,${encodeURIComponent(
  "process.on('newListener', (name) => name === 'SIGTERM' && process.stderr.write('hears signals\\n'))",
)}`;

const run = (storeDir: string, ...more: string[]) => [
  process.execPath,
  ...['--import', TELLS, 'functions/cli/arb.cjs'],
  ...['run', '--port', '0', '--store-dir', storeDir, ...more],
];

async function runsIn(storeDir: string) {
  const store = createSqliteStore({ dir: storeDir });
  const runs = await store.runs({ limit: 100 });
  await store.close();
  return runs;
}

describe.skipIf(process.platform === 'win32')('a run that is signalled', () => {
  const STARTING_MS = [0, 20, 60, 120, 200, 300, 450, 600, 800, 1_000];
  const UP_MS = [0, 10, 50, 100, 200, 400, 700, 1_100, 1_600, 2_500];
  const signalAt = (ms: number) => (ms % 100 === 0 ? 'SIGTERM' : 'SIGINT');

  /** Signals a run `ms` after its output first matched, and tells how it ended. */
  async function endAfter(mark: RegExp, ms: number, storeDir: string) {
    const running = start(run(storeDir, '--json'));
    await running.saw(mark);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running.send(signalAt(ms));
    const { code, tookMs } = await running.exited;
    return { ms, code, inTime: tookMs < 8_000, output: code === 0 ? '' : running.output() };
  }
  const clean = (ms: number) => ({ ms, code: 0, inTime: true, output: '' });

  it(
    'ends cleanly at ten moments of its start',
    async () => {
      const ends = await inTwos(STARTING_MS, (ms) =>
        endAfter(/hears signals/, ms, join(dir, `starting-${ms}`)),
      );
      // How long the modules still take to load is the machine's matter.
      expect(ends).toEqual(STARTING_MS.map((ms) => ({ ...clean(ms), inTime: expect.any(Boolean) })));
    },
    TEST_MS,
  );

  it(
    'ends cleanly at ten moments of its life, with its end in the store',
    async () => {
      const storeOf = (ms: number) => join(dir, `up-${ms}`);
      const ends = await inTwos(UP_MS, (ms) => endAfter(/dashboard:/, ms, storeOf(ms)));
      expect(ends).toEqual(UP_MS.map(clean));
      for (const ms of UP_MS) {
        const runs = await runsIn(storeOf(ms));
        expect(runs.map(({ endedAtMs, summary }) => [typeof endedAtMs, typeof summary])).toEqual([
          ['number', 'object'],
        ]);
      }
    },
    TEST_MS,
  );

  it(
    'ends at once at the second signal, with the run marked ended',
    async () => {
      const storeDir = join(dir, 'twice');
      const running = start(run(storeDir));
      await running.saw(/dashboard: http\S+/);
      const [, url] = /dashboard: (http\S+)/.exec(running.output()) ?? [];
      // Neither a node that has stopped nor a request that never ends is waited for for ever, but each for a while.
      const { hostname, port } = new URL(url!);
      const half = connect(Number(port), hostname, () => half.write('GET / HTTP/1.1\r\nHost: 127'));
      half.on('error', () => {});
      await once(half, 'connect');
      const nodes = execFileSync('pgrep', ['-P', String(running.pid)], { encoding: 'utf8' });
      for (const pid of nodes.trim().split('\n')) process.kill(Number(pid), 'SIGSTOP');
      running.send('SIGINT');
      await running.saw(/stopping: no new orders/);
      await new Promise((resolve) => setTimeout(resolve, 310));
      running.send('SIGINT');
      const { code, tookMs } = await running.exited;
      for (const pid of nodes.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
      expect([code, tookMs < 2_000]).toEqual([130, true]);
      expect((await runsIn(storeDir))[0]).toMatchObject({
        endedAtMs: expect.any(Number),
        summary: { status: 'killed' },
      });
    },
    TEST_MS,
  );

  it(
    'killed outright, is closed by the next run; one beside a run that lives is refused with 3 and told of it',
    async () => {
      const storeDir = join(dir, 'killed');
      const first = start(run(storeDir));
      await first.saw(/dashboard:/);
      const second = start(run(storeDir));
      expect((await second.exited).code).toBe(3);
      expect(second.output()).toMatch(new RegExp(`in use by process ${first.pid}, run \\S+, since`));
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
      expect((await runsIn(storeDir))[0]?.endedAtMs).toBeUndefined();
      const third = start(run(storeDir));
      await third.saw(/dashboard:/);
      third.send('SIGINT');
      expect((await third.exited).code).toBe(0);
      const [last, killed] = await runsIn(storeDir);
      expect([last?.summary?.status, killed?.summary?.status]).toEqual([expect.anything(), 'killed']);
      expect(third.output()).toMatch(/run\.closed-as-killed/);
    },
    TEST_MS,
  );

  it(
    'through npm start ends with 0, signalled alone and as a terminal does',
    async () => {
      for (const group of [true, false]) {
        const args = ['start', '--', '--port', '0', '--store-dir', join(dir, `npm-${group}`)];
        const running = start(['npm', ...args]);
        await running.saw(/dashboard:/);
        running.send('SIGINT', group);
        const { code, signal } = await running.exited;
        expect({ code, signal }, running.output().slice(-2_000)).toEqual({ code: 0, signal: null });
        expect(running.output()).toMatch(/\bfilled\b/);
      }
    },
    TEST_MS,
  );

  it(
    'whose terminal is closed drains as at any signal',
    async () => {
      const storeDir = join(dir, 'hung-up');
      const running = start(run(storeDir));
      await running.saw(/dashboard:/);
      // Nobody reads what it says any more.
      for (const stream of [running.child.stdout, running.child.stderr]) stream?.destroy();
      running.send('SIGHUP', true);
      const { code, signal } = await running.exited;
      expect([code, signal]).toEqual([0, null]);
      expect((await runsIn(storeDir)).map(({ endedAtMs }) => typeof endedAtMs)).toEqual(['number']);
    },
    TEST_MS,
  );

  it(
    'as the container starts it ends within its time',
    async () => {
      const running = start(['sh', 'functions/entrypoint.sh', '--store-dir', join(dir, 'container')], {
        FUNCTION_TARGET: 'streamer',
        PORT: '0',
        PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
      });
      await running.saw(/dashboard:/);
      running.send('SIGTERM');
      const { code, tookMs } = await running.exited;
      expect([code, tookMs < 8_000]).toEqual([0, true]);
    },
    TEST_MS,
  );

  it(
    'hears a signal while it waits for an RPC that never answers',
    async () => {
      const silent: Server = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const asked = new Promise((resolve) => silent.once('request', resolve));
      const pool = 'raydium-cpmm:Czfq3xZZDmsdGdUyrNLtRhGc47cXcZtLG4crryfu44zE';
      const live = ['--market', 'live', '--rpc-url', `http://127.0.0.1:${port}`, '--universe-pools', pool];
      const storeDir = join(dir, 'silent');
      const running = start(run(storeDir, ...live));
      await Promise.race([asked, running.exited]);
      running.send('SIGTERM');
      const { code, tookMs } = await running.exited;
      expect([code, tookMs < 8_000, code === 0 ? '' : running.output()]).toEqual([0, true, '']);
      expect((await runsIn(storeDir)).filter(({ endedAtMs }) => endedAtMs === undefined)).toEqual([]);
      silent.closeAllConnections();
      silent.close();
    },
    TEST_MS,
  );
});

/** `work` over all, two at a time, in their order. */
async function inTwos<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += 2)
    results.push(...(await Promise.all(all.slice(at, at + 2).map(work))));
  return results;
}

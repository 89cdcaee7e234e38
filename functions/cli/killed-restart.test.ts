import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSqliteIntents } from '../../shared/platform/journal/sqlite-intents.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of a whole machine at work beside it. */
const TEST_MS = 600_000;
const WAIT_MS = 180_000;
/** Orders meet the market so late that the gaps are gone: they revert, and cost their fees. */
const LOSING = { ARB_PAPER_LATENCY_SLOTS: '25', ARB_PAPER_LANDING_ODDS: '1', ARB_SIM_SLOT_MS: '40' };

interface State {
  readonly status: string;
  readonly statusReason: string;
  readonly runId: string;
}

interface Running {
  readonly url: string;
  state(): Promise<State>;
  control(command: 'pause' | 'resume'): Promise<void>;
  log(): string;
  /** kill -9, of the run and of the local node beside it. */
  kill(): Promise<void>;
}

let dir: string;
let children: ChildProcess[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arb-killed-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) await killed(child);
  rmSync(dir, { recursive: true, force: true });
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid!, 'SIGKILL');
  await exited;
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function start(env: Readonly<Record<string, string>>): Promise<Running> {
  const args = ['functions/cli/arb.cjs', 'run', '--port', '0', '--store-dir', dir, '--json'];
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, detached: true });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const url = await until('the dashboard', () => {
    if (child.exitCode !== null) throw new Error(output);
    return /http:\/\/[\w.:]+\//.exec(output)?.[0];
  });
  return {
    url,
    state: async () => (await (await fetch(`${url}api/state`)).json()) as State,
    async control(command) {
      const token = /name="[a-z-]*token" content="([^"]+)"/.exec(await (await fetch(url)).text())?.[1] ?? '';
      const headers = {
        'content-type': 'application/json',
        'x-control-token': token,
        origin: url.slice(0, -1),
      };
      const body = JSON.stringify({ command });
      expect((await fetch(`${url}api/control`, { method: 'POST', headers, body })).status).toBe(200);
    },
    log: () => output,
    kill: () => killed(child),
  };
}

const hasStatus = (running: Running, status: string) =>
  until(`${status}\n${running.log()}`, async () => {
    const state = await running.state();
    return state.status === status ? state : undefined;
  });

/** What the run lost, by the journal; undefined while it lost nothing. */
async function lostBy(runId: string): Promise<bigint | undefined> {
  const journal = createSqliteIntents({ dir });
  const net = (await journal.netLamports({ runId, sinceMs: 0 })) ?? 0n;
  await journal.close();
  return net < 0n ? -net : undefined;
}

describe.skipIf(process.platform === 'win32')('a run that follows one that was killed (kill -9)', () => {
  it(
    'stays halted where that one was, until a person resumes it',
    async () => {
      const limit = { ...LOSING, ARB_RISK_MAX_LOSS_LAMPORTS: '1' };
      const first = await start(limit);
      await hasStatus(first, 'halted');
      await first.kill();
      const second = await start({ ...limit, ARB_RISK_MAX_LOSS_LAMPORTS: '100000000000' });
      await hasStatus(second, 'halted');
      await second.control('resume');
      await hasStatus(second, 'running');
    },
    TEST_MS,
  );

  it(
    'stays paused where that one was',
    async () => {
      const first = await start({});
      await hasStatus(first, 'running');
      await first.control('pause');
      await first.kill();
      await hasStatus(await start({}), 'paused');
    },
    TEST_MS,
  );

  it(
    'counts what was lost on through a loop of crashes, until the limit halts it',
    async () => {
      const before = await start(LOSING);
      const { runId } = await before.state();
      const lamports = await until('a loss', () => lostBy(runId));
      await before.kill();
      // It dies again, before it has traded: what it had taken over is not forgotten.
      const limit = { ...LOSING, ARB_RISK_MAX_LOSS_LAMPORTS: String(lamports) };
      const second = await start({
        ...limit,
        ARB_RISK_MAX_LOSS_LAMPORTS: '100000000000',
        ARB_RISK_MIN_NET_PROFIT_LAMPORTS: '1000000000000',
      });
      await until('the loss', () => (/control\.loss-restored/.test(second.log()) ? true : undefined));
      await hasStatus(second, 'running');
      await second.kill();
      const third = await start(limit);
      expect((await hasStatus(third, 'halted')).statusReason).toMatch(/were lost in earlier runs/);
    },
    TEST_MS,
  );
});

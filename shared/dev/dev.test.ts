import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TEST_MS = 240_000;

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'dev-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A tool of this folder as a process, with what it and its children write. */
function start(tool: string, args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'shared/dev', tool), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH },
    detached: true,
  });
  let output = '';
  let stdout = '';
  const waiting = new Set<() => void>();
  child.stdout?.on('data', (data) => {
    stdout += String(data);
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += String(data);
      for (const look of waiting) look();
    });
  }
  const closed = once(child, 'close');
  return {
    child,
    closed,
    /** Whatever of it is left, children too. */
    killAll(): void {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch (error) {
        // Nothing is.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    stdout: () => stdout,
    output: () => output,
    /** Resolves when what it writes holds `text` so many times. */
    saw: (text: string, times = 1) =>
      Promise.race([
        new Promise<void>((resolve) => {
          const look = (): void => {
            if (output.split(text).length > times) resolve();
          };
          waiting.add(look);
          look();
        }),
        closed.then(() => Promise.reject(new Error(`it ended without "${text}" × ${times}:\n${output}`))),
      ]),
  };
}

it(
  'npm run dev starts the service and the tests, both anew when a source changes, and ends both at Ctrl-C',
  async () => {
    const dev = start('dev.ts', [
      '--tests',
      'core/u128',
      '--port',
      '0',
      '--store-dir',
      join(scratch, 'store'),
    ]);
    onTestFailed(() => console.error(dev.output()));
    try {
      await Promise.all([dev.saw('dashboard:'), dev.saw('Waiting for file changes')]);
      const now = new Date();
      utimesSync(join(root, 'shared/core/u128.ts'), now, now);
      await Promise.all([dev.saw('dashboard:', 2), dev.saw('Waiting for file changes', 2)]);
      expect(dev.output()).toContain('dev: shared/core/u128.ts changed: the service starts anew');
      dev.child.kill('SIGINT');
      const [code] = await dev.closed;
      expect(code).toBe(0);
      // Its close says that nobody holds its streams any more: service and tests are gone too.
      expect(dev.output()).not.toMatch(/ended \(|EPIPE|SIGKILL/);
    } finally {
      dev.killAll();
    }
  },
  TEST_MS,
);

it(
  'npm run profile writes a CPU profile of a run, says where, and tells the ten busiest lines',
  async () => {
    const out = join(scratch, 'profiles');
    const profile = start('profile.ts', ['run', '--out', out, '--', '--duration', '2', '--seed', '7']);
    expect((await profile.closed)[0]).toBe(0);
    const lines = profile.stdout().trim().split('\n');
    const at = lines.indexOf(`profile: ${join(out, 'run.cpuprofile')}`);
    expect(at).toBeGreaterThan(0);
    expect(lines.slice(at + 2).length).toBe(10);
    for (const line of lines.slice(at + 2)) expect(line).toMatch(/^ *[\d.]+ ms +[\d.]+ % {2}\S/);
  },
  TEST_MS,
);

it.each([
  [['profile.ts'], /name what to profile: run, or a benchmark/],
  [['profile.ts', '../run'], /"\.\.\/run" is the name of no benchmark/],
  [['profile.ts', 'run', '--duratoin', '3'], /--duratoin/],
  [['profile.ts', 'no-such-bench'], /no benchmark begins with "no-such-bench"/],
  [['dev.ts', '--tests'], /--tests is empty: name a part/],
] as const)(
  '%j is refused with 2 and the way out',
  async ([tool, ...args], complaint) => {
    const refused = start(tool, args.length > 1 || tool === 'dev.ts' ? args : [...args, '--out', scratch]);
    expect((await refused.closed)[0]).toBe(2);
    expect(refused.output()).toMatch(complaint);
  },
  TEST_MS,
);

import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MALLOC_SETTINGS, NODE_MEMORY_FLAGS } from '../platform/process/memory-settings.ts';

const USAGE = `npm run dev -- [--tests NAME] [flags of arb run]

The service on the built-in market, drained and started anew when a source file changes, and beside it the tests that
the changes touch, run at each change. --tests NAME watches the tests whose path holds NAME instead, changed or not.
Ctrl-C ends both, and so does q where the tests ask for keys.`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ARB = join(ROOT, 'functions/cli/arb.ts');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const SOURCES = ['functions', 'shared'];
/** What the service is not made of. */
const OTHER_FILE =
  /(\.test|\.bench)\.ts$|(^|\/)test-[^/]*$|^shared\/(bench|dev|layers|library|mutation|repository-checks)\//;
/** An editor writes several files, and one of them several times. */
const SETTLE_MS = 200;
/** A service that drains takes up to eight seconds. */
const END_MS = 10_000;

interface Asked {
  /** Part of the path of the tests to watch; undefined: those that changes touch. */
  readonly tests: string | undefined;
  /** Everything else is the service's. */
  readonly run: readonly string[];
}

function readAsked(args: readonly string[]): Asked {
  const run: string[] = [];
  let tests: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg.startsWith('--tests=')) tests = arg.slice('--tests='.length);
    else if (arg === '--tests') tests = args[++i] ?? '';
    else run.push(arg);
  }
  return { tests, run };
}

/** A child process and how it ended. */
interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<string>;
}

function start(args: readonly string[], cwd: string): Child {
  const env = { ...MALLOC_SETTINGS, ...process.env };
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'inherit' });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  return { process: child, ended };
}

/** Asks it to end and waits until it has; one that does not is killed. */
async function end({ process: child, ended }: Child): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(timer);
}

/** Keeps a service running on the sources as they are. */
function keepService(run: readonly string[]) {
  let service: Child;
  let restarting: Promise<void> | undefined;
  let hasEnded = false;
  const begin = (): void => {
    const begun = start([...NODE_MEMORY_FLAGS, ARB, 'run', ...run], process.cwd());
    service = begun;
    void begun.ended.then((how) => {
      if (!hasEnded && restarting === undefined)
        say(`the service ended (${how}); it starts anew at the next change`);
    });
  };
  begin();
  return {
    restart(why: string): void {
      if (hasEnded) return;
      restarting ??= (async () => {
        say(`${why} changed: the service starts anew`);
        await end(service);
        restarting = undefined;
        if (!hasEnded) begin();
      })();
    },
    async end(): Promise<void> {
      hasEnded = true;
      await end(service);
    },
  };
}

/** Calls `onChange` a moment after the last of several changes of sources. */
function watchSources(onChange: (path: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = SOURCES.map((top) =>
    watch(join(ROOT, top), { recursive: true }, (_, name) => {
      const path = `${top}/${String(name).replaceAll('\\', '/')}`;
      if (!path.endsWith('.ts') || OTHER_FILE.test(path)) return;
      clearTimeout(timer);
      timer = setTimeout(() => onChange(path), SETTLE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

async function main(args: readonly string[]): Promise<number> {
  const { tests, run } = readAsked(args);
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (tests === '') {
    process.stderr.write(`--tests is empty: name a part of a test file's path\n\n${USAGE}\n`);
    return 2;
  }
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve());
  });
  const service = keepService(run);
  const stopWatching = watchSources((path) => service.restart(path));
  const chosen = tests === undefined ? ['--changed', '--passWithNoTests'] : [tests];
  const testing = start([VITEST, 'watch', '--clearScreen=false', ...chosen], ROOT);
  await Promise.race([asked, testing.ended]);
  stopWatching();
  await Promise.all([service.end(), end(testing)]);
  return 0;
}

function say(text: string): void {
  process.stderr.write(`dev: ${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));

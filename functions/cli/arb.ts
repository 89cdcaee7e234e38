import { readFileSync } from 'node:fs';
import { restartWithMemorySettings } from '../../shared/platform/process/memory-settings.ts';
import { createStopSignals } from './frame/stop-signals.ts';

/** Verbs that run for days. */
const LONG_VERBS: readonly (string | undefined)[] = ['run', 'record', '--paper-trade'];
/** As for every other file that cannot be written (exit-code.ts). */
const OUTPUT_LOST = 3;
/** How long what still holds the process may do so once its verb is done. */
const LINGER_MS = 500;

if (LONG_VERBS.includes(process.argv[2])) {
  restartWithMemorySettings({
    execPath: process.execPath,
    execArgv: process.execArgv,
    argv: process.argv,
    env: process.env,
    platform: process.platform,
    hasChannel: process.send !== undefined,
    execve: process.execve?.bind(process),
  });
}

// What it writes (records, recordings, proofs, universe) is its user's alone.
process.umask(0o077);

const args = process.argv.slice(2);
/** Set once a verb has asked for the signal: from there on it ends by itself. */
let begun = false;
const signals = createStopSignals({ process, env: process.env, nowMs: () => performance.now() });
// A service may be stopped while its modules still load; what only computes is killed, as a signal does by itself.
if (LONG_VERBS.includes(args[0]) || args[0]?.startsWith('--') === true) {
  // In place of those of arb.cjs, which end the process as this does until the verb has begun.
  const early = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(
    (name) => [name, process.listeners(name)] as const,
  );
  signals.signal().addEventListener('abort', () => {
    if (begun) return;
    process.stderr.write('stopped while starting: nothing was traded\n');
    if (args.includes('--json')) process.stdout.write('{"status":"stopped-while-starting"}\n');
    process.exit(0);
  });
  for (const [name, listeners] of early) for (const listener of listeners) process.off(name, listener);
}

const [{ createSystemClock }, { main }, { streamOutput }] = await Promise.all([
  import('../../shared/platform/process/system-clock.ts'),
  import('./main.ts'),
  import('./frame/output.ts'),
]);

let lost: Error | undefined;
process.on('exit', () => {
  if (lost === undefined) return;
  process.stderr.write(`arb: the output could not be written: ${lost.message}\n`);
  process.exitCode = OUTPUT_LOST;
});

process.exitCode = await main(args, {
  stdout: streamOutput(process.stdout, (error) => {
    lost ??= error;
  }),
  stderr: streamOutput(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  clock: createSystemClock(),
  version: packageVersion(),
  stopSignal() {
    begun = true;
    return signals.signal();
  },
  atForcedEnd: signals.atForcedEnd,
});

// A socket to an endpoint that answers nobody must not keep a program from ending that has ended.
setTimeout(() => {
  process.stderr.write(
    `arb: ended although these were open: ${process.getActiveResourcesInfo().join(', ')}\n`,
  );
  process.exit();
}, LINGER_MS).unref();

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}

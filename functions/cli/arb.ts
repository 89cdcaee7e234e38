#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { restartWithMemorySettings } from '../../shared/platform/memory-settings.ts';
import { createSystemClock } from '../../shared/platform/system-clock.ts';
import { main } from './main.ts';
import { streamOutput } from './output.ts';

/** Verbs that run for days. */
const LONG_VERBS: readonly (string | undefined)[] = ['run', 'record', '--paper-trade'];

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

let stop: AbortController | undefined;

process.exitCode = await main(process.argv.slice(2), {
  stdout: streamOutput(process.stdout),
  stderr: streamOutput(process.stderr),
  env: process.env,
  cwd: process.cwd(),
  clock: createSystemClock(),
  version: packageVersion(),
  stopSignal() {
    stop ??= stopOnSignals();
    return stop.signal;
  },
});

function stopOnSignals(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one does not wait for a drain that may hang.
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      controller.abort(name);
    });
  }
  return controller;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}

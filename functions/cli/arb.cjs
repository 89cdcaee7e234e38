#!/usr/bin/env node
// Plain JavaScript for any Node: the program itself is TypeScript, which only Node 24 and newer run as it is. Whoever
// starts it on an older one must read what is wrong, not a syntax error.
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const NEEDED = 24;
const major = Number(process.versions.node.split('.')[0]);

/** A run that is stopped before any of it is loaded has nothing to drain. arb.ts takes the signals over. */
function endEarly() {
  process.stderr.write('stopped while starting: nothing was traded\n');
  if (process.argv.includes('--json')) process.stdout.write('{"status":"stopped-while-starting"}\n');
  process.exit(0);
}

if (!existsSync(join(__dirname, 'arb.ts'))) {
  process.stderr.write(
    'arb does not run from a package: what is packed is the library (quote, market, search, replay).\n' +
      'Start the command from a checkout of the repository: npm ci && npm run -s arb -- --help\n',
  );
  process.exitCode = 3;
} else if (major >= NEEDED) {
  // Not where arb.ts is about to put another process in this one's place (memory-settings.ts): a signal that was taken
  // and not acted on yet would be lost with it.
  const hasFlags = process.execArgv.some((flag) => flag.startsWith('--heap-growing-percent='));
  const stays = process.platform !== 'linux' || (hasFlags && process.env.MALLOC_ARENA_MAX !== undefined);
  if (stays && /^(run|record|--.*)$/.test(String(process.argv[2]))) {
    process.on('SIGINT', endEarly).on('SIGTERM', endEarly).on('SIGHUP', endEarly);
  }
  import('./arb.ts');
} else {
  process.stderr.write(
    `arb needs Node ${NEEDED}; this is ${process.versions.node} (${process.execPath}).\n` +
      `On Linux x64 and arm64 npm ci brings Node ${NEEDED}: start arb with npm start, npm run arb or npx arb.\n` +
      `Elsewhere install Node ${NEEDED}: https://nodejs.org/\n`,
  );
  process.exitCode = 3;
}

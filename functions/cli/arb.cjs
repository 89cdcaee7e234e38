#!/usr/bin/env node
// Plain JavaScript for any Node: the program itself is TypeScript, which only Node 24 and newer run as it is. Whoever
// starts it on an older one must read what is wrong, not a syntax error.
'use strict';

const NEEDED = 24;
const major = Number(process.versions.node.split('.')[0]);

if (major >= NEEDED) {
  import('./arb.ts');
} else {
  process.stderr.write(
    `arb needs Node ${NEEDED}; this is ${process.versions.node} (${process.execPath}).\n` +
      `On Linux x64 and arm64 npm ci brings Node ${NEEDED}: start arb with npm start, npm run arb or npx arb.\n` +
      `Elsewhere install Node ${NEEDED}: https://nodejs.org/\n`,
  );
  process.exitCode = 3;
}

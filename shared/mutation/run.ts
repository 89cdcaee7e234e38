import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { STRYKER, STRYKER_FOLDER } from './stryker.ts';

/**
 * `npm run mutate [--brief] [FOLDER…]`: changes the code where money is, one place at a time, and looks whether a test
 * fails. With `--brief` what the last run has found of places and tests that are as they were stands. Prints what
 * survived; exits with 1 where a folder scores less than LEAST_SCORE, with 2 where it cannot run.
 */

/** By folder of shared/: the tests that have to notice. Engine and execution are one line, driven by the engine's tests. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  risk: ['shared/risk/**/*.test.ts'],
  costs: ['shared/costs/**/*.test.ts'],
  execution: ['shared/execution/*.test.ts', 'shared/engine/{engine,orders,chain}.test.ts'],
  engine: ['shared/engine/**/*.test.ts'],
};
/** Per cent. */
const LEAST_SCORE = 90;
const REPORTS = `${STRYKER_FOLDER}/reports`;
/** A machine that does other things too must not make a test look as if it never ended. */
const TIMEOUT_MS = 20_000;

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** What became of the mutants of a folder. */
interface Score {
  readonly folder: string;
  /** A test failed, or never ended. */
  readonly noticed: number;
  /** No test failed, or none runs the place. */
  readonly missed: number;
}

function scoreOf(folder: string, path: string): Score {
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const all = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const noticed = all.filter((status) => status === 'Killed' || status === 'Timeout').length;
  const missed = all.filter((status) => status === 'Survived' || status === 'NoCoverage').length;
  return { folder, noticed, missed };
}

function mutate(folder: string): Score {
  const report = `${REPORTS}/${folder}.json`;
  const config = `${REPORTS}/${folder}.config.json`;
  mkdirSync(REPORTS, { recursive: true });
  const settings = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'shared/mutation/vitest.config.ts', related: false },
    mutate: [`shared/${folder}/*.ts`, `!shared/${folder}/*.{test,bench}.ts`, `!shared/${folder}/test-*.ts`],
    coverageAnalysis: 'perTest',
    // What runs once, at import, would be tried again with every test.
    ignoreStatic: true,
    concurrency: 1,
    timeoutMS: TIMEOUT_MS,
    reporters: ['clear-text', 'json', 'progress-append-only'],
    clearTextReporter: { logTests: false, allowColor: false },
    jsonReporter: { fileName: report },
    incremental: isBrief,
    incrementalFile: `${REPORTS}/${folder}.tested.json`,
    tempDirName: `${STRYKER_FOLDER}/sandbox`,
    ignorePatterns: ['.bench-sdks', '.program-vm', '.mutation', 'data'],
    allowConsoleColors: false,
    disableTypeChecks: false,
  };
  writeFileSync(config, JSON.stringify(settings));
  const { status, error } = spawnSync(process.execPath, [STRYKER, 'run', config], {
    stdio: 'inherit',
    env: { ...process.env, MUTATION_TESTS: TESTS[folder]!.join(' ') },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`stryker ended with ${status} in shared/${folder}`);
  return scoreOf(folder, report);
}

const isBrief = process.argv.includes('--brief');
const asked = process.argv.slice(2).filter((argument) => argument !== '--brief');
const unknown = asked.find((folder) => !Object.hasOwn(TESTS, folder));
if (unknown !== undefined) {
  console.error(`mutate: no folder "${unknown}": ${Object.keys(TESTS).join(', ')}`);
  process.exitCode = 2;
} else if (!existsSync(STRYKER)) {
  console.error('mutate: Stryker is not installed: npm run mutate:install');
  process.exitCode = 2;
} else {
  const scores = (asked.length === 0 ? Object.keys(TESTS) : asked).map(mutate);
  for (const { folder, noticed, missed } of scores) {
    const per = (100 * noticed) / (noticed + missed);
    console.log(
      `shared/${folder}: ${per.toFixed(2)} % of ${noticed + missed} mutants noticed, ${missed} not`,
    );
    if (per < LEAST_SCORE) process.exitCode = 1;
  }
}

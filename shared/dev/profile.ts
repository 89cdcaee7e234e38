import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { errorText } from '../core/errors.ts';
import { busiestLines, type CpuProfile } from './profile-lines.ts';

const USAGE = `npm run profile -- NAME [--out DIR] [-- flags]

Where the time goes in a benchmark (NAME as in npm run bench) or, with the NAME run, in a run of the built-in market in
simulated time (its flags after --; by default --duration 60 --seed 7). Writes a CPU profile that Chromium's developer
tools (Performance, load profile) and speedscope open, by default into data/profiles, one file a thread, and prints the
ten lines that took most time themselves.
Exit code: that of what was profiled, 2 for a flag that is wrong.`;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINES = 10;
/** CPU.date.time.pid.thread.sequence.cpuprofile, as Node names them; the main thread is 0. */
const WRITTEN = /^CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$/;

interface Asked {
  readonly name: string;
  readonly out: string;
  readonly flags: readonly string[];
}

/** Throws what names the flag that is wrong. */
function readAsked(): Asked | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string', default: join(ROOT, 'data/profiles') }, help: { type: 'boolean' } },
  });
  const [name, ...flags] = positionals;
  if (values.help) return undefined;
  if (name === undefined)
    throw new Error('name what to profile: run, or a benchmark (npm run -s bench -- --list)');
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name))
    throw new Error(`"${name}" is the name of no benchmark, and not run`);
  return { name, out: resolve(values.out), flags };
}

function commandOf({ name, flags }: Asked): readonly string[] {
  if (name !== 'run') return [join(ROOT, 'shared/bench/run.ts'), name, ...flags];
  const chosen = flags.length > 0 ? flags : ['--duration', '60', '--seed', '7'];
  return [join(ROOT, 'functions/cli/arb.ts'), 'run', '--simulated-time', ...chosen];
}

async function main(): Promise<number> {
  let asked: Asked | undefined;
  try {
    asked = readAsked();
  } catch (thrown) {
    process.stderr.write(`${errorText(thrown)}\n\n${USAGE}\n`);
    return 2;
  }
  if (asked === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'arb-profile-'));
  try {
    const args = ['--cpu-prof', `--cpu-prof-dir=${scratch}`, ...commandOf(asked)];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    // A run that is stopped ends in order and writes what it has; so does this.
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const exit = code ?? 128 + constants.signals[signal!];
    const main = keepProfiles(scratch, asked);
    if (main !== undefined) for (const line of reportOf(main)) process.stdout.write(`${line}\n`);
    else process.stderr.write(`no profile was written: ${asked.name} ended with ${exit}\n`);
    return main === undefined && exit === 0 ? 1 : exit;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Moves what Node wrote to where it is wanted; the path of the main thread's. */
function keepProfiles(scratch: string, { name, out }: Asked): string | undefined {
  let main: string | undefined;
  mkdirSync(out, { recursive: true });
  for (const file of readdirSync(scratch)) {
    const thread = WRITTEN.exec(file)?.[1];
    if (thread === undefined) continue;
    const path = join(out, `${name}${thread === '0' ? '' : `.thread-${thread}`}.cpuprofile`);
    renameSync(join(scratch, file), path);
    if (thread === '0') main = path;
  }
  return main;
}

function reportOf(path: string): string[] {
  const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile;
  const rows = busiestLines(profile, LINES).map(({ functionName, at, ms, share }) => {
    const where = at.startsWith(pathToFileURL(ROOT).href) ? relative(ROOT, fileURLToPath(at)) : at;
    return `${ms.toFixed(1).padStart(9)} ms ${(share * 100).toFixed(1).padStart(5)} %  ${functionName}  ${where}`.trimEnd();
  });
  return [`profile: ${path}`, 'most time in themselves:', ...rows];
}

process.exitCode = await main();

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArbError } from '../../../shared/core/errors.ts';
import { sleep } from '../../../shared/platform/process/backoff.ts';
import { EXIT } from '../frame/exit-code.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';
import { childrenOf, folderBytes, lookAtProcess } from './soak-process.ts';
import { type Sample, slopeOf } from './soak-slope.ts';

const DEFAULT_SECONDS = 5_400;
const DEFAULT_WARM_UP_SECONDS = 900;
const DEFAULT_MAX_GROWTH_PERCENT = 2;
const LOOK_MS = 5_000;
const STOP_WITHIN_MS = 30_000;
const MIB = 1_048_576;

/** `arb soak`: the service and its local node for a long time, looked at from outside. */
export const soakVerb = defineVerb({
  name: 'soak',
  summary: 'run the service on the built-in market for a long time and say whether its memory stays flat',
  usage: '[--seconds S] [--warm-up S] [--max-growth PERCENT] [--json]',
  details: [
    'Starts arb run in a process of its own, as a user would, with an empty store, and looks every five seconds at the',
    'memory, open files, store and readiness of the service and of its local node. After the warm-up a line is laid',
    'through the resident memory of each; its 95 % interval comes from the means of twelve spans. Exit 1 when the',
    'interval of either leaves room for growth of more than --max-growth percent of its mean an hour, when a process',
    'ended, or when the service did not stop in time. Needs /proc (Linux).',
  ].join('\n'),
  flags: {
    seconds: { kind: 'count', value: 'S', summary: `how long (default ${DEFAULT_SECONDS})` },
    'warm-up': {
      kind: 'count',
      value: 'S',
      summary: `left out of the line (default ${DEFAULT_WARM_UP_SECONDS}, at most half of --seconds)`,
    },
    'max-growth': {
      kind: 'number',
      value: 'PERCENT',
      summary: `of the mean, an hour (default ${DEFAULT_MAX_GROWTH_PERCENT})`,
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  async run(context) {
    const { flags, stdout } = context;
    const { seconds = DEFAULT_SECONDS, 'max-growth': maxGrowthPercent = DEFAULT_MAX_GROWTH_PERCENT } = flags;
    const warmUpSeconds = flags['warm-up'] ?? Math.min(DEFAULT_WARM_UP_SECONDS, Math.floor(seconds / 2));
    if (seconds < 60) throw new ArbError('usage-soak', `--seconds ${seconds}: give 60 or more`);
    if (warmUpSeconds > seconds / 2) {
      throw new ArbError('usage-soak', `--warm-up ${warmUpSeconds}: give at most half of --seconds`);
    }
    if (lookAtProcess(process.pid) === undefined) {
      throw new ArbError('soak-needs-proc', 'arb soak reads /proc, which this system does not have');
    }
    const report = await soak(context, { seconds, warmUpSeconds, maxGrowthPercent });
    if (flags.json) stdout.line(JSON.stringify(report, null, 2));
    else for (const line of soakLines(report)) stdout.line(line);
    return report.ok ? EXIT.ok : EXIT.negative;
  },
});

/** How the resident memory of one process went, in MiB; slopes are after the warm-up. */
interface MemoryReport {
  readonly atWarmUpMib: number;
  readonly atEndMib: number;
  readonly peakMib: number;
  readonly meanMib: number;
  readonly growthMibPerHour: number;
  readonly growthLowMibPerHour: number;
  readonly growthHighMibPerHour: number;
  readonly openFilesAtWarmUp: number;
  readonly openFilesAtEnd: number;
}

interface SoakReport {
  readonly ok: boolean;
  /** Why not; empty when ok. */
  readonly problems: readonly string[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly service: MemoryReport | undefined;
  readonly node: MemoryReport | undefined;
  readonly storeMib: number;
  /** Share of looks after the warm-up at which /readyz said 200. */
  readonly readyShare: number;
}

interface Watched {
  readonly name: string;
  readonly resident: Sample[];
  readonly openFiles: Sample[];
}

async function soak(
  { clock, signal, stderr }: Pick<VerbContext, 'clock' | 'signal' | 'stderr'>,
  limits: { readonly seconds: number; readonly warmUpSeconds: number; readonly maxGrowthPercent: number },
): Promise<SoakReport> {
  const { seconds, warmUpSeconds } = limits;
  const dir = mkdtempSync(join(tmpdir(), 'arb-soak-'));
  const port = await freePort();
  const child = startService(dir, port, (line) => stderr.line(line));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const service: Watched = { name: 'service', resident: [], openFiles: [] };
  const node: Watched = { name: 'node', resident: [], openFiles: [] };
  const problems: string[] = [];
  const looks = { all: 0, ready: 0 };
  const fromMicros = clock.monotonicMicros();
  const passed = (): number => (clock.monotonicMicros() - fromMicros) / 1e6;
  try {
    while (passed() < seconds && !signal.aborted) {
      await sleep(Math.min(LOOK_MS, Math.max(0, seconds - passed()) * 1_000), signal);
      if (child.exitCode !== null || child.signalCode !== null) {
        problems.push(`the service ended after ${passed().toFixed(0)} s`);
        break;
      }
      const atSeconds = passed();
      look(service, child.pid, atSeconds);
      look(node, childrenOf(child.pid ?? 0)[0], atSeconds);
      const ready = await isReady(port);
      if (atSeconds < warmUpSeconds) continue;
      looks.all++;
      if (ready) looks.ready++;
    }
    const storeBytes = folderBytes(dir);
    child.kill('SIGTERM');
    const code = await Promise.race([ended, sleep(STOP_WITHIN_MS).then(() => undefined)]);
    if (code === undefined) problems.push(`the service did not stop within ${STOP_WITHIN_MS / 1_000} s`);
    else if (code !== 0 && problems.length === 0) problems.push(`the service stopped with exit code ${code}`);
    for (const { name, resident } of [service, node])
      problems.push(...growthProblems(name, resident, limits));
    return {
      ok: problems.length === 0,
      problems,
      seconds: Math.round(passed()),
      warmUpSeconds,
      service: memoryReport(service, warmUpSeconds),
      node: memoryReport(node, warmUpSeconds),
      storeMib: storeBytes / MIB,
      readyShare: looks.all === 0 ? 0 : looks.ready / looks.all,
    };
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

function startService(dir: string, port: number, onLine: (line: string) => void): ChildProcess {
  const command = fileURLToPath(new URL('../arb.ts', import.meta.url));
  const args = [command, 'run', '--market', 'built-in', '--port', String(port), '--store-dir', dir, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-10_000);
    for (const line of lines) onLine(line);
  });
  return child;
}

function look({ resident, openFiles }: Watched, pid: number | undefined, atSeconds: number): void {
  const seen = pid === undefined ? undefined : lookAtProcess(pid);
  if (seen === undefined) return;
  resident.push({ atSeconds, value: seen.residentBytes / MIB });
  openFiles.push({ atSeconds, value: seen.openFiles });
}

function warm(samples: readonly Sample[], warmUpSeconds: number): readonly Sample[] {
  return samples.filter(({ atSeconds }) => atSeconds >= warmUpSeconds);
}

/** Why the resident memory of one process, in MiB, is not called flat; nothing when it is. */
export function growthProblems(
  name: string,
  resident: readonly Sample[],
  limits: { readonly warmUpSeconds: number; readonly maxGrowthPercent: number },
): readonly string[] {
  const { warmUpSeconds, maxGrowthPercent } = limits;
  const slope = slopeOf(warm(resident, warmUpSeconds));
  if (slope === undefined) return [`the memory of the ${name} was not seen often enough to tell`];
  const percent = (slope.highPerHour / slope.mean) * 100;
  if (percent <= maxGrowthPercent) return [];
  return [
    `the memory of the ${name} may grow by ${percent.toFixed(1)} % an hour (allowed ${maxGrowthPercent} %)`,
  ];
}

function memoryReport({ resident, openFiles }: Watched, warmUpSeconds: number): MemoryReport | undefined {
  const samples = warm(resident, warmUpSeconds);
  const slope = slopeOf(samples);
  if (slope === undefined) return undefined;
  const files = warm(openFiles, warmUpSeconds);
  return {
    atWarmUpMib: samples[0]!.value,
    atEndMib: samples.at(-1)!.value,
    peakMib: resident.reduce((peak, { value }) => Math.max(peak, value), 0),
    meanMib: slope.mean,
    growthMibPerHour: slope.perHour,
    growthLowMibPerHour: slope.lowPerHour,
    growthHighMibPerHour: slope.highPerHour,
    openFilesAtWarmUp: files[0]!.value,
    openFilesAtEnd: files.at(-1)!.value,
  };
}

function soakLines(report: SoakReport): readonly string[] {
  const memory = (name: string, seen: MemoryReport | undefined): string => {
    if (seen === undefined) return `${name}: not seen often enough`;
    const { atWarmUpMib, atEndMib, peakMib, growthMibPerHour, growthLowMibPerHour, growthHighMibPerHour } =
      seen;
    const interval = `${growthLowMibPerHour.toFixed(1)} to ${growthHighMibPerHour.toFixed(1)}`;
    return (
      `${name}: ${atWarmUpMib.toFixed(0)} MiB after the warm-up, ${atEndMib.toFixed(0)} at the end, peak ` +
      `${peakMib.toFixed(0)}; ${growthMibPerHour.toFixed(1)} MiB an hour (95 %: ${interval}); ` +
      `${seen.openFilesAtWarmUp} open files, then ${seen.openFilesAtEnd}`
    );
  };
  return [
    `${report.seconds} s, ${report.warmUpSeconds} of them warm-up`,
    memory('service', report.service),
    memory('node', report.node),
    `store ${report.storeMib.toFixed(1)} MiB; ready at ${(report.readyShare * 100).toFixed(1)} % of looks`,
    report.ok ? 'flat' : `not flat: ${report.problems.join('; ')}`,
  ];
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(LOOK_MS) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

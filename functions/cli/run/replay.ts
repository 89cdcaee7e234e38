import { ArbError } from '../../../shared/core/errors.ts';
import { formatUnits } from '../../../shared/core/units.ts';
import { CONFIG_KEYS } from '../../../shared/platform/config/keys.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { findRuns, type RecordedRun } from '../../../shared/platform/recording/recording.ts';
import { decides, recordedConfig } from '../../../shared/run/deciding-config.ts';
import { type ReplayResult, replayRun } from '../../../shared/run/replay-run.ts';
import { EXIT } from '../frame/exit-code.ts';
import { createProgress } from '../frame/progress.ts';
import { defineVerb, type FlagSpec, type VerbContext } from '../frame/verb.ts';
import { damageLines } from './recording-report.ts';
import { type ReplayReport, replayReport } from './replay-report.ts';

/** One flag for every configuration key that decides. */
const OVERRIDES: Readonly<Record<string, FlagSpec>> = Object.fromEntries(
  CONFIG_KEYS.filter(({ path }) => decides(path)).map(({ flag, notes }) => [
    flag,
    { kind: 'string', summary: `instead of the run’s: ${notes.summary}`, value: notes.placeholder },
  ]),
);

/** `arb replay`: the engine of a recorded run, driven by the recording. */
export const replayVerb = defineVerb({
  name: 'replay',
  summary: 'drive the engine with a recording: the same decisions, bit for bit, as the run that made it',
  usage: '[--speed max|N] [--risk-…] [--json]',
  positionals: {
    recordings: {
      value: 'FILE|DIR',
      summary: 'segment files, or directories of them; several runs are replayed one after another',
      required: true,
      repeats: true,
    },
  },
  flags: {
    json: { kind: 'boolean', summary: 'print one JSON value on stdout' },
    speed: {
      kind: 'string',
      value: 'max|N',
      summary: 'times the speed of the run: 1 as it was; max (the default) as fast as it goes',
    },
    ...OVERRIDES,
  },
  details: [
    'Market, pools and everything that decides come from the recording; the configuration file and the environment',
    'are not read. A flag for a key that decides makes it another run: as deterministic, and not compared.',
    'The decisions are compared with those of the run at every block and at its end. Exit code 1: they differ, or',
    'events are missing; 3: a file cannot be read. A recording that ends in a torn block, as after a kill, is replayed',
    'and compared up to its last whole block.',
  ].join('\n'),
  async run(context) {
    const { flags, positionals, stdout, signal } = context;
    const speed = speedOf(flags.speed);
    const overrides = overridesOf(flags);
    const reports: ReplayReport[] = [];
    for (const recorded of await findRuns(positionals.recordings)) {
      if (signal.aborted) break;
      const config = recordedConfig(recorded, overrides);
      reports.push(await replayOne(context, { recorded, config, speed, overrides }));
    }
    if (flags.json) stdout.line(JSON.stringify(reports.length === 1 ? reports[0] : reports));
    return reports.every(({ verdict }) => verdict === 'same' || verdict === 'overridden')
      ? EXIT.ok
      : EXIT.negative;
  },
});

type ReplayFlags = Readonly<Record<string, unknown>>;

interface ReplayTask {
  readonly recorded: RecordedRun;
  readonly config: Config;
  readonly speed: number;
  readonly overrides: Readonly<Record<string, string>>;
}

async function replayOne(
  context: Pick<VerbContext, 'stdout' | 'stderr' | 'clock' | 'signal'> & { readonly flags: ReplayFlags },
  { recorded, config, speed, overrides }: ReplayTask,
): Promise<ReplayReport> {
  const { stdout, stderr, clock, signal } = context;
  const startMicros = clock.monotonicMicros();
  let shown = 'starting';
  const progress = createProgress({ output: stderr, clock, describe: () => shown });
  let result: ReplayResult;
  try {
    result = await replayRun({
      recorded,
      config,
      speed,
      clock,
      signal,
      onTurn({ engine, opportunities }, seconds) {
        const net = formatUnits(engine.ledger.netLamports, 9);
        shown = `${seconds.toFixed(0)} s of the recording · ${opportunities()} opportunities · ${net} SOL`;
        progress.tick();
      },
    });
  } finally {
    progress.stop();
  }
  const tookSeconds = (clock.monotonicMicros() - startMicros) / 1e6;
  const report = replayReport({ recorded, config, result, overrides, tookSeconds, aborted: signal.aborted });
  for (const line of damageLines(result.damages, result.gaps)) stderr.line(line);
  if (context.flags.json !== true) for (const line of report.lines) stdout.line(line);
  return report.report;
}

function speedOf(text: string | undefined): number {
  if (text === undefined || text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed > 0) return speed;
  const message = `--speed must be "max" or a number above 0 (1: as fast as the run), not "${text}"`;
  throw new ArbError('usage-bad-value', message, { text });
}

/** The overriding flags that are given, by name. */
function overridesOf(flags: ReplayFlags): Readonly<Record<string, string>> {
  const given = Object.keys(OVERRIDES).flatMap((name): [string, string][] => {
    const text = flags[name];
    return typeof text === 'string' ? [[name, text]] : [];
  });
  return Object.fromEntries(given);
}

import { resolve } from 'node:path';
import { createCensusCounts } from '../../../shared/census/counts.ts';
import type { Address } from '../../../shared/core/address.ts';
import { ASSUMED_CHAIN } from '../../../shared/core/chain-parameters.ts';
import type { ErrorCode } from '../../../shared/core/error-codes.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { findRuns } from '../../../shared/platform/recording/recording.ts';
import type { Damage } from '../../../shared/platform/recording/segment-reader.ts';
import type { Gap } from '../../../shared/platform/recording/segment-text.ts';
import { type CensusTask, takeMarketCensus, takeRecordingCensus } from '../../../shared/run/census.ts';
import { createTokenNames, type TokenNames } from '../../../shared/run/token-names.ts';
import { type SkippedPool, selectPools } from '../../../shared/run/universe.ts';
import { EXIT } from '../frame/exit-code.ts';
import { localMarketModule } from '../frame/local-chain.ts';
import { createProgress } from '../frame/progress.ts';
import { refuseIdle } from '../frame/used-keys.ts';
import { defineVerb } from '../frame/verb.ts';
import { type CensusSource, censusReport } from './census-report.ts';
import { censusLines } from './census-text.ts';
import { damageLines } from './recording-report.ts';

const DEFAULT_SECONDS = 300;
const DEFAULT_LATENCIES: readonly number[] = [0, 1, 2, 3];
/** A transaction is void 150 blocks after its blockhash. */
/** No transaction lands later than its blockhash lives. */
const MAX_LATENCY_SLOTS = ASSUMED_CHAIN.blockhashBlocks;
const MAX_LATENCIES = 16;

/** `arb census`: what the pairs of a recording or of a market would have given. */
export const censusVerb = defineVerb({
  name: 'census',
  summary: 'what these pairs would have given: gaps by size, lifetime, latency and tip, and a verdict',
  usage:
    '(--recording DIR|FILE… | --market built-in|FILE [--duration SECONDS] [--seed N]) [--latency-slots 0,1,2,3] [--json]',
  positionals: {
    more: { value: 'FILE|DIR', summary: 'more recordings after --recording', repeats: true },
  },
  flags: {
    recording: {
      kind: 'list',
      value: 'DIR|FILE',
      summary: 'segment files of arb record, or directories of them',
    },
    market: {
      kind: 'string',
      value: 'built-in|FILE',
      summary: 'instead: the built-in market or a snapshot file, with seeded traders',
    },
    duration: {
      kind: 'number',
      value: 'SECONDS',
      summary: `with --market: seconds of market time (default ${DEFAULT_SECONDS})`,
    },
    seed: { kind: 'count', value: 'N', summary: 'with --market: seed of the traders (default: seed)' },
    'latency-slots': {
      kind: 'string',
      value: 'N,N,…',
      summary: `slots from a decision to its landing (default ${DEFAULT_LATENCIES.join()})`,
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: [
    'routing',
    'risk.maxTradeIn',
    'risk.maxPoolShareBps',
    'risk.maxSlotLag',
    'risk.maxEstimateAgeSlots',
    'costs.baseFeeLamports',
    'costs.priorityFeeLamports',
    'costs.unitsPerLeg',
    'costs.maxPriorityFeeLamports',
    'costs.tokenAccounts',
    'costs.rentLamports',
    'paper.balances',
    'paper.latencySlots',
    'paper.latencyMs',
    'sim',
  ],
  details: [
    'No key is needed and nothing is sent. A gap is counted once, from the update that opened it to the slot end at which',
    'nothing pays through it any more. For each tip it is taken once, at the first moment at which it leaves a profit with',
    'it, with amounts fixed then, and executed on the state at the end of the slot that many slots later, after what all',
    'others did: a leg that has become short reverts all of it and costs base and priority fee. Routes, capital and costs',
    'are those of the configuration, whatever a recording was made with. Gaps that stood there when the pools were first',
    'seen are told apart and count nowhere. The verdict is for paper.latencySlots, or the next longer latency of the list,',
    'and for a tip of half the gross profit. Ctrl-C ends it there and prints what was counted. Exit code 1: NO-GO.',
  ].join('\n'),
  async run(context) {
    const { flags, positionals, stdout, stderr, clock, signal, cwd } = context;
    const recordings = [...flags.recording, ...positionals.more];
    const latencies = latenciesOf(flags['latency-slots']);
    checkSource(flags, recordings);
    const loaded = context.loadConfig();
    const { config } = loaded;
    if (flags.market === undefined) refuseIdle(loaded, ['sim'], 'in a recording everything has happened');
    const counts = createCensusCounts(latencies, config.paper.latencySlots);
    const progress = createProgress({
      output: stderr,
      clock,
      describe: () => `${counts.events} events · ${counts.coverage.usableSlots} slots · ${counts.gaps} gaps`,
    });
    const task: CensusTask = { config, counts, signal, onTurn: progress.tick };
    try {
      const { source, names } =
        flags.market === undefined
          ? await ofRecordings(task, recordings, cwd)
          : await ofMarket(
              task,
              flags.market,
              flags.duration ?? DEFAULT_SECONDS,
              flags.seed ?? config.seed,
              cwd,
            );
      progress.stop();
      for (const line of damageLines(source.damages, source.gaps)) stderr.line(line);
      for (const { pool, venue, reason } of source.skipped)
        stderr.line(`skipped ${venue} ${pool}: ${reason}`);
      const report = censusReport(counts, source, names);
      if (flags.json) stdout.line(JSON.stringify(report));
      else for (const line of censusLines(report)) stdout.line(line);
      return report.verdict.answer === 'NO-GO' ? EXIT.negative : EXIT.ok;
    } finally {
      progress.stop();
    }
  },
});

interface Taken {
  readonly source: CensusSource;
  /** What people call a mint. */
  readonly names: (mint: string) => string;
}

async function ofRecordings(task: CensusTask, paths: readonly string[], cwd: string): Promise<Taken> {
  const runs = await findRuns(paths.map((path) => resolve(cwd, path)));
  const gaps: Gap[] = [];
  const damages: Damage[] = [];
  const skipped: SkippedPool[] = [];
  const known: TokenNames[] = [];
  for (const recorded of runs) {
    if (task.signal.aborted) break;
    const taken = await takeRecordingCensus(task, recorded);
    gaps.push(...taken.gaps);
    damages.push(...taken.damages);
    skipped.push(...selectPools(recorded.run.pools).skipped);
    known.push(
      createTokenNames(taken.census, new Map(Object.entries(recorded.run.symbols) as [Address, string][])),
    );
  }
  return {
    source: { kind: 'recording', names: paths, runs: runs.length, gaps, damages, skipped },
    names: (mint) => nameIn(known, mint as Address),
  };
}

/** As the first run that has a name for it calls it. */
function nameIn(known: readonly TokenNames[], mint: Address): string {
  const symbols = known.map((names) => names.of(mint).symbol);
  return symbols.find((symbol) => !symbol.endsWith('…')) ?? symbols[0] ?? mint;
}

async function ofMarket(
  task: CensusTask,
  name: string,
  seconds: number,
  seed: number,
  cwd: string,
): Promise<Taken> {
  const { createLocalMarket } = await localMarketModule();
  const market = createLocalMarket(name === 'built-in' ? name : resolve(cwd, name), seed, task.config.sim);
  const census = await takeMarketCensus(task, market, seconds);
  const names = createTokenNames(census, market.symbols);
  const { skipped } = market;
  return {
    source: { kind: 'market', names: [name], runs: 1, seed, gaps: [], damages: [], skipped },
    names: (mint) => names.of(mint as Address).symbol,
  };
}

interface SourceFlags {
  readonly recording: readonly string[];
  readonly market: string | undefined;
  readonly duration: number | undefined;
  readonly seed: number | undefined;
}

/** Throws `usage-…` unless exactly one source is named, with nothing that belongs to the other. */
function checkSource(
  { recording, market, duration, seed }: SourceFlags,
  recordings: readonly string[],
): void {
  const refuse = (code: ErrorCode, message: string): never => {
    throw new ArbError(code, message);
  };
  if (recording.length === 0 && recordings.length > 0) {
    refuse('usage-no-source', `a recording is named by --recording ${recordings[0]}`);
  }
  if (market === undefined && recordings.length === 0) {
    refuse('usage-no-source', 'arb census needs --recording DIR|FILE or --market built-in|FILE');
  }
  if (market !== undefined && recordings.length > 0) {
    refuse('usage-two-sources', 'give --recording or --market, not both: a census is of one source');
  }
  if (market === 'live') {
    refuse('usage-live', '--market live cannot be counted ahead: arb record --market live, then --recording');
  }
  if (market === undefined && duration !== undefined) {
    refuse('usage-two-sources', '--duration goes with --market: a recording is read to its end');
  }
  if (market === undefined && seed !== undefined) {
    refuse('usage-two-sources', '--seed goes with --market: in a recording everything has happened');
  }
  if (duration !== undefined && !(duration > 0 && duration <= 31_536_000)) {
    refuse('usage-bad-value', `--duration must be a number of seconds above 0, not ${duration}`);
  }
}

/** Rising, each once. Throws `usage-bad-value`. */
function latenciesOf(text: string | undefined): readonly number[] {
  if (text === undefined) return DEFAULT_LATENCIES;
  const words = text.split(',').map((word) => word.trim());
  const slots = words.map((word) => (/^\d{1,3}$/.test(word) ? Number(word) : Number.NaN));
  const bad = words.find((_, i) => !(slots[i]! <= MAX_LATENCY_SLOTS));
  if (bad !== undefined || slots.length > MAX_LATENCIES) {
    const what = bad === undefined ? `${slots.length} of them` : `"${bad}"`;
    const message = `--latency-slots must be at most ${MAX_LATENCIES} whole numbers from 0 to ${MAX_LATENCY_SLOTS} with commas between, such as 0,1,2,3, not ${what}`;
    throw new ArbError('usage-bad-value', message, { text });
  }
  return [...new Set(slots)].sort((a, b) => a - b);
}

import { ArbError } from '../../../shared/core/errors.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { FAULT_KINDS, type FaultKind } from '../../../shared/sim/fault-proxy/fault.ts';
import { answerLocalNames, forgetLocalNames } from '../../../shared/sim/fault-proxy/names.ts';
import type { ProviderRow } from '../../../shared/sim/providers/provider-row.ts';
import { PROVIDER_ROWS } from '../../../shared/sim/providers/rows.ts';
import { EXIT } from '../frame/exit-code.ts';
import { refuseIdle, refuseIdleFlags } from '../frame/used-keys.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';
import { runChainChaos } from './chaos-chain.ts';
import { chainChaosLines } from './chaos-chain-report.ts';
import { type FeedChaosRun, runFeedChaos } from './chaos-feeds.ts';
import { feedChaosLines, feedChaosReport, feedChaosTotal } from './chaos-feeds-report.ts';
import { idleKeysOf } from './chaos-keys.ts';
import { limitsChaosLines, runLimitsChaos } from './chaos-limits.ts';
import { outagesLines, runOutages } from './chaos-outages.ts';
import { type ProviderChaosRun, runProviderChaos } from './chaos-providers.ts';
import {
  dealRows,
  providerChaosReport,
  providerChaosTotal,
  providerRowLine,
} from './chaos-providers-report.ts';

const DEFAULT_SEEDS = 5;
const DEFAULT_SECONDS = 12;
const DEFAULT_OUTAGES = 30;
const DEFAULT_FROM_SECONDS = 61;
const DEFAULT_TO_SECONDS = 300;
const DEFAULT_DEMAND = 3_000;
const DEFAULT_LIMIT = 833;
const DEFAULT_LIMIT_SECONDS = 10;
const DEFAULT_OUTAGE_SECONDS = 4;
/** The first seed has a longer one: a minute without any endpoint, unless a shorter run is asked for. */
const LONG_OUTAGE_SECONDS = 60;

/** `arb chaos`: what the system does while things go wrong, on loopback, seeded. */
export const chaosVerb = defineVerb({
  name: 'chaos',
  summary: 'break the wire to the market, or ask more than a provider allows, and see what holds',
  usage:
    'feeds [--seeds N] [--seconds S] [--outage S] [--json] | providers [--seeds N] [--rows NAME,…] [--json] | ' +
    'outages [--seeds N] [--seconds S] [--outage S] [--json] | chain [--seconds S] [--json] | ' +
    'limits [--demand N] [--limit N] [--seconds S] [--json]',
  details: [
    'feeds: the whole service on the built-in market over two endpoints, each behind a proxy that refuses, resets,',
    'trickles, goes silent or half-open, forgets its name, drops, repeats, reorders and corrupts messages, answers 429,',
    '503 or not at all, and lies about slots and bytes. Every decision, and every pool that may be quoted once a slot,',
    'is held against what the chain really held. Even seeds stream every account from both endpoints. Both endpoints',
    'are gone at once for --outage seconds, in the first seed for a minute. Exit 1 unless every seed ends live without',
    'a decision on state that was over (staleDecisions) or never was (falseDecisions).',
    'providers: the same service, its endpoints and APIs each behind a proxy that behaves as a row of the table of',
    'providers says (shared/sim/providers): refusals in every dialect, answers in other forms, hostile ones, WebSockets',
    'that are refused or deaf. Every row ends whole within its bound. The seeds share the table: each row comes at least',
    'once. Exit 1 when a row did not end whole, was not told on the page, left a decision on wrong state, or when',
    'readiness said 200 while nothing could be traded.',
    'outages: --seeds streams at one time (default 30) lose their endpoint, the first for --outage seconds (default 61), the',
    'last for --seconds (default 300), at RPC latencies from 0 to 500 ms. Prints how long each took until all its accounts',
    'were sure again. Exit 1 unless each is back within ten seconds.',
    'chain: the whole service on a chain that becomes another one in mid-run: slots of 400, 300 and 200 ms, a step of the',
    'rent, transactions of version 1, the migration to Alpenglow, two blocks in a slot; --seconds each. Exit 1 when a slot',
    'counts as stale that is not, a decision rests on what was over or never was, or the census takes the wrong hour.',
    'limits: a local endpoint accepts --limit calls in any second and answers more with 429 and Retry-After; --demand calls',
    'a second in the priority mix of a trading service go to it through the RPC pool and its limiter, as limits.* and rpc.*',
    'configure them. Prints waits, shed calls and 429 by priority. --seed is that of the demand. Exit 1 when an execution',
    'call was shed or answered 429.',
  ].join('\n'),
  flags: {
    seeds: { kind: 'count', value: 'N', summary: `how many seeds, from 1 on (default ${DEFAULT_SEEDS})` },
    seconds: {
      kind: 'count',
      value: 'S',
      summary: `faults for so long, each seed (default ${DEFAULT_SECONDS}; of limits ${DEFAULT_LIMIT_SECONDS})`,
    },
    outage: {
      kind: 'count',
      value: 'S',
      summary: `both endpoints down at once (default ${DEFAULT_OUTAGE_SECONDS}; the first seed ${LONG_OUTAGE_SECONDS})`,
    },
    faults: {
      kind: 'list',
      value: 'KIND,…',
      summary: `only these (feeds; ${FAULT_KINDS.join(', ')})`,
    },
    rows: { kind: 'list', value: 'NAME,…', summary: 'only these rows of the table (providers)' },
    demand: { kind: 'count', value: 'N', summary: `calls a second (limits; default ${DEFAULT_DEMAND})` },
    limit: { kind: 'count', value: 'N', summary: `calls a second let in (limits; default ${DEFAULT_LIMIT})` },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  positionals: {
    what: {
      summary: 'what is broken',
      choices: ['feeds', 'providers', 'outages', 'chain', 'limits'],
      required: true,
    },
  },
  usesConfig: true,
  async run({ flags, positionals, stdout, stderr, clock, version, signal, loadConfig }) {
    const loaded = loadConfig();
    const { config } = loaded;
    refuseIdle(loaded, idleKeysOf(positionals.what), `arb chaos ${positionals.what} makes its own`);
    if (positionals.what === 'limits') {
      refuseIdleFlags(flags, ['seeds', 'outage', 'faults', 'rows'], 'it is not of arb chaos limits');
      return await chaosLimits({ flags, config, stdout, clock, signal });
    }
    refuseIdleFlags(flags, ['demand', 'limit'], 'it is of arb chaos limits');
    if (positionals.what === 'outages') {
      refuseIdleFlags(flags, ['faults', 'rows'], 'it is not of arb chaos outages');
      return await chaosOutages({ flags, stdout, clock, signal });
    }
    if (positionals.what === 'providers') {
      refuseIdleFlags(flags, ['seconds', 'outage', 'faults'], 'it is of arb chaos feeds');
      return await chaosProviders({ flags, config, stdout, stderr, clock, version, signal });
    }
    refuseIdleFlags(flags, ['rows'], 'it is of arb chaos providers');
    if (positionals.what === 'chain') {
      refuseIdleFlags(flags, ['seeds', 'outage', 'faults'], 'it is of arb chaos feeds');
      const log = createLogger({ stream: stderr, clock, minSeverity: 'ERROR' });
      const seconds = flags.seconds ?? DEFAULT_SECONDS;
      const given = { config, seed: config.seed, seconds, clock, log, version, signal };
      const report = await runChainChaos(given);
      if (flags.json) stdout.line(JSON.stringify(report, null, 2));
      else for (const line of chainChaosLines(report)) stdout.line(line);
      return report.ok ? EXIT.ok : EXIT.negative;
    }
    const seeds = flags.seeds ?? DEFAULT_SEEDS;
    if (seeds === 0) throw new ArbError('usage-seeds', '--seeds 0 tries nothing; give 1 or more');
    const seconds = flags.seconds ?? DEFAULT_SECONDS;
    const kinds = faultKinds(flags.faults);
    const log = createLogger({ stream: stderr, clock, minSeverity: 'ERROR' });
    const runs: FeedChaosRun[] = [];
    answerLocalNames();
    try {
      for (let seed = 1; seed <= seeds && !signal.aborted; seed++) {
        const long = seed === 1 && flags.outage === undefined;
        const outageSeconds = long ? LONG_OUTAGE_SECONDS : (flags.outage ?? DEFAULT_OUTAGE_SECONDS);
        const redundancy = seed % 2 === 0 ? 2 : 1;
        const lasts = long ? seconds + outageSeconds : seconds;
        const run = await runFeedChaos({
          config,
          seed,
          seconds: lasts,
          outageSeconds,
          redundancy,
          kinds,
          clock,
          log,
          version,
          signal,
        });
        runs.push(run);
        stderr.line(feedChaosLines(run).join('\n'));
      }
    } finally {
      forgetLocalNames();
    }
    const report = feedChaosReport(runs);
    if (flags.json) stdout.line(JSON.stringify(report, null, 2));
    else for (const line of feedChaosTotal(report)) stdout.line(line);
    return report.ok ? EXIT.ok : EXIT.negative;
  },
});

/** Undefined: all of them. Throws `usage-faults`. */
function faultKinds(named: readonly string[]): readonly FaultKind[] | undefined {
  if (named.length === 0) return undefined;
  return named.map((name) => {
    const kind = FAULT_KINDS.find((known) => known === name);
    if (kind !== undefined) return kind;
    throw new ArbError('usage-faults', `--faults ${name}: give some of ${FAULT_KINDS.join(', ')}`);
  });
}

async function chaosOutages(
  params: Pick<VerbContext, 'stdout' | 'clock' | 'signal'> & {
    readonly flags: {
      readonly seeds: number | undefined;
      readonly seconds: number | undefined;
      readonly outage: number | undefined;
      readonly json: boolean;
    };
  },
): Promise<number> {
  const { flags, stdout, clock, signal } = params;
  const count = flags.seeds ?? DEFAULT_OUTAGES;
  const fromSeconds = flags.outage ?? DEFAULT_FROM_SECONDS;
  const toSeconds = Math.max(fromSeconds, flags.seconds ?? DEFAULT_TO_SECONDS);
  if (count === 0) throw new ArbError('usage-seeds', '--seeds 0 tries nothing; give 1 or more');
  const report = await runOutages({ count, fromSeconds, toSeconds, clock, signal });
  if (flags.json) stdout.line(JSON.stringify(report, null, 2));
  else for (const line of outagesLines(report)) stdout.line(line);
  return report.ok ? EXIT.ok : EXIT.negative;
}

async function chaosProviders(
  params: Pick<VerbContext, 'stdout' | 'stderr' | 'clock' | 'version' | 'signal'> & {
    readonly config: Config;
    readonly flags: {
      readonly seeds: number | undefined;
      readonly rows: readonly string[];
      readonly json: boolean;
    };
  },
): Promise<number> {
  const { flags, config, stdout, stderr, clock, version, signal } = params;
  const seeds = flags.seeds ?? DEFAULT_SEEDS;
  if (seeds === 0) throw new ArbError('usage-seeds', '--seeds 0 tries nothing; give 1 or more');
  const log = createLogger({ stream: stderr, clock, minSeverity: 'CRITICAL' });
  const dealt = dealRows(rowsNamed(flags.rows), seeds, createRandom('providers'));
  const runs: ProviderChaosRun[] = [];
  for (const [i, rows] of dealt.entries()) {
    if (signal.aborted) break;
    const run = await runProviderChaos({ config, seed: i + 1, rows, clock, log, version, signal });
    runs.push(run);
    for (const row of run.rows) stderr.line(`seed ${run.seed}, ${providerRowLine(row)}`);
  }
  const report = providerChaosReport(runs);
  if (flags.json) stdout.line(JSON.stringify(report, null, 2));
  else stdout.line(providerChaosTotal(report));
  return report.ok ? EXIT.ok : EXIT.negative;
}

/** All of the table where none is named. Throws `usage-rows`. */
function rowsNamed(names: readonly string[]): readonly ProviderRow[] {
  if (names.length === 0) return PROVIDER_ROWS;
  return names.map((name) => {
    const row = PROVIDER_ROWS.find((known) => known.name === name);
    if (row !== undefined) return row;
    const known = PROVIDER_ROWS.map((one) => one.name).join(', ');
    throw new ArbError('usage-rows', `--rows ${name}: give some of ${known}`);
  });
}

async function chaosLimits(
  params: Pick<VerbContext, 'stdout' | 'clock' | 'signal'> & {
    readonly config: Config;
    readonly flags: {
      readonly demand: number | undefined;
      readonly limit: number | undefined;
      readonly seconds: number | undefined;
      readonly json: boolean;
    };
  },
): Promise<number> {
  const { flags, config, stdout, clock, signal } = params;
  const { demand = DEFAULT_DEMAND, limit = DEFAULT_LIMIT, seconds = DEFAULT_LIMIT_SECONDS } = flags;
  if (demand === 0 || limit === 0 || seconds === 0) {
    const message = '--demand, --limit and --seconds must be 1 or more';
    throw new ArbError('usage-chaos', message, { demand, limit, seconds });
  }
  const report = await runLimitsChaos({
    config,
    clock,
    demandPerSecond: demand,
    limitPerSecond: limit,
    seconds,
    seed: config.seed,
    signal,
  });
  if (flags.json) stdout.line(JSON.stringify(report, null, 2));
  else for (const line of limitsChaosLines(report)) stdout.line(line);
  return report.ok ? EXIT.ok : EXIT.negative;
}

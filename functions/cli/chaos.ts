import { ArbError } from '../../shared/core/errors.ts';
import { createLogger } from '../../shared/platform/log.ts';
import { answerLocalNames, forgetLocalNames } from '../../shared/sim/fault-proxy/names.ts';
import { type FeedChaosRun, runFeedChaos } from './chaos-feeds.ts';
import { feedChaosLines, feedChaosReport } from './chaos-feeds-report.ts';
import { EXIT } from './exit-code.ts';
import { defineVerb } from './verb.ts';

const DEFAULT_SEEDS = 5;
const DEFAULT_SECONDS = 12;
const DEFAULT_OUTAGE_SECONDS = 4;
/** The first seed has a longer one: a minute without any endpoint, unless a shorter run is asked for. */
const LONG_OUTAGE_SECONDS = 60;

/** `arb chaos`: what the system does while things go wrong, on loopback, seeded. */
export const chaosVerb = defineVerb({
  name: 'chaos',
  summary: 'break the wire to the market in every way and see that nothing is decided on stale state',
  usage: 'feeds [--seeds N] [--seconds S] [--outage S] [--json]',
  details: [
    'feeds: the whole service on the built-in market over two endpoints, each behind a proxy that refuses, resets,',
    'trickles, goes silent or half-open, forgets its name, drops, repeats, reorders and corrupts messages, answers 429,',
    '503 or not at all, and lies about slots and bytes. Every decision, and every pool that may be quoted once a slot,',
    'is held against what the chain really held. Even seeds stream every account from both endpoints. Both endpoints',
    'are gone at once for --outage seconds, in the first seed for a minute. Exit 1 unless every seed ends live without',
    'a decision on state that was over (staleDecisions) or never was (falseDecisions).',
  ].join('\n'),
  flags: {
    seeds: { kind: 'count', value: 'N', summary: `how many seeds, from 1 on (default ${DEFAULT_SEEDS})` },
    seconds: {
      kind: 'count',
      value: 'S',
      summary: `faults for so long, each seed (default ${DEFAULT_SECONDS})`,
    },
    outage: {
      kind: 'count',
      value: 'S',
      summary: `both endpoints down at once (default ${DEFAULT_OUTAGE_SECONDS}; the first seed ${LONG_OUTAGE_SECONDS})`,
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  positionals: { what: { summary: 'what is broken', choices: ['feeds'], required: true } },
  usesConfig: true,
  async run({ flags, stdout, stderr, clock, version, signal, loadConfig }) {
    const { config } = loadConfig();
    const seeds = flags.seeds ?? DEFAULT_SEEDS;
    if (seeds === 0) throw new ArbError('usage-seeds', '--seeds 0 tries nothing; give 1 or more');
    const seconds = flags.seconds ?? DEFAULT_SECONDS;
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
    else stdout.line(JSON.stringify({ ...report, runs: undefined }, null, 2));
    return report.ok ? EXIT.ok : EXIT.negative;
  },
});

import { z } from 'zod';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { LAMPORTS_PER_SOL } from '../../core/units.ts';
import { DEFAULT_METHODS_PER_SECOND, DEFAULT_PER_HOUR, DEFAULT_PRICES } from '../limits/default-limits.ts';
import { bucketKey } from './bucket-leaf.ts';
import { endpointsKey } from './endpoint-leaf.ts';
import {
  amountKey,
  choiceKey,
  countKey,
  numberKey,
  optionalAmountKey,
  optionalNumberKey,
  optionalTextKey,
  textKey,
} from './leaf.ts';
import { addressesKey, amountsByMintKey, mintsKey, namesKey, poolsKey } from './list-leaf.ts';
import { numbersByNameKey } from './numbers-leaf.ts';
import { quoteAsksKey } from './quote-asks-leaf.ts';
import { secretKey } from './secret-leaf.ts';
import { urlKey } from './url-leaf.ts';

const USDC = 1_000_000n;
const MAX_SLOTS = 10_000;

/**
 * The whole configuration. A key is one entry here: its file path, environment variable (`risk.maxPending` →
 * `ARB_RISK_MAX_PENDING`), flag (`--risk-max-pending`), help line and check all follow from it.
 */
export const configSchema = z.strictObject({
  mode: choiceKey({
    choices: ['paper'],
    default: 'paper',
    summary: 'what happens to an approved opportunity',
    refusals: { live: 'live trading is not available in this version' },
  }),
  market: textKey({
    default: 'built-in',
    allowed: '"built-in", "live" or the path of a snapshot file',
    placeholder: 'built-in|FILE|live',
    summary: 'the market to stream: a local node with the built-in pools or a snapshot, or a real RPC',
  }),
  seed: countKey({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 1,
    summary: 'seed of everything random, so that a run can be repeated',
  }),
  duration: optionalNumberKey({
    min: 0.1,
    max: 31_536_000,
    summary: 'seconds to run; without it the run lasts until it is stopped',
  }),
  rpc: z.strictObject({
    url: urlKey({
      protocols: ['http:', 'https:'],
      summary: 'the Solana JSON-RPC endpoint of the live market',
    }),
    wsUrl: urlKey({ protocols: ['ws:', 'wss:'], summary: 'its WebSocket endpoint; derived from rpc.url' }),
    endpoints: endpointsKey({
      default: [],
      summary: 'the endpoints of the live market; rpc.url is the first of them, named main',
    }),
    commitment: choiceKey({
      choices: ['processed', 'confirmed', 'finalized'],
      default: 'processed',
      summary: 'how settled the account states must be that are traded on',
    }),
    timeoutMs: countKey({
      min: 50,
      max: 600_000,
      default: 10_000,
      summary: 'milliseconds that one attempt of a call may take, to the last byte of its answer',
    }),
    deadlineMs: countKey({
      min: 50,
      max: 600_000,
      default: 30_000,
      summary: 'milliseconds that a whole call may take, with its waits and repeats',
    }),
    connections: countKey({
      min: 1,
      max: 1_024,
      default: 32,
      summary: 'most HTTP connections to one endpoint',
    }),
    batchSize: countKey({
      min: 1,
      max: 100,
      default: 16,
      summary: 'most small calls in one HTTP request; 1 sends each alone',
    }),
  }),
  limits: z.strictObject({
    perHour: numbersByNameKey({
      min: 1,
      max: 1e12,
      what: 'a provider or endpoint name',
      default: DEFAULT_PER_HOUR,
      summary: 'requests an hour that each provider allows, or one endpoint of its own',
    }),
    methodsPerSecond: numbersByNameKey({
      min: 0.001,
      max: 1e6,
      what: 'PROVIDER/METHOD',
      default: DEFAULT_METHODS_PER_SECOND,
      summary: 'requests a second of single methods, beside the limit of the provider',
    }),
    methodWeights: numbersByNameKey({
      min: 0,
      max: 1e6,
      what: 'METHOD or PROVIDER/METHOD',
      default: {},
      summary: 'how many requests one of a method counts for, where it is not 1',
    }),
    burstMs: countKey({
      min: 0,
      max: 60_000,
      default: 50,
      summary: "milliseconds' worth of requests that may go at once",
    }),
    windowMs: countKey({
      min: 0,
      max: 60_000,
      default: 1_000,
      summary: 'no window of so many milliseconds holds more than the rate allows; 0: not watched',
    }),
    maxQueued: countKey({
      min: 1,
      max: 1_000_000,
      default: 1_024,
      summary: 'most requests that wait for a limit; then lower levels give way',
    }),
    agingMs: countKey({
      min: 1,
      max: 600_000,
      default: 500,
      summary: 'milliseconds of waiting that make up for one level of priority, below confirmation',
    }),
    credits: numbersByNameKey({
      min: 0,
      max: 1e9,
      whole: true,
      what: 'PROVIDER/METHOD or PROVIDER/*',
      default: DEFAULT_PRICES.credits,
      summary: 'credits that a provider charges for a request',
    }),
    usdPerMillionCredits: numbersByNameKey({
      min: 0,
      max: 1e6,
      what: 'a provider name',
      default: DEFAULT_PRICES.usdPerMillionCredits,
      summary: 'dollars for a million credits',
    }),
  }),
  feed: z.strictObject({
    redundancy: choiceKey({
      choices: [1, 2],
      default: 1,
      summary: 'endpoints that every account is streamed from at once; the first to tell wins',
    }),
    tellAt: choiceKey({
      choices: ['slot', 'frame'],
      default: 'slot',
      summary:
        'slot: a state counts when its slot is over and no connection that should know of it says otherwise; frame: at once',
    }),
    maxLagMs: countKey({
      min: 10,
      max: 60_000,
      default: 100,
      summary: 'milliseconds that a connection may tell a slot late before its accounts count as lost',
    }),
    auditsPerSecond: countKey({
      min: 0,
      max: 100,
      default: 4,
      summary:
        'calls by which every account is read again, 99 at a time, to find changes that were not told; 0 is none',
    }),
    quarantineSeconds: countKey({
      min: 1,
      max: 86_400,
      default: 300,
      summary: 'how long an endpoint that told what is not so is left alone',
    }),
    subscriptionsPerConnection: countKey({
      min: 0,
      max: 1_000_000,
      default: 0,
      summary: 'most subscriptions on one WebSocket; 0 is what the provider allows',
    }),
    connections: countKey({
      min: 0,
      max: 1_000,
      default: 0,
      summary: 'most WebSockets to one endpoint; 0 is what the provider allows',
    }),
  }),
  books: z.strictObject({
    maxFollowed: countKey({
      min: 0,
      max: 256,
      default: 16,
      summary:
        'order books whose fills are followed, one getTransaction for each transaction on them; 0 is none',
    }),
  }),
  wallet: z.strictObject({
    addresses: addressesKey({
      default: [],
      summary: 'wallets whose balances on chain are followed: lamports, and tokens of the start mints',
    }),
  }),
  paper: z.strictObject({
    balances: amountsByMintKey({
      default: { [WSOL_MINT]: 100n * LAMPORTS_PER_SOL, [USDC_MINT]: 20_000n * USDC },
      summary: 'what the paper wallet holds at the start, base units by mint',
    }),
    latencySlots: countKey({
      min: 0,
      max: 100,
      default: 1,
      summary: 'least slots between the decision and the state that a paper trade is filled at; 0 is at once',
    }),
    latencyMs: countKey({
      min: 0,
      max: 60_000,
      default: 400,
      summary:
        'milliseconds that a trade is under way: more slots when they get shorter; 0 counts slots only',
    }),
    landingOdds: numberKey({
      min: 0,
      max: 1,
      default: 0.8,
      summary: 'share of the submitted paper bundles that land at all',
    }),
  }),
  routing: z.strictObject({
    startMints: mintsKey({
      default: [WSOL_MINT, USDC_MINT],
      summary: 'mints that a route starts and ends in',
    }),
    maxLegs: choiceKey({
      choices: [2, 3, 4],
      default: 3,
      summary: 'most hops in a route, from mint to mint and back to the first',
    }),
    maxSwaps: countKey({
      min: 2,
      max: 8,
      default: 4,
      summary: 'most swaps in one transaction: a hop may be split over several pools of its pair',
    }),
    maxCandidatesPerUpdate: countKey({
      min: 1,
      max: 100_000,
      default: 16,
      summary: 'most cycles that one market update may solve over their pools, the most promising first',
    }),
    maxQuotesPerUpdate: countKey({
      min: 1,
      max: 1_000_000,
      default: 2_000,
      summary: 'most exact quotes that one market update may cost',
    }),
  }),
  risk: z.strictObject({
    maxTradeIn: amountsByMintKey({
      default: { [WSOL_MINT]: 20n * LAMPORTS_PER_SOL, [USDC_MINT]: 4_000n * USDC },
      summary: 'most that one trade may take in, base units by start mint; a mint not named is not traded',
    }),
    minNetProfitLamports: amountKey({
      default: 10_000n,
      summary: 'least net profit of a trade worth sending, in lamports',
    }),
    maxPoolShareBps: countKey({
      min: 1,
      max: 10_000,
      default: 5_000,
      summary:
        'most of a pool that one swap may take: how far its average price may fall below the marginal one',
    }),
    maxPending: countKey({ min: 1, max: 1_000, default: 4, summary: 'most trades under way at one time' }),
    maxLossLamports: amountKey({
      default: LAMPORTS_PER_SOL,
      summary: 'net loss in one run, in lamports, at which trading pauses itself',
    }),
    maxEstimateAgeSlots: countKey({
      min: 1,
      max: MAX_SLOTS,
      default: 50,
      summary: 'slots for which a fee estimate or a price from outside the chain counts',
    }),
    maxSlotLag: countKey({
      min: 0,
      max: MAX_SLOTS,
      default: 2,
      summary: 'slots that the state behind a decision may lag the chain',
    }),
  }),
  costs: z.strictObject({
    baseFeeLamports: amountKey({ default: 5_000n, summary: 'network fee of one signature, in lamports' }),
    priorityFeeLamports: amountKey({
      default: 20_000n,
      summary: 'priority fee of each swap of a trade, in lamports',
    }),
    unitsPerLeg: countKey({
      min: 1,
      max: ASSUMED_CHAIN.transactionUnits,
      default: 120_000,
      summary: 'compute units that one swap is taken to need where the priority fee is estimated',
    }),
    maxPriorityFeeLamports: amountKey({
      default: 200_000n,
      summary: 'most that an estimate may make the priority fee of each swap, in lamports',
    }),
    tipLamports: amountKey({ default: 10_000n, summary: 'block-engine tip of one trade, in lamports' }),
    landingOdds: numberKey({
      min: 0,
      max: 1,
      default: 0.8,
      summary: 'share of the trades sent that are expected to succeed',
    }),
    revertOdds: numberKey({
      min: 0,
      max: 1,
      default: 0.1,
      summary: 'share expected to land and revert, paying fees for nothing; the rest never lands',
    }),
    tokenAccounts: choiceKey({
      choices: ['ahead', 'at-trade'],
      default: 'ahead',
      summary: 'when token accounts are made: before trading, or by the trade that needs one, at its cost',
    }),
    rentLamports: optionalAmountKey({
      summary: 'rent of one token account, in lamports; what the chain asks for where it is not set',
    }),
  }),
  helius: z.strictObject({
    apiKey: secretKey({ summary: 'key of Helius; without it the priority fee stays the configured one' }),
    url: urlKey({
      protocols: ['http:', 'https:'],
      summary: 'where Helius stands, instead of its own addresses; a local market brings its own',
    }),
    priorityLevel: choiceKey({
      choices: ['min', 'low', 'medium', 'high', 'veryHigh'],
      default: 'high',
      summary: 'which of the estimated priority fees is counted on',
    }),
    refreshSeconds: numberKey({
      min: 0.4,
      max: 3_600,
      default: 2,
      summary: 'seconds between two estimates of the priority fee',
    }),
    requestsPerSecond: numberKey({
      min: 0.01,
      max: 1_000,
      default: 5,
      summary: 'most requests a second that Helius’s own methods get from us',
    }),
  }),
  jupiter: z.strictObject({
    url: urlKey({
      protocols: ['http:', 'https:'],
      summary:
        'where Jupiter’s API stands; without it a local market brings its own, and a live one has none',
    }),
    api: choiceKey({
      choices: ['v2', 'v1'],
      default: 'v2',
      summary:
        'edition of its swap API: v2 asks /swap/v2/build, v1 the quotes and swap instructions before it',
    }),
    apiKey: secretKey({ summary: 'key of Jupiter’s API, where it wants one' }),
    requestsPerSecond: numberKey({
      min: 0.01,
      max: 1_000,
      default: 1,
      summary: 'most requests a second that Jupiter gets from us',
    }),
    compareSeconds: numberKey({
      min: 1,
      max: 86_400,
      default: 5,
      summary: 'seconds between two rounds of quotes compared with Jupiter’s',
    }),
    compare: quoteAsksKey({
      default: [
        { mintIn: WSOL_MINT, mintOut: USDC_MINT, amountIn: 10n * LAMPORTS_PER_SOL },
        { mintIn: USDC_MINT, mintOut: WSOL_MINT, amountIn: 1_500n * USDC },
      ],
      summary: 'the quotes that are compared with Jupiter’s, amounts in base units of the mint in',
    }),
    alarmBps: numberKey({
      min: 0,
      max: 10_000,
      default: 50,
      summary: 'deviation from Jupiter’s quote, either way, past which an alarm is raised',
    }),
  }),
  server: z.strictObject({
    host: textKey({
      default: '127.0.0.1',
      allowed: 'a host name or address',
      placeholder: 'HOST',
      flag: 'host',
      summary: 'where the dashboard and metrics listen',
    }),
    port: countKey({
      min: 0,
      max: 65_535,
      default: 8_080,
      flag: 'port',
      summary: 'their port; 0 takes any free one',
    }),
    controlToken: secretKey({
      least: 16,
      summary:
        'secret that pausing and resuming needs; without it the page may on this machine, and nobody where server.host or server.allowedHosts lets other machines in',
    }),
    allowedHosts: namesKey({
      what: 'host names; a leading dot stands for all below it',
      summary:
        'names under which other machines reach the dashboard, over a proxy too; controls then need a token',
    }),
  }),
  store: z.strictObject({
    dir: textKey({
      default: 'data',
      allowed: 'the path of a directory',
      placeholder: 'DIR',
      summary: 'data directory of the embedded store, created when absent',
    }),
    keepDays: z.strictObject({
      trades: keptDays(365, 'trades, and the runs that made them'),
      opportunities: keptDays(3, 'opportunities, most of what is written'),
      decisionCounts: keptDays(90, 'counts of decisions by the minute'),
      balances: keptDays(30, 'balances'),
      comparisons: keptDays(14, 'quotes compared with Jupiter’s'),
      apiCosts: keptDays(400, 'what API calls cost'),
    }),
    maxBytes: countKey({
      min: 10_000_000,
      max: 1_000_000_000_000,
      default: 2_000_000_000,
      summary: 'bytes of rows in the store; beyond them the oldest least important ones go before their time',
    }),
    whenNew: choiceKey({
      choices: ['run', 'pause'],
      default: 'run',
      summary:
        'how a run begins on a data directory that knows of no earlier one; pause where it does not outlive the machine, so that a lost pause does not become trading',
    }),
  }),
  recorder: z.strictObject({
    dir: optionalTextKey({
      allowed: 'the path of a directory',
      placeholder: 'DIR',
      summary: 'records every event of the run to segment files in this directory',
    }),
    bucket: bucketKey({
      summary:
        'uploads finished segments there; without recorder.dir they wait in store.dir and are then removed',
    }),
    bucketEndpoint: urlKey({
      protocols: ['http:', 'https:'],
      summary: 'another Cloud Storage API than Google’s',
    }),
    maxSegmentBytes: countKey({
      min: 1_000,
      max: 10_000_000_000,
      default: 64_000_000,
      summary: 'bytes after which a segment file is finished and the next one begun',
    }),
    maxSegmentSeconds: countKey({
      min: 1,
      max: 86_400,
      default: 600,
      summary: 'seconds after which it is',
    }),
    maxSpoolBytes: countKey({
      min: 1_000_000,
      max: 10_000_000_000_000,
      default: 10_000_000_000,
      summary:
        'bytes that may wait for the bucket; beyond them events are left out, counted and told as a gap',
    }),
    zstdLevel: countKey({ min: 1, max: 19, default: 1, summary: 'zstd level of the recording' }),
  }),
  sim: z.strictObject({
    slotMs: numberKey({
      min: 10,
      max: 10_000,
      default: 400,
      summary: 'milliseconds of a slot of the local chain at its start',
    }),
    schedule: optionalTextKey({
      allowed: 'changes such as "+150:slotMs=300 +300:slotMs=200,rentLamportsPerByte=5080"',
      placeholder: 'CHANGES',
      summary:
        'what the local chain becomes so many slots after its start: slotMs, rentLamportsPerByte, consensus (migrating, alpenglow), transactionVersion, secondBlockEvery',
    }),
  }),
  universe: z.strictObject({
    pools: poolsKey({ default: [], summary: 'pools that the live market watches' }),
    file: optionalTextKey({
      allowed: 'the path of a file',
      placeholder: 'FILE',
      summary: 'universe file of any market, instead of universe.pools; read again whenever it changes',
    }),
  }),
});

function keptDays(days: number, what: string) {
  return numberKey({
    min: 0.001,
    max: 36_500,
    default: days,
    summary: `days for which the store keeps ${what}`,
  });
}

/** The effective configuration: every amount a bigint of base units, deep-frozen. */
export type Config = z.output<typeof configSchema>;

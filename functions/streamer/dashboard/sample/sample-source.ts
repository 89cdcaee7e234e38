import { ASSUMED_CHAIN } from '../../../../shared/core/chain-parameters.ts';
import { createRandom, type Random } from '../../../../shared/core/random.ts';
import { createPnlSeries } from '../../../../shared/run/series.ts';
import { DEPENDENCIES, offText } from '../../health/degradation.ts';
import type { ControlCommand } from '../../inputs/control-command.ts';
import { chainView } from '../state/read-chain.ts';
import type { BookFillView, BookView } from '../view/book-view.ts';
import type { OutsideView } from '../view/outside-view.ts';
import type {
  DashboardSource,
  DashboardState,
  OpportunityView,
  StageLatencyView,
  TokenView,
  TradeStatus,
  TradeView,
} from '../view/view.ts';
import { sampleApis } from './sample-apis.ts';
import { sampleBook, sampleFill } from './sample-book.ts';

/** A made-up run for the dashboard's own tests and for looking at the page: seeded, and moved by hand. */
export interface SampleSource extends DashboardSource {
  /** Moves time on; trades and opportunities appear as it passes. */
  advanceMs(ms: number): void;
  /** Adds one trade now. */
  trade(change?: Partial<TradeView>): TradeView;
  /** Replaces fields of the state from now on. */
  set(change: Partial<DashboardState>): void;
  readonly commands: readonly {
    readonly command: ControlCommand;
    readonly by: string;
    readonly reason: string;
  }[];
  /** What `control` answers with when it should refuse. */
  refuseWith(message: string | undefined): void;
}

const SOL: TokenView = { mint: 'So11111111111111111111111111111111111111112', symbol: 'SOL', decimals: 9 };
const USDC: TokenView = { mint: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', symbol: 'USDC', decimals: 6 };
const STAGES = ['decode', 'apply', 'search', 'approve', 'total'];
const STAGE_MEDIAN_MICROS = [4, 6, 38, 2, 61];
const REFUSAL_WEIGHTS: readonly (readonly [string, number])[] = [
  ['no-marginal-profit', 52_000],
  ['pool-not-quotable', 7_300],
  ['below-costs', 2_910],
  ['no-exact-profit', 640],
  ['edge-spent', 402],
  ['pool-busy', 118],
  ['below-min-profit', 77],
  ['quote-refused', 12],
];
const MIDDLE = ['USDC', 'JUP', 'BONK', 'JitoSOL', 'WIF', 'PYTH'];
const LAMPORTS_PER_SOL = 1e9;

export function createSampleSource(options: { seed?: string; startMs?: number } = {}): SampleSource {
  const random = createRandom(options.seed ?? 'sample');
  // Streams of its own: the rest of the sample stays what it was.
  const bookRandom = random.fork('book');
  const fills: BookFillView[] = [];
  let book: BookView | undefined;
  let fillCount = 0;
  const startedAtMs = options.startMs ?? 1_795_000_000_000;
  const series = createPnlSeries();
  const trades: TradeView[] = [];
  const opportunities: OpportunityView[] = [];
  const commands: { command: ControlCommand; by: string; reason: string }[] = [];
  const tally = { filled: 0, reverted: 0, notLanded: 0, won: 0 };
  const byMint = new Map([SOL, USDC].map((token) => [token, { trades: 0, gross: 0n, net: 0n }]));
  let nowMs = startedAtMs;
  let net = 0n;
  let cost = 0n;
  let sequence = 0;
  let refusal: string | undefined;
  let change: Partial<DashboardState> = {};

  const slot = (): number => 312_004_500 + Math.floor((nowMs - startedAtMs) / 400);

  function trade(fields: Partial<TradeView> = {}): TradeView {
    const made = { ...makeTrade(random, `${slot()}-${sequence++}`, nowMs, slot()), ...fields };
    trades.unshift(made);
    trades.length = Math.min(trades.length, 50);
    net += BigInt(made.netLamports);
    cost += BigInt(made.costLamports);
    if (made.status === 'filled') tally.filled++;
    if (made.status === 'reverted') tally.reverted++;
    if (made.status === 'not-landed') tally.notLanded++;
    if (made.status === 'filled' && BigInt(made.netLamports) > 0n) tally.won++;
    const mint = byMint.get(made.start);
    if (mint !== undefined) {
      mint.trades++;
      mint.gross += BigInt(made.grossProfit);
      mint.net += BigInt(made.netLamports);
    }
    series.push(nowMs, Number(net) / LAMPORTS_PER_SOL);
    return made;
  }

  function state(): DashboardState {
    const seconds = (nowMs - startedAtMs) / 1_000;
    const updates = Math.floor(seconds * 412);
    return {
      version: '0.1.0',
      mode: 'paper',
      market: 'built-in',
      runId: 'run-20261122-2134-7f3a',
      startedAtMs,
      nowMs,
      status: 'running',
      statusReason: '',
      slot: slot(),
      updates: { total: updates, perSecond: 412.4 + random.normal() * 6 },
      pnl: {
        netLamports: String(net),
        costLamports: String(cost),
        byMint: [...byMint].map(([token, sum]) => ({
          ...token,
          trades: sum.trades,
          gross: String(sum.gross),
          netLamports: String(sum.net),
        })),
        series: series.points(),
      },
      tally: { ...tally },
      trades: [...trades],
      opportunities: [...opportunities],
      venues: sampleVenues(updates, random),
      feed: sampleFeed(slot()),
      chain: chainView(ASSUMED_CHAIN, new Map()),
      skippedPools: SKIPPED,
      books: [currentBook()],
      bookFeed: { state: 'live', transactions: fillCount, lost: 0 },
      latency: STAGES.map((stage, index) => sampleLatency(stage, STAGE_MEDIAN_MICROS[index]!, updates)),
      refusals: REFUSAL_WEIGHTS.map(([reason, weight]) => ({
        reason,
        count: Math.floor((weight * seconds) / 600),
      })),
      store: { queued: random.below(40), written: updates * 2, dropped: 0 },
      outside: sampleOutside(nowMs, seconds),
      apis: sampleApis(seconds),
      memory: { rssBytes: 171_000_000 + random.below(3_000_000) },
      ...change,
    };
  }

  function currentBook(): BookView {
    book ??= sampleBook({ random: bookRandom, base: SOL, quote: USDC, price: 142.35, fills: [] });
    return { ...book, fills: [...fills] };
  }

  return {
    state,
    book: (pool) => (pool === currentBook().pool ? currentBook() : undefined),
    trade,
    commands,
    advanceMs(ms) {
      const until = nowMs + ms;
      while (nowMs < until) {
        nowMs = Math.min(until, nowMs + 250);
        if (random.next() < 0.3) {
          opportunities.unshift(makeOpportunity(random, `${slot()}-${sequence++}`, nowMs, slot()));
          opportunities.length = Math.min(opportunities.length, 50);
        }
        if (random.next() < 0.06) trade();
        if (bookRandom.next() < 0.1) {
          fills.unshift(sampleFill(bookRandom, `fill-${fillCount++}/0`, nowMs, slot()));
          fills.length = Math.min(fills.length, 12);
          book = undefined;
        }
      }
    },
    set(fields) {
      change = { ...change, ...fields };
    },
    refuseWith(message) {
      refusal = message;
    },
    async control(command, by, reason) {
      commands.push({ command, by, reason });
      if (refusal !== undefined) return { ok: false, message: refusal };
      const paused = command === 'pause';
      const statusReason = reason === '' ? `by ${by}` : reason;
      change = { ...change, status: paused ? 'paused' : 'running', statusReason: paused ? statusReason : '' };
      return { ok: true, message: paused ? 'paused' : 'running' };
    },
  };
}

const SKIPPED: DashboardState['skippedPools'] = [
  {
    pool: '8sLbNZoA1cfnvMJLPfp98ZLAnFSYCFApfJKMbiXNLwxj',
    venue: 'raydium-clmm',
    reason: 'venue-not-built',
  },
  {
    pool: '5rCf1DM8LjKTw4YqhnoLcngyZYeNnQqztScTogYHAS6',
    venue: 'meteora-dlmm',
    reason: 'venue-not-built',
  },
  {
    pool: '7XawhbbxtsRcQA8KTkHT9f9nc6d69UwqCDh6U5EEbEmX',
    venue: 'raydium-cpmm',
    reason: 'unsupported-mint',
  },
];

const SPLIT: TradeView['hops'][number] = [
  { venue: 'raydium-cpmm', percent: 72 },
  { venue: 'meteora-damm-v2', percent: 28 },
];

function tokensIn(random: Random): {
  readonly start: TokenView;
  readonly route: string;
  readonly hops: TradeView['hops'];
} {
  const start = random.next() < 0.75 ? SOL : USDC;
  const others = MIDDLE.filter((symbol) => symbol !== start.symbol);
  const first = others[random.below(others.length)]!;
  const hops = random.next() < 0.6 ? [first] : [first, others[(others.indexOf(first) + 1) % others.length]!];
  const shares = hops.map((_, index): TradeView['hops'][number] =>
    index % 2 === 0 ? [{ venue: 'orca-whirlpool', percent: 100 }] : SPLIT,
  );
  return {
    start,
    route: [start.symbol, ...hops, start.symbol].join(' → '),
    hops: [...shares, [{ venue: 'raydium-cpmm', percent: 100 }]],
  };
}

function makeTrade(random: Random, tradeId: string, atMs: number, slot: number): TradeView {
  const { start, ...route } = tokensIn(random);
  const draw = random.next();
  const status: TradeStatus = draw < 0.68 ? 'filled' : draw < 0.88 ? 'reverted' : 'not-landed';
  const lamportsIn = 400_000_000n + BigInt(random.below(4_000_000)) * 1_000n + BigInt(random.below(1_000));
  const unit = start === SOL ? 1n : 7n; // One USDC unit is worth about 7,000 lamports in this made-up market.
  const scale = start === SOL ? 1n : 1_000n * unit;
  const amountIn = lamportsIn / scale;
  const gross = amountIn / BigInt(700 + random.below(2_600)) + 1n;
  const landed = (gross * BigInt(40 + random.below(75))) / 100n;
  const filled = status === 'filled';
  const costLamports = status === 'not-landed' ? 0n : 15_000n + BigInt(random.below(90_000));
  return {
    tradeId,
    atMs,
    slot,
    status,
    ...route,
    start,
    amountIn: String(amountIn),
    expectedOut: String(amountIn + gross),
    amountOut: filled ? String(amountIn + landed) : '0',
    grossProfit: filled ? String(landed) : '0',
    costLamports: String(costLamports),
    netLamports: String((filled ? landed * scale : 0n) - costLamports),
    reason: filled ? '' : status === 'reverted' ? 'below-minimum-out' : 'not-included',
  };
}

function makeOpportunity(random: Random, id: string, atMs: number, slot: number): OpportunityView {
  const trade = makeTrade(random, id, atMs, slot);
  const approved = random.next() < 0.3;
  const gross = BigInt(trade.expectedOut) - BigInt(trade.amountIn);
  return {
    id,
    atMs,
    slot,
    route: trade.route,
    hops: trade.hops,
    start: trade.start,
    amountIn: trade.amountIn,
    grossProfit: String(gross),
    netProfit: String(approved ? (gross * 9n) / 10n : -gross / 5n),
    outcome: approved ? 'approved' : 'refused',
    reason: approved ? '' : ['below-costs', 'below-min-profit', 'pool-busy'][random.below(3)]!,
  };
}

function sampleVenues(updates: number, random: Random): DashboardState['venues'] {
  const age = (): number => random.below(300);
  return [
    {
      venue: 'orca-whirlpool',
      state: 'live',
      pools: 18,
      updateAgeMs: age(),
      updates: Math.floor(updates * 0.62),
      updatesPerSecond: 255.1,
      note: '',
    },
    {
      venue: 'raydium-cpmm',
      state: 'live',
      pools: 12,
      updateAgeMs: age(),
      updates: Math.floor(updates * 0.38),
      updatesPerSecond: 157.3,
      note: '',
    },
    {
      venue: 'raydium-clmm',
      state: 'skipped',
      pools: 0,
      updateAgeMs: null,
      updates: 0,
      updatesPerSecond: 0,
      note: 'not supported yet',
    },
    {
      venue: 'meteora-dlmm',
      state: 'skipped',
      pools: 0,
      updateAgeMs: null,
      updates: 0,
      updatesPerSecond: 0,
      note: 'not supported yet',
    },
  ];
}

function sampleOutside(nowMs: number, seconds: number): OutsideView {
  const compared = Math.floor(seconds / 5) * 2;
  const quote = { atMs: nowMs - (nowMs % 5_000), ownRoute: 'orca-whirlpool', jupiterRoute: 'Meteora DLMM' };
  return {
    compares: true,
    alarmBps: 50,
    totals: { compared, missed: 0, alarms: 1 },
    comparisons: [
      {
        ...quote,
        key: 'a',
        from: SOL,
        to: USDC,
        amountIn: '10000000000',
        ownOut: '1423295317',
        jupiterOut: '1423310220',
        deviationBps: -0.1,
        alarm: false,
      },
      {
        ...quote,
        key: 'b',
        from: USDC,
        to: SOL,
        amountIn: '1500000000',
        ownOut: '10441000000',
        jupiterOut: '10512000000',
        jupiterRoute: 'Raydium CLMM > Orca Whirlpool',
        deviationBps: -67.54,
        alarm: true,
      },
    ],
    dependencies: DEPENDENCIES.map(({ id, label, off, goesOn }) => ({
      id,
      label,
      state: id === 'helius' ? 'down' : 'up',
      reason: id === 'helius' ? 'the API says 429' : '',
      off: offText(off),
      goesOn,
    })),
    fee: { source: 'configured', lamportsPerLeg: '20000', microLamportsPerUnit: null },
  };
}

function sampleFeed(slot: number): DashboardState['feed'] {
  const provider = 'helius';
  return {
    live: true,
    reason: 'snapshot',
    accounts: 1_240,
    confirmed: 1_212,
    pools: 30,
    freshPools: 29,
    losses: 2,
    forks: 1,
    duplicates: 80_412,
    conflated: 3,
    recoveries: 1,
    lastRecoveryMs: 640,
    blockhashAgeSlots: 2,
    connections: [
      {
        name: 'helius/1',
        provider,
        state: 'live',
        reason: '',
        accounts: 998,
        lagMs: 4,
        reconnects: 0,
        lastSlot: slot,
      },
      {
        name: 'helius/2',
        provider,
        state: 'behind',
        reason: 'the clock of slot 312004499 is 104 ms late',
        accounts: 242,
        lagMs: 104,
        reconnects: 1,
        lastSlot: slot - 1,
      },
      {
        name: 'spare/1',
        provider: 'generic',
        state: 'suspended',
        reason: 'quarantined: slot 812004500 is far from 312004500',
        accounts: 0,
        lagMs: 0,
        reconnects: 0,
        lastSlot: -1,
      },
    ],
    quarantined: [
      { endpoint: 'spare', reason: 'slot 812004500 is far from 312004500', untilMs: 1_795_000_300_000 },
    ],
    wallet: [],
  };
}

/** A log-normal shape over buckets that grow by a quarter of a decade. */
function sampleLatency(stage: string, medianMicros: number, count: number): StageLatencyView {
  const buckets: [number, number][] = [];
  for (let step = 0; step <= 20; step++) {
    const upTo = 10 ** (step / 4);
    const distance = Math.log(upTo / medianMicros) / 0.65;
    const tail = upTo > medianMicros ? 0.004 / (1 + distance) : 0;
    buckets.push([upTo, Math.floor(count * (0.28 * Math.exp((-distance * distance) / 2) + tail))]);
  }
  return {
    stage,
    count,
    p50Micros: medianMicros,
    p99Micros: medianMicros * 4.6,
    maxMicros: medianMicros * 61,
    buckets,
  };
}

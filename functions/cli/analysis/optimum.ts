import { type Address, isAddress } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import type { Market } from '../../../shared/market/market.ts';
import { type Optimum, solveOptimum } from '../../../shared/routing/optimum/optimum.ts';
import { EXIT } from '../frame/exit-code.ts';
import { refuseIdleFlags, STANDING_MARKET_KEYS } from '../frame/used-keys.ts';
import { defineVerb } from '../frame/verb.ts';
import { loadStandingMarket } from './venue-market.ts';

const DEFAULT_MAX_IN = 100_000_000_000n;

/** `arb optimum`: the most that any set of swaps could take out of a market that stands still. */
export const optimumVerb = defineVerb({
  name: 'optimum',
  summary: 'the market-wide optimal arbitrage of a standing market, certified by its duality gap',
  usage:
    '(--snapshot FILE | --market built-in [--seed N] [--slots N]) --start-mint MINT [--max-in N] [--json]',
  details: [
    'The convex problem of routing through all pools at once: as many swaps as there are pools, before transaction costs.',
    'Prices of all mints are found at which the pools, each answering for itself with exact quotes, gain least together:',
    'no arbitrage gains more than that bound. The flows printed are whole amounts whose exact quotes leave no mint short,',
    'and the gap is the bound less what they gain. It assumes that a pool pays no more for the second half of an input',
    'than for the first.',
  ].join('\n'),
  flags: {
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot, instead of the configured market' },
    'start-mint': { kind: 'string', value: 'MINT', summary: 'what the gain is counted in', required: true },
    'max-in': {
      kind: 'amount',
      value: 'N',
      summary: `most of it that goes into pools, base units (default ${DEFAULT_MAX_IN})`,
    },
    slots: {
      kind: 'count',
      value: 'N',
      summary: 'slots for which others trade on the built-in market first (default 0)',
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: STANDING_MARKET_KEYS,
  async run({ flags, stdout, stderr, clock, cwd, loadConfig }) {
    const loaded = loadConfig();
    const { config } = loaded;
    if (flags.snapshot !== undefined || config.market !== 'built-in')
      refuseIdleFlags(flags, ['slots'], 'others trade on the built-in market only');
    const { market, skipped } = await loadStandingMarket({
      loaded,
      clock,
      cwd,
      snapshotFile: flags.snapshot,
      slots: flags.slots,
    });
    const startMint = startMintOf(flags['start-mint'], market);
    const maxIn = flags['max-in'] ?? DEFAULT_MAX_IN;
    const from = clock.monotonicMicros();
    const optimum = solveOptimum({ pools: market.pools, clock: market.clock!, startMint, maxIn });
    const micros = Math.round(clock.monotonicMicros() - from);
    const usable = market.pools.filter((pool) => pool.coherent).length;
    if (flags.json) {
      stdout.line(JSON.stringify({ ...plain(optimum, startMint, maxIn), pools: usable, micros }, null, 2));
      return EXIT.ok;
    }
    for (const { pool, venue, reason } of skipped) stderr.line(`skipped ${venue} ${pool}: ${reason}`);
    const seconds = (micros / 1e6).toFixed(2);
    const share = optimum.profit > 0n ? ` (${(optimum.gapShare * 100).toPrecision(3)} %)` : '';
    stdout.line(
      `optimum ${optimum.profit} of ${startMint}, bound ${optimum.bound}: gap ${optimum.gap}${share}`,
    );
    stdout.line(
      `${usable} pools, ${optimum.flows.length} used, ${optimum.amountIn} in of at most ${maxIn}; ${optimum.rounds} rounds, ${optimum.quotes} quotes, ${seconds} s`,
    );
    if (maxIn === 0n) stdout.line('nothing may go in, so nothing comes out: give --max-in more than 0');
    for (const { venue, pool, aToB, mintIn, mintOut, amountIn, amountOut } of optimum.flows) {
      const direction = aToB ? 'a-to-b' : 'b-to-a';
      stdout.line(`  ${venue} ${pool} ${direction}: ${amountIn} of ${mintIn} -> ${amountOut} of ${mintOut}`);
    }
    return EXIT.ok;
  },
});

/** The mint as an address that some pool trades. Throws `usage-…`. */
function startMintOf(asked: string, market: Market): Address {
  if (!isAddress(asked)) {
    throw new ArbError('usage-bad-mint', `--start-mint ${asked} is not a mint address (base58 of 32 bytes)`, {
      asked,
    });
  }
  if (market.pools.some(({ state }) => state?.mintA === asked || state?.mintB === asked)) return asked;
  const message = `--start-mint ${asked}: no usable pool of the market trades it, so no swap could begin there`;
  throw new ArbError('usage-unknown-mint', message, { asked });
}

function plain(optimum: Optimum, startMint: Address, maxIn: bigint) {
  const { profit, bound, gap, gapShare, amountIn, flows, prices, rounds, quotes, pivots } = optimum;
  return {
    startMint,
    maxIn: String(maxIn),
    profit: String(profit),
    bound: String(bound),
    gap: String(gap),
    gapShare,
    amountIn: String(amountIn),
    flows: flows.map((flow) => ({
      venue: flow.venue,
      pool: flow.pool,
      direction: flow.aToB ? 'a-to-b' : 'b-to-a',
      mintIn: flow.mintIn,
      mintOut: flow.mintOut,
      amountIn: String(flow.amountIn),
      amountOut: String(flow.amountOut),
    })),
    prices: Object.fromEntries(prices),
    rounds,
    quotes,
    pivots,
  };
}

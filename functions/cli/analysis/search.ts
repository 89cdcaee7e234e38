import { resolve } from 'node:path';
import { type Address, isAddress, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createStaticCosts } from '../../../shared/costs/costs.ts';
import type { Market } from '../../../shared/market/market.ts';
import { createStillMarket } from '../../../shared/market/still-market.ts';
import { readMarketSnapshot } from '../../../shared/platform/files/snapshot-file.ts';
import { openGate } from '../../../shared/routing/candidates.ts';
import type { Opportunity } from '../../../shared/routing/opportunity.ts';
import { solveOptimum } from '../../../shared/routing/optimum/optimum.ts';
import { createTally, REASONS } from '../../../shared/routing/reason.ts';
import { createSearch } from '../../../shared/routing/search.ts';
import { selectPools } from '../../../shared/run/universe.ts';
import { rulesOfPrograms } from '../../../shared/venues/program-rules-of.ts';
import { hopShares } from '../../streamer/dashboard/state/route-hops.ts';
import { EXIT } from '../frame/exit-code.ts';
import { defineVerb } from '../frame/verb.ts';

const DEFAULT_TOP = 10;
const DEFAULT_MAX_IN = 100_000_000_000n;
/** Up to this many pools the optimum is a matter of a moment. */
const CAPTURE_POOLS = 200;

/** `arb search`: the best cycles of a market that stands still. */
export const searchVerb = defineVerb({
  name: 'search',
  summary: 'the best cycles on a market snapshot, sized exactly, net of costs',
  usage: '--snapshot FILE [--start-mint MINT] [--max-in N] [--top K] [--capture] [--json]',
  details: [
    'Examines every cycle of up to routing.maxLegs hops from the start mint (without one: wSOL and USDC), each over the',
    'pools that pay most for it, split where that pays, and prints those that pay after the configured costs, best first,',
    'with what the others were refused for; then the best net as a share of the market-wide optimum. Those marked + can be traded together; a - shares a pool with one of them.',
  ].join('\n'),
  flags: {
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot', required: true },
    'start-mint': { kind: 'string', value: 'MINT', summary: 'where a cycle starts and ends' },
    'max-in': {
      kind: 'amount',
      value: 'N',
      summary: `most that goes in, base units of the start mint (default ${DEFAULT_MAX_IN})`,
    },
    top: { kind: 'count', value: 'K', summary: `how many to print (default ${DEFAULT_TOP})` },
    capture: {
      kind: 'boolean',
      summary: `compare with the optimum also on more than ${CAPTURE_POOLS} pools, where that takes seconds`,
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: [
    'routing.maxLegs',
    'routing.maxSwaps',
    'costs.baseFeeLamports',
    'costs.priorityFeeLamports',
    'costs.tipLamports',
    'costs.landingOdds',
    'costs.revertOdds',
    'risk.maxPoolShareBps',
  ],
  async run({ flags, stdout, stderr, clock, cwd, loadConfig }) {
    const { config } = loadConfig();
    const snapshot = readMarketSnapshot(resolve(cwd, flags.snapshot));
    const { pools, skipped } = selectPools(snapshot.pools);
    const market = createStillMarket({
      clock: snapshot.clock,
      pools,
      accounts: snapshot.accounts,
      rules: rulesOfPrograms(snapshot.programs),
    });
    const startMints = startMintsOf(flags['start-mint'], market);
    const search = createSearch({
      market,
      startMints,
      maxLegs: config.routing.maxLegs,
      maxSwaps: Math.max(config.routing.maxLegs, config.routing.maxSwaps),
      costs: createStaticCosts(config.costs),
      maxQuotes: Number.MAX_SAFE_INTEGER,
      maxCandidates: Number.MAX_SAFE_INTEGER,
      maxPoolShareBps: config.risk.maxPoolShareBps,
    });
    const tally = createTally();
    const maxIn = flags['max-in'] ?? DEFAULT_MAX_IN;
    const from = clock.monotonicMicros();
    const changed = market.pools.filter((pool) => pool.coherent);
    const { best, passedOver } = search.run(changed, snapshot.clock, openGate(maxIn), tally, {
      maxPassedOver: Number.MAX_SAFE_INTEGER,
    });
    const micros = clock.monotonicMicros() - from;

    const found = [
      ...best.map((opportunity) => plainOpportunity(opportunity, true)),
      ...passedOver
        .filter(({ opportunity }) => opportunity.netProfit > 0n)
        .map(({ opportunity }) => plainOpportunity(opportunity, false)),
    ].sort((a, b) => Number(b.expectedLamports) - Number(a.expectedLamports));
    const trades = [...best, ...passedOver.map(({ opportunity }) => opportunity)];
    const unusable = market.pools
      .filter((pool) => pool.status !== 'live')
      .map(({ address: pool, venue, status, reason, missing }) => ({
        pool,
        venue: venue.id,
        reason: status === 'excluded' ? reason : `the snapshot lacks ${[...missing].join(', ')}`,
      }));
    const result = {
      pools: changed.length,
      mints: search.size.mints,
      pairs: search.size.pairs,
      micros: Math.round(micros),
      opportunities: found.slice(0, flags.top ?? DEFAULT_TOP),
      found: found.length,
      capture:
        changed.length <= CAPTURE_POOLS || flags.capture
          ? startMints.map((mint) => captureOf(trades, market, mint, maxIn))
          : [],
      refused: Object.fromEntries(
        REASONS.map((reason) => [reason, tally.of(reason)]).filter(([, n]) => n !== 0),
      ),
      skipped: [...skipped, ...unusable],
    };
    if (flags.json) {
      stdout.line(JSON.stringify(result, null, 2));
      return EXIT.ok;
    }
    for (const { pool, venue, reason } of result.skipped) stderr.line(`skipped ${venue} ${pool}: ${reason}`);
    stdout.line(
      `${result.pools} pools over ${result.mints} mints searched in ${result.micros} µs: ${result.found} found`,
    );
    for (const opportunity of result.opportunities) {
      stdout.line(
        `${opportunity.together ? '+' : '-'} net ${opportunity.netProfit} (gross ${opportunity.grossProfit}) for ${opportunity.amountIn} of ${opportunity.startMint}`,
      );
      for (const leg of opportunity.legs) {
        stdout.line(
          `  ${leg.hop + 1}. ${leg.percent === 100 ? '' : `${leg.percent} % over `}${leg.venue} ${leg.pool} ${leg.direction}: ${leg.amountIn} -> ${leg.amountOut}`,
        );
      }
    }
    for (const { startMint, netProfit, optimum, bound, ratio } of result.capture) {
      const share = ratio === null ? 'nothing to take' : `${(ratio * 100).toFixed(2)} % captured`;
      stdout.line(
        `best net ${netProfit} of an optimum of ${optimum} (at most ${bound}) of ${startMint}: ${share}`,
      );
    }
    for (const [reason, count] of Object.entries(result.refused)) stdout.line(`refused ${count} × ${reason}`);
    return EXIT.ok;
  },
});

/**
 * What the best trade nets of what all pools give away together to the same input, in any number of swaps and without
 * transaction costs: `ratio` null where they give nothing. Each trade may take all of the input, so they do not add up.
 */
function captureOf(trades: readonly Opportunity[], market: Market, startMint: Address, maxIn: bigint) {
  const optimum = solveOptimum({ pools: market.pools, clock: market.clock!, startMint, maxIn });
  let netProfit = 0n;
  for (const trade of trades) {
    if (trade.startMint === startMint && trade.netProfit > netProfit) netProfit = trade.netProfit;
  }
  return {
    startMint,
    netProfit: String(netProfit),
    optimum: String(optimum.profit),
    bound: String(optimum.bound),
    ratio: optimum.profit > 0n ? Number(netProfit) / Number(optimum.profit) : null,
  };
}

/** The mint that was asked for, when some pool trades it; wSOL and USDC when none was. */
function startMintsOf(asked: string | undefined, market: Market): readonly Address[] {
  if (asked === undefined) return [WSOL_MINT, USDC_MINT];
  if (!isAddress(asked)) {
    throw new ArbError('usage-bad-mint', `--start-mint ${asked} is not a mint address (base58 of 32 bytes)`, {
      asked,
    });
  }
  const known = market.pools.some(({ state }) => state?.mintA === asked || state?.mintB === asked);
  if (known) return [asked];
  throw new ArbError(
    'usage-unknown-mint',
    `--start-mint ${asked}: no usable pool of the snapshot trades it`,
    { asked },
  );
}

function plainOpportunity(opportunity: Opportunity, together: boolean) {
  const shares = hopShares(opportunity.legs).flat();
  const { routeId, startMint, amountIn, amountOut, grossProfit, costUnits, netProfit } = opportunity;
  return {
    routeId,
    startMint,
    amountIn: String(amountIn),
    amountOut: String(amountOut),
    grossProfit: String(grossProfit),
    costs: String(costUnits),
    netProfit: String(netProfit),
    netLamports: String(opportunity.netLamports),
    expectedLamports: String(opportunity.expectedLamports),
    together,
    legs: opportunity.legs.map((leg, i) => ({
      hop: leg.hop,
      percent: shares[i]!.percent,
      venue: leg.venue,
      pool: leg.pool,
      direction: leg.aToB ? 'a-to-b' : 'b-to-a',
      mintIn: leg.mintIn,
      mintOut: leg.mintOut,
      amountIn: String(leg.amountIn),
      amountOut: String(leg.amountOut),
    })),
  };
}

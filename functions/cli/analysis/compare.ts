import { type Address, isAddress } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createRandom } from '../../../shared/core/random.ts';
import { formatUnits } from '../../../shared/core/units.ts';
import type { Market } from '../../../shared/market/market.ts';
import { createApiBudget } from '../../../shared/platform/limits/api-budget.ts';
import { createJupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import type { LocalApis } from '../../streamer/local/local-apis.ts';
import { type ComparedQuotes, compareQuotes } from '../../streamer/outside/compare-quotes.ts';
import { EXIT } from '../frame/exit-code.ts';
import { localApisModule, localMarketModule } from '../frame/local-chain.ts';
import { STANDING_MARKET_KEYS } from '../frame/used-keys.ts';
import { defineVerb } from '../frame/verb.ts';
import { loadStandingMarket } from './venue-market.ts';

/** `arb compare`: our best quote for a pair against Jupiter's. */
export const compareVerb = defineVerb({
  name: 'compare',
  summary: 'our best quote for a pair and an amount against Jupiter’s',
  usage: '--mint-in MINT --mint-out MINT --amount N [--snapshot FILE] [--jupiter-url URL] [--json]',
  details: [
    'Our quote is the best of one pool or two in a row among the pools of the snapshot or of the configured market',
    '(--market live takes them from the RPC, as they stand now). Without jupiter.url a market that is not live is also',
    'served by a local Jupiter, which answers from the same pools.',
    'The deviation is how much more we would get than Jupiter. Exit 0 when it is within jupiter.alarmBps either way, 1',
    'when it is not or when one of the two gives no quote.',
  ].join('\n'),
  flags: {
    'mint-in': { kind: 'string', value: 'MINT', summary: 'the mint that goes in', required: true },
    'mint-out': { kind: 'string', value: 'MINT', summary: 'the mint that comes out', required: true },
    amount: { kind: 'amount', value: 'N', summary: 'base units that go in', required: true },
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot instead of the configured market' },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: [
    ...STANDING_MARKET_KEYS,
    'jupiter.url',
    'jupiter.api',
    'jupiter.apiKey',
    'jupiter.requestsPerSecond',
    'jupiter.alarmBps',
  ],
  async run({ flags, stdout, stderr, clock, cwd, loadConfig }) {
    const configured = loadConfig();
    const { config } = configured;
    const ask = {
      mintIn: mintOf('mint-in', flags['mint-in']),
      mintOut: mintOf('mint-out', flags['mint-out']),
      amountIn: flags.amount,
    };
    if (ask.mintIn === ask.mintOut) {
      throw new ArbError('usage-same-mint', `--mint-in and --mint-out are both ${ask.mintIn}`);
    }
    if (ask.amountIn === 0n) throw new ArbError('usage-bad-value', '--amount must be more than 0');
    const source = flags.snapshot ?? config.market;
    const { url, api: edition, apiKey, requestsPerSecond, alarmBps } = config.jupiter;
    if (url === undefined && source === 'live') {
      throw new ArbError(
        'usage-no-jupiter',
        'a live market has no Jupiter of its own: add --jupiter-url URL',
      );
    }
    const loaded = await loadStandingMarket({
      loaded: configured,
      clock,
      cwd,
      snapshotFile: flags.snapshot,
      otherUses: ['limits'],
    });
    let local: LocalApis | undefined;
    try {
      local = url === undefined ? await serveMarket(source, config.seed) : undefined;
      const random = createRandom(config.seed).fork('apis');
      const budget = createApiBudget({ limits: config.limits, clock, random });
      const served = url ?? local!.jupiterUrl;
      const jupiter = createJupiter({ url: served, edition, apiKey, clock, budget, requestsPerSecond });
      const compared = await compareQuotes(loaded.market, jupiter, ask);
      if (local !== undefined) stderr.line('no jupiter.url: compared with a local Jupiter on the same pools');
      const deviation = compared.deviationBps;
      const within = deviation !== undefined && Math.abs(deviation) <= alarmBps;
      if (flags.json) stdout.line(JSON.stringify(plainComparison(compared, alarmBps), null, 2));
      else for (const line of lines(compared, loaded.market, alarmBps)) stdout.line(line);
      return within ? EXIT.ok : EXIT.negative;
    } finally {
      await local?.stop();
    }
  },
});

function mintOf(flag: string, text: string): Address {
  if (isAddress(text)) return text;
  throw new ArbError('usage-bad-mint', `--${flag} ${text} is not a mint address (base58 of 32 bytes)`, {
    text,
  });
}

async function serveMarket(source: string, seed: number): Promise<LocalApis> {
  const { createLocalMarket } = await localMarketModule();
  const { startLocalApis } = await localApisModule();
  const { world, pools } = createLocalMarket(source, seed);
  world.bank.advanceSlot();
  const named = pools.map(({ venue, address }) => ({ venue: venue.id, address }));
  return startLocalApis({ bank: world.bank, pools: named });
}

function plainComparison({ ask, slot, own, jupiter, deviationBps }: ComparedQuotes, alarmBps: number) {
  return {
    mintIn: ask.mintIn,
    mintOut: ask.mintOut,
    amountIn: String(ask.amountIn),
    own: own.ok
      ? {
          slot,
          amountOut: String(own.value.amountOut),
          legs: own.value.legs.map(({ venue, pool, mintOut, amountOut }) => ({
            venue,
            pool,
            mintOut,
            amountOut: String(amountOut),
          })),
        }
      : { slot, refused: own.reason },
    jupiter: jupiter.ok
      ? {
          slot: jupiter.value.slot ?? null,
          amountOut: String(jupiter.value.amountOut),
          legs: jupiter.value.steps.map(({ label, pool, mintOut, amountOut, percent }) => ({
            venue: label,
            pool,
            mintOut,
            amountOut: String(amountOut),
            percent,
          })),
        }
      : { refused: jupiter.reason, detail: jupiter.detail ?? null },
    deviationBps: deviationBps ?? null,
    alarmBps,
  };
}

function lines({ ask, own, jupiter, deviationBps }: ComparedQuotes, market: Market, alarmBps: number) {
  const decimals = decimalsOf(market, ask.mintOut);
  const amount = (units: bigint): string =>
    decimals === undefined ? String(units) : `${units} (${formatUnits(units, decimals)})`;
  const path = (legs: readonly { readonly venue: string }[]): string =>
    legs.map(({ venue }) => venue).join(' then ');
  const steps = (list: readonly { readonly label: string; readonly percent: number }[]): string =>
    list.map(({ label, percent }) => (percent === 100 ? label : `${label} ${percent} %`)).join(', ');
  return [
    `${ask.amountIn} of ${ask.mintIn} for ${ask.mintOut}`,
    own.ok
      ? `ours     ${amount(own.value.amountOut)} over ${path(own.value.legs)}`
      : `ours     refused, ${own.reason}`,
    jupiter.ok
      ? `Jupiter  ${amount(jupiter.value.amountOut)} over ${steps(jupiter.value.steps)}`
      : `Jupiter  refused, ${jupiter.reason}${jupiter.detail === undefined ? '' : `: ${jupiter.detail}`}`,
    deviationBps === undefined
      ? 'deviation unknown'
      : `deviation ${deviationBps.toFixed(2)} bps (alarm past ${alarmBps})`,
  ];
}

function decimalsOf({ pools }: Market, mint: Address): number | undefined {
  for (const { state } of pools) {
    if (state?.mintA === mint) return state.decimalsA;
    if (state?.mintB === mint) return state.decimalsB;
  }
  return undefined;
}

import type { Address } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import type { BackupRouter } from '../../../shared/execution/backup-router.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import type { ApiBudget } from '../../../shared/platform/limits/api-budget.ts';
import type { BreakerTiming } from '../../../shared/platform/outside/gate/breaker.ts';
import { createHelius, type Helius } from '../../../shared/platform/outside/helius/helius.ts';
import { createBackupRouter } from '../../../shared/platform/outside/jupiter/backup-router.ts';
import { createJupiter, type Jupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import type { QuoteComparisonRow } from '../../../shared/platform/store/store.ts';
import type { Run } from '../../../shared/run/create-run.ts';
import { createPoolsLoaded } from '../../../shared/run/pools-loaded.ts';
import type { OutsideAddresses } from '../feed-source.ts';
import type { Feature } from '../health/degradation.ts';
import { createFeeEstimate, type FeeEstimate } from '../inputs/fee-estimate.ts';
import { createPriceFallback, type PriceFallback } from '../inputs/price-fallback.ts';
import { createQuoteComparison, type QuoteComparison } from './quote-comparison.ts';

export interface OutsideApisParams {
  readonly config: Config;
  readonly own: OutsideAddresses;
  /** The one that the RPC's calls draw on too. */
  readonly budget: ApiBudget;
  readonly run: Run;
  readonly writer: { addComparison(row: QuoteComparisonRow): void };
  readonly clock: Clock;
  readonly log: Logger;
  readonly breaker?: BreakerTiming;
}

/** Everything that asks outside APIs, beside the hot line: what it learns reaches the engine as recorded events only. */
export interface OutsideApis {
  readonly jupiter: Jupiter | undefined;
  readonly helius: Helius | undefined;
  /** Asked by nothing yet: nothing is signed or sent. */
  readonly backup: BackupRouter | undefined;
  readonly comparison: QuoteComparison | undefined;
  readonly fallback: PriceFallback | undefined;
  readonly fees: FeeEstimate | undefined;
  /** `allows` says whether a feature may be used, by how what it depends on is. */
  start(allows: (feature: Feature) => boolean): void;
  stop(): void;
}

/** Pools of so many decisions say which accounts our transactions would write. */
const RECENT_DECISIONS = 4;
const PRICE_SECONDS = 2;
/** Five lamports a unit: a swap of 200,000 units would cost a thousandth of a SOL. */
const MAX_UNIT_PRICE = 5_000_000n;

export function createOutsideApis(params: OutsideApisParams): OutsideApis {
  const { config, own, budget, run, writer, clock, log, breaker } = params;
  let allows: (feature: Feature) => boolean = () => false;
  const { market } = run.engine;
  const hasLoaded = createPoolsLoaded({ market, clock });
  const jupiter = openJupiter();
  const helius = openHelius();

  function openJupiter(): Jupiter | undefined {
    const { url = own.jupiterUrl, api: edition, apiKey, requestsPerSecond } = config.jupiter;
    if (url === undefined) return undefined;
    const provider = config.jupiter.url === undefined ? 'local-jupiter' : 'jupiter';
    return createJupiter({ url, edition, apiKey, clock, budget, provider, breaker, requestsPerSecond });
  }

  function openHelius(): Helius | undefined {
    // A key of our own is for Helius itself, never for the local market's.
    const { apiKey, url, requestsPerSecond } = config.helius;
    if (apiKey !== undefined) return createHelius({ apiKey, url, clock, budget, breaker, requestsPerSecond });
    const { heliusUrl, heliusKey } = own;
    if (heliusUrl === undefined || heliusKey === undefined) return undefined;
    // The local one charges nothing.
    const local = { apiKey: heliusKey, url: heliusUrl, provider: 'local-helius' };
    return createHelius({ ...local, clock, budget, breaker, requestsPerSecond });
  }

  const comparison =
    jupiter &&
    createQuoteComparison({
      market,
      jupiter,
      asks: config.jupiter.compare,
      everySeconds: config.jupiter.compareSeconds,
      alarmBps: config.jupiter.alarmBps,
      isAllowed: () => market.live && hasLoaded() && allows('quote-comparison'),
      writer,
      clock,
      log,
      runId: run.runId,
    });
  const fallback =
    jupiter &&
    createPriceFallback({
      market,
      pipeline: run,
      jupiter,
      mints: config.routing.startMints,
      everySeconds: PRICE_SECONDS,
      // At the start no mint has a price, until its pools have loaded: nothing to ask others about.
      isAllowed: () => hasLoaded() && allows('fallback-prices'),
      clock,
      log,
    });
  const fees =
    helius &&
    createFeeEstimate({
      pipeline: run,
      helius,
      level: config.helius.priorityLevel,
      everySeconds: config.helius.refreshSeconds,
      isAllowed: () => market.live && allows('fee-estimates'),
      accounts: recentPools,
      clock,
    });

  function recentPools(): readonly Address[] {
    const decisions = run.recent.decisions.slice(0, RECENT_DECISIONS);
    return [...new Set(decisions.flatMap(({ item }) => item.opportunity.legs.map(({ pool }) => pool)))];
  }

  return {
    jupiter,
    helius,
    backup:
      jupiter &&
      createBackupRouter({
        jupiter,
        maxUnitPriceMicroLamports: MAX_UNIT_PRICE,
        chain: () => market.chain,
      }),
    comparison,
    fallback,
    fees,
    start(isAllowed) {
      allows = isAllowed;
      comparison?.start();
      fallback?.start();
      fees?.start();
    },
    stop() {
      comparison?.stop();
      fallback?.stop();
      fees?.stop();
    },
  };
}

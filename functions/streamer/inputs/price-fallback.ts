import type { Address } from '../../../shared/core/address.ts';
import { WSOL_MINT } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import type { Market } from '../../../shared/market/market.ts';
import { poolPrice, scaledUnits } from '../../../shared/market/reference-price.ts';
import type { Jupiter } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import { unitsPerLamport } from '../../../shared/platform/outside/jupiter/price-answer.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { type LongTimer, startLongTimer } from '../../../shared/platform/process/long-timer.ts';

export interface PriceFallbackParams {
  readonly market: Market;
  readonly pipeline: { process(event: PriceEvent): void };
  readonly jupiter: Jupiter;
  /** Only these are ever valued. */
  readonly mints: readonly Address[];
  readonly everySeconds: number;
  readonly isAllowed: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

type PriceEvent = Extract<MarketEvent, { readonly kind: 'price' }>;

/** Has Jupiter price the start mints that no pool prices now, as long as that is so. */
export interface PriceFallback {
  /** Mints that live on a price from outside now. */
  readonly active: readonly Address[];
  /** Prices told to the engine. */
  readonly told: number;
  start(): void;
  stop(): void;
}

export function createPriceFallback(params: PriceFallbackParams): PriceFallback {
  const { market, pipeline, jupiter, mints, clock, log } = params;
  let active: readonly Address[] = [];
  let told = 0;
  let timer: LongTimer | undefined;
  let stopped = false;

  const ask = async (): Promise<void> => {
    // While nothing is traded on, nothing needs a price either.
    const unpriced = market.live
      ? mints.filter((mint) => mint !== WSOL_MINT && poolPrice(market, mint) === undefined)
      : [];
    if (unpriced.length === 0 || !params.isAllowed()) {
      active = [];
      return;
    }
    const answer = await jupiter.prices([WSOL_MINT, ...unpriced]);
    if (stopped) return;
    const before = active;
    active = answer.ok ? unpriced.filter((mint) => tell(mint, unitsPerLamport(answer.value, mint))) : [];
    for (const mint of active) if (!before.includes(mint)) log.warning('price.from-jupiter', { mint });
  };

  const tell = (mint: Address, units: number | undefined): boolean => {
    const unitsPerLamportScaled = units === undefined ? undefined : scaledUnits(units);
    if (unitsPerLamportScaled === undefined) return false;
    told += 1;
    const atMicros = clock.monotonicMicros();
    pipeline.process({ kind: 'price', atMicros, mint, unitsPerLamportScaled, source: 'jupiter' });
    return true;
  };

  const schedule = (): void => {
    timer = startLongTimer(() => void round(), params.everySeconds * 1_000).unref();
  };

  const round = async (): Promise<void> => {
    await ask();
    if (!stopped) schedule();
  };

  return {
    get active() {
      return active;
    },
    get told() {
      return told;
    },
    start: schedule,
    stop() {
      stopped = true;
      timer?.clear();
    },
  };
}

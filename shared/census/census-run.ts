import type { Address } from '../core/address.ts';
import { tokenAccountRentLamports } from '../core/chain-parameters.ts';
import type { CostModel } from '../costs/costs.ts';
import { createUnitPrice } from '../costs/unit-price.ts';
import { applyEvent } from '../engine/apply-event.ts';
import type { MarketEvent } from '../engine/event.ts';
import { createMarket, DEFAULT_ESTIMATE_AGE_SLOTS, type Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { createTally } from '../routing/reason.ts';
import { createSearch, type SearchGate } from '../routing/search.ts';
import type { Venue } from '../venues/venue.ts';
import { createAttempts } from './attempts.ts';
import type { CensusCounts } from './counts.ts';
import { createCoverageWatch } from './coverage.ts';
import { createGaps } from './gaps.ts';

export interface CensusRunParams {
  readonly counts: CensusCounts;
  readonly pools: readonly { readonly venue: Venue; readonly address: Address }[];
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  readonly maxSwaps: number;
  readonly maxQuotesPerUpdate: number;
  readonly maxCandidatesPerUpdate: number;
  readonly maxPoolShareBps: number;
  /** Without a tip, and with attempts that always succeed: both are assumed afterwards. */
  readonly costs: CostModel;
  /** Capital of one trade, base units by start mint: a trade is sized inside it. */
  readonly capital: ReadonlyMap<Address, bigint>;
  /** True when the wallet has a token account for the mint, or gets one ahead of trading. */
  readonly hasAccount: (mint: Address) => boolean;
  /** How many slots the accounts may lag behind the slots. */
  readonly maxSlotLag: number;
  /** Slots for which a fee estimate or a price from outside the chain counts. */
  readonly maxEstimateAgeSlots?: number;
}

/**
 * One pass over the events of a run. What is decided at an event rests on that event and those before it; nobody's
 * trades are ours, so capital and pools are as if none had been made.
 */
export interface CensusRun {
  readonly market: Market;
  process(event: MarketEvent): void;
  /** Accounts to subscribe to and to leave since the last call. */
  takeSubscriptions(): { readonly watch: readonly Address[]; readonly unwatch: readonly Address[] };
  /** Events are missing here: as if the feed had been lost, until it is live again. */
  lose(): void;
  /** No event comes any more: counts what is still open. */
  end(): void;
}

export function createCensusRun(params: CensusRunParams): CensusRun {
  const { counts, costs, capital, maxSlotLag } = params;
  const maxEstimateAgeSlots = params.maxEstimateAgeSlots ?? DEFAULT_ESTIMATE_AGE_SLOTS;
  const market = createMarket({ maxEstimateAgeSlots });
  const search = createSearch({
    market,
    startMints: params.startMints,
    maxLegs: params.maxLegs,
    maxSwaps: Math.max(params.maxLegs, params.maxSwaps),
    costs,
    maxQuotes: params.maxQuotesPerUpdate,
    maxCandidates: params.maxCandidatesPerUpdate,
    maxPoolShareBps: params.maxPoolShareBps,
  });
  const capitalOf = (mint: Address): bigint => capital.get(mint) ?? 0n;
  const gate: SearchGate = {
    bars: () => undefined,
    maxIn: capitalOf,
    free: capitalOf,
    hasAccount: params.hasAccount,
  };
  const refused = createTally();
  const unitPrice = createUnitPrice(costs, maxEstimateAgeSlots);
  const attempts = createAttempts(market, counts);
  const coverage = createCoverageWatch(market, counts.coverage);
  for (const { venue, address } of params.pools) market.addPool(venue, address);

  /** True while a trader could decide: the accounts are there, and as new as the slots. */
  const isSeen = (): boolean => market.live && market.clock !== undefined && !isLagging();
  const isLagging = (): boolean => market.slot - (market.clock?.slot ?? 0) > maxSlotLag;

  const bestOf = (changed: readonly PoolEntry[]): readonly Opportunity[] => {
    const { clock } = market;
    return clock === undefined ? [] : search.run(changed, clock, gate, refused).best;
  };
  const gaps = createGaps({ market, counts, attempts, bestThrough: (pool) => bestOf([pool]) });

  const beginSlot = (slot: number, ended: number, atMicros: number): void => {
    unitPrice.beginSlot(slot);
    coverage.beginSlot(slot, isLagging(), atMicros);
    attempts.land(slot);
    if (!isSeen()) gaps.interrupt();
    else if (ended > 0) gaps.endSlot(ended);
  };

  const take = (event: MarketEvent): void => {
    const ended = market.slot;
    if (event.kind === 'chain') costs.setTokenAccountRent(tokenAccountRentLamports(event.parameters));
    if (event.kind === 'fee') unitPrice.take(event.microLamportsPerUnit, market.slot);
    if (event.kind === 'feed' && !event.live) unitPrice.forget();
    const applied = applyEvent(market, event);
    if (!market.live) coverage.breakNow();
    if (applied === undefined) return;
    const { changed, loads, taken } = applied;
    gaps.touch(changed);
    if (event.kind === 'slot' && taken === '') beginSlot(event.slot, ended, event.atMicros);
    if (changed.length === 0 || !isSeen()) return;
    // Pools that are told anew, or for the first time, show what may have been there for long.
    const isNews = event.kind === 'slot' || (event.kind === 'account' && taken === 'changed' && loads === 0);
    for (const opportunity of [...bestOf(changed)]) gaps.sight(opportunity, changed, !isNews);
  };

  return {
    market,
    process(event) {
      // What the orders of the run that was recorded came to is no part of the market.
      if (event.kind !== 'order') counts.events += 1;
      take(event);
    },
    lose: () => take({ kind: 'feed', atMicros: 0, live: false, reason: 'events are missing' }),
    takeSubscriptions: () => market.takeSubscriptions(),
    end() {
      attempts.end();
      coverage.end();
      gaps.end();
    },
  };
}

import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { createEstimatedCosts } from '../costs/costs.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { createPaperOrders } from '../execution/paper.ts';
import type { Config } from '../platform/config/schema.ts';
import type { UniversePool } from './universe.ts';

export interface ComposeParams {
  readonly config: Config;
  readonly pools: readonly UniversePool[];
  readonly clock: Clock;
  readonly random: Random;
}

/** The engine that a configuration describes: the same for the streaming service, simulated time and benches. */
export function composeEngine({ config, pools, clock, random }: ComposeParams): Engine {
  return createEngine({
    clock,
    pools,
    startMints: config.routing.startMints,
    maxLegs: config.routing.maxLegs,
    maxSwaps: config.routing.maxSwaps,
    maxQuotesPerUpdate: config.routing.maxQuotesPerUpdate,
    maxCandidatesPerUpdate: config.routing.maxCandidatesPerUpdate,
    costs: createEstimatedCosts(config.costs),
    maxEstimateAgeSlots: config.risk.maxEstimateAgeSlots,
    limits: {
      ...config.risk,
      maxTradeIn: amountsByMint(config.risk.maxTradeIn),
      // What is configured counts while nothing is estimated, also where it is more than an estimate may be.
      maxPriorityFeeLamports: larger(config.costs.maxPriorityFeeLamports, config.costs.priorityFeeLamports),
    },
    balances: amountsByMint(config.paper.balances),
    orders: (market) => createPaperOrders(config.paper, market, random.fork('paper')),
    payRent: config.costs.tokenAccounts === 'at-trade',
  });
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Amounts as a configuration lists them, by mint. */
export function amountsByMint(amounts: Readonly<Record<Address, bigint>>): ReadonlyMap<Address, bigint> {
  return new Map(Object.entries(amounts) as [Address, bigint][]);
}

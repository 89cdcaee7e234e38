import type { Address } from '../core/address.ts';
import type { CostModel } from '../costs/costs.ts';
import type { OpenOrders } from '../execution/open-orders.ts';
import type { Market } from '../market/market.ts';
import type { Balances } from '../risk/balances.ts';
import type { RiskView } from '../risk/judge.ts';
import type { AccountsOf } from '../risk/quote-again.ts';
import type { SpentEdges } from '../risk/spent-edges.ts';

export interface RiskViewParams {
  readonly market: Market;
  readonly costs: CostModel;
  readonly accountsOf: AccountsOf;
  readonly maxSlotLag: number;
  readonly open: OpenOrders;
  readonly spent: SpentEdges;
  readonly balances: Balances;
  readonly hasAccount: (mint: Address) => boolean;
  readonly switches: { readonly paused: boolean; readonly halted: boolean };
}

/** What approval is told at the moment of deciding: always what is so now, whatever the search has gone by. */
export function createRiskView(params: RiskViewParams): RiskView {
  const { market, open, spent, balances, switches } = params;
  return {
    market,
    costs: params.costs,
    accountsOf: params.accountsOf,
    get paused() {
      return switches.paused;
    },
    get halted() {
      return switches.halted;
    },
    get feedStale() {
      // The clock sysvar comes by the account feed: when it lags the slot stream, so do the pools.
      return market.clock === undefined || market.slot - market.clock.slot > params.maxSlotLag;
    },
    get pending() {
      return open.list.length;
    },
    isPoolBusy: (pool) => open.isPoolBusy(pool),
    isSpent: (pool, aToB) => spent.isSpent(pool, aToB),
    free: (mint) => balances.free(mint),
    hasAccount: params.hasAccount,
  };
}

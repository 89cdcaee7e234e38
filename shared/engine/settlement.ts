import { WSOL_MINT } from '../core/address.ts';
import { createEndedOrders, type OrderRefusal } from '../execution/ended-orders.ts';
import { type EndEvent, type Fill, fillOf } from '../execution/fill.ts';
import type { OpenOrder, OpenOrders } from '../execution/open-orders.ts';
import { isEnd, type OrderEvent } from '../execution/order-event.ts';
import type { Market } from '../market/market.ts';
import type { OrderTerms } from '../risk/approve.ts';
import type { Balances } from '../risk/balances.ts';
import type { SpentEdges } from '../risk/spent-edges.ts';
import { offeredIn } from '../routing/opportunity.ts';
import type { Ledger } from './ledger.ts';

export interface SettlementParams {
  readonly market: Market;
  readonly open: OpenOrders;
  readonly ledger: Ledger;
  readonly balances: Balances;
  readonly spent: SpentEdges;
  /** What is executed moves the market itself: no gap that was taken stands there still. */
  readonly movesMarket: boolean;
}

/** What orders hold while they are open, and what is booked of their ends. */
export interface Settlement {
  /** Locks what the order may take of the wallet, and holds its pools. */
  place(terms: OrderTerms, atMicros: number): void;
  /** The end that the event tells of, booked; undefined while its order goes on; or why the event means nothing. */
  take(event: OrderEvent): Fill | OrderRefusal | undefined;
}

export function createSettlement(params: SettlementParams): Settlement {
  const { market, open, ledger, balances, spent } = params;
  const ended = createEndedOrders();

  const changeBalances = (fill: Fill, sign: 1n | -1n): void => {
    const { opportunity, slot } = fill;
    balances.change(opportunity.startMint, sign * fill.grossProfit, slot);
    balances.change(WSOL_MINT, -sign * fill.costLamports, slot);
    for (const { mint, amount } of fill.leftovers) balances.change(mint, sign * amount, slot);
  };

  const spend = ({ legs }: OrderTerms['opportunity'], slot: number): void => {
    for (const { pool, aToB, mintOut, amountIn } of legs) {
      // Whatever it paid out, the wallet has an account for it now.
      balances.change(mintOut, 0n, slot);
      if (!params.movesMarket && market.clock !== undefined)
        spent.spend(market.poolAt(pool)!, aToB, amountIn, market.clock);
    }
  };

  const book = (terms: OrderTerms, event: EndEvent, before: Fill | undefined): Fill => {
    const fill = fillOf(terms, event, market, before);
    ended.keep(fill, market.slot);
    ledger.book(fill);
    // In the slot that it was believed to have changed them in: a younger word of the wallet knew better already.
    if (before !== undefined) changeBalances(before, -1n);
    changeBalances(fill, 1n);
    if (fill.outcome === 'filled') spend(terms.opportunity, fill.slot);
    return fill;
  };

  const release = ({ terms: { opportunity, maxCostLamports } }: OpenOrder): void => {
    balances.unlock(opportunity.startMint, offeredIn(opportunity));
    balances.unlock(WSOL_MINT, maxCostLamports);
  };

  return {
    place(terms, atMicros) {
      const { opportunity, maxCostLamports } = terms;
      balances.lock(opportunity.startMint, offeredIn(opportunity));
      balances.lock(WSOL_MINT, maxCostLamports);
      const pools = opportunity.legs.map(({ pool }) => market.poolAt(pool)!);
      open.place(terms, pools, atMicros);
    },
    take(event) {
      const order = open.take(event);
      const before = order === undefined ? ended.corrected(event) : undefined;
      if (typeof before === 'string') return before;
      if (!isEndEvent(event)) return undefined;
      if (order !== undefined) release(order);
      return book((order ?? before)!.terms, event, before);
    },
  };
}

function isEndEvent(event: OrderEvent): event is EndEvent {
  return isEnd(event.state);
}

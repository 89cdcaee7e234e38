import type { Market } from '../market/market.ts';
import type { OrderTerms } from '../risk/approve.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { grossLamportsNow } from './gross-lamports.ts';
import type { Leftover, OrderEvent } from './order-event.ts';

/** How an order ended at the state of `slot`. */
export interface Fill {
  readonly opportunity: Opportunity;
  readonly outcome: 'filled' | 'reverted' | 'not-landed';
  readonly reason: string;
  readonly slot: number;
  /** What the last leg paid at the landing state; 0 unless filled. */
  readonly amountOut: bigint;
  readonly leftovers: readonly Leftover[];
  /** What came out less what the first leg really took, in the start mint (0 unless filled). */
  readonly grossProfit: bigint;
  /** Lamports really spent on this attempt, landed or not. */
  readonly costLamports: bigint;
  /** `grossProfit` less the costs at the rate of the decision, rounded up, in the start mint's base units. */
  readonly netProfit: bigint;
  /** The same in lamports at the landing price, so that every trade adds up in one unit. Leftovers count nothing. */
  readonly netLamports: bigint;
}

/** What the end of an order comes to, at the prices of now. */
export function fillOf({ opportunity }: OrderTerms, event: OrderEvent, market: Market): Fill {
  const { state, reason, slot, amountIn, amountOut, leftovers, costLamports } = event;
  const { costs, costUnits } = opportunity;
  const rest = { opportunity, reason, slot, costLamports };
  const paid =
    costs.totalLamports === 0n
      ? 0n
      : (costUnits * costLamports + costs.totalLamports - 1n) / costs.totalLamports;
  if (state !== 'landed') {
    const outcome = state === 'failed' ? 'reverted' : 'not-landed';
    return {
      ...rest,
      outcome,
      amountOut: 0n,
      leftovers: [],
      grossProfit: 0n,
      netProfit: -paid,
      netLamports: -costLamports,
    };
  }
  const grossProfit = amountOut - amountIn;
  return {
    ...rest,
    outcome: 'filled',
    amountOut,
    leftovers,
    grossProfit,
    netProfit: grossProfit - paid,
    netLamports: grossLamportsNow(opportunity, grossProfit, market) - costLamports,
  };
}

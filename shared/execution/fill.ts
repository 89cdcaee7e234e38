import type { Market } from '../market/market.ts';
import type { OrderTerms } from '../risk/approve.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import { grossLamportsNow } from './gross-lamports.ts';
import type { Leftover, OrderEvent } from './order-event.ts';

/** How an order ended at the state of `slot`. */
export interface Fill {
  readonly terms: OrderTerms;
  readonly opportunity: Opportunity;
  readonly state: 'landed' | 'failed' | 'expired';
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
  /** What was believed to be its end before, and is not: whoever has booked that takes it back. */
  readonly corrects: Fill | undefined;
  /** How often its end was corrected so far. */
  readonly revision: number;
}

/** An event that says how an order ended. */
export type EndEvent = OrderEvent & { readonly state: Fill['state'] };

/** What the end of an order comes to, at the prices of now; `before` is the end that it corrects. */
export function fillOf(
  terms: OrderTerms,
  event: EndEvent,
  market: Market,
  before: Fill | undefined = undefined,
): Fill {
  const { opportunity } = terms;
  const { state, reason, slot, amountIn, amountOut, leftovers, costLamports } = event;
  const { costs, costUnits } = opportunity;
  // Of what was believed before that, nothing is kept: it was taken back already.
  const corrects = before === undefined ? undefined : { ...before, corrects: undefined };
  const revision = before === undefined ? 0 : before.revision + 1;
  const rest = { terms, opportunity, state, reason, slot, costLamports, corrects, revision };
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

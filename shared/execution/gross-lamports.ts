import type { Market } from '../market/market.ts';
import { referencePrice, unitsToLamports } from '../market/reference-price.ts';
import type { Opportunity } from '../routing/opportunity.ts';

/** A gross profit of the opportunity's route, base units of its start mint, in lamports at the present price. */
export function grossLamportsNow(opportunity: Opportunity, grossProfit: bigint, market: Market): bigint {
  const price = referencePrice(market, opportunity.startMint);
  if (price !== undefined) return unitsToLamports(grossProfit, price);
  // Without a price now, the one the decision was made at still stands in the opportunity's own figures.
  return (grossProfit * grossLamportsThen(opportunity)) / opportunity.grossProfit;
}

/** The gross profit that was decided on, in lamports at the price of then. */
export function grossLamportsThen({ netLamports, costs }: Opportunity): bigint {
  return netLamports + costs.totalLamports;
}

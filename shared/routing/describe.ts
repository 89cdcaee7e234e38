import { expectedLamports } from '../costs/costs.ts';
import { lamportsToUnits, unitsToLamports } from '../market/reference-price.ts';
import type { PayingCycle } from './candidates.ts';
import type { Graph } from './graph/graph.ts';
import type { Leg, Opportunity } from './opportunity.ts';
import type { ExactRoute } from './sizing/exact-route.ts';

/** The opportunity that an exactly sized route is: its legs as last quoted, its costs and what it is worth. */
export function describeRoute(
  route: ExactRoute,
  candidate: PayingCycle,
  graph: Graph,
  at: { readonly id: string; readonly slot: number },
): Opportunity {
  const { mints, startMint, price } = candidate;
  const legs: Leg[] = [];
  let routeId = '';
  for (let i = 0; i < route.edges.length; i++) {
    const edge = route.edges[i]!;
    const pool = graph.poolOf(edge);
    const aToB = (edge & 1) === 0;
    const hop = route.hopOf[i]!;
    if (i > 0) routeId += route.hopOf[i - 1] === hop ? '+' : '>';
    routeId += `${pool.address}:${aToB ? 'a' : 'b'}`;
    legs.push({
      hop,
      venue: pool.venue.id,
      pool: pool.address,
      aToB,
      mintIn: mints[hop]!,
      mintOut: mints[hop + 1] ?? startMint,
      amountIn: route.amountsIn[i]!,
      amountOut: route.amountsOut[i]!,
    });
  }
  const costs = candidate.breakdownOf(legs.length, route.computeUnits);
  const costUnits = lamportsToUnits(costs.totalLamports, price);
  const grossProfit = route.profit;
  const netProfit = grossProfit - costUnits;
  const netLamports = unitsToLamports(netProfit, price);
  return {
    ...at,
    routeId,
    startMint,
    legs,
    amountIn: route.amountIn,
    amountOut: route.amountOut,
    grossProfit,
    costs,
    costUnits,
    netProfit,
    netLamports,
    expectedLamports: expectedLamports(costs, netLamports),
  };
}

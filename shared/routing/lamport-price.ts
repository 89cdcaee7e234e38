import { WSOL_MINT } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { type ReferencePrice, referencePrice, scaledUnits } from '../market/reference-price.ts';
import { type Graph, NONE } from './graph.ts';

/**
 * What a lamport is worth in a mint by the graph's present prices, as `referencePrice` defines it: the median over the
 * pools against wSOL, without looking through the whole market. Where no pool prices it, what `referencePrice` says.
 */
export function lamportPrice(graph: Graph, market: Market, mint: number): ReferencePrice | undefined {
  const address = graph.mints[mint]!;
  const sol = graph.mintId(WSOL_MINT);
  const pair = sol === NONE || sol === mint ? NONE : graph.pairBetween(sol, mint);
  if (pair === NONE) return referencePrice(market, address);
  const middles: number[] = [];
  for (const edge of graph.pairEdges[pair]!) {
    const middle = (graph.logPrice[edge]! - graph.logPrice[edge ^ 1]!) / 2;
    if (Number.isFinite(middle)) middles.push(middle);
  }
  if (middles.length === 0) return referencePrice(market, address);
  middles.sort((a, b) => a - b);
  const scaled = scaledUnits(Math.exp(middles[middles.length >> 1]!));
  return scaled === undefined ? undefined : { unitsPerLamportScaled: scaled };
}

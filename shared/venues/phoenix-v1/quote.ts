/** @hot */
import type { ChainClock } from '../../core/clock.ts';
import type { Quote } from '../venue.ts';
import { isExpired } from './book.ts';
import { fill, filled } from './fill.ts';
import { ACTIVE } from './program.ts';
import type { PhoenixState } from './state.ts';

/**
 * What a `Swap` of `amountIn` base units of the base (`aToB`) or the quote pays, and what of it the program takes:
 * whole lots, as far as the book reaches.
 */
export function quote(state: PhoenixState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const reason = fill(state, aToB, amountIn, clock);
  if (reason !== undefined) return { ok: false, reason };
  return {
    ok: true,
    amountOut: filled.amountOut,
    consumedIn: filled.consumedIn,
    computeUnits: filled.computeUnits,
  };
}

/** Base units out per base unit in of the best order that has not expired, after the taker fee. */
export function marginalPrice(state: PhoenixState, aToB: boolean, clock: ChainClock): number {
  const { facts } = state;
  if (state.unusable !== 0 || facts.status !== ACTIVE) return 0;
  const side = aToB ? state.bids : state.asks;
  for (let at = 0; at < side.count; at++) {
    if (side.lots[at] === 0 || isExpired(side, at, clock.slot, clock.unixTimestamp)) continue;
    const perLot = side.ticks[at]! * Number(facts.quoteLotsPerTickLot) * Number(facts.quoteLotSize);
    const price = perLot / Number(facts.baseLotSize);
    const fee = Number(facts.feeBps) / 10_000;
    if (price === 0) return 0;
    return aToB ? price * (1 - fee) : 1 / (price * (1 + fee));
  }
  return 0;
}

/** @hot What an immediate-or-cancel order takes from the book: no allocation, a short loop over the best orders. */
import type { ChainClock } from '../../core/clock.ts';
import { BPS, U64_MAX } from '../../core/units.ts';
import { divUp, mulDivUp } from '../../math/mul-div.ts';
import { isBeyondCompute } from '../compute.ts';
import type { QuoteRefusal } from '../venue.ts';
import { type BookSide, isExpired } from './book.ts';
import { swapUnits } from './compute.ts';
import type { MarketFacts } from './layout.ts';
import { ACTIVE } from './program.ts';
import type { PhoenixState } from './state.ts';

/**
 * What the last `fill` took. Ticks and lots are doubles that hold whole numbers below 2^53 (an order or a sum beyond
 * that ends the fill with a refusal): four times as fast as bigint per order in `quote.phoenix-v1`. Sums are in tick
 * lots, ticks times base lots: the program's adjusted quote lots, divided by the tick size, which divides them all.
 */
export const filled = {
  amountOut: 0n,
  consumedIn: 0n,
  /** Orders that are gone from the front of the side: filled or expired. */
  gone: 0,
  /** Base lots left in the order after those, where it was filled in part. */
  lotsLeft: undefined as number | undefined,
  baseLots: 0,
  tickLots: 0,
  computeUnits: 0,
};

/**
 * Fills as the program's `Swap` does with an immediate-or-cancel order without price or match limit, whose budget is
 * the whole lots of `amountIn` base units. Answers undefined and leaves the figures in `filled`, or says why not.
 * A budget too small for the best order's next lot pays nothing and takes nothing, as the program does.
 */
export function fill(
  state: PhoenixState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): QuoteRefusal | undefined {
  if (amountIn <= 0n) return 'zero-amount';
  if (amountIn > U64_MAX) return 'amount-overflow';
  if (state.unusable !== 0) return 'missing-account';
  const { facts } = state;
  if (facts.status !== ACTIVE) return 'pool-disabled';
  const refused = aToB ? sell(state.bids, facts, amountIn, clock) : buy(state.asks, facts, amountIn, clock);
  if (refused !== undefined) return refused;
  filled.computeUnits = swapUnits(state, filled.gone, filled.lotsLeft !== undefined);
  if (isBeyondCompute(filled.computeUnits, clock)) return 'compute';
  // The token program fails the transfer, and with it the swap.
  return filled.amountOut > (aToB ? state.vaultAmountB : state.vaultAmountA) ? 'no-liquidity' : undefined;
}

function sell(
  bids: BookSide,
  facts: MarketFacts,
  amountIn: bigint,
  clock: ChainClock,
): QuoteRefusal | undefined {
  const budget = amountIn / facts.baseLotSize;
  // The program fails an order of no lots.
  if (budget === 0n) return 'amount-too-small';
  // More lots than doubles count: the whole book, or a refusal on the way.
  const asked = budget > MAX_EXACT ? Number.POSITIVE_INFINITY : Number(budget);
  const overflow = takeBids(bids, asked, facts.maxTickLots, clock.slot, clock.unixTimestamp);
  if (overflow) return 'amount-overflow';
  const matched = BigInt(filled.tickLots);
  const paid = matched * facts.quoteLotsPerTickLot - feeLots(facts, matched);
  filled.amountOut = paid * facts.quoteLotSize;
  filled.consumedIn = BigInt(filled.baseLots) * facts.baseLotSize;
  return filled.amountOut > U64_MAX ? 'amount-overflow' : undefined;
}

function buy(
  asks: BookSide,
  facts: MarketFacts,
  amountIn: bigint,
  clock: ChainClock,
): QuoteRefusal | undefined {
  const budget = amountIn / facts.quoteLotSize;
  if (budget === 0n) return 'amount-too-small';
  const adjusted = budget * facts.baseLotsPerUnit;
  if (adjusted > U64_MAX) return 'amount-overflow';
  // Program: `adjusted_quote_lot_budget_post_fee_adjustment_for_buys`, rounded down.
  const spendable = (adjusted * U64_MAX) / facts.buyDivisor;
  const budgetTickLots = spendable / facts.tickLots;
  const asked = budgetTickLots > MAX_EXACT ? Number.POSITIVE_INFINITY : Number(budgetTickLots);
  const spendsAll = budgetTickLots * facts.tickLots === spendable;
  const overflow = takeAsks(asks, asked, spendsAll, facts.maxTickLots, clock.slot, clock.unixTimestamp);
  if (overflow) return 'amount-overflow';
  const matched = BigInt(filled.tickLots);
  const spent = matched * facts.quoteLotsPerTickLot + feeLots(facts, matched);
  filled.amountOut = BigInt(filled.baseLots) * facts.baseLotSize;
  filled.consumedIn = spent * facts.quoteLotSize;
  return filled.amountOut > U64_MAX ? 'amount-overflow' : undefined;
}

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** Quote lots of fee: rounded up to an adjusted quote lot, then to a whole quote lot (`compute_fee`, `match_order`). */
export function feeLots(facts: MarketFacts, tickLots: bigint): bigint {
  return divUp(mulDivUp(tickLots * facts.tickLots, facts.feeBps, BPS), facts.baseLotsPerUnit);
}

/** Takes up to `budget` base lots; true when a figure would leave the exact range. */
function takeBids(
  side: BookSide,
  budget: number,
  most: number,
  slot: number,
  unixTimestamp: number,
): boolean {
  let left = budget;
  let taken = 0;
  let sum = 0;
  let at = 0;
  filled.lotsLeft = undefined;
  for (; at < side.count && left > 0; at++) {
    const lots = side.lots[at]!;
    if (lots === 0 || isExpired(side, at, slot, unixTimestamp)) continue;
    const ticks = side.ticks[at]!;
    // The program multiplies the whole order before it looks at the budget.
    const whole = ticks * lots;
    if (whole > most) return true;
    if (lots <= left) {
      left -= lots;
      taken += lots;
      sum += whole;
      if (sum > most) return true;
      continue;
    }
    sum += ticks * left;
    if (sum > most) return true;
    taken += left;
    filled.lotsLeft = lots - left;
    break;
  }
  filled.gone = at;
  filled.baseLots = taken;
  filled.tickLots = sum;
  return taken > Number.MAX_SAFE_INTEGER;
}

/** Spends up to `budget` tick lots; true when a figure would leave the exact range. */
function takeAsks(
  side: BookSide,
  budget: number,
  spendsAll: boolean,
  most: number,
  slot: number,
  unixTimestamp: number,
): boolean {
  let left = budget;
  let taken = 0;
  let sum = 0;
  let at = 0;
  filled.lotsLeft = undefined;
  for (; at < side.count; at++) {
    // With a fraction of a tick lot left the program goes on to clear expired orders.
    if (left === 0 && spendsAll) break;
    const lots = side.lots[at]!;
    if (lots === 0 || isExpired(side, at, slot, unixTimestamp)) continue;
    const ticks = side.ticks[at]!;
    const whole = ticks * lots;
    if (whole > most) return true;
    if (whole <= left) {
      left -= whole;
      taken += lots;
      sum += whole;
      if (sum > most) return true;
      continue;
    }
    // Exact: both are whole and below 2^53, so that the quotient cannot round up past a whole number.
    const bought = Math.floor(left / ticks);
    if (bought > 0) {
      sum += ticks * bought;
      taken += bought;
      filled.lotsLeft = lots - bought;
    }
    break;
  }
  filled.gone = at;
  filled.baseLots = taken;
  filled.tickLots = sum;
  return taken > Number.MAX_SAFE_INTEGER;
}

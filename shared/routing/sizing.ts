import type { ChainClock } from '../core/clock.ts';
import type { Route } from './route.ts';

/** How many quotes one search may still spend; shared by all of its candidates. */
export interface QuoteBudget {
  left: number;
}

/** What a cycle takes and pays for an offered input. */
export interface RouteQuote {
  /** Base units of the start mint that the first leg really takes: less than offered where a venue trades in lots. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/** The best size found. `profit` = `amountOut - amountIn`, possibly negative. */
export interface Sized extends RouteQuote {
  readonly ok: true;
  /** What is handed to the first leg. */
  readonly offered: bigint;
  readonly profit: bigint;
}

export type Sizing =
  | Sized
  | { readonly ok: false; readonly reason: 'quote-refused' | 'budget-exhausted' | 'no-exact-profit' };

export interface SizingParams {
  readonly route: Route;
  /** Largest input, base units, at least 1. */
  readonly maxIn: bigint;
  /** Marginal output per input of the whole cycle at size zero, above 1. */
  readonly marginal: number;
  readonly clock: ChainClock;
  readonly budget: QuoteBudget;
}

/** The bracket's upper end is at most this much above its lower end when the search stops: within 0.1 % of the maximum. */
const BRACKET_RATIO = 1.02;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const STEP = 3;
const MAX_STEPS = 48;

/**
 * The whole cycle for `offered`, exact: each leg's output is the next one's input, as the chain does it. What a middle
 * leg leaves of its input stays in the wallet and counts as nothing. Undefined when any leg refuses.
 */
export function quoteRoute(route: Route, offered: bigint, clock: ChainClock): RouteQuote | undefined {
  let amount = offered;
  let amountIn = offered;
  for (let i = 0; i < route.hops.length; i++) {
    const { pool, aToB } = route.hops[i]!;
    const quote = pool.venue.quote(pool.state!, aToB, amount, clock);
    if (!quote.ok || quote.amountOut === 0n) return undefined;
    if (i === 0) amountIn = quote.consumedIn;
    amount = quote.amountOut;
  }
  return { amountIn, amountOut: amount };
}

/**
 * The profit-maximising input of a route. The output of a cycle is concave in its input, so its profit has one
 * hill: a hyperbola through the origin and one exact quote says where, a bracket is walked around the top, and a
 * golden-section search on the logarithm of the size closes it. Floats choose the sizes to try; only exact integer
 * quotes are compared.
 */
export function sizeRoute({ route, maxIn, marginal, clock, budget }: SizingParams): Sizing {
  const ceiling = Number(maxIn);
  let best: Sized | undefined;
  let quoted = false;
  let exhausted = false;

  /** Exact profit of a size; -Infinity where it is refused or the budget is gone. */
  const profitAt = (size: number): number => {
    if (budget.left < route.hops.length) {
      exhausted = true;
      return Number.NEGATIVE_INFINITY;
    }
    budget.left -= route.hops.length;
    const offered = size >= ceiling ? maxIn : BigInt(Math.max(1, Math.floor(size)));
    const quote = quoteRoute(route, offered, clock);
    if (quote === undefined) return Number.NEGATIVE_INFINITY;
    quoted = true;
    const profit = quote.amountOut - quote.amountIn;
    if (best === undefined || profit > best.profit) best = { ok: true, offered, ...quote, profit };
    return Number(profit);
  };

  const start = startingSize(ceiling, marginal, profitAt);
  if (start !== undefined) climb(start, ceiling, profitAt);

  if (exhausted && (best === undefined || best.profit <= 0n))
    return { ok: false, reason: 'budget-exhausted' };
  if (!quoted || best === undefined) return { ok: false, reason: 'quote-refused' };
  return best.profit > 0n ? best : { ok: false, reason: 'no-exact-profit' };
}

/** Where the hyperbola `out = marginal * x / (1 + x / k)` has its highest profit, refined twice. */
function startingSize(
  ceiling: number,
  marginal: number,
  profitAt: (size: number) => number,
): number | undefined {
  let size = ceiling;
  let profit = profitAt(size);
  // Too large for the liquidity known here: come down until the pools answer.
  for (let i = 0; profit === Number.NEGATIVE_INFINITY && size > 1 && i < MAX_STEPS; i++) {
    size /= 8;
    profit = profitAt(size);
  }
  if (profit === Number.NEGATIVE_INFINITY) return undefined;
  for (let i = 0; i < 2; i++) {
    const sag = (marginal * size) / (profit + size) - 1;
    if (!(sag > 0) || !Number.isFinite(sag)) break;
    const next = Math.min(ceiling, Math.max(1, (size / sag) * (Math.sqrt(marginal) - 1)));
    if (Math.abs(next - size) < size * (BRACKET_RATIO - 1)) break;
    size = next;
    profit = profitAt(size);
    if (profit === Number.NEGATIVE_INFINITY) break;
  }
  return size;
}

/** Walks a bracket around the top from `start`, then closes it by golden section on the logarithm of the size. */
function climb(start: number, ceiling: number, profitAt: (size: number) => number): void {
  let middle = start;
  let top = profitAt(middle);
  let low = Math.max(1, middle / STEP);
  let high = Math.min(ceiling, middle * STEP);
  for (let i = 0; i < MAX_STEPS; i++) {
    const above = high > middle ? profitAt(high) : Number.NEGATIVE_INFINITY;
    if (above <= top) break;
    low = middle;
    middle = high;
    top = above;
    high = Math.min(ceiling, high * STEP);
  }
  for (let i = 0; i < MAX_STEPS; i++) {
    const below = low < middle ? profitAt(low) : Number.NEGATIVE_INFINITY;
    if (below < top) break;
    high = middle;
    middle = low;
    top = below;
    low = Math.max(1, low / STEP);
  }

  let a = Math.log(low);
  let b = Math.log(high);
  const width = Math.log(BRACKET_RATIO);
  let left = b - GOLDEN * (b - a);
  let right = a + GOLDEN * (b - a);
  let atLeft = profitAt(Math.exp(left));
  let atRight = profitAt(Math.exp(right));
  while (b - a > width) {
    if (atLeft >= atRight) {
      b = right;
      right = left;
      atRight = atLeft;
      left = b - GOLDEN * (b - a);
      atLeft = profitAt(Math.exp(left));
    } else {
      a = left;
      left = right;
      atLeft = atRight;
      right = a + GOLDEN * (b - a);
      atRight = profitAt(Math.exp(right));
    }
  }
}

import type { ChainClock } from '../../core/clock.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';

/** What a pool asks and pays at the margin, in natural logarithms of base units of B per base unit of A. */
export interface PoolPrice {
  /** Between what it pays for A and what it asks: the price without fees. */
  readonly mid: number;
  /** Half the distance between the two: one side's fees, transfer fees included. */
  readonly fee: number;
}

/** The price now, or undefined when the pool cannot trade in one of the directions. */
export function poolPrice(venue: Venue, state: PoolState, clock: ChainClock): PoolPrice | undefined {
  const paidForA = venue.marginalPrice(state, true, clock);
  const paidForB = venue.marginalPrice(state, false, clock);
  if (!(paidForA > 0 && paidForB > 0 && Number.isFinite(paidForA) && Number.isFinite(paidForB))) {
    return undefined;
  }
  const logA = Math.log(paidForA);
  const logB = Math.log(paidForB);
  return { mid: (logA - logB) / 2, fee: Math.max(0, -(logA + logB) / 2) };
}

const ROUNDS = 24;
/** A move within this share of the one wanted is close enough: traders are not exact either. */
const CLOSE_ENOUGH = 0.04;
/** Farther off than this the price went in a step: nothing in between can be had. */
const STEPPED = 0.5;
/** How near an amount beyond a step comes to the least that goes there. */
const STEP_WIDTH = 0.02;

/**
 * Base units to swap so that the pool's mid price moves by `move` (a positive distance in log price), found by
 * secants from `firstGuess`. Along constant liquidity one over the square root of the marginal price is linear
 * in the amount, so that two rounds do there. Where the price goes in steps (orders, bins) and none ends near the move,
 * it is little more than what takes the step that the move ends in. 0n when nothing near the move can be swapped; never
 * knowingly more than the pool takes.
 */
export function amountForMove(deps: {
  readonly venue: Venue;
  readonly state: PoolState;
  readonly clock: ChainClock;
  readonly aToB: boolean;
  readonly move: number;
  readonly firstGuess: bigint;
}): bigint {
  const { venue, state, clock, aToB, move } = deps;
  const start = poolPrice(venue, state, clock);
  if (start === undefined || !(move > 0)) return 0n;
  const wanted = Math.expm1(move / 2);
  let low = 0;
  let lowRise = 0;
  let high = Number.POSITIVE_INFINITY;
  let amount = Math.max(1, Number(deps.firstGuess));
  let best = 0;
  let beyond: number | undefined;
  let wasUnder: boolean | undefined;
  let bestError = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const settled = venue.settle(state, aToB, BigInt(Math.floor(amount)), clock);
    const after = settled.ok ? poolPrice(venue, settled.state, clock) : undefined;
    if (!settled.ok && settled.reason === 'amount-too-small') {
      low = amount;
      amount = nextAmount(low, high, amount * 16);
      continue;
    }
    if (after === undefined) {
      high = amount;
      amount = (low + high) / 2;
      continue;
    }
    const moved = aToB ? start.mid - after.mid : after.mid - start.mid;
    const rise = Math.expm1(moved / 2);
    const error = Math.abs(moved - move) / move;
    if (error < bestError) {
      best = amount;
      bestError = error;
    }
    if (error <= CLOSE_ENOUGH) break;
    const slope = rise > lowRise ? (rise - lowRise) / (amount - low) : 0;
    const under = rise < wanted;
    if (under) {
      low = amount;
      lowRise = Math.max(lowRise, rise);
    } else {
      high = amount;
      beyond = amount;
    }
    if (beyond === high && high - low <= STEP_WIDTH * high) break;
    // Twice on one side of the answer: liquidity is uneven here, and halving is surer than another secant.
    const stuck = under === wasUnder && high < Number.POSITIVE_INFINITY;
    wasUnder = under;
    const guess = stuck ? (low + high) / 2 : slope > 0 ? low + (wanted - lowRise) / slope : amount * 16;
    amount = nextAmount(low, high, Math.min(guess, amount * 64));
  }
  if (bestError > STEPPED && beyond === high && low > high / 2) best = high;
  else if (bestError > STEPPED) return 0n;
  return BigInt(Math.floor(best));
}

/** The guess, kept strictly between what was too little and what was too much. */
function nextAmount(low: number, high: number, guess: number): number {
  if (guess > low && guess < high) return Math.max(1, guess);
  return high === Number.POSITIVE_INFINITY ? Math.max(1, low * 8) : Math.max(1, (low + high) / 2);
}

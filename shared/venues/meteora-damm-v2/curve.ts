/**
 * @hot What the two curves pay. Concentrated: one range of constant liquidity; prices are square roots in Q64.64,
 * liquidity carries 64 fractional bits too. Compounding: constant product of the tracked reserves.
 * Roundings: program `liquidity_handler/*.rs`, always in the pool's favour.
 */
import { integerSqrt } from '../../math/integer-sqrt.ts';
import { divUp } from '../../math/mul-div.ts';

const SCALE = 128n;
const FRACTION = (1n << SCALE) - 1n;

/** The price after `amount` of A came in: it falls, rounded up. `liquidityPrice` is liquidity times price. */
export function sqrtPriceAfterA(
  liquidity: bigint,
  sqrtPrice: bigint,
  liquidityPrice: bigint,
  amount: bigint,
): bigint {
  const denominator = liquidity + amount * sqrtPrice;
  return (liquidityPrice + denominator - 1n) / denominator;
}

/** The price after `amount` of B came in: it rises, rounded down. */
export function sqrtPriceAfterB(liquidity: bigint, sqrtPrice: bigint, amount: bigint): bigint {
  return sqrtPrice + (amount << SCALE) / liquidity;
}

/** A between two prices, rounded down; `lower` <= `upper`. */
export function amountADown(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return (liquidity * (upper - lower)) / (lower * upper);
}

/** B between two prices, rounded down; `lower` <= `upper`. */
export function amountBDown(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return (liquidity * (upper - lower)) >> SCALE;
}

/** As `amountADown`, rounded up: what the pool keeps for its liquidity. */
export function amountAUp(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return divUp(liquidity * (upper - lower), lower * upper);
}

/** As `amountBDown`, rounded up. */
export function amountBUp(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return (liquidity * (upper - lower) + FRACTION) >> SCALE;
}

/** What constant product pays for `amount`, rounded down. */
export function productOut(reserveIn: bigint, reserveOut: bigint, amount: bigint): bigint {
  return (reserveOut * amount) / (reserveIn + amount);
}

/** The square-root price that two reserves stand for, rounded down; `reserveA` > 0. */
export function sqrtPriceOfReserves(reserveA: bigint, reserveB: bigint): bigint {
  return integerSqrt((reserveB << SCALE) / reserveA);
}

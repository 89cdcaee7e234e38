/**
 * @hot Integer math of one price range with constant liquidity. Prices are square roots in Q64.64 (B per A),
 * liquidity is an integer, amounts are base units; all non-negative, prices and liquidity > 0 unless said.
 * Roundings: Whirlpool `math/token_math.rs`, always in the pool's favour.
 */
import { divUp } from './mul-div.ts';

const Q64 = 64n;
const Q64_MASK = (1n << Q64) - 1n;

/** Mint A between two prices, `lower` <= `upper`: L * (upper - lower) / (upper * lower), rounded down. */
export function amountADown(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return ((liquidity * (upper - lower)) << Q64) / (upper * lower);
}

/** As `amountADown`, rounded up: what the pool takes. */
export function amountAUp(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return divUp((liquidity * (upper - lower)) << Q64, upper * lower);
}

/** Mint B between two prices, `lower` <= `upper`: L * (upper - lower), rounded down. */
export function amountBDown(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return (liquidity * (upper - lower)) >> Q64;
}

/** As `amountBDown`, rounded up: what the pool takes. */
export function amountBUp(liquidity: bigint, lower: bigint, upper: bigint): bigint {
  return (liquidity * (upper - lower) + Q64_MASK) >> Q64;
}

/** The price after `amountA` of mint A came in: it falls, rounded up so that no more than `amountA` is taken. */
export function sqrtPriceAfterA(liquidity: bigint, sqrtPrice: bigint, amountA: bigint): bigint {
  if (amountA === 0n) return sqrtPrice;
  const shifted = liquidity << Q64;
  return divUp(shifted * sqrtPrice, shifted + amountA * sqrtPrice);
}

/** The price after `amountB` of mint B came in: it rises, rounded down so that no more than `amountB` is taken. */
export function sqrtPriceAfterB(liquidity: bigint, sqrtPrice: bigint, amountB: bigint): bigint {
  return sqrtPrice + (amountB << Q64) / liquidity;
}

/** Liquidity that `amountA` of mint A makes between two prices, `lower` < `upper`, rounded down. */
export function liquidityOfA(amountA: bigint, lower: bigint, upper: bigint): bigint {
  return ((amountA * lower * upper) >> Q64) / (upper - lower);
}

/** Liquidity that `amountB` of mint B makes between two prices, `lower` < `upper`, rounded down. */
export function liquidityOfB(amountB: bigint, lower: bigint, upper: bigint): bigint {
  return (amountB << Q64) / (upper - lower);
}

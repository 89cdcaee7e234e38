/**
 * @hot Prices of liquidity bins and the amounts they exchange. A bin's price is (1 + binStep / 10,000)^id base units
 * of B per base unit of A in Q64.64. Source: MeteoraAg/dlmm-sdk `commons/src/math/price_math.rs`,
 * `u64x64_math.rs` and `extensions/bin.rs`; the power is taken of the inverse, as the program does, so that the
 * last bits agree.
 */
import { U128_MAX } from '../core/units.ts';
import { divUp } from './mul-div.ts';

const Q64 = 64n;
const ONE = 1n << Q64;
const Q64_MASK = ONE - 1n;
const BPS = 10_000n;
/** Powers from here on are outside what the program computes. */
const MAX_EXPONENT = 0x80000;

/** The Q64.64 price of bin `id`; undefined where the program cannot compute one. */
export function priceOfBin(id: number, binStep: number): bigint | undefined {
  if (id === 0) return ONE;
  let exponent = Math.abs(id);
  if (exponent >= MAX_EXPONENT) return undefined;
  let power = U128_MAX / (ONE + (BigInt(binStep) << Q64) / BPS);
  let result = ONE;
  while (exponent > 0) {
    if (exponent % 2 === 1) result = (result * power) >> Q64;
    power = (power * power) >> Q64;
    exponent >>>= 1;
  }
  if (result === 0n) return undefined;
  return id < 0 ? result : U128_MAX / result;
}

/** The id of the bin whose price is nearest to `price` base units of B per base unit of A. A float's answer. */
export function binNearPrice(price: number, binStep: number): number {
  return Math.round(Math.log(price) / Math.log1p(binStep / 10_000));
}

/** Base units out of a bin for `amountIn`, rounded down. `aToB`: A goes in. */
export function binAmountOut(amountIn: bigint, price: bigint, aToB: boolean): bigint {
  return aToB ? (amountIn * price) >> Q64 : (amountIn << Q64) / price;
}

/** Base units in that take `amountOut` out of a bin, rounded up. `aToB`: A goes in. */
export function binAmountIn(amountOut: bigint, price: bigint, aToB: boolean): bigint {
  return aToB ? divUp(amountOut << Q64, price) : (amountOut * price + Q64_MASK) >> Q64;
}

/** Liquidity of a bin in Q64.64 of B: `amountA * price + amountB`. */
export function binLiquidity(amountA: bigint, amountB: bigint, price: bigint): bigint {
  return amountA * price + (amountB << Q64);
}

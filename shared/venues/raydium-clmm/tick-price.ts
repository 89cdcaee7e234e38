/**
 * Square-root prices (Q64.64) of ticks as this program computes them. Its table and its division for ticks above 0
 * give other last digits than Whirlpool's (shared/math/tick.ts). Source: raydium-io/raydium-clmm `libraries/tick_math.rs`.
 */
import { U128_MAX } from '../../core/units.ts';
import { MAX_TICK, MIN_TICK, tickEstimate } from '../../math/tick.ts';

/** Square-root price of the lowest and the highest tick. */
export const MIN_SQRT_PRICE = 4_295_048_016n;
export const MAX_SQRT_PRICE = 79_226_673_521_066_979_257_578_248_091n;

/** 1.0001^(-2^bit / 2) in Q64.64, as far as the program knows them. */
const FALLING: readonly bigint[] = [
  18_445_821_805_675_395_072n,
  18_444_899_583_751_176_192n,
  18_443_055_278_223_355_904n,
  18_439_367_220_385_607_680n,
  18_431_993_317_065_453_568n,
  18_417_254_355_718_170_624n,
  18_387_811_781_193_609_216n,
  18_329_067_761_203_558_400n,
  18_212_142_134_806_163_456n,
  17_980_523_815_641_700_352n,
  17_526_086_738_831_433_728n,
  16_651_378_430_235_570_176n,
  15_030_750_278_694_412_288n,
  12_247_334_978_884_435_968n,
  8_131_365_268_886_854_656n,
  3_584_323_654_725_218_816n,
  696_457_651_848_324_352n,
  26_294_789_957_507_116n,
  37_481_735_321_082n,
];

/** The price at `tick`, an integer in [MIN_TICK, MAX_TICK]. Every product and the division above 0 truncate. */
export function sqrtPriceAtTick(tick: number): bigint {
  let ratio = 1n << 64n;
  for (let bit = 0, rest = Math.abs(tick); rest !== 0; bit++, rest >>= 1) {
    if ((rest & 1) === 1) ratio = (ratio * FALLING[bit]!) >> 64n;
  }
  return tick > 0 ? U128_MAX / ratio : ratio;
}

/** How near a whole tick the float estimate must come before integers decide: the table errs by less than 1e-4 ticks. */
const ESTIMATE_MARGIN = 1e-3;

/** The highest tick whose price is at most `sqrtPrice`, which must lie in [MIN_SQRT_PRICE, MAX_SQRT_PRICE). */
export function tickAtSqrtPrice(sqrtPrice: bigint): number {
  const estimate = tickEstimate(sqrtPrice);
  const nearest = Math.round(estimate);
  if (Math.abs(estimate - nearest) > ESTIMATE_MARGIN) return Math.floor(estimate);
  return sqrtPriceAtTick(nearest) <= sqrtPrice ? nearest : nearest - 1;
}

/** Clamped to the ticks that have a price. */
export function clampTick(tick: number): number {
  return Math.min(Math.max(tick, MIN_TICK), MAX_TICK);
}

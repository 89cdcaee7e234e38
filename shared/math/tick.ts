/**
 * Ticks of a concentrated-liquidity pool: tick `t` stands at price 1.0001^t. Prices are square roots in Q64.64.
 * The table and its truncations are those of Whirlpool's `math/tick_math.rs`; a program with another table
 * (Raydium CLMM) differs in the last digits and needs its own.
 */
export const MIN_TICK = -443_636;
export const MAX_TICK = 443_636;
/** Square-root price (Q64.64) of the lowest and the highest tick. */
export const MIN_SQRT_PRICE = 4_295_048_016n;
export const MAX_SQRT_PRICE = 79_226_673_515_401_279_992_447_579_055n;

/** 1.0001^(2^bit / 2) in Q32.96, for ticks above 0. */
const RISING: readonly bigint[] = [
  79_232_123_823_359_799_118_286_999_567n,
  79_236_085_330_515_764_027_303_304_731n,
  79_244_008_939_048_815_603_706_035_061n,
  79_259_858_533_276_714_757_314_932_305n,
  79_291_567_232_598_584_799_939_703_904n,
  79_355_022_692_464_371_645_785_046_466n,
  79_482_085_999_252_804_386_437_311_141n,
  79_736_823_300_114_093_921_829_183_326n,
  80_248_749_790_819_932_309_965_073_892n,
  81_282_483_887_344_747_381_513_967_011n,
  83_390_072_131_320_151_908_154_831_281n,
  87_770_609_709_833_776_024_991_924_138n,
  97_234_110_755_111_693_312_479_820_773n,
  119_332_217_159_966_728_226_237_229_890n,
  179_736_315_981_702_064_433_883_588_727n,
  407_748_233_172_238_350_107_850_275_304n,
  2_098_478_828_474_011_932_436_660_412_517n,
  55_581_415_166_113_811_149_459_800_483_533n,
  38_992_368_544_603_139_932_233_054_999_993_551n,
];

/** 1.0001^(-2^bit / 2) in Q64.64, for ticks below 0. */
const FALLING: readonly bigint[] = [
  18_445_821_805_675_392_311n,
  18_444_899_583_751_176_498n,
  18_443_055_278_223_354_162n,
  18_439_367_220_385_604_838n,
  18_431_993_317_065_449_817n,
  18_417_254_355_718_160_513n,
  18_387_811_781_193_591_352n,
  18_329_067_761_203_520_168n,
  18_212_142_134_806_087_854n,
  17_980_523_815_641_551_639n,
  17_526_086_738_831_147_013n,
  16_651_378_430_235_024_244n,
  15_030_750_278_693_429_944n,
  12_247_334_978_882_834_399n,
  8_131_365_268_884_726_200n,
  3_584_323_654_723_342_297n,
  696_457_651_847_595_233n,
  26_294_789_957_452_057n,
  37_481_735_321_082n,
];

/** The square-root price (Q64.64) at `tick`, which must be an integer in [MIN_TICK, MAX_TICK]. Truncates as the program does. */
export function sqrtPriceAtTick(tick: number): bigint {
  return tick < 0 ? product(-tick, FALLING, 1n << 64n, 64n) : product(tick, RISING, 1n << 96n, 96n) >> 32n;
}

function product(power: number, factors: readonly bigint[], one: bigint, scale: bigint): bigint {
  let ratio = one;
  for (let bit = 0, rest = power; rest !== 0; bit++, rest >>= 1) {
    if ((rest & 1) === 1) ratio = (ratio * factors[bit]!) >> scale;
  }
  return ratio;
}

const TICKS_PER_LOG = 2 / Math.log(1.0001);
const Q64 = 2 ** 64;
/**
 * How near a whole tick the float estimate must come before integers decide. The estimate errs by less than
 * 1e-9 ticks; the table's own truncation moves a tick's price by less than 1e-5 ticks even at the lowest price.
 */
const ESTIMATE_MARGIN = 1e-3;

/** The tick of a price as a real number, right to 1e-5: it may check or search, never decide. */
export function tickEstimate(sqrtPrice: bigint): number {
  return Math.log(Number(sqrtPrice) / Q64) * TICKS_PER_LOG;
}

/** The highest tick whose price is at most `sqrtPrice` (Q64.64), which must lie in [MIN_SQRT_PRICE, MAX_SQRT_PRICE]. */
export function tickAtSqrtPrice(sqrtPrice: bigint): number {
  const estimate = tickEstimate(sqrtPrice);
  const nearest = Math.round(estimate);
  if (Math.abs(estimate - nearest) > ESTIMATE_MARGIN) return Math.floor(estimate);
  return sqrtPriceAtTick(nearest) <= sqrtPrice ? nearest : nearest - 1;
}

/** `a / b` rounded towards negative infinity; `b` > 0. Both integers. */
export function floorDiv(a: number, b: number): number {
  return Math.floor(a / b);
}

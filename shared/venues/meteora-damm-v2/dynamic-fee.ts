/** The dynamic fee: the price's recent moves, squared. Source: program `state/fee.rs` `DynamicFeeStruct`. */
import { readU128, writeU128 } from '../../core/u128.ts';
import { divUp } from '../../math/mul-div.ts';

export interface DynamicFee {
  readonly maxVolatilityAccumulator: number;
  readonly variableFeeControl: number;
  readonly binStep: number;
  /** Seconds. */
  readonly filterPeriod: number;
  readonly decayPeriod: number;
  readonly reductionFactorBps: number;
  readonly lastUpdateTimestamp: number;
  /** One bin as a part of a square-root price, Q64.64. */
  readonly binStepQ64: bigint;
  readonly sqrtPriceReference: bigint;
  readonly volatilityAccumulator: bigint;
  readonly volatilityReference: bigint;
}

const BASIS_POINTS = 10_000n;
const VARIABLE_FEE_SCALE = 100_000_000_000n;

/** The dynamic fee of a whole pool account; undefined where the pool has none. */
export function decodeDynamicFee(view: DataView): DynamicFee | undefined {
  if (view.getUint8(56) === 0) return undefined;
  return {
    maxVolatilityAccumulator: view.getUint32(64, true),
    variableFeeControl: view.getUint32(68, true),
    binStep: view.getUint16(72, true),
    filterPeriod: view.getUint16(74, true),
    decayPeriod: view.getUint16(76, true),
    reductionFactorBps: view.getUint16(78, true),
    lastUpdateTimestamp: Number(view.getBigUint64(80, true)),
    binStepQ64: readU128(view, 88),
    sqrtPriceReference: readU128(view, 104),
    volatilityAccumulator: readU128(view, 120),
    volatilityReference: readU128(view, 136),
  };
}

/** Writes a dynamic fee over the bytes of a whole pool account. */
export function encodeDynamicFee(view: DataView, fee: DynamicFee): void {
  view.setUint8(56, 1);
  view.setUint32(64, fee.maxVolatilityAccumulator, true);
  view.setUint32(68, fee.variableFeeControl, true);
  view.setUint16(72, fee.binStep, true);
  view.setUint16(74, fee.filterPeriod, true);
  view.setUint16(76, fee.decayPeriod, true);
  view.setUint16(78, fee.reductionFactorBps, true);
  view.setBigUint64(80, BigInt(fee.lastUpdateTimestamp), true);
  writeU128(view, 88, fee.binStepQ64);
  writeU128(view, 104, fee.sqrtPriceReference);
  writeU128(view, 120, fee.volatilityAccumulator);
  writeU128(view, 136, fee.volatilityReference);
}

/**
 * The fee numerator that the pool's volatility adds, rounded up (`get_variable_fee`). It follows the swaps before
 * this one: the clock moves it only through them.
 */
export function variableFee(fee: DynamicFee): bigint {
  const spread = fee.volatilityAccumulator * BigInt(fee.binStep);
  return divUp(spread * spread * BigInt(fee.variableFeeControl), VARIABLE_FEE_SCALE);
}

/** True while a swap would keep the reference price that is stored, rather than take its own. */
export function keepsReference(fee: DynamicFee, unixTimestamp: number): boolean {
  return elapsed(fee, unixTimestamp) < fee.filterPeriod;
}

/** Seconds since the last swap that crossed a bin; 0 for a clock that runs behind it. */
function elapsed(fee: DynamicFee, unixTimestamp: number): number {
  return Math.max(unixTimestamp - fee.lastUpdateTimestamp, 0);
}

/** The dynamic fee after a swap at `unixTimestamp` that moved the price (`update_pre_swap`, `update_post_swap`). */
export function afterSwap(
  fee: DynamicFee,
  priceBefore: bigint,
  priceAfter: bigint,
  unixTimestamp: number,
): DynamicFee {
  let { sqrtPriceReference, volatilityReference } = fee;
  if (!keepsReference(fee, unixTimestamp)) {
    sqrtPriceReference = priceBefore;
    const decayed = (fee.volatilityAccumulator * BigInt(fee.reductionFactorBps)) / BASIS_POINTS;
    volatilityReference = elapsed(fee, unixTimestamp) < fee.decayPeriod ? decayed : 0n;
  }
  const moved = volatilityReference + binsBetween(fee, priceAfter, sqrtPriceReference) * BASIS_POINTS;
  const most = BigInt(fee.maxVolatilityAccumulator);
  const crossed = binsBetween(fee, priceBefore, priceAfter) > 0n;
  return {
    ...fee,
    sqrtPriceReference,
    volatilityReference,
    volatilityAccumulator: moved < most ? moved : most,
    lastUpdateTimestamp: crossed ? unixTimestamp : fee.lastUpdateTimestamp,
  };
}

/** Bins between two square-root prices, two for each step; rounded down (`get_delta_bin_id`). */
function binsBetween(fee: DynamicFee, a: bigint, b: bigint): bigint {
  const [upper, lower] = a > b ? [a, b] : [b, a];
  return (((upper << 64n) / lower - (1n << 64n)) / fee.binStepQ64) * 2n;
}

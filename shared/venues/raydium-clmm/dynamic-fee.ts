/**
 * @hot The dynamic fee: a part of the fee that grows with the square of how many tick spacings the price lately moved.
 * Rules and units: raydium-io/raydium-clmm `states/pool_fee.rs` and `instructions/swap.rs`.
 */
import { divUp } from '../../math/mul-div.ts';
import { floorDiv } from '../../math/tick.ts';
import { isZero, viewOf } from './bytes.ts';

export const DYNAMIC_FEE_OFFSET = 1_096;
const DYNAMIC_FEE_BYTES = 80;
const ACCUMULATOR_SCALE = 10_000;
const REDUCTION_DENOMINATOR = 10_000;
/** Hundredths of a basis point: with a dynamic fee no swap pays more than 10 %. */
export const MAX_FEE_RATE = 100_000;
const FEE_SCALE = 100_000n * BigInt(ACCUMULATOR_SCALE) * BigInt(ACCUMULATOR_SCALE);

export interface DynamicFee {
  /** Seconds; swaps closer together than this count as one movement. */
  readonly filterPeriod: number;
  /** Seconds; after this the past is forgotten. */
  readonly decayPeriod: number;
  /** Ten-thousandths of the accumulator that are kept between the two. */
  readonly reductionFactor: number;
  /** Hundred-thousandths. */
  readonly control: number;
  readonly maxAccumulator: number;
  /** Tick spacings from tick 0. */
  readonly spacingReference: number;
  readonly volatilityReference: number;
  readonly accumulator: number;
  /** Unix seconds of the last move of the reference. */
  readonly updatedAt: bigint;
}

/** The dynamic fee in a pool account's bytes; undefined when the pool has none (all zero, as in older pools). */
export function decodeDynamicFee(data: Uint8Array): DynamicFee | undefined {
  const at = DYNAMIC_FEE_OFFSET;
  if (isZero(data, at, at + DYNAMIC_FEE_BYTES)) return undefined;
  const view = viewOf(data);
  return {
    filterPeriod: view.getUint16(at, true),
    decayPeriod: view.getUint16(at + 2, true),
    reductionFactor: view.getUint16(at + 4, true),
    control: view.getUint32(at + 6, true),
    maxAccumulator: view.getUint32(at + 10, true),
    spacingReference: view.getInt32(at + 14, true),
    volatilityReference: view.getUint32(at + 18, true),
    accumulator: view.getUint32(at + 22, true),
    updatedAt: view.getBigUint64(at + 26, true),
  };
}

/** How the clock moves the reference before a swap: not, decayed, or forgotten. */
export const REFERENCE_KEPT = 0;
export const REFERENCE_DECAYED = 1;
export const REFERENCE_FORGOTTEN = 2;

export function referenceMode(fee: DynamicFee, unixTimestamp: number): number {
  const elapsed = Math.max(unixTimestamp - Number(fee.updatedAt), 0);
  if (elapsed < fee.filterPeriod) return REFERENCE_KEPT;
  return elapsed < fee.decayPeriod ? REFERENCE_DECAYED : REFERENCE_FORGOTTEN;
}

/** What one swap's fee starts from. */
export interface FeeReference {
  readonly spacing: number;
  readonly volatility: number;
}

/** The reference of a swap from `spacing`; the decay rounds down. */
export function referenceAt(fee: DynamicFee, mode: number, spacing: number): FeeReference {
  if (mode === REFERENCE_KEPT) return { spacing: fee.spacingReference, volatility: fee.volatilityReference };
  if (mode === REFERENCE_FORGOTTEN) return { spacing, volatility: 0 };
  const volatility = Math.floor((fee.accumulator * fee.reductionFactor) / REDUCTION_DENOMINATOR);
  return { spacing, volatility };
}

/** The accumulator while the price stands in `spacing`. */
export function accumulatorAt(fee: DynamicFee, reference: FeeReference, spacing: number): number {
  const moved = Math.abs(reference.spacing - spacing);
  return Math.min(reference.volatility + moved * ACCUMULATOR_SCALE, fee.maxAccumulator);
}

/** Base and dynamic fee together in hundredths of a basis point; the dynamic part is rounded up, the sum capped. */
export function totalFeeRate(
  fee: DynamicFee,
  tickSpacing: number,
  baseRate: number,
  accumulator: number,
): number {
  const crossed = BigInt(accumulator * tickSpacing);
  const dynamic = divUp(BigInt(fee.control) * crossed * crossed, FEE_SCALE);
  const rate = dynamic > BigInt(MAX_FEE_RATE) ? MAX_FEE_RATE : Number(dynamic);
  return Math.min(baseRate + rate, MAX_FEE_RATE);
}

/** The spacing that holds `tick`, counted from tick 0. */
export function spacingOf(tick: number, tickSpacing: number): number {
  return floorDiv(tick, tickSpacing);
}

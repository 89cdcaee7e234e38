/** @hot The adaptive fee: a fee that grows with the square of how far the price lately moved. */
import { divUp } from '../../math/mul-div.ts';
import { floorDiv, MAX_TICK, MIN_TICK, sqrtPriceAtTick, tickAtSqrtPrice } from '../../math/tick.ts';

/** Rules and units: orca-so/whirlpools `state/oracle.rs` and `manager/fee_rate_manager.rs`. */
export const ACCUMULATOR_SCALE = 10_000;
const REDUCTION_DENOMINATOR = 10_000;
const CONTROL_DENOMINATOR = 100_000n;
export const MAX_REFERENCE_AGE_SECONDS = 3_600;
/** Hundredths of a basis point: no swap pays more than 10 %. */
export const MAX_TOTAL_FEE_RATE = 100_000;
const FEE_SCALE = CONTROL_DENOMINATOR * BigInt(ACCUMULATOR_SCALE) * BigInt(ACCUMULATOR_SCALE);

export interface AdaptiveFeeConstants {
  /** Seconds; swaps closer together than this count as one movement. */
  readonly filterPeriod: number;
  /** Seconds; after this the past is forgotten. */
  readonly decayPeriod: number;
  /** Ten-thousandths of the accumulator that are kept between the two. */
  readonly reductionFactor: number;
  readonly controlFactor: number;
  readonly maxAccumulator: number;
  /** Ticks; the fee is constant within a group. */
  readonly tickGroupSize: number;
  readonly majorSwapTicks: number;
}

export interface AdaptiveFeeVariables {
  /** Unix seconds. */
  readonly referenceTimestamp: number;
  readonly majorSwapTimestamp: number;
  readonly volatilityReference: number;
  readonly tickGroupReference: number;
  readonly accumulator: number;
}

/** What one swap's fee starts from. */
export interface FeeReference {
  readonly volatility: number;
  readonly tickGroup: number;
}

/** How the clock moves the reference: kept, decayed or forgotten; `behind` when the clock is before the last swap. */
export const REFERENCE_KEPT = 0;
export const REFERENCE_DECAYED = 1;
export const REFERENCE_FORGOTTEN = 2;
export const CLOCK_BEHIND = -1;

export function referenceMode(
  constants: AdaptiveFeeConstants,
  variables: AdaptiveFeeVariables,
  unixTimestamp: number,
): number {
  const { referenceTimestamp, majorSwapTimestamp } = variables;
  const last = Math.max(referenceTimestamp, majorSwapTimestamp);
  if (unixTimestamp < last) return CLOCK_BEHIND;
  if (unixTimestamp - referenceTimestamp > MAX_REFERENCE_AGE_SECONDS) return REFERENCE_FORGOTTEN;
  const elapsed = unixTimestamp - last;
  if (elapsed < constants.filterPeriod) return REFERENCE_KEPT;
  return elapsed < constants.decayPeriod ? REFERENCE_DECAYED : REFERENCE_FORGOTTEN;
}

/** The reference of a swap that starts in `tickGroup`. The decayed volatility is rounded down. */
export function referenceAt(
  constants: AdaptiveFeeConstants,
  variables: AdaptiveFeeVariables,
  mode: number,
  tickGroup: number,
): FeeReference {
  if (mode === REFERENCE_KEPT) {
    return { volatility: variables.volatilityReference, tickGroup: variables.tickGroupReference };
  }
  if (mode === REFERENCE_FORGOTTEN) return { volatility: 0, tickGroup };
  const volatility = Math.floor((variables.accumulator * constants.reductionFactor) / REDUCTION_DENOMINATOR);
  return { volatility, tickGroup };
}

/** The volatility accumulator of a swap that has come to `tickGroup`. */
export function accumulatorAt(
  constants: AdaptiveFeeConstants,
  reference: FeeReference,
  tickGroup: number,
): number {
  const moved = Math.abs(reference.tickGroup - tickGroup) * ACCUMULATOR_SCALE;
  return Math.min(reference.volatility + moved, constants.maxAccumulator);
}

/** Static plus adaptive fee in hundredths of a basis point; the adaptive part is rounded up, the sum capped. */
export function totalFeeRate(
  constants: AdaptiveFeeConstants,
  staticFeeRate: number,
  accumulator: number,
): number {
  const crossed = BigInt(accumulator) * BigInt(constants.tickGroupSize);
  const adaptive = Number(divUp(BigInt(constants.controlFactor) * crossed * crossed, FEE_SCALE));
  return Math.min(staticFeeRate + Math.min(adaptive, MAX_TOTAL_FEE_RATE), MAX_TOTAL_FEE_RATE);
}

/** The tick groups within which the accumulator still changes; outside it stands at its maximum. */
export interface CoreRange {
  /** undefined: the range reaches the end of all prices on that side. */
  readonly lower: { readonly tickGroup: number; readonly sqrtPrice: bigint } | undefined;
  readonly upper: { readonly tickGroup: number; readonly sqrtPrice: bigint } | undefined;
}

export function coreRange(constants: AdaptiveFeeConstants, reference: FeeReference): CoreRange {
  const reach = Math.ceil((constants.maxAccumulator - reference.volatility) / ACCUMULATOR_SCALE);
  const size = constants.tickGroupSize;
  const low = reference.tickGroup - reach;
  const high = reference.tickGroup + reach;
  const lowTick = low * size;
  const highTick = high * size + size;
  return {
    lower: lowTick > MIN_TICK ? { tickGroup: low, sqrtPrice: sqrtPriceAtTick(lowTick) } : undefined,
    upper: highTick < MAX_TICK ? { tickGroup: high, sqrtPrice: sqrtPriceAtTick(highTick) } : undefined,
  };
}

/**
 * The tick group that a step which did not stop at every group really ended in. Going up, a price on a group's
 * lower bound has not entered that group.
 */
export function traversedGroup(
  size: number,
  aToB: boolean,
  sqrtPrice: bigint,
  stopPrice: bigint,
  stopTick: number,
): number {
  const atStop = sqrtPrice === stopPrice;
  const tick = atStop ? stopTick : tickAtSqrtPrice(sqrtPrice);
  const onBound = tick % size === 0 && (atStop || sqrtPrice === sqrtPriceAtTick(tick));
  return onBound && !aToB ? tick / size - 1 : floorDiv(tick, size);
}

/** True when a swap moved the price far enough to restart the filter period. */
export function isMajorSwap(constants: AdaptiveFeeConstants, before: bigint, after: bigint): boolean {
  const [smaller, larger] = before < after ? [before, after] : [after, before];
  return larger >= (smaller * sqrtPriceAtTick(constants.majorSwapTicks)) >> 64n;
}

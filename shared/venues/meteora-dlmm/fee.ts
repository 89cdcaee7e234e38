/**
 * @hot The fee of one bin: a base rate and a volatility rate that grows with the bins crossed since a reference bin.
 * Rates are parts of 10^9. Source: MeteoraAg/dlmm-sdk `commons/src/extensions/lb_pair.rs`.
 */
import { U128_MAX } from '../../core/units.ts';
import { divUp } from '../../math/mul-div.ts';

export const FEE_PRECISION = 1_000_000_000n;
const MAX_FEE_RATE = 100_000_000n;
const VARIABLE_FEE_SCALE = 100_000_000_000n;
const BPS = 10_000;
const U32_MAX = 0xffff_ffff;
/** Base fees of 10^20 and beyond do not fit the program's arithmetic whatever their factor. */
const MAX_POWER = 30;

export interface FeeParameters {
  readonly binStep: number;
  /** Base fee rate, not capped. */
  readonly baseRate: bigint;
  /** Seconds after a move of the price in which the reference stays. */
  readonly filterPeriod: number;
  /** Seconds after which nothing of the volatility is left. */
  readonly decayPeriod: number;
  /** What decay leaves of the accumulator, in basis points. */
  readonly reductionFactor: number;
  readonly variableFeeControl: number;
  readonly maxAccumulator: number;
  readonly protocolShareBps: number;
}

export interface Volatility {
  /** 10,000 for each bin between the reference bin and the last one traded, on top of the reference. */
  readonly accumulator: number;
  readonly reference: number;
  readonly indexReference: number;
  /** Unix seconds of the last swap that moved the active bin. */
  readonly updatedAt: bigint;
}

/** How the clock moves the reference before a swap. */
export type ReferenceMode = 0 | 1 | 2;
export const REFERENCE_KEPT = 0;
export const REFERENCE_DECAYED = 1;
export const REFERENCE_CLEARED = 2;

export function baseFeeRate(baseFactor: number, binStep: number, power: number): bigint {
  return BigInt(baseFactor) * BigInt(binStep) * 10n * 10n ** BigInt(Math.min(power, MAX_POWER + 1));
}

/** Why the program's own arithmetic would overflow on these parameters; undefined when it never does. */
export function feesFit(fee: FeeParameters): string | undefined {
  if (fee.binStep === 0) return 'bin step of 0';
  if (fee.baseRate > U128_MAX) return 'base fee overflows';
  const square = (BigInt(fee.maxAccumulator) * BigInt(fee.binStep)) ** 2n;
  if (BigInt(fee.variableFeeControl) * square > U128_MAX - VARIABLE_FEE_SCALE)
    return 'volatility fee overflows';
  return fee.protocolShareBps > BPS ? `protocol share of ${fee.protocolShareBps} bps` : undefined;
}

/** How the reference stands at `unixTimestamp`. A clock behind the last change keeps it. */
export function referenceMode(
  fee: FeeParameters,
  volatility: Volatility,
  unixTimestamp: number,
): ReferenceMode {
  const elapsed = unixTimestamp - Number(volatility.updatedAt);
  if (elapsed < fee.filterPeriod) return REFERENCE_KEPT;
  return elapsed < fee.decayPeriod ? REFERENCE_DECAYED : REFERENCE_CLEARED;
}

/** Bin and volatility that a swap's fees count from. */
export interface FeeReference {
  readonly index: number;
  readonly volatility: number;
}

/** The reference in force; undefined where the program's arithmetic overflows. Rounding: down, `update_references`. */
export function referenceAt(
  fee: FeeParameters,
  volatility: Volatility,
  mode: ReferenceMode,
  activeId: number,
): FeeReference | undefined {
  if (mode === REFERENCE_KEPT) return { index: volatility.indexReference, volatility: volatility.reference };
  if (mode === REFERENCE_CLEARED) return { index: activeId, volatility: 0 };
  const product = volatility.accumulator * fee.reductionFactor;
  if (product > U32_MAX) return undefined;
  return { index: activeId, volatility: Math.floor(product / BPS) };
}

/** The accumulator while a swap trades in bin `id`. */
export function accumulatorAt(fee: FeeParameters, reference: FeeReference, id: number): number {
  return Math.min(reference.volatility + Math.abs(reference.index - id) * BPS, fee.maxAccumulator);
}

/** Base and volatility rate together, at most 10%. Rounding: the volatility rate up, `compute_variable_fee`. */
export function totalFeeRate(fee: FeeParameters, accumulator: number): bigint {
  if (fee.baseRate >= MAX_FEE_RATE) return MAX_FEE_RATE;
  if (fee.variableFeeControl === 0) return fee.baseRate;
  const move = BigInt(accumulator) * BigInt(fee.binStep);
  const variable = divUp(BigInt(fee.variableFeeControl) * move * move, VARIABLE_FEE_SCALE);
  const total = fee.baseRate + variable;
  return total > MAX_FEE_RATE ? MAX_FEE_RATE : total;
}

/** The fee contained in `amount`. Rounding: up, `compute_fee_from_amount`. */
export function feeWithin(amount: bigint, rate: bigint): bigint {
  return (amount * rate + FEE_PRECISION - 1n) / FEE_PRECISION;
}

/** The fee to add to `amount`. Rounding: up, `compute_fee`. */
export function feeOnTop(amount: bigint, rate: bigint): bigint {
  return divUp(amount * rate, FEE_PRECISION - rate);
}

/** The largest amount of which at most `amount` is left after the fee within it. */
export function mostBeforeFee(amount: bigint, rate: bigint): bigint {
  return divUp((amount + 1n) * FEE_PRECISION, FEE_PRECISION - rate) - 1n;
}

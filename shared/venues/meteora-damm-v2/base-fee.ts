/** @hot The base fee: what a swap is charged before the dynamic fee. Source: program `base_fee/*.rs`, `math/fee_math.rs`. */
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';
import { rateLimitedNumerator } from './rate-limiter.ts';

/** Modes of `BaseFeeMode`, in its order. */
export const TIME_LINEAR = 0;
export const TIME_EXPONENTIAL = 1;
export const RATE_LIMITER = 2;
export const MARKET_CAP_LINEAR = 3;
export const MARKET_CAP_EXPONENTIAL = 4;

/** Bytes 8 to 40 of a pool account; which fields stand there depends on the mode. */
export const BASE_FEE_OFFSET = 8;
export const BASE_FEE_BYTES = 32;

/** What a numerator is where the program's own arithmetic fails, and the swap with it. */
export const FAILS = -1n;

interface Schedule {
  /** Fee numerator at the start. */
  readonly cliff: bigint;
  readonly exponential: boolean;
  /** Periods after which the fee stands still. */
  readonly periods: number;
  /** Taken off each period: a numerator when linear, basis points of what is left when exponential. */
  readonly reduction: bigint;
  /** The period last asked for and its numerator: one answer serves every quote of a slot. */
  readonly memo: { period: number; numerator: bigint };
}

/** The fee falls by the period since activation; `frequency` in slots or seconds, 0 for a fee that stands still. */
export interface TimeSchedule extends Schedule {
  readonly kind: 'time';
  readonly frequency: number;
}

/** The fee falls as the price rises above its first one, until it expires (slots or seconds after activation). */
export interface MarketCapSchedule extends Schedule {
  readonly kind: 'market-cap';
  readonly sqrtPriceStepBps: bigint;
  readonly expiration: number;
}

/** For a while after activation the fee of buying token A rises with the amount. */
export interface RateLimiter {
  readonly kind: 'rate-limiter';
  readonly cliff: bigint;
  /** False when all its other figures are 0: then the fee is `cliff`. */
  readonly active: boolean;
  readonly incrementBps: number;
  readonly maxFeeBps: number;
  /** Slots or seconds after activation. */
  readonly duration: number;
  readonly referenceAmount: bigint;
}

export type BaseFee = TimeSchedule | MarketCapSchedule | RateLimiter;

/** The base fee of a pool account, which must be whole. Refuses a mode that the program does not know. */
export function decodeBaseFee(view: DataView): Outcome<BaseFee, LoadRefusal> {
  const cliff = view.getBigUint64(8, true);
  const mode = view.getUint8(16);
  if (mode > MARKET_CAP_EXPONENTIAL) return refusal('unsupported-version', `base fee mode ${mode}`);
  if (mode === RATE_LIMITER) return success(decodeRateLimiter(view, cliff));
  const schedule = {
    cliff,
    exponential: mode === TIME_EXPONENTIAL || mode === MARKET_CAP_EXPONENTIAL,
    periods: view.getUint16(22, true),
    reduction: view.getBigUint64(32, true),
    memo: { period: -1, numerator: cliff },
  };
  if (mode === TIME_LINEAR || mode === TIME_EXPONENTIAL) {
    return success({ ...schedule, kind: 'time', frequency: Number(view.getBigUint64(24, true)) });
  }
  return success({
    ...schedule,
    kind: 'market-cap',
    sqrtPriceStepBps: BigInt(view.getUint32(24, true)),
    expiration: view.getUint32(28, true),
  });
}

function decodeRateLimiter(view: DataView, cliff: bigint): RateLimiter {
  const incrementBps = view.getUint16(22, true);
  const duration = view.getUint32(24, true);
  const maxFeeBps = view.getUint32(28, true);
  const referenceAmount = view.getBigUint64(32, true);
  return {
    kind: 'rate-limiter',
    cliff,
    active: incrementBps !== 0 || duration !== 0 || maxFeeBps !== 0 || referenceAmount !== 0n,
    incrementBps,
    maxFeeBps,
    duration,
    referenceAmount,
  };
}

/** True when neither time, price nor amount moves the fee. */
export function isFlat(fee: BaseFee): boolean {
  if (fee.kind === 'time') return fee.frequency === 0;
  return fee.kind === 'rate-limiter' && !fee.active;
}

/** Whether the rate limiter holds now (program `is_rate_limiter_applied`); points in slots or seconds. */
export function isRateLimited(fee: RateLimiter, aToB: boolean, point: number, activation: number): boolean {
  return fee.active && !aToB && point >= activation && point <= activation + fee.duration;
}

/**
 * The base fee numerator of a swap of `amount` base units at `point`, not before `activation`; `FAILS` where the
 * program fails. `priceNumerator`: that of the price where the fee follows it.
 */
export function baseFeeNumerator(
  fee: BaseFee,
  aToB: boolean,
  amount: bigint,
  point: number,
  activation: number,
  priceNumerator: bigint,
): bigint {
  if (fee.kind === 'time') {
    if (fee.frequency === 0) return fee.cliff;
    return numeratorAt(fee, Math.min(Math.floor((point - activation) / fee.frequency), fee.periods));
  }
  if (fee.kind === 'rate-limiter') {
    return isRateLimited(fee, aToB, point, activation) ? rateLimitedNumerator(fee, amount) : fee.cliff;
  }
  return point > activation + fee.expiration ? numeratorAt(fee, fee.periods) : priceNumerator;
}

/** The numerator of a market-cap schedule before it expires; `FAILS` where the program divides by zero. */
export function numeratorAtPrice(fee: MarketCapSchedule, sqrtPrice: bigint, initSqrtPrice: bigint): bigint {
  if (sqrtPrice <= initSqrtPrice) return numeratorAt(fee, 0);
  if (initSqrtPrice === 0n || fee.sqrtPriceStepBps === 0n) return FAILS;
  const passed = ((sqrtPrice - initSqrtPrice) * 10_000n) / initSqrtPrice / fee.sqrtPriceStepBps;
  return numeratorAt(fee, passed > BigInt(fee.periods) ? fee.periods : Number(passed));
}

function numeratorAt(fee: TimeSchedule | MarketCapSchedule, period: number): bigint {
  const { memo } = fee;
  if (memo.period === period) return memo.numerator;
  const numerator = fee.exponential ? exponential(fee, period) : linear(fee, period);
  memo.period = period;
  memo.numerator = numerator;
  return numerator;
}

function linear(fee: Schedule, period: number): bigint {
  const numerator = fee.cliff - fee.reduction * BigInt(period);
  return numerator < 0n ? FAILS : numerator;
}

/** `cliff * (1 - reduction / 10,000) ^ period` in Q64.64, each product rounded down (program `get_fee_in_period`). */
function exponential(fee: Schedule, period: number): bigint {
  if (fee.reduction === 0n) return fee.cliff;
  let square = (1n << 64n) - (fee.reduction << 64n) / 10_000n;
  if (square < 0n) return FAILS;
  let power = 1n << 64n;
  for (let left = period; left > 0; left >>>= 1) {
    if ((left & 1) === 1) power = (power * square) >> 64n;
    square = (square * square) >> 64n;
  }
  // The program takes a power that vanished for an overflow.
  return power === 0n ? FAILS : (power * fee.cliff) >> 64n;
}

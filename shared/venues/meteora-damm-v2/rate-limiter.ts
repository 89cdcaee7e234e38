import { U64_MAX } from '../../core/units.ts';
import { divUp, mulDivUp } from '../../math/mul-div.ts';
import { FAILS, type RateLimiter } from './base-fee.ts';
import { FEE_DENOMINATOR, NUMERATOR_PER_BPS } from './program.ts';

/**
 * The fee numerator of `amount` base units under a rate limiter that holds: each further reference amount pays an
 * increment more, up to the maximum. The fee of all steps is rounded up, and so is the one numerator that stands for
 * it (program `get_fee_numerator_from_included_fee_amount`). `FAILS` where the program does.
 */
export function rateLimitedNumerator(limiter: RateLimiter, amount: bigint): bigint {
  const { cliff, referenceAmount: step } = limiter;
  if (amount <= step) return cliff;
  const most = BigInt(limiter.maxFeeBps) * NUMERATOR_PER_BPS;
  const increment = BigInt(limiter.incrementBps) * NUMERATOR_PER_BPS;
  if (step === 0n || increment === 0n || most < cliff) return FAILS;
  const lastIndex = (most - cliff) / increment;
  const whole = (amount - step) / step;
  const rest = (amount - step) % step;
  let fee: bigint;
  if (whole < lastIndex) {
    fee = step * rampSum(cliff, increment, whole) + rest * (cliff + increment * (whole + 1n));
  } else {
    fee = step * rampSum(cliff, increment, lastIndex) + ((whole - lastIndex) * step + rest) * most;
  }
  const charged = divUp(fee, FEE_DENOMINATOR);
  if (charged > U64_MAX) return FAILS;
  const numerator = mulDivUp(charged, FEE_DENOMINATOR, amount);
  return numerator > U64_MAX ? FAILS : numerator;
}

/** The numerators of the first reference amount and of `index` further ones, added up. */
function rampSum(cliff: bigint, increment: bigint, index: bigint): bigint {
  return cliff + cliff * index + (increment * index * (index + 1n)) / 2n;
}

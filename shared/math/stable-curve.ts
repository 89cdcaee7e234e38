/** @hot The StableSwap invariant of two tokens, in the fixed width that on-chain programs compute it. */
import { U64_MAX, U128_MAX } from '../core/units.ts';

const U192_MAX = (1n << 192n) - 1n;

/** Newton steps that the programs take at most: where balances lie so far apart that the steps go round, the last one counts. */
const MAX_STEPS = 256;

/** Newton steps that the last call of `stableInvariant` or `stableBalance` took: what it cost the programs. */
export const newton = { steps: 0 };

/**
 * D of `annAmount * (a + b) + D = annAmount * D + D³ / (4ab)`, where the factor is twice the amplification. Units of
 * the two balances. Undefined where the program fails: an empty side, or a step that leaves 192 bits (128 for sums).
 * Rounding: every division down, stopping at the first step that moves by at most 1 (`StableSwap::compute_d2` of
 * the Saber curve), so the steps themselves and the order of the two balances are part of the result.
 */
export function stableInvariant(amplification: bigint, a: bigint, b: bigint): bigint | undefined {
  const sum = a + b;
  const factor = amplification * 2n;
  const leverage = sum * factor;
  if (a <= 0n || b <= 0n || factor <= 0n || factor > U64_MAX) return undefined;
  if (leverage > U128_MAX || a * 2n > U128_MAX || b * 2n > U128_MAX) return undefined;
  let d = sum;
  for (let step = 0; step < MAX_STEPS; step++) {
    const square = d * d;
    if (square > U192_MAX) return undefined;
    const cube = (square / (a * 2n)) * d;
    if (cube > U192_MAX) return undefined;
    const product = cube / (b * 2n);
    const numerator = d * (product * 2n + leverage);
    const denominator = d * (factor - 1n) + product * 3n;
    if (numerator > U192_MAX || denominator > U192_MAX || denominator === 0n) return undefined;
    const next = numerator / denominator;
    const moved = next > d ? next - d : d - next;
    d = next;
    newton.steps = step + 1;
    if (moved <= 1n) return d;
  }
  return d;
}

/**
 * The balance of one token that goes with `x` of the other at invariant `d`. Undefined where the program fails.
 * Rounding: as `stableInvariant` (`StableSwap::compute_y_raw2`).
 */
export function stableBalance(amplification: bigint, x: bigint, d: bigint): bigint | undefined {
  const factor = amplification * 2n;
  if (x <= 0n || x * 2n > U128_MAX || factor <= 0n || factor * 2n > U64_MAX) return undefined;
  const cube = ((d * d) / (x * 2n)) * d;
  if (d * d > U192_MAX || cube > U192_MAX) return undefined;
  const c = cube / (factor * 2n);
  const rest = d / factor + x - d;
  let y = d;
  for (let step = 0; step < MAX_STEPS; step++) {
    const numerator = y * y + c;
    const denominator = y * 2n + rest;
    // The first step may go up, from then on they go down: later squares are smaller.
    if (denominator <= 0n || (step < 2 && numerator > U192_MAX)) return undefined;
    const next = numerator / denominator;
    const moved = next > y ? next - y : y - next;
    y = next;
    newton.steps = step + 1;
    if (moved <= 1n) break;
  }
  return y > U128_MAX ? undefined : y;
}

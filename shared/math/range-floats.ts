/**
 * @hot What a swap through ranges of constant liquidity pays, worked out in doubles with a bound on their error. Where
 * no whole number lies within the bound the answer is the integers' own, to the unit; elsewhere there is none and the
 * caller asks the integers. Per quote this saves all products of 128 and 256 bits (bench `quote.orca-whirlpool`).
 *
 * Sums up to 2^53 are exact in doubles. Prices and liquidity are rounded, each by at most u = 2^-53 of itself, and so
 * is every operation after them: at most ten roundings, so that a result is within 16 u of the true one. The programs
 * also round the new price in the pool's favour, by less than 2^-64, which takes less than `slack` from what they pay.
 */

const DENOMINATOR = 1_000_000;
const Q64 = 2 ** 64;
const ERROR = 2 ** -49;
const UNDECIDED = -1;

/** Offsets of one step's figures. */
const BEFORE_IN = 0;
const BEFORE_OUT = 1;
const LIQUIDITY = 2;
const ROOT = 3;
const SLACK = 4;
const KEPT_IN = 5;
const FEE_OUT = 6;
const STRIDE = 7;

/** Steps that a swap takes one after another, as doubles. They are added at the end and never changed. */
export interface RangeFloats {
  /** The largest amount in that ends in each step or before it; infinite beyond 2^53. */
  readonly ends: number[];
  readonly figures: number[];
  /** The step in which the amount last asked for ends. */
  at: number;
}

export interface RangeStep {
  /** Base units in and out up to where the step begins, as the integers have them. */
  readonly beforeIn: bigint;
  readonly beforeOut: bigint;
  /** The largest amount in that ends in this step or before it. */
  readonly end: bigint;
  readonly liquidity: bigint;
  /** Square-root price (Q64.64) where the step begins. */
  readonly from: bigint;
  /** Parts of a million of what comes in that buy something, rounded down; and that a fee takes of what goes out, rounded up. */
  readonly keptIn: bigint;
  readonly feeOut: bigint;
}

export function createRangeFloats(): RangeFloats {
  return { ends: [], figures: [], at: 0 };
}

/** Adds a step along the price. */
export function pushRangeFloats(floats: RangeFloats, aToB: boolean, step: RangeStep): void {
  const liquidity = Number(step.liquidity);
  const root = Number(step.from) / Q64;
  const slack = aToB ? liquidity / Q64 : liquidity / Q64 / (root * root);
  floats.ends.push(exactOr(step.end, Number.POSITIVE_INFINITY));
  floats.figures.push(
    exactOr(step.beforeIn, Number.NaN),
    exactOr(step.beforeOut, Number.NaN),
    liquidity,
    root,
    slack,
    Number(step.keptIn),
    Number(step.feeOut),
  );
}

/** Adds a step that doubles do not decide, up to the amount in `end`. */
export function pushUndecided(floats: RangeFloats, end: bigint): void {
  floats.ends.push(exactOr(end, Number.POSITIVE_INFINITY));
  for (let i = 0; i < STRIDE; i++) floats.figures.push(Number.NaN);
}

function exactOr(value: bigint, otherwise: number): number {
  const float = Number(value);
  return float <= Number.MAX_SAFE_INTEGER ? float : otherwise;
}

/**
 * Base units out for `amountIn` base units in, fees on the way in and out deducted: what the integers come to, or
 * less than 0 where doubles do not decide (also beyond the last step, and for an amount that is no positive whole
 * number below 2^53). An amount that ends exactly where a step does is left to the integers.
 */
export function rangeFloatsOut(floats: RangeFloats, aToB: boolean, amountIn: number): number {
  const { ends, figures } = floats;
  const last = ends.length - 1;
  if (!(amountIn > 0 && amountIn <= Number.MAX_SAFE_INTEGER) || last < 0) return UNDECIDED;
  let at = 0;
  if (amountIn > ends[0]!) {
    let high = last;
    while (at < high) {
      const middle = (at + high) >>> 1;
      if (ends[middle]! < amountIn) at = middle + 1;
      else high = middle;
    }
  }
  if (!(amountIn < ends[at]!)) return UNDECIDED;
  floats.at = at;
  const first = at * STRIDE;
  const amount = partDown(amountIn - figures[first + BEFORE_IN]!, figures[first + KEPT_IN]!);
  const liquidity = figures[first + LIQUIDITY]!;
  const root = figures[first + ROOT]!;
  let paid: number;
  if (aToB) {
    const moved = amount * root;
    paid = moved * root * (liquidity / (liquidity + moved));
  } else {
    paid = amount / (root * (root + amount / liquidity));
  }
  const margin = paid * ERROR;
  const whole = Math.floor(paid + margin);
  // Not a number where the step is undecided: then nothing compares.
  if (!(paid - margin - figures[first + SLACK]! >= whole && whole <= Number.MAX_SAFE_INTEGER))
    return UNDECIDED;
  const feeRate = figures[first + FEE_OUT]!;
  const net = feeRate === 0 ? whole : partDown(whole, DENOMINATOR - feeRate);
  const out = net + figures[first + BEFORE_OUT]!;
  return out <= Number.MAX_SAFE_INTEGER ? out : UNDECIDED;
}

/**
 * `amount * rate / 1,000,000` rounded down, exactly: `amount` a whole number below 2^53, `rate` at most a million. A
 * quotient of two such numbers never rounds up to a whole one.
 */
function partDown(amount: number, rate: number): number {
  const product = amount * rate;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / DENOMINATOR);
  const millions = Math.floor(amount / DENOMINATOR);
  return millions * rate + Math.floor(((amount - millions * DENOMINATOR) * rate) / DENOMINATOR);
}

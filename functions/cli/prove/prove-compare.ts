import type { Quote } from '../../../shared/venues/venue.ts';

/** How the wallet's balances of a pool's two mints change, in base units. */
export interface Change {
  readonly a: bigint;
  readonly b: bigint;
}

/** What our code says will happen: a change, or a refusal with its reason. */
export type Prediction =
  | { readonly ok: true; readonly change: Change; readonly computeUnits: number }
  | { readonly ok: false; readonly reason: string; readonly isBeyondCompute?: boolean };

/** What the program did: a change, or a failure with its error. */
export type Outturn =
  | { readonly ok: true; readonly change: Change; readonly computeUnits: number }
  | { readonly ok: false; readonly error: string };

/** What a comparison is about. */
export type Check =
  /** One swap from the snapshot's state. */
  | 'swap'
  /** Two swaps in one transaction: the second meets the state that `settle` predicts. */
  | 'second-swap'
  /** The least output allowed is what is quoted: it must pay; or one unit more: it must fail. */
  | 'min-out';

/** A transaction whose outturn is not the predicted one. Changes of the wallet as decimal strings; null: it fails. */
export interface Mismatch {
  readonly check: Check;
  readonly aToB: boolean;
  readonly amountIn: string;
  readonly predicted: { readonly a: string; readonly b: string } | null;
  readonly executed: { readonly a: string; readonly b: string } | null;
  /** Why our code refuses. */
  readonly refused?: string;
  /** The program's error. */
  readonly error?: string;
}

/** What was asked of the program. */
export interface Attempt {
  readonly check: Check;
  readonly aToB: boolean;
  readonly amountIn: bigint;
}

export function predictionOf(quote: Quote, aToB: boolean): Prediction {
  if (!quote.ok) {
    return {
      ok: false,
      reason: quote.detail === undefined ? quote.reason : `${quote.reason} (${quote.detail})`,
      isBeyondCompute: quote.reason === 'compute',
    };
  }
  const { consumedIn, amountOut, computeUnits } = quote;
  const change = aToB ? { a: -consumedIn, b: amountOut } : { a: amountOut, b: -consumedIn };
  return { ok: true, change, computeUnits };
}

export function addChanges(first: Change, second: Change): Change {
  return { a: first.a + second.a, b: first.b + second.b };
}

/** True where our count of compute units refused what a transaction had just enough of them for: a trade is lost. */
export function isCautious(predicted: Prediction, outturn: Outturn): boolean {
  return outturn.ok && !predicted.ok && predicted.isBeyondCompute === true;
}

/**
 * Undefined when the outturn is the prediction, to the unit; a failure equals a refusal whatever their reasons, and a
 * refusal for want of compute units is no mismatch: the count may be above what is used, never below.
 */
export function mismatchOf(attempt: Attempt, predicted: Prediction, outturn: Outturn): Mismatch | undefined {
  if (predicted.ok ? outturn.ok && sameChange(predicted.change, outturn.change) : !outturn.ok)
    return predicted.ok && outturn.ok && outturn.computeUnits > predicted.computeUnits
      ? mismatch(attempt, predicted, { ok: false, error: underCount(predicted, outturn) })
      : undefined;
  return isCautious(predicted, outturn) ? undefined : mismatch(attempt, predicted, outturn);
}

function underCount(predicted: { computeUnits: number }, outturn: { computeUnits: number }): string {
  return `it takes ${outturn.computeUnits} compute units, counted as ${predicted.computeUnits}`;
}

function mismatch(attempt: Attempt, predicted: Prediction, outturn: Outturn): Mismatch {
  return {
    check: attempt.check,
    aToB: attempt.aToB,
    amountIn: String(attempt.amountIn),
    predicted: predicted.ok ? plain(predicted.change) : null,
    executed: outturn.ok ? plain(outturn.change) : null,
    ...(predicted.ok ? {} : { refused: predicted.reason }),
    ...(outturn.ok ? {} : { error: outturn.error }),
  };
}

function sameChange(one: Change, other: Change): boolean {
  return one.a === other.a && one.b === other.b;
}

function plain({ a, b }: Change): { a: string; b: string } {
  return { a: String(a), b: String(b) };
}

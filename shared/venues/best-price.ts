/** @hot The best average price over all amounts, where a transfer fee with a maximum makes larger ones pay better. */
import { U64_MAX } from '../core/units.ts';
import type { TransferFee } from './token/token-extensions.ts';
import type { Quote } from './venue.ts';

export interface CappedFees {
  /** What a small amount would be paid without fees on transfers: base units out per base unit in. */
  readonly before: number;
  /** What the transfers in and out withhold now; undefined where they withhold nothing. */
  readonly feeIn: TransferFee | undefined;
  readonly feeOut: TransferFee | undefined;
  quote(amountIn: bigint): Quote;
}

const BPS = 10_000;
/** Amounts looked at beyond those that reach a maximum stand this far apart; with two maxima the average may rise twice. */
const RATIO = 2;
const RATIO_OF_TWO = 1.25;
/** Of amounts below this, floors are all that an average shows. */
const SMALL = 10_000;
/** Past the best amount, and past every maximum by this factor, larger ones are not looked at. */
const PAST_MAXIMA = 4;
/** The best amount is closed in on to this share of itself, where the price is flat: */
const GRAIN = 2e-3;
/** it hides less than this. */
const MARGIN = 1 + 1e-4;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * No amount is paid more a unit on average than this: what small ones are paid, where no maximum can be reached. Below every maximum fees
 * are shares and the price falls with the amount; past them they are fixed, and the average rises up to one amount and
 * falls from there: what a concave curve pays for an input less a constant.
 */
export function bestCappedPrice({ before, feeIn, feeOut, quote }: CappedFees): number {
  const share = keptOf(feeIn) * keptOf(feeOut);
  const price = before * share;
  const reachIn = reachOf(feeIn);
  // A fee of the whole amount leaves small ones nothing to reckon with.
  const reachOut = reachOf(feeOut) / (price > 0 ? price : before);
  const first = Math.max(1, Math.min(reachIn, reachOut));
  const most = Number(U64_MAX);
  if (!(before > 0) || !(first < most)) return price;
  const averageAt = (size: number): number => {
    const paid = quote(BigInt(Math.floor(Math.min(size, most))));
    return paid.ok && paid.consumedIn > 0n ? Number(paid.amountOut) / Number(paid.consumedIn) : 0;
  };
  const atFirst = averageAt(first);
  // Without any fee on transfers nothing past the first maximum is paid better than this.
  if (share > 0 && first > SMALL && atFirst <= price * share) return price;
  const last = Math.max(reachIn < most ? reachIn : 0, reachOut < most ? reachOut : 0) * PAST_MAXIMA;
  const ratio = reachIn < most && reachOut < most ? RATIO_OF_TWO : RATIO;
  let best = 0;
  let bestAt = first;
  let previous = 0;
  for (let size = first; size < most; size *= ratio) {
    const average = averageAt(size);
    if (average > best) {
      best = average;
      bestAt = size;
    } else if (size > last && average < previous) break;
    previous = average;
  }
  if (best === 0) return price;
  best = Math.max(best, topBetween(averageAt, bestAt / ratio, bestAt * ratio));
  return Math.max(price, best * MARGIN);
}

/** The amount from which on the maximum is charged, base units. */
function reachOf(fee: TransferFee | undefined): number {
  if (fee === undefined || fee.feeBps === 0n || fee.maximumFee === 0n) return Number.POSITIVE_INFINITY;
  return (Number(fee.maximumFee) * BPS) / Number(fee.feeBps);
}

/** The share of an amount below the maximum that arrives; 1 without a fee. */
export function keptOf(fee: TransferFee | undefined): number {
  return fee === undefined || fee.maximumFee === 0n ? 1 : 1 - Number(fee.feeBps) / BPS;
}

function topBetween(averageAt: (size: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let [atLeft, atRight] = [averageAt(left), averageAt(right)];
  let top = Math.max(atLeft, atRight);
  while (high - low > GRAIN * high && high - low > 1) {
    if (atLeft >= atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = averageAt(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = averageAt(right);
    }
    top = Math.max(top, atLeft, atRight);
  }
  return top;
}

/** @hot Exact quotes of the program's `swap`: through the vault of the input, over the curve, out of the other vault. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX, U128_MAX } from '../../core/units.ts';
import { mulDivDown, mulDivUp } from '../../math/mul-div.ts';
import { newton, stableBalance } from '../../math/stable-curve.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { PRODUCT_UNITS, stableUnits } from './compute.ts';
import { ACTIVATION_BY_SLOT, ACTIVATION_BY_TIME, type DammV1Figures } from './layout.ts';
import { type Moment, momentAt } from './moment.ts';
import type { DammV1State } from './state.ts';

const REFUSALS: Readonly<Record<QuoteRefusal, Refusal<QuoteRefusal>>> = {
  'zero-amount': refusal('zero-amount'),
  'amount-overflow': refusal('amount-overflow'),
  'amount-too-small': refusal('amount-too-small'),
  'no-liquidity': refusal('no-liquidity'),
  'missing-account': refusal('missing-account'),
  'pool-disabled': refusal('pool-disabled'),
  'not-open': refusal('not-open'),
  compute: BEYOND_COMPUTE,
  'program-unproven': refusal('program-unproven'),
};

/** The curve fails the swap as too small. One that gives a part of a unit does not: the program then pays 0. */
const NOTHING = -1n;

/** What one swap moves. Tokens in base units, shares in those of the vaults' LP mints. */
export interface SwapMoves {
  readonly ok: true;
  /** Goes to the protocol's account, not to the vault. */
  readonly protocolFee: bigint;
  readonly sharesIn: bigint;
  readonly sharesOut: bigint;
  readonly amountOut: bigint;
  readonly computeUnits: number;
}

/** Base units that reach the owner's account for `amountIn` base units sent. Refuses where the program fails. */
export function quote(state: DammV1State, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const moves = swapMoves(state, aToB, amountIn, clock);
  if (!moves.ok) return moves;
  const { amountOut, computeUnits } = moves;
  return { ok: true, amountOut, consumedIn: amountIn, computeUnits };
}

/**
 * Everything that the swap moves. Rounding: shares and their worth down (`get_unmint_amount`,
 * `get_amount_by_share`), so that the vault keeps the odd unit twice: what counts as paid in is what the new shares
 * are worth, and what is paid out is what the burnt shares are worth.
 */
export function swapMoves(
  state: DammV1State,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): SwapMoves | Refusal<QuoteRefusal> {
  if (state.unusable !== 0) return REFUSALS['missing-account'];
  const { figures } = state;
  const shut = shutBecause(figures, clock);
  if (shut !== undefined) return REFUSALS[shut];
  if (amountIn <= 0n) return REFUSALS['zero-amount'];
  if (amountIn > U64_MAX) return REFUSALS['amount-overflow'];
  const moment = momentAt(state, clock.unixTimestamp);
  if (moment.closed !== undefined) return REFUSALS[moment.closed];
  const sideIn = aToB ? state.sideA : state.sideB;
  const sideOut = aToB ? state.sideB : state.sideA;
  if (!sideIn.figures.enabled) return REFUSALS['pool-disabled'];

  const fee = feeOf(amountIn, figures.tradeFeeNumerator, figures.tradeFeeDenominator);
  const protocolFee = feeOf(fee, figures.protocolFeeNumerator, figures.protocolFeeDenominator);
  const deposit = amountIn - protocolFee;
  if (protocolFee > fee || deposit < 0n) return REFUSALS['amount-overflow'];
  if (deposit === 0n) return REFUSALS['amount-too-small'];
  if (protocolFee * figures.partnerFeeNumerator > U64_MAX) return REFUSALS['amount-overflow'];
  if (sideIn.figures.totalAmount + deposit > U64_MAX || sideIn.reserve + deposit > U64_MAX) {
    return REFUSALS['amount-overflow'];
  }

  const unlockedIn = aToB ? moment.unlockedA : moment.unlockedB;
  const unlockedOut = aToB ? moment.unlockedB : moment.unlockedA;
  const reserveIn = aToB ? moment.reserveA : moment.reserveB;
  const reserveOut = aToB ? moment.reserveB : moment.reserveA;
  const sharesIn = mulDivDown(deposit, sideIn.lpSupply, unlockedIn);
  const lpSupply = sideIn.lpSupply + sharesIn;
  if (lpSupply > U64_MAX) return REFUSALS['amount-overflow'];
  const worth = mulDivDown(sideIn.poolLpAmount + sharesIn, unlockedIn + deposit, lpSupply);
  const input = worth - reserveIn - (fee - protocolFee);
  if (input < 0n) return REFUSALS['amount-too-small'];

  const swapped =
    moment.curve === undefined
      ? constantProductOut(input, reserveIn, reserveOut)
      : stableOut(moment, moment.curve.amplification, aToB, input, reserveIn, reserveOut);
  // A step that leaves its integers fails in the program too, if it comes to it.
  if (swapped === undefined) return REFUSALS['amount-overflow'];
  const computeUnits =
    moment.curve === undefined
      ? PRODUCT_UNITS
      : stableUnits(aToB ? moment.stepsAToB : moment.stepsBToA, newton.steps);
  if (isBeyondCompute(computeUnits, clock)) return BEYOND_COMPUTE;
  if (swapped < 0n) return REFUSALS['amount-too-small'];
  const sharesOut = mulDivDown(swapped, sideOut.lpSupply, unlockedOut);
  const amountOut = mulDivDown(sharesOut, unlockedOut, sideOut.lpSupply);
  if (amountOut > sideOut.reserve || sharesOut > sideOut.poolLpAmount) return REFUSALS['no-liquidity'];
  return { ok: true, protocolFee, sharesIn, sharesOut, amountOut, computeUnits };
}

/** The program fails a stopped pool, one before its activation, and fees that divide by zero. */
function shutBecause(figures: DammV1Figures, clock: ChainClock): QuoteRefusal | undefined {
  if (!figures.enabled) return 'pool-disabled';
  if (figures.activationPoint !== 0n || figures.activationType !== ACTIVATION_BY_SLOT) {
    if (figures.activationType > ACTIVATION_BY_TIME) return 'pool-disabled';
    const now = figures.activationType === ACTIVATION_BY_SLOT ? clock.slot : clock.unixTimestamp;
    if (BigInt(now) < figures.activationPoint) return 'not-open';
  }
  if (figures.tradeFeeNumerator === 0n) return undefined;
  if (figures.tradeFeeDenominator === 0n) return 'pool-disabled';
  return figures.protocolFeeNumerator !== 0n && figures.protocolFeeDenominator === 0n
    ? 'pool-disabled'
    : undefined;
}

/** Rounding: down, but at least 1 where there is a fee at all (`calculate_fee`). */
function feeOf(amount: bigint, numerator: bigint, denominator: bigint): bigint {
  if (numerator === 0n || amount === 0n) return 0n;
  const fee = mulDivDown(amount, numerator, denominator);
  return fee === 0n ? 1n : fee;
}

/** `NOTHING` where less than one unit leaves. Rounding: what stays up, so what leaves down (spl-token-swap 3 `constant_product::swap`). */
function constantProductOut(input: bigint, reserveIn: bigint, reserveOut: bigint): bigint | undefined {
  const product = reserveIn * reserveOut;
  // Less than one unit would stay: the program's ceiling division then gives no usable amount.
  if (product < reserveIn + input) return undefined;
  const leaves = reserveOut - mulDivUp(reserveIn, reserveOut, reserveIn + input);
  return leaves === 0n ? NOTHING : leaves;
}

/** `NOTHING` where not even that unit leaves. Rounding: one unit of the scaled curve is kept, then down to base units (`StableSwap::swap_to2`, `downscale`). */
function stableOut(
  moment: Moment,
  amplification: bigint,
  aToB: boolean,
  input: bigint,
  reserveIn: bigint,
  reserveOut: bigint,
): bigint | undefined {
  const scaleIn = aToB ? moment.scaleA : moment.scaleB;
  const scaleOut = aToB ? moment.scaleB : moment.scaleA;
  const balanceIn = (reserveIn + input) * scaleIn;
  if (balanceIn > U128_MAX) return undefined;
  const invariant = aToB ? moment.invariantAToB : moment.invariantBToA;
  if (invariant === undefined) return undefined;
  const stays = stableBalance(amplification, balanceIn, invariant);
  if (stays === undefined) return undefined;
  const leaves = reserveOut * scaleOut - stays - 1n;
  return leaves < 0n ? NOTHING : leaves / scaleOut;
}

/** Base units out per base unit in for an amount too small to move the price; 0 when the direction is closed. */
export function marginalPrice(state: DammV1State, aToB: boolean, clock: ChainClock): number {
  const { figures } = state;
  if (state.unusable !== 0 || shutBecause(figures, clock) !== undefined) return 0;
  const moment = momentAt(state, clock.unixTimestamp);
  const sideIn = aToB ? state.sideA : state.sideB;
  if (moment.closed !== undefined || !sideIn.figures.enabled) return 0;
  const price = curvePrice(moment, aToB);
  if (price === 0) return 0;
  const kept =
    figures.tradeFeeNumerator === 0n
      ? 1
      : Math.max(0, 1 - Number(figures.tradeFeeNumerator) / Number(figures.tradeFeeDenominator));
  return (aToB ? price : 1 / price) * kept;
}

/** B per A of the curve itself, 0 where it fails. Stable: the ratio of the invariant's two derivatives. */
function curvePrice(moment: Moment, aToB: boolean): number {
  const a = Number(moment.reserveA);
  const b = Number(moment.reserveB);
  if (moment.curve === undefined) return b / a;
  const scaleA = Number(moment.scaleA);
  const scaleB = Number(moment.scaleB);
  const factor = 2 * Number(moment.curve.amplification);
  const d = Number(aToB ? moment.invariantAToB : moment.invariantBToA);
  if (!(d > 0)) return 0;
  const product = (d / (2 * a * scaleA)) * (d / (2 * b * scaleB)) * d;
  const slopeA = factor + product / (a * scaleA);
  const slopeB = factor + product / (b * scaleB);
  return ((slopeA / slopeB) * scaleA) / scaleB;
}

/** Of a side with fewer base units than this, one is worth something. */
const DEAR_RESERVE = 1_000_000_000n;

/** No amount is paid more a unit on average: where a unit is worth something, a fee that is rounded down is less. */
export function bestPrice(state: DammV1State, aToB: boolean, clock: ChainClock): number {
  const price = marginalPrice(state, aToB, clock);
  const { figures } = state;
  if (price === 0 || figures.tradeFeeNumerator === 0n) return price;
  const moment = momentAt(state, clock.unixTimestamp);
  if ((aToB ? moment.reserveA : moment.reserveB) >= DEAR_RESERVE) return price;
  const kept = 1 - Number(figures.tradeFeeNumerator) / Number(figures.tradeFeeDenominator);
  return kept > 0 ? price / kept : price;
}

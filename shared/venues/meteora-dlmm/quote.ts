/** @hot What the program pays now. Exact to the unit: lb_clmm `swap2` with an exact input. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { binAmountOut } from '../../math/bin-price.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import { bestAfterTransfers, keptByTransfer, type MintFacts, transferFee } from '../token/token.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { accumulatorAt, FEE_PRECISION, feeWithin, referenceMode, totalFeeRate } from './fee.ts';
import { createLadder, extendLadder, findStep, type Ladder, type Step } from './ladder.ts';
import { ACTIVATION_BY_SLOT } from './layout.ts';
import type { DlmmState } from './state.ts';

const ZERO_AMOUNT = refusal<QuoteRefusal>('zero-amount');
const AMOUNT_OVERFLOW = refusal<QuoteRefusal>('amount-overflow');
const ALL_WITHHELD = refusal<QuoteRefusal>('amount-too-small', 'the transfer fee takes all of it');
const PAYS_NOTHING = refusal<QuoteRefusal>(
  'amount-too-small',
  'it would pay nothing, which the program refuses',
);
const DISABLED = refusal<QuoteRefusal>('pool-disabled', 'the pair is disabled');
const NOT_OPEN = refusal<QuoteRefusal>('not-open', 'before the activation point');
const BYTES_REFUSED = refusal<QuoteRefusal>('missing-account', 'the last bytes of an account were refused');
const VAULT_SHORT = refusal<QuoteRefusal>('no-liquidity', 'the vault holds less than the bins promise');

const MODES = 3;

/** The ladder in force at `clock`, or why the program would refuse any swap. */
export function ladderAt(state: DlmmState, aToB: boolean, clock: ChainClock): Ladder | Refusal<QuoteRefusal> {
  if (state.refused.size !== 0) return BYTES_REFUSED;
  if (!state.enabled) return DISABLED;
  const point = state.activationType === ACTIVATION_BY_SLOT ? clock.slot : clock.unixTimestamp;
  if (point < state.activationPoint) return NOT_OPEN;
  const mode = referenceMode(state.fee, state.volatility, clock.unixTimestamp);
  const at = aToB ? mode : mode + MODES;
  const known = state.ladders[at];
  if (known !== undefined) return known;
  const ladder = createLadder(state, aToB, mode);
  if (ladder.ok) state.ladders[at] = ladder;
  return ladder;
}

/** Base units that reach the pool out of `amountIn`, or why it is no amount to swap. */
export function amountReaching(
  mint: MintFacts,
  epoch: number,
  amountIn: bigint,
): bigint | Refusal<QuoteRefusal> {
  if (amountIn <= 0n) return ZERO_AMOUNT;
  if (amountIn > U64_MAX) return AMOUNT_OVERFLOW;
  if (mint.transferFee === undefined) return amountIn;
  const reaching = amountIn - transferFee(mint, epoch, amountIn);
  return reaching <= 0n ? ALL_WITHHELD : reaching;
}

/** Exact amount out for `amountIn` base units in; a refusal where the program fails or data is missing. */
export function quote(state: DlmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const at = findStep(state, ladder, reaching);
  if (at === ladder.steps.length) return ladder.refusal ?? PAYS_NOTHING;
  const step = ladder.steps[at]!;
  const units = ladder.units[at]!;
  if (at === 0) return paid(state, aToB, clock, amountIn, reaching, lastOut(ladder, step, reaching), units);
  const out = ladder.totalOut[at - 1]! + lastOut(ladder, step, reaching - ladder.totalIn[at - 1]!);
  return paid(state, aToB, clock, amountIn, reaching, out, units);
}

/** Base units out of the bin in which a swap ends, `left` base units in; after a fee on the output. */
function lastOut(ladder: Ladder, step: Step, left: bigint): bigint {
  const { aToB } = ladder;
  if (ladder.feeOnInput) return layersOut(step, aToB, left - feeWithin(left, step.feeRate));
  const out = layersOut(step, aToB, left);
  return out - feeWithin(out, step.feeRate);
}

/** Rounding: down in each layer on its own. */
function layersOut(step: Step, aToB: boolean, amount: bigint): bigint {
  if (amount < step.makersTake) return binAmountOut(amount, step.price, aToB);
  let left = amount - step.makersTake;
  if (left < step.processingTake) return step.makersOut + binAmountOut(left, step.price, aToB);
  left -= step.processingTake;
  const out = step.makersOut + step.processingOut;
  return left < step.openTake ? out + binAmountOut(left, step.price, aToB) : out + step.openOut;
}

/** What reaches the owner of `out` base units, unless the program would fail the transfer or run out of compute units. */
export function paid(
  state: DlmmState,
  aToB: boolean,
  clock: ChainClock,
  amountIn: bigint,
  reaching: bigint,
  out: bigint,
  computeUnits: number,
): Quote {
  if (isBeyondCompute(computeUnits, clock)) return BEYOND_COMPUTE;
  if (out > (aToB ? state.vaultAmountB : state.vaultAmountA)) return VAULT_SHORT;
  if ((aToB ? state.vaultAmountA : state.vaultAmountB) + reaching > U64_MAX) return AMOUNT_OVERFLOW;
  const mintOut = aToB ? state.mintFactsB : state.mintFactsA;
  const amountOut = mintOut.transferFee === undefined ? out : out - transferFee(mintOut, clock.epoch, out);
  return amountOut <= 0n ? PAYS_NOTHING : { ok: true, amountOut, consumedIn: amountIn, computeUnits };
}

const Q64 = 2 ** 64;
const FEE_ONE = Number(FEE_PRECISION);
const BPS = 10_000;

/** Base units out per base unit in at the present price after pool and transfer fees; 0 when nothing can be had. */
export function marginalPrice(state: DlmmState, aToB: boolean, clock: ChainClock): number {
  const ladder = ladderAt(state, aToB, clock);
  const step = ladder.ok ? firstStep(state, ladder) : undefined;
  if (step === undefined) return 0;
  return priceOf(step.price, aToB) * keptOf(step.feeRate) * keptByTransfers(state, clock.epoch);
}

/**
 * No amount is paid more a unit on average: more than the marginal price where the volatility fee falls on the way back
 * to its reference, or where a transfer fee has a maximum.
 */
export function bestPrice(state: DlmmState, aToB: boolean, clock: ChainClock): number {
  const ladder = ladderAt(state, aToB, clock);
  const step = ladder.ok ? firstStep(state, ladder) : undefined;
  if (!ladder.ok || step === undefined) return 0;
  let best = priceOf(step.price, aToB) * keptOf(step.feeRate);
  const { reference } = ladder;
  const { fee } = state;
  if (fee.variableFeeControl !== 0 && (aToB ? step.id > reference.index : step.id < reference.index)) {
    const most = keptOf(totalFeeRate(fee, Math.min(reference.volatility, fee.maxAccumulator)));
    const fall = 1 / (1 + fee.binStep / BPS);
    let price = priceOf(step.price, aToB);
    // On the way to the reference, for as long as its own fee would leave more.
    for (let { id } = step; id !== reference.index; ) {
      id += aToB ? -1 : 1;
      price *= fall;
      if (price * most <= best) break;
      best = Math.max(best, price * keptOf(totalFeeRate(fee, accumulatorAt(fee, reference, id))));
    }
  }
  const [mintIn, mintOut] = aToB
    ? [state.mintFactsA, state.mintFactsB]
    : [state.mintFactsB, state.mintFactsA];
  if (mintIn.transferFee === undefined && mintOut.transferFee === undefined) return best;
  return bestAfterTransfers(best, mintIn, mintOut, clock.epoch, (amountIn) =>
    quote(state, aToB, amountIn, clock),
  );
}

function firstStep(state: DlmmState, ladder: Ladder): Step | undefined {
  if (ladder.steps.length === 0 && ladder.refusal === undefined) extendLadder(state, ladder);
  return ladder.steps[0];
}

function priceOf(price: bigint, aToB: boolean): number {
  const perUnit = Number(price) / Q64;
  return aToB ? perUnit : 1 / perUnit;
}

function keptOf(feeRate: bigint): number {
  return (FEE_ONE - Number(feeRate)) / FEE_ONE;
}

function keptByTransfers(state: DlmmState, epoch: number): number {
  return keptByTransfer(state.mintFactsA, epoch) * keptByTransfer(state.mintFactsB, epoch);
}

/** @hot What the program pays now. Exact to the unit: orca-so/whirlpools `swap` and `swap_v2` with an exact input. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { rangeFloatsOut } from '../../math/range-floats.ts';
import { amountADown, sqrtPriceAfterB } from '../../math/sqrt-price.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import {
  bestAfterTransfers,
  inverseTransferFee,
  keptByTransfer,
  type MintFacts,
  transferFee,
} from '../token/token.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { accumulatorAt, CLOCK_BEHIND, referenceMode, totalFeeRate } from './adaptive-fee.ts';
import { createLadder, findStep, type Ladder, type Step } from './ladder.ts';
import { extendLadder, FEE_DENOMINATOR } from './ladder-step.ts';
import type { WhirlpoolState } from './state.ts';

const ZERO_AMOUNT = refusal<QuoteRefusal>('zero-amount');
const AMOUNT_OVERFLOW = refusal<QuoteRefusal>('amount-overflow');
const ALL_WITHHELD = refusal<QuoteRefusal>('amount-too-small', 'the transfer fee takes all of it');
const VAULT_SHORT = refusal<QuoteRefusal>('no-liquidity', 'the vault holds less than the swap would pay');
const NOT_OPEN = refusal<QuoteRefusal>('not-open', 'trading is not enabled yet');
const CLOCK_TOO_OLD = refusal<QuoteRefusal>('not-open', 'the clock is before the last change of the pool');
const BYTES_REFUSED = refusal<QuoteRefusal>('missing-account', 'the last bytes of an account were refused');

const LADDERS_PER_DIRECTION = 3;

/** The ladder in force at `clock`, or why the program would refuse any swap. */
export function ladderAt(
  state: WhirlpoolState,
  aToB: boolean,
  clock: ChainClock,
): Ladder | Refusal<QuoteRefusal> {
  const now = clock.unixTimestamp;
  if (state.refused.size !== 0) return BYTES_REFUSED;
  if (now < state.rewardTimestamp) return CLOCK_TOO_OLD;
  let mode = 0;
  const { oracle } = state;
  if (oracle !== null) {
    if (now < oracle.tradeEnableTimestamp) return NOT_OPEN;
    mode = referenceMode(oracle.constants, oracle.variables, now);
    if (mode === CLOCK_BEHIND) return CLOCK_TOO_OLD;
  }
  const slot = aToB ? mode : mode + LADDERS_PER_DIRECTION;
  const known = state.ladders[slot];
  if (known !== undefined) return known;
  const ladder = createLadder(state, aToB, mode);
  state.ladders[slot] = ladder;
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
export function quote(state: WhirlpoolState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  if (state.mintFactsA.transferFee === undefined && state.mintFactsB.transferFee === undefined) {
    const ladder = ladderAt(state, aToB, clock);
    const out = ladder.ok ? rangeFloatsOut(ladder.floats, aToB, Number(amountIn)) : 0;
    if (ladder.ok && out > 0) {
      const amountOut = BigInt(out);
      if (amountOut > (aToB ? state.vaultAmountB : state.vaultAmountA)) return VAULT_SHORT;
      const computeUnits = ladder.units[ladder.floats.at]!;
      if (isBeyondCompute(computeUnits, clock)) return BEYOND_COMPUTE;
      return { ok: true, amountOut, consumedIn: amountIn, computeUnits };
    }
  }
  return quoteByIntegers(state, aToB, amountIn, clock);
}

/** `quote` where doubles do not decide: the same to the unit, several times slower. */
export function quoteByIntegers(
  state: WhirlpoolState,
  aToB: boolean,
  amountIn: bigint,
  clock: ChainClock,
): Quote {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const at = findStep(state, ladder, reaching);
  const { totalIn, totalOut, units } = ladder;
  const last = totalIn.length - 1;
  if (at > last) {
    if (ladder.end !== 'last-price') return ladder.refusal;
    return paid(state, aToB, clock, amountIn, reaching, totalIn[last]!, totalOut[last]!, units[last]!);
  }
  if (totalIn[at] === reaching) {
    if (at === ladder.unfinishable) return ladder.refusal;
    return paid(state, aToB, clock, amountIn, reaching, reaching, totalOut[at]!, units[at]!);
  }
  const left = at === 0 ? reaching : reaching - totalIn[at - 1]!;
  const part = partialOut(ladder.steps[at]!, aToB, left);
  const out = at === 0 ? part : part + totalOut[at - 1]!;
  return paid(state, aToB, clock, amountIn, reaching, reaching, out, units[at]!);
}

/** The price after the last, partial step that takes `left` base units, fee included. */
export function partialPrice(step: Step, aToB: boolean, left: bigint): bigint {
  // Rounded down: the rest of the amount is the fee.
  const amount = (left * step.keptRate) / FEE_DENOMINATOR;
  if (!aToB) return sqrtPriceAfterB(step.liquidity, step.from, amount);
  if (amount === 0n) return step.from;
  const divisor = step.shifted + amount * step.from;
  return (step.shiftedPrice + divisor - 1n) / divisor;
}

function partialOut(step: Step, aToB: boolean, left: bigint): bigint {
  if (!aToB) return amountADown(step.liquidity, step.from, partialPrice(step, aToB, left));
  // `from` less `partialPrice` in one division of small numbers: what is left when a price rounded up is taken away
  // is a fall rounded down.
  const moved = ((left * step.keptRate) / FEE_DENOMINATOR) * step.from;
  if (moved === 0n) return 0n;
  return (step.liquidity * ((moved * step.from) / (step.shifted + moved))) >> 64n;
}

/** Adds the transfer fees on either side to what the pool took and paid, if a transaction has the compute units for it. */
export function paid(
  state: WhirlpoolState,
  aToB: boolean,
  clock: ChainClock,
  amountIn: bigint,
  reaching: bigint,
  taken: bigint,
  out: bigint,
  computeUnits: number,
): Quote {
  if (isBeyondCompute(computeUnits, clock)) return BEYOND_COMPUTE;
  const { epoch } = clock;
  if (out > U64_MAX) return AMOUNT_OVERFLOW;
  // The token program fails the transfer, and with it the swap.
  if (out > (aToB ? state.vaultAmountB : state.vaultAmountA)) return VAULT_SHORT;
  const mintIn = aToB ? state.mintFactsA : state.mintFactsB;
  const mintOut = aToB ? state.mintFactsB : state.mintFactsA;
  let consumedIn = taken;
  if (taken === reaching) consumedIn = amountIn;
  else if (mintIn.transferFee !== undefined) {
    const fee = inverseTransferFee(mintIn, epoch, taken);
    consumedIn = taken + fee;
    // The program checks its own inverse and gives up when it does not come out.
    if (consumedIn > U64_MAX || transferFee(mintIn, epoch, consumedIn) !== fee) return AMOUNT_OVERFLOW;
  }
  const amountOut = mintOut.transferFee === undefined ? out : out - transferFee(mintOut, epoch, out);
  return { ok: true, amountOut, consumedIn, computeUnits };
}

const Q64 = 2 ** 64;
const FEE_ONE = Number(FEE_DENOMINATOR);

/** Base units out per base unit in at the present price after pool and transfer fees; 0 when nothing can be had. */
export function marginalPrice(state: WhirlpoolState, aToB: boolean, clock: ChainClock): number {
  const ladder = ladderAt(state, aToB, clock);
  const step = ladder.ok ? firstStep(state, ladder) : undefined;
  if (step === undefined) return 0;
  return priceOf(step.from, aToB) * keptOf(step) * keptByTransfers(state, clock.epoch);
}

/**
 * No amount is paid more a unit on average: more than the marginal price where the adaptive fee falls on the way back to
 * its reference, or where a transfer fee has a maximum.
 */
export function bestPrice(state: WhirlpoolState, aToB: boolean, clock: ChainClock): number {
  const ladder = ladderAt(state, aToB, clock);
  const step = ladder.ok ? firstStep(state, ladder) : undefined;
  if (!ladder.ok || step === undefined) return 0;
  let best = priceOf(step.from, aToB) * keptOf(step);
  const { constants, reference } = ladder;
  if (constants !== undefined && constants.controlFactor !== 0) {
    const size = constants.tickGroupSize;
    const most = (FEE_ONE - ladder.staticFeeRate) / FEE_ONE;
    // On the way to the reference, for as long as the static fee alone would leave more.
    for (let { group } = step; aToB ? group > reference.tickGroup : group < reference.tickGroup; ) {
      group += aToB ? -1 : 1;
      const entered = 1.0001 ** (aToB ? (group + 1) * size : group * size);
      const price = aToB ? entered : 1 / entered;
      if (price * most <= best) break;
      const rate = totalFeeRate(constants, ladder.staticFeeRate, accumulatorAt(constants, reference, group));
      best = Math.max(best, (price * (FEE_ONE - rate)) / FEE_ONE);
    }
  }
  const [mintIn, mintOut] = aToB
    ? [state.mintFactsA, state.mintFactsB]
    : [state.mintFactsB, state.mintFactsA];
  if (mintIn.transferFee === undefined && mintOut.transferFee === undefined) return best;
  return bestAfterTransfers(best, mintIn, mintOut, clock.epoch, (amountIn) =>
    quoteByIntegers(state, aToB, amountIn, clock),
  );
}

/** The first step that takes anything; undefined when there is none. */
function firstStep(state: WhirlpoolState, ladder: Ladder): Step | undefined {
  for (let at = 0; ; at++) {
    if (at === ladder.steps.length) {
      if (ladder.end !== 'open') return undefined;
      extendLadder(state, ladder);
      if (at === ladder.steps.length) return undefined;
    }
    const step = ladder.steps[at]!;
    if (step.liquidity !== 0n && step.from !== step.to) return step;
  }
}

function priceOf(sqrtPrice: bigint, aToB: boolean): number {
  const root = Number(sqrtPrice) / Q64;
  return aToB ? root * root : 1 / (root * root);
}

function keptOf(step: Step): number {
  return Number(step.keptRate) / FEE_ONE;
}

function keptByTransfers(state: WhirlpoolState, epoch: number): number {
  return keptByTransfer(state.mintFactsA, epoch) * keptByTransfer(state.mintFactsB, epoch);
}

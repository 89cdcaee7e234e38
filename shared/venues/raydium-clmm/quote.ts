/** @hot What the program pays now. Exact to the unit: raydium-io/raydium-clmm `swap_v2` with an exact input. */
import type { ChainClock } from '../../core/clock.ts';
import { type Refusal, refusal } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';
import { divUp, mulDivDown, mulDivUp } from '../../math/mul-div.ts';
import { rangeFloatsOut } from '../../math/range-floats.ts';
import { amountADown, sqrtPriceAfterB } from '../../math/sqrt-price.ts';
import { BEYOND_COMPUTE, isBeyondCompute } from '../compute.ts';
import { bestAfterTransfers, keptByTransfer, type MintFacts, transferFee } from '../token/token.ts';
import type { Quote, QuoteRefusal } from '../venue.ts';
import { FEE_DENOMINATOR } from './config.ts';
import { accumulatorAt, referenceMode, spacingOf, totalFeeRate } from './dynamic-fee.ts';
import { createLadder, findStep, type Ladder, type Step } from './ladder.ts';
import { extendLadder } from './ladder-step.ts';
import { SWAP_DISABLED } from './layout.ts';
import type { ClmmState } from './state.ts';
import { isSeenTwoWays, seenState, staticView } from './static-view.ts';

const ZERO_AMOUNT = refusal<QuoteRefusal>('zero-amount');
const AMOUNT_OVERFLOW = refusal<QuoteRefusal>('amount-overflow');
const ALL_WITHHELD = refusal<QuoteRefusal>('amount-too-small', 'the transfer fee takes all of it');
const PAYS_NOTHING = refusal<QuoteRefusal>('amount-too-small', 'it would buy nothing');
const VAULT_SHORT = refusal<QuoteRefusal>('no-liquidity', 'the vault holds less than the swap would pay');
const DISABLED = refusal<QuoteRefusal>('pool-disabled', 'swaps are switched off');
const NOT_OPEN = refusal<QuoteRefusal>('not-open', 'before the open time');
const UNPROVEN = refusal<QuoteRefusal>('program-unproven', 'two versions of the program differ here');
const BYTES_REFUSED = refusal<QuoteRefusal>('missing-account', 'the last bytes of an account were refused');

const ONE_FEE = BigInt(FEE_DENOMINATOR);
const LADDERS_PER_DIRECTION = 3;

/** The ladder in force at `clock`, or why the program would refuse any swap. */
export function ladderAt(state: ClmmState, aToB: boolean, clock: ChainClock): Ladder | Refusal<QuoteRefusal> {
  if (state.refused.size !== 0) return BYTES_REFUSED;
  if (state.isAmbiguous) return UNPROVEN;
  if ((state.status & SWAP_DISABLED) !== 0) return DISABLED;
  if (clock.unixTimestamp <= state.openTime) return NOT_OPEN;
  const { dynamicFee } = state;
  const mode = dynamicFee === undefined ? 0 : referenceMode(dynamicFee, clock.unixTimestamp);
  const slot = (aToB ? 0 : LADDERS_PER_DIRECTION) + mode;
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

/**
 * Exact amount out for `amountIn` base units in; a refusal where the program fails or data is missing. The program
 * takes all of `amountIn` or fails, so that `consumedIn` is always `amountIn`.
 */
export function quote(state: ClmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  return isSeenTwoWays(state)
    ? quoteByRules(state, aToB, amountIn, clock)
    : quoteAsDecoded(state, aToB, amountIn, clock);
}

/** By the rules of the deployed program; where nobody knows them, what both sets pay alike. */
function quoteByRules(state: ClmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const before = quoteAsDecoded(staticView(state), aToB, amountIn, clock);
  if (state.rules !== undefined) return before;
  const now = quoteAsDecoded(state, aToB, amountIn, clock);
  if (!now.ok || !before.ok) return now.ok === before.ok ? now : UNPROVEN;
  if (now.amountOut !== before.amountOut) return UNPROVEN;
  // Of two programs the dearer one counts.
  return { ...now, computeUnits: Math.max(now.computeUnits, before.computeUnits) };
}

function quoteAsDecoded(state: ClmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
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
export function quoteByIntegers(state: ClmmState, aToB: boolean, amountIn: bigint, clock: ChainClock): Quote {
  const reaching = amountReaching(aToB ? state.mintFactsA : state.mintFactsB, clock.epoch, amountIn);
  if (typeof reaching !== 'bigint') return reaching;
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return ladder;
  const at = findStep(state, ladder, reaching);
  const { totalIn, totalOut } = ladder;
  if (at === totalIn.length) return ladder.end!;
  if (totalIn[at] === reaching) {
    if (at === ladder.unfinishable) return ladder.end!;
    return paid(state, aToB, clock, amountIn, totalOut[at]!, ladder.units[at]!);
  }
  const left = at === 0 ? reaching : reaching - totalIn[at - 1]!;
  const step = ladder.steps[at]!;
  const gross = partialOut(ladder, step, left);
  if (at === ladder.unfinishable && (step.offered === 0n ? gross > U64_MAX : gross === step.offered)) {
    return ladder.end!;
  }
  const part = ladder.feeOnInput ? gross : gross - mulDivUp(gross, step.feeRate, ONE_FEE);
  const out = at === 0 ? part : part + totalOut[at - 1]!;
  return paid(state, aToB, clock, amountIn, out, ladder.units[at]!);
}

/** Base units of `left` that buy something: the rest is the fee, rounded up, where it is taken on the way in. */
function buying(ladder: Ladder, step: Step, left: bigint): bigint {
  return ladder.feeOnInput ? mulDivDown(left, step.keptRate, ONE_FEE) : left;
}

/** The price after the last, partial step along the price that takes `left` base units, fee included. */
export function partialPrice(ladder: Ladder, step: Step, left: bigint): bigint {
  const amount = buying(ladder, step, left);
  if (!ladder.aToB) return sqrtPriceAfterB(step.liquidity, step.from, amount);
  if (amount === 0n) return step.from;
  const divisor = step.shifted + amount * step.from;
  return divUp(step.shifted * step.from, divisor);
}

/** What the last, partial step pays before a fee on the way out. */
export function partialOut(ladder: Ladder, step: Step, left: bigint): bigint {
  const { aToB } = ladder;
  if (step.offered !== 0n) {
    const amount = buying(ladder, step, left);
    return aToB ? (amount * step.orderPrice) >> 64n : (amount << 64n) / step.orderPrice;
  }
  if (!aToB) return amountADown(step.liquidity, step.from, partialPrice(ladder, step, left));
  // `from` less `partialPrice` in one division of small numbers: what is left when a price rounded up is taken away
  // is a fall rounded down.
  const moved = buying(ladder, step, left) * step.from;
  if (moved === 0n) return 0n;
  return (step.liquidity * ((moved * step.from) / (step.shifted + moved))) >> 64n;
}

/** Takes the transfer fee off what the pool paid, if a transaction has the compute units for it. */
export function paid(
  state: ClmmState,
  aToB: boolean,
  clock: ChainClock,
  amountIn: bigint,
  out: bigint,
  computeUnits: number,
): Quote {
  if (isBeyondCompute(computeUnits, clock)) return BEYOND_COMPUTE;
  if (out > U64_MAX) return AMOUNT_OVERFLOW;
  if (out === 0n) return PAYS_NOTHING;
  // The token program fails the transfer, and with it the swap.
  if (out > (aToB ? state.vaultAmountB : state.vaultAmountA)) return VAULT_SHORT;
  const mintOut = aToB ? state.mintFactsB : state.mintFactsA;
  const amountOut = mintOut.transferFee === undefined ? out : out - transferFee(mintOut, clock.epoch, out);
  return { ok: true, amountOut, consumedIn: amountIn, computeUnits };
}

const Q64 = 2 ** 64;

/**
 * Base units out per base unit in at the present price after pool and transfer fees; 0 when nothing can be had. Where
 * an array that quotes need is unknown, the pool's own liquidity tells.
 */
export function marginalPrice(pool: ClmmState, aToB: boolean, clock: ChainClock): number {
  const state = seenState(pool);
  const ladder = ladderAt(state, aToB, clock);
  return ladder.ok ? priceAfterFee(state, ladder) * keptByTransfers(state, clock.epoch) : 0;
}

/**
 * No amount is paid more a unit on average: more than the marginal price where the dynamic fee falls on the way back to
 * its reference, or where a transfer fee has a maximum.
 */
export function bestPrice(pool: ClmmState, aToB: boolean, clock: ChainClock): number {
  const state = seenState(pool);
  const ladder = ladderAt(state, aToB, clock);
  if (!ladder.ok) return 0;
  let best = priceAfterFee(state, ladder);
  if (best === 0) return 0;
  const { dynamicFee, reference, baseRate } = ladder;
  if (dynamicFee !== undefined && dynamicFee.control !== 0) {
    const { tickSpacing } = state;
    const most = (FEE_DENOMINATOR - baseRate) / FEE_DENOMINATOR;
    let spacing = spacingOf(state.tickIndex, tickSpacing);
    // On the way to the reference, for as long as the base fee alone would leave more.
    while (aToB ? spacing > reference.spacing : spacing < reference.spacing) {
      spacing += aToB ? -1 : 1;
      const entered = 1.0001 ** (aToB ? (spacing + 1) * tickSpacing : spacing * tickSpacing);
      const price = aToB ? entered : 1 / entered;
      if (price * most <= best) break;
      const accumulator = accumulatorAt(dynamicFee, reference, spacing);
      const rate = totalFeeRate(dynamicFee, tickSpacing, baseRate, accumulator);
      best = Math.max(best, (price * (FEE_DENOMINATOR - rate)) / FEE_DENOMINATOR);
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

function priceAfterFee(state: ClmmState, ladder: Ladder): number {
  const { aToB } = ladder;
  for (let at = 0; ; at++) {
    if (at === ladder.steps.length) {
      if (ladder.end === undefined) extendLadder(state, ladder);
      if (at === ladder.steps.length) break;
    }
    const step = ladder.steps[at]!;
    if (step.offered === 0n && (step.liquidity === 0n || step.from === step.to)) continue;
    return priceOf(step.from, aToB) * (Number(step.keptRate) / FEE_DENOMINATOR);
  }
  if (ladder.end?.reason !== 'missing-account' || ladder.liquidity === 0n) return 0;
  return priceOf(ladder.price, aToB) * (Number(ladder.keptRate) / FEE_DENOMINATOR);
}

function priceOf(sqrtPrice: bigint, aToB: boolean): number {
  const root = Number(sqrtPrice) / Q64;
  return aToB ? root * root : 1 / (root * root);
}

function keptByTransfers(state: ClmmState, epoch: number): number {
  return keptByTransfer(state.mintFactsA, epoch) * keptByTransfer(state.mintFactsB, epoch);
}

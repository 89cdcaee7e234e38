import type { ChainClock } from '../../../shared/core/clock.ts';
import { transactionUnits } from '../../../shared/core/compute.ts';
import type { Instruction } from '../../../shared/core/instruction.ts';
import type { ProgramFailure } from '../../../shared/platform/chain/vm/program-failure.ts';
import type { ProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import { isBeyondCompute } from '../../../shared/venues/compute.ts';
import type { PoolState, Venue } from '../../../shared/venues/venue.ts';
import { LARGEST_AMOUNT, spacedAmounts, topAmount } from './prove-amounts.ts';
import { addChanges, type Change, type Outturn, type Prediction, predictionOf } from './prove-compare.ts';
import { createProofTally, type PoolProof, type ProofTally } from './prove-tally.ts';
import type { ProofWallet } from './prove-wallet.ts';

export interface PoolProofParams {
  readonly venue: Venue;
  readonly state: PoolState;
  readonly clock: ChainClock;
  readonly vm: ProgramVm;
  readonly wallet: ProofWallet;
  /** Amounts in each direction. */
  readonly samples: number;
}

/** Sizes, among those that pay, at which settling and the least output are tried, as shares of their number. */
const PROBED_SHARES = [0.25, 0.5, 0.75, 1];

/** Swaps on one pool with its real program, in both directions, and compares each with what was predicted. */
export function provePool(params: PoolProofParams): PoolProof {
  const { venue, state, clock, samples } = params;
  const tally = createProofTally(venue.id, state.address);
  for (const aToB of [true, false]) {
    const quote = (amountIn: bigint) => venue.quote(state, aToB, amountIn, clock);
    const paying: bigint[] = [];
    for (const amountIn of spacedAmounts(samples, topAmount(quote))) {
      const quoted = quote(amountIn);
      if (quoted.ok && quoted.amountOut > 0n) paying.push(amountIn);
      const outturn = run(params, holding(aToB, amountIn), [swapOf(params, state, aToB, amountIn, 0n)]);
      tally.add({ check: 'swap', aToB, amountIn }, predictionOf(quoted, aToB), outturn);
    }
    for (const share of PROBED_SHARES) {
      const amountIn = paying[Math.ceil(paying.length * share) - 1];
      if (amountIn === undefined) continue;
      proveMinOut(params, aToB, amountIn, tally);
      if (amountIn * 2n <= LARGEST_AMOUNT) {
        proveSecondSwap(params, aToB, aToB, amountIn, amountIn, tally);
      }
      const first = quote(amountIn);
      if (first.ok) proveSecondSwap(params, aToB, !aToB, amountIn, first.amountOut, tally);
    }
  }
  return tally.result();
}

/**
 * The amount that the program compares, as the least output, must pay and one unit more must fail; so must the minimum
 * that keeps the swap from paying less than one unit more than it does. The slack is how far past what is paid the
 * program lets a least output go.
 */
function proveMinOut(params: PoolProofParams, aToB: boolean, amountIn: bigint, tally: ProofTally): void {
  const { venue, state, clock } = params;
  const settled = venue.settle(state, aToB, amountIn, clock);
  if (!settled.ok) return;
  const attempt = { check: 'min-out', aToB, amountIn } as const;
  const withLeast = (minOut: bigint): Outturn =>
    run(params, holding(aToB, amountIn), [swapOf(params, state, aToB, amountIn, minOut)]);
  const { amountOut, comparedOut = amountOut } = settled;
  tally.add(attempt, predictionOf(settled, aToB), withLeast(comparedOut));
  tally.noteSlack(comparedOut - amountOut);
  for (const tooMuch of new Set([
    comparedOut + 1n,
    venue.minimumFor?.(state, aToB, amountOut + 1n) ?? amountOut + 1n,
  ])) {
    tally.add(attempt, { ok: false, reason: `the least output is ${tooMuch}` }, withLeast(tooMuch));
  }
}

/** Two swaps in one transaction; the second is predicted on the state that the first leaves. */
function proveSecondSwap(
  params: PoolProofParams,
  aToB: boolean,
  thenAToB: boolean,
  amountIn: bigint,
  thenIn: bigint,
  tally: ProofTally,
): void {
  const { venue, state, clock } = params;
  const settled = venue.settle(state, aToB, amountIn, clock);
  const first = predictionOf(settled, aToB);
  let predicted: Prediction = first;
  const instructions = [swapOf(params, state, aToB, amountIn, 0n)];
  if (settled.ok && first.ok) {
    const quoted = venue.quote(settled.state, thenAToB, thenIn, clock);
    // A settled state knows only the accounts of the first; where the price left them there is nothing to compare.
    if (!quoted.ok && quoted.reason === 'missing-account') return;
    const second = predictionOf(quoted, thenAToB);
    predicted = second.ok ? together(first, second, clock) : second;
    instructions.push(swapOf(params, settled.state, thenAToB, thenIn, 0n));
  }
  // A second swap the same way needs twice the amount; one back spends what the first paid.
  const before = holding(aToB, aToB === thenAToB ? amountIn + thenIn : amountIn);
  tally.add({ check: 'second-swap', aToB, amountIn }, predicted, run(params, before, instructions));
}

/** Two swaps of one transaction, if it has the compute units for both. */
function together(
  first: Extract<Prediction, { ok: true }>,
  second: Extract<Prediction, { ok: true }>,
  clock: ChainClock,
): Prediction {
  const computeUnits = first.computeUnits + second.computeUnits;
  if (isBeyondCompute(computeUnits, clock)) return { ok: false, reason: 'compute', isBeyondCompute: true };
  return { ok: true, change: addChanges(first.change, second.change), computeUnits };
}

function holding(aToB: boolean, amount: bigint): Change {
  return aToB ? { a: amount, b: 0n } : { a: 0n, b: amount };
}

function swapOf(
  { venue, vm, wallet }: PoolProofParams,
  state: PoolState,
  aToB: boolean,
  amountIn: bigint,
  minAmountOut: bigint,
): Instruction {
  return venue.swap(state, {
    owner: vm.payer,
    tokenA: wallet.accountOf(state.mintA),
    tokenB: wallet.accountOf(state.mintB),
    aToB,
    amountIn,
    minAmountOut,
  });
}

/** Executes the instructions with these balances, and gives how they changed. */
function run(
  { vm, wallet, state, clock }: PoolProofParams,
  before: Change,
  instructions: readonly Instruction[],
): Outturn {
  const { mintA, mintB } = state;
  wallet.give(mintA, before.a);
  wallet.give(mintB, before.b);
  const executed = vm.execute(instructions);
  if (!executed.ok) return { ok: false, error: errorOf(executed, instructions) };
  const { accounts, computeUnits } = executed;
  // The VM gives far more of them, so that it can be seen how many a swap wants.
  if (computeUnits > transactionUnits(clock)) return { ok: false, error: 'out of compute units' };
  const change = {
    a: wallet.amountIn(mintA, accounts, before.a) - before.a,
    b: wallet.amountIn(mintB, accounts, before.b) - before.b,
  };
  return { ok: true, change, computeUnits };
}

/** The error, with the id of the program that failed where it is not the venue's own. */
function errorOf({ error, program }: ProgramFailure, instructions: readonly Instruction[]): string {
  if (program === undefined || instructions.some(({ programId }) => programId === program)) return error;
  return `${error} in ${program}`;
}

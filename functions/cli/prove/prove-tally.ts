import {
  type Attempt,
  type Check,
  isCautious,
  type Mismatch,
  mismatchOf,
  type Outturn,
  type Prediction,
} from './prove-compare.ts';

const SHOWN_MISMATCHES = 10;

export interface CheckCount {
  readonly checked: number;
  readonly equal: number;
}

/** Swaps that we refuse and the program fails, by both reasons. */
export interface RefusalCount {
  readonly refused: string;
  readonly error: string;
  readonly swaps: number;
}

/** What proving one pool found. */
export interface PoolProof {
  readonly venue: string;
  readonly pool: string;
  /** Single swaps executed, and those that did what was quoted. */
  readonly swaps: number;
  readonly equal: number;
  /** Those of the equal that paid; the others were refused by both sides. */
  readonly paid: number;
  readonly secondSwaps: CheckCount;
  readonly minOut: CheckCount;
  /** Swaps that a transaction had the compute units for and that we refuse for want of them. */
  readonly cautious: number;
  /** Base units by which a swap was seen to pay less than the least output it was given. */
  readonly minOutSlack: number;
  /** The most that one swap used. */
  readonly maxComputeUnits: number;
  readonly refusals: readonly RefusalCount[];
  /** The first ten, of every check. */
  readonly mismatches: readonly Mismatch[];
}

/** Collects the comparisons of one pool. */
export interface ProofTally {
  add(attempt: Attempt, predicted: Prediction, outturn: Outturn): void;
  noteSlack(units: bigint): void;
  result(): PoolProof;
}

export function createProofTally(venue: string, pool: string): ProofTally {
  const counts: Record<Check, { checked: number; equal: number }> = {
    swap: { checked: 0, equal: 0 },
    'second-swap': { checked: 0, equal: 0 },
    'min-out': { checked: 0, equal: 0 },
  };
  const refusals = new Map<string, { refused: string; error: string; swaps: number }>();
  const mismatches: Mismatch[] = [];
  let paid = 0;
  let maxComputeUnits = 0;
  let cautious = 0;
  let minOutSlack = 0n;

  function countRefusal(refused: string, error: string): void {
    const key = `${refused}\n${error}`;
    const known = refusals.get(key) ?? { refused, error, swaps: 0 };
    known.swaps += 1;
    refusals.set(key, known);
  }

  return {
    add(attempt, predicted, outturn) {
      const count = counts[attempt.check];
      count.checked += 1;
      const mismatch = mismatchOf(attempt, predicted, outturn);
      if (mismatch !== undefined) {
        if (mismatches.length < SHOWN_MISMATCHES) mismatches.push(mismatch);
        return;
      }
      count.equal += 1;
      if (isCautious(predicted, outturn)) cautious += 1;
      if (attempt.check !== 'swap') return;
      if (outturn.ok && predicted.ok) {
        paid += 1;
        maxComputeUnits = Math.max(maxComputeUnits, outturn.computeUnits);
      } else if (!predicted.ok && !outturn.ok) {
        countRefusal(predicted.reason, outturn.error);
      }
    },
    noteSlack(units) {
      if (units > minOutSlack) minOutSlack = units;
    },
    result: () => ({
      venue,
      pool,
      swaps: counts.swap.checked,
      equal: counts.swap.equal,
      paid,
      secondSwaps: { ...counts['second-swap'] },
      minOut: { ...counts['min-out'] },
      cautious,
      minOutSlack: Number(minOutSlack),
      maxComputeUnits,
      refusals: [...refusals.values()],
      mismatches,
    }),
  };
}

/** Everything executed on a pool, and how much of it was equal. */
export function totalOf({ swaps, equal, secondSwaps, minOut }: PoolProof): CheckCount {
  return {
    checked: swaps + secondSwaps.checked + minOut.checked,
    equal: equal + secondSwaps.equal + minOut.equal,
  };
}

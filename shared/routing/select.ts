/** One of several trades that could be made at once. */
export interface Choice {
  /** What it is worth, in one unit for all. Above 0. */
  readonly value: number;
  /** Pools that it trades on: no two chosen trades may share one, or accounts under one. */
  readonly pools: readonly number[];
  /** The mint that it starts from, and what it takes of it. */
  readonly mint: number;
  readonly amount: number;
}

export interface SelectParams<T extends Choice> {
  /** Best first. */
  readonly choices: readonly T[];
  /** Base units that all chosen trades from a mint may take together. */
  capitalOf(mint: number): number;
  readonly maxChosen: number;
  /** True when a trade on one of the pools moves what the other one pays: they stand over accounts that both use. */
  sharesAccounts?(pool: number, other: number): boolean;
}

/** Up to so many choices every set is weighed; the rest are taken greedily after the best set. */
export const EXACT_CHOICES = 12;

/**
 * The set of trades worth most in which no two share a pool or its accounts and none exceeds the capital: exact by branch and bound
 * over the first EXACT_CHOICES, greedy beyond. In the order of the choices.
 */
export function selectBest<T extends Choice>(params: SelectParams<T>): readonly T[] {
  const { choices, capitalOf, maxChosen } = params;
  const conflict = (one: T, other: T): boolean => {
    for (const pool of one.pools)
      for (const taken of other.pools)
        if (pool === taken || params.sharesAccounts?.(pool, taken) === true) return true;
    return false;
  };
  const weighed = choices.slice(0, EXACT_CHOICES);
  // What the choices from each one on are worth together: no set of them can be worth more.
  const restValue = new Float64Array(weighed.length + 1);
  for (let i = weighed.length - 1; i >= 0; i--) restValue[i] = restValue[i + 1]! + weighed[i]!.value;

  const chosen: T[] = [];
  let best: readonly T[] = [];
  let bestValue = 0;
  const branch = (at: number, value: number): void => {
    if (value > bestValue) {
      bestValue = value;
      best = [...chosen];
    }
    if (at === weighed.length || chosen.length === maxChosen) return;
    if (value + restValue[at]! <= bestValue) return;
    const choice = weighed[at]!;
    if (fits(choice, chosen, capitalOf, conflict)) {
      chosen.push(choice);
      branch(at + 1, value + choice.value);
      chosen.pop();
    }
    branch(at + 1, value);
  };
  branch(0, 0);

  if (choices.length === weighed.length) return best;
  const all = [...best];
  for (const choice of choices.slice(EXACT_CHOICES))
    if (all.length < maxChosen && fits(choice, all, capitalOf, conflict)) all.push(choice);
  return all;
}

function fits<T extends Choice>(
  choice: T,
  chosen: readonly T[],
  capitalOf: (mint: number) => number,
  conflict: (one: T, other: T) => boolean,
): boolean {
  let left = capitalOf(choice.mint);
  for (const other of chosen) {
    if (conflict(choice, other)) return false;
    if (other.mint === choice.mint) left -= other.amount;
  }
  return choice.amount <= left;
}

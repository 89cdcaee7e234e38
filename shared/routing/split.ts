import { goldenMaximum } from './concave.ts';
import { type Curves, PLANNED } from './curves.ts';

/** Golden sections of one division of an amount over two pools: to a thousandth of the amount. */
const SHARE_ROUNDS = 14;
/** How often every two of three or more pools are balanced against each other. */
const BALANCE_ROUNDS = 2;
/** Pools of a hop that are tried with each other: those that pay most for an equal share. */
const TRIED = 5;

/** An amount divided over pools of one pair, so that their marginal prices are equal. */
export interface Split {
  readonly edges: readonly number[];
  /** Sum to one. */
  readonly shares: readonly number[];
  readonly output: number;
}

/** @hot The division of `size` over the edges that pays most. */
export function splitOver(curves: Curves, edges: readonly number[], size: number): Split {
  if (edges.length === 1) return { edges, shares: [1], output: curves.output(edges[0]!, size, PLANNED) };
  const amounts = edges.map(() => size / edges.length);
  const rounds = edges.length === 2 ? 1 : BALANCE_ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < edges.length; i++)
      for (let j = i + 1; j < edges.length; j++) balance(curves, edges[i]!, edges[j]!, amounts, i, j);
  }
  let output = 0;
  for (let i = 0; i < edges.length; i++) output += curves.output(edges[i]!, amounts[i]!, PLANNED);
  return { edges, shares: amounts.map((amount) => amount / size), output };
}

function balance(curves: Curves, a: number, b: number, amounts: number[], i: number, j: number): void {
  const both = amounts[i]! + amounts[j]!;
  const height = (ofA: number): number =>
    curves.output(a, ofA, PLANNED) + curves.output(b, both - ofA, PLANNED);
  const { at } = goldenMaximum(height, 0, both, SHARE_ROUNDS);
  amounts[i] = at;
  amounts[j] = both - at;
}

/**
 * The `count` pools of a hop that pay most together for `size`: any two of those that pay most for an equal share, and
 * from there one more at a time. Undefined when there are not so many.
 */
export function bestSplit(
  curves: Curves,
  candidates: readonly number[],
  count: number,
  size: number,
): Split | undefined {
  if (candidates.length < count) return undefined;
  const tried = mostPaying(curves, candidates, size / count);
  if (count === 1) return splitOver(curves, [tried[0]!], size);
  let best: Split | undefined;
  for (let i = 0; i < tried.length; i++) {
    for (let j = i + 1; j < tried.length; j++)
      best = better(best, splitOver(curves, [tried[i]!, tried[j]!], size));
  }
  for (let n = 3; n <= count && best !== undefined; n++) {
    const chosen: readonly number[] = best.edges;
    let next: Split | undefined;
    for (const edge of tried)
      if (!chosen.includes(edge)) next = better(next, splitOver(curves, [...chosen, edge], size));
    best = next;
  }
  return best;
}

function better(a: Split | undefined, b: Split): Split {
  return a === undefined || b.output > a.output ? b : a;
}

function mostPaying(curves: Curves, candidates: readonly number[], size: number): readonly number[] {
  if (candidates.length === 1) return candidates;
  return candidates
    .map((edge) => ({ edge, output: curves.output(edge, size, PLANNED) }))
    .sort((a, b) => b.output - a.output)
    .slice(0, TRIED)
    .map(({ edge }) => edge);
}
